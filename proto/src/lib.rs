//! The wire types of both services, generated from the .proto files beside this crate, and the descriptor set that
//! server reflection serves. Messages that can carry plaintext, key material or items print only sizes in `Debug`.

pub mod bounded;

/// `keystead.kms.v1`.
#[allow(
    missing_docs,
    clippy::all,
    clippy::as_conversions,
    unused_qualifications,
    unreachable_pub,
    reason = "generated code; the .proto files carry the documentation"
)]
pub mod kms {
    tonic::include_proto!("keystead.kms.v1");

    mod debug;
}

/// `keystead.table.v1`.
#[allow(
    missing_docs,
    clippy::all,
    clippy::as_conversions,
    unused_qualifications,
    unreachable_pub,
    reason = "generated code; the .proto files carry the documentation"
)]
pub mod table {
    tonic::include_proto!("keystead.table.v1");

    mod debug;
}

/// The encoded `FileDescriptorSet` of both packages, for server reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/keystead.bin"));
