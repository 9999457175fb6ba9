//! The wire types of both services, generated from the .proto files beside this crate, and the descriptor set that
//! server reflection serves. Messages that can carry plaintext, key material or items print only sizes in `Debug`.

#![allow(missing_docs, reason = "generated code; the .proto files carry the documentation")]
#![allow(
    clippy::all,
    clippy::as_conversions,
    unused_qualifications,
    unreachable_pub,
    reason = "generated code"
)]

/// `keystead.kms.v1`.
pub mod kms {
    tonic::include_proto!("keystead.kms.v1");

    mod debug;
}

/// `keystead.table.v1`.
pub mod table {
    tonic::include_proto!("keystead.table.v1");
}

/// The encoded `FileDescriptorSet` of both packages, for server reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/keystead.bin"));
