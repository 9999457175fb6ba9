//! The key-management service: keeps keys and never lets them out.
//!
//! The rules are in `kms-core`; around them are two doors that only translate (`grpc`, and `aws` for AWS JSON), the root
//! key's provider ([`root_key`]), the audit log with its meters (`audit`), and `compose`, the only place that knows them
//! all. The `kms-service` binary and the `keystead` binary both start it with [`start`] and then [`Service::serve`], or
//! with [`run`], which is the two together.

mod audit;
mod aws;
pub mod cli;
mod compose;
mod grpc;
pub mod root_key;

pub use aws::Door;
pub use compose::{Config, Service, ServiceError, run, start};
pub use root_key::RootKeySource;
