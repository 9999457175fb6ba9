//! Memory that large messages share: what may be held of them at the same time, on their way in and on their way out.
//!
//! The first bytes of every message are free, so that large ones cannot keep small ones out.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of each message that are not counted. All requests that may be in work together have so many at most.
pub(crate) const FREE_BYTES: usize = 64 * 1024;

/// Bytes of large messages that may be in memory at the same time.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }
}

/// What one message has taken of a budget. It is given back when the last clone is dropped.
#[derive(Clone, Default)]
pub(crate) struct Taken(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Taken {
    /// How many bytes that are.
    pub(crate) fn bytes(&self) -> usize {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// Whether there were as many bytes left.
    pub(crate) fn take(&self, bytes: usize, budget: &Budget) -> bool {
        let Ok(bytes) = u32::try_from(bytes) else { return false };
        let Ok(more) = Arc::clone(&budget.0).try_acquire_many_owned(bytes) else { return false };
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.as_mut() {
            Some(taken) => taken.merge(more),
            None => *taken = Some(more),
        }
        true
    }
}
