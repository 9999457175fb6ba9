//! What can go wrong in the index.

use std::borrow::Cow;

use envelope::Inauthentic;
use fault::{Fault, Kind};
use store::StoreError;

use super::limits::{MAX_KEY_BYTES, MAX_PAYLOAD_BYTES};

/// An index read or plan failed. It names neither key nor place.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A stored record did not open, or records that open contradict each other.
    #[error("a record of the sort index did not authenticate")]
    Inauthentic,
    /// Other writers changed the same part of the index meanwhile. Plan again; a failed commit means the same.
    #[error("the sort index changed while it was read")]
    Conflict,
    /// A key that no table can have: a defect of the caller.
    #[error("an index key has 1 to {MAX_KEY_BYTES} bytes, not {bytes}")]
    KeyLength {
        /// Its length.
        bytes: usize,
    },
    /// A payload that no index has: a defect of the caller.
    #[error("an index payload has at most {MAX_PAYLOAD_BYTES} bytes, not {bytes}")]
    PayloadLength {
        /// Its length.
        bytes: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Inauthentic> for IndexError {
    fn from(_: Inauthentic) -> Self {
        Self::Inauthentic
    }
}

impl Fault for IndexError {
    fn kind(&self) -> Kind {
        match self {
            Self::Inauthentic => Kind::DataLoss,
            Self::Conflict => Kind::Conflict,
            Self::KeyLength { .. } | Self::PayloadLength { .. } => Kind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Inauthentic | Self::KeyLength { .. } | Self::PayloadLength { .. } => "InternalFailure",
            Self::Conflict => "ConflictException",
            Self::Store(error) => error.reason(),
        }
    }

    fn public_message(&self) -> Cow<'_, str> {
        match self {
            Self::Inauthentic => Cow::Borrowed("Stored data could not be read."),
            Self::Conflict => {
                Cow::Borrowed("Another request changed the same data at the same time. Try again.")
            }
            Self::KeyLength { .. } | Self::PayloadLength { .. } => {
                Cow::Borrowed("An internal error occurred.")
            }
            Self::Store(error) => error.public_message(),
        }
    }
}
