//! What a store answers when it cannot do as asked. Errors of opening an engine live with that engine.

use std::{borrow::Cow, fmt, io, sync::Arc};

use fault::{Fault, Kind};

/// The store failed. Cloneable, because one failed disk access answers every commit that waited for it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// An earlier failure left it unknown what is on disk; only opening the store again tells.
    #[error("the store stopped after a failure and must be opened again: {cause}")]
    Poisoned {
        /// The text of the failure.
        cause: Arc<str>,
    },
    /// The store has been shut down.
    #[error("the store is closed")]
    Closed,
    /// What is on disk is not what was written.
    #[error("stored data is damaged: {what}")]
    Corrupt {
        /// What was found.
        what: Arc<str>,
    },
    /// No space is left on the disk but the reserve. Nothing was written and the store goes on.
    #[error("the disk is full")]
    DiskFull,
    /// The operating system failed to read or write.
    #[error("disk access failed: {0}")]
    Io(Arc<io::Error>),
    /// The engine reports a defect of its own or was used wrongly.
    #[error("the storage engine failed: {what}")]
    Engine {
        /// What it said.
        what: Arc<str>,
    },
    /// A key, value or batch over the limit. Nothing was written and the store goes on.
    #[error("{part} of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        part: Part,
        /// Its size.
        bytes: usize,
        /// The limit, one of the `MAX_..._BYTES` of this crate.
        limit: usize,
    },
}

/// What a size limit is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// One key.
    Key,
    /// One value.
    Value,
    /// All keys and values that a batch writes.
    Batch,
}

/// A batch was not applied.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// An expectation did not hold; nothing was written. Read again and retry.
    #[error("the data changed since it was read")]
    Conflict,
    /// The store failed; see [`StoreError::Poisoned`] for what that means for the batch.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[cfg(feature = "sled")]
impl StoreError {
    /// A defect: what the engine, or the code around it, said.
    pub(crate) fn engine(what: impl fmt::Display) -> Self {
        Self::Engine { what: what.to_string().into() }
    }
}

impl CommitError {
    /// Whether the batch was certainly not applied. Otherwise nobody knows until the store is opened again.
    pub fn changed_nothing(&self) -> bool {
        match self {
            Self::Conflict => true,
            Self::Store(error) => error.changed_nothing(),
        }
    }
}

impl StoreError {
    /// As [`CommitError::changed_nothing`].
    pub fn changed_nothing(&self) -> bool {
        matches!(self, Self::DiskFull | Self::TooLarge { .. })
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "a key",
            Self::Value => "a value",
            Self::Batch => "a batch",
        })
    }
}

impl Fault for StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::Poisoned { .. } | Self::Closed | Self::DiskFull | Self::Io(_) => Kind::Unavailable,
            Self::Corrupt { .. } => Kind::DataLoss,
            Self::Engine { .. } | Self::TooLarge { .. } => Kind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self.kind() {
            Kind::Unavailable => "ServiceUnavailable",
            _ => "InternalFailure",
        }
    }

    fn public_message(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self.kind() {
            _ if matches!(self, Self::DiskFull) => {
                "The service's disk is full: nothing can be written until there is space. Reads go on."
            }
            Kind::Unavailable => "The service cannot reach its storage at the moment.",
            Kind::DataLoss => "Stored data could not be read.",
            _ => "An internal error occurred.",
        })
    }
}

impl Fault for CommitError {
    fn kind(&self) -> Kind {
        match self {
            Self::Conflict => Kind::Conflict,
            Self::Store(error) => error.kind(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Conflict => "ConflictException",
            Self::Store(error) => error.reason(),
        }
    }

    fn public_message(&self) -> Cow<'_, str> {
        match self {
            Self::Conflict => {
                Cow::Borrowed("Another request changed the same data at the same time. Try again.")
            }
            Self::Store(error) => error.public_message(),
        }
    }
}
