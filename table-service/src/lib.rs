//! The table service: encrypted tables over gRPC, and DynamoDB's API.
//!
//! `compose` alone names every part: the store, the KMS client, the door and the engine. The `table-service`
//! binary and `keystead` both [`open`] its store, [`start`] it and then let it [`Service::serve`].

mod aws;
mod compose;
mod config;
mod grpc;
mod kms_client;
mod metrics;

pub use aws::Door;
pub use compose::{OpenStore, Service, ServiceError, open, start};
pub use config::{ADMIN_LISTEN, Config, Durability, Kept, KmsArgs, QuotaArgs, ServeArgs, TimeArgs};
