//! AWS's JSON protocols over HTTP, and the signature that every request of theirs carries. It knows no service, no server
//! and no runtime: it reads the head of a request and the bytes of a body, and makes the bytes of an answer.
//!
//! - [`sigv4`] finds out whether a request was signed with a secret, by whoever holds it, for here and now.
//! - [`Protocol`] describes one service's protocol: how an operation is named, how an error looks, which ids and checksums
//!   an answer has.
//! - [`gunzip`] opens a compressed body, within bounds.
//!
//! `service-kit` serves with it; each service's `aws` module says which protocol is its own.

mod compressed;
mod protocol;
pub mod sigv4;

pub use compressed::{GunzipError, gunzip, is_gzip};
pub use protocol::{Members, Protocol, RequestIds, UNKNOWN_OPERATION, is_json};
