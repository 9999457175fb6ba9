//! What the callers' threads and the writer thread share: the database, the veil, the verdict on the store's health.

use std::{
    collections::BTreeMap,
    fs::File,
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard},
};

use ::sled::Db;
use bytes::Bytes;

use super::{slots::Slots, space::Space, stats::Counters};
use crate::StoreError;

/// For keys whose new values are on their way to the disk, the values before, absence included.
pub(super) type Veil = BTreeMap<Bytes, Option<Bytes>>;

/// The open database and its state.
pub(super) struct Core {
    pub(super) db: Db,
    /// What readers see instead of writes that are applied but not durable yet. Whoever reads holds the read side
    /// from looking here until done with the database, so the writer cannot get ahead in between.
    veil: RwLock<Arc<Veil>>,
    /// The first failure. Once set, every call is refused.
    failure: OnceLock<Arc<str>>,
    pub(super) counters: Counters,
    pub(super) slots: Slots,
    pub(super) space: Space,
    /// Dropped after `db`, so that nobody else opens files that are still in use.
    _lock: File,
}

impl Core {
    pub(super) fn new(db: Db, slots: Slots, space: Space, lock: File) -> Self {
        Self {
            db,
            veil: RwLock::default(),
            failure: OnceLock::new(),
            counters: Counters::default(),
            slots,
            space,
            _lock: lock,
        }
    }

    /// Refuses if the store has failed, in a call or in sled's own threads.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if let Some(cause) = self.failure.get() {
            return Err(StoreError::Poisoned { cause: Arc::clone(cause) });
        }
        self.db.context.global_error().map_err(|error| self.poison(error.into()))
    }

    /// Ends all use of the store because of `error`, and gives it back for the caller that met it.
    pub(super) fn poison(&self, error: StoreError) -> StoreError {
        let cause: Arc<str> = error.to_string().into();
        if self.failure.set(Arc::clone(&cause)).is_ok() {
            tracing::error!(%cause, "the store stopped; what is on disk is known again after a restart");
        }
        error
    }

    pub(super) fn veil(&self) -> RwLockReadGuard<'_, Arc<Veil>> {
        self.veil.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for readers to finish, then shows them `veil` from here on.
    pub(super) fn set_veil(&self, veil: Arc<Veil>) {
        *self.veil.write().unwrap_or_else(PoisonError::into_inner) = veil;
    }

    /// Looks at files and uses none: a failure, such as no file descriptor left, says nothing about what is in them.
    pub(super) fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.check()?;
        Ok(self.db.size_on_disk()?)
    }
}

impl From<::sled::Error> for StoreError {
    fn from(error: ::sled::Error) -> Self {
        match error {
            ::sled::Error::Io(error) => error.into(),
            ::sled::Error::Corruption { .. } => Self::Corrupt { what: error.to_string().into() },
            other => Self::engine(other),
        }
    }
}
