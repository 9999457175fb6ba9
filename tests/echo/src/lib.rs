//! The yardstick: what one RPC of a given size costs in the stack that both services are served by, before it does
//! anything. The benchmark starts the binary and calls it with the client that is exported here.

#[allow(missing_docs, unused_qualifications, clippy::all, clippy::as_conversions, reason = "generated")]
mod generated {
    tonic::include_proto!("keystead.echo.v1");
}

pub use generated::*;

/// The descriptor set, for the server's names of methods.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/echo.bin"));
