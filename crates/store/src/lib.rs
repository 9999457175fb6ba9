//! Where both services keep what must survive: ordered byte keys, conditional commits, nothing else.
//!
//! The [`Store`] port is deliberately small, so that another engine is one file. A commit is atomic and durable when
//! it returns; what it demands of the current state it states as *expectations*, and a caller whose expectation
//! fails re-reads and tries again. The cores see this port and never an engine: `memory` for tests, `sled` (feature
//! `sled`) for one machine.
//!
//! Beside it stands [`Effaceable`], a second small port for secrets that can really be destroyed.
//!
//! The store is untrusted with content: values arrive sealed, and this crate neither knows nor logs them.

mod batch;
mod effaceable;
mod error;
mod memory;
#[cfg(feature = "metrics")]
pub mod metrics;
mod port;
mod range;
#[cfg(feature = "sled")]
mod sled;
mod stripes;

#[cfg(feature = "sled")]
pub use self::sled::{Distribution, OpenError, SledConfig, SledStore, Stats};
pub use batch::Batch;
pub use effaceable::{Effaceable, SECRET_BYTES, Secret, SecretId};
pub use error::{CommitError, Part, StoreError};
pub use memory::MemoryStore;
pub use port::{Entry, MAX_BATCH_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES, Store};
pub use range::{Direction, KeyRange, Limit};
pub use stripes::{StripeGuard, Stripes};
