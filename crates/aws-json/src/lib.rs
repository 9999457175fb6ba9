//! AWS's JSON protocols over HTTP, and the signature that every request of theirs carries. It knows no service, no server
//! and no runtime: it reads the head of a request and the bytes of a body, and makes the bytes of an answer.
//!
//! - [`sigv4`] finds out whether a request was signed with a secret, by whoever holds it, for here and now.
//! - [`Protocol`] describes one service's protocol: how an operation is named, how an error looks, which ids and checksums
//!   an answer has.
//! - [`NotARequest`] refuses a body, [`Millis`] and [`Blob`] are what answers have that JSON has not.
//! - [`gunzip`] opens a compressed body, within bounds.
//! - [`DYNAMODB`] and [`KMS`] are the two that exist here: whoever serves one must know the other's requests when it meets them.
//!
//! `service-kit` serves with it; each service's `aws` module says which protocol is its own.

mod compressed;
mod not_a_request;
mod protocol;
mod protocols;
pub mod sigv4;
mod values;

pub use compressed::{GunzipError, gunzip, is_gzip};
pub use not_a_request::NotARequest;
pub use protocol::{Members, Protocol, REQUEST_ID_HEADER, RequestIds, UNKNOWN_OPERATION, is_json};
pub use protocols::{DYNAMODB, KMS};
pub use values::{Blob, Millis};
