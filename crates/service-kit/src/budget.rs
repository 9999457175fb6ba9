//! Memory that large messages share: what may be held of them at the same time, on their way in and on their way out.
//!
//! The first bytes of every message are free, so that large ones cannot keep small ones out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// What one message has taken of a budget. It is given back when the last clone is dropped, or taken away before.
#[derive(Clone, Default)]
pub(crate) struct Taken(Arc<Mutex<Share>>);

#[derive(Default)]
struct Share {
    permit: Option<OwnedSemaphorePermit>,
    /// There is no more to be had.
    is_over: bool,
}

impl Taken {
    /// How many bytes that are.
    pub(crate) fn bytes(&self) -> usize {
        self.share().permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// Whether there were as many bytes left.
    pub(crate) fn take(&self, bytes: usize, budget: &Budget) -> bool {
        let Ok(bytes) = u32::try_from(bytes) else { return false };
        let Ok(more) = Arc::clone(&budget.0).try_acquire_many_owned(bytes) else { return false };
        let mut share = self.share();
        if share.is_over {
            return false;
        }
        match &mut share.permit {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        true
    }

    /// Gives everything back at once: the message is given up, and its memory is free as soon as its task notices.
    pub(crate) fn give_up(&self) {
        *self.share() = Share { permit: None, is_over: true };
    }

    fn share(&self) -> MutexGuard<'_, Share> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
