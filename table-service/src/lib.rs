//! The table service: encrypted tables over gRPC.
//!
//! `compose` alone names every part: the store, the KMS client, the door and the engine. Used by the `table-service`
//! binary and by `keystead`.

mod compose;
mod config;
mod grpc;
mod kms_client;
mod metrics;

pub use compose::{RunError, TableService};
pub use config::{ServeArgs, Settings};
