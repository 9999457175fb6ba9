//! The few ways in which this crate says no.
//!
//! They carry neither a kind nor an AWS code: whether bytes that do not open are the caller's mistake (a wrong
//! ciphertext sent to Decrypt) or lost data (a record in the store) is known to the core that asked, which maps them.

use thiserror::Error;

/// The bytes did not authenticate: altered, moved, cut short, or sealed under another key or context.
///
/// One answer whatever the cause, because the difference would help only an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the sealed data did not authenticate")]
pub struct Inauthentic;

/// The bytes are too short for the format, or of a version that this release does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the data is not in a sealed format of a known version")]
pub struct Malformed;

/// A key of the wrong length was offered. The length that was offered is not secret; the bytes are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a key has {expected} bytes, not {actual}", expected = crate::KEY_BYTES)]
pub struct WrongLength {
    /// How many bytes were offered.
    pub actual: usize,
}

/// The same of a key for message authentication, whose length depends on its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a key has {expected} bytes, not {actual}")]
pub struct WrongMacKeyLength {
    /// How many bytes it has.
    pub expected: usize,
    /// How many bytes were offered.
    pub actual: usize,
}

impl From<Malformed> for Inauthentic {
    fn from(_: Malformed) -> Self {
        Self
    }
}
