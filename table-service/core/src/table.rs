//! One table in memory: what is committed of it, who holds a lease, and the open keys.
//!
//! Invariants: the open keys are here only while a lease could still be good; a lease that was proven against an
//! older keyring does not outlive the keyring's replacement; once closed (deleted), a table never opens again.
//! All locks here are held for a few instructions, never over an await, except `control`, which serialises changes.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::error::TableError;
use crate::keyring::{Keyring, OpenKeys};
use crate::kms::{KmsFailure, Refusal};
use crate::lease::{LeaseTerms, Leases, Standing};
use crate::record::{TableRecord, encode};

/// What the store holds of a table, decoded, and the very bytes, for expectations.
pub(crate) struct Committed {
    pub(crate) record: TableRecord,
    pub(crate) ring: Keyring,
    pub(crate) record_bytes: Bytes,
    pub(crate) ring_bytes: Bytes,
}

impl Committed {
    pub(crate) fn new(record: TableRecord, ring: Keyring) -> Result<Self, TableError> {
        let record_bytes = encode(&record)?.into();
        let ring_bytes = encode(&ring)?.into();
        Ok(Self { record, ring, record_bytes, ring_bytes })
    }

    /// Whether the store has the record as it is shown.
    pub(crate) fn is_stored(&self) -> bool {
        encode(&self.record).is_ok_and(|bytes| self.record_bytes == bytes)
    }

    /// The same, shown as `record`, which the store does not have. The next record that is committed replaces what it has.
    pub(crate) fn shown_as(&self, record: TableRecord) -> Self {
        let (record_bytes, ring_bytes) = (self.record_bytes.clone(), self.ring_bytes.clone());
        Self { record, ring: self.ring.clone(), record_bytes, ring_bytes }
    }
}

/// A table that exists.
pub(crate) struct Table {
    /// Held by whoever changes the record or the keyring, over the commit.
    pub(crate) control: tokio::sync::Mutex<()>,
    committed: RwLock<Arc<Committed>>,
    hold: Mutex<Hold>,
    gates: Mutex<HashMap<String, Arc<Gate>>>,
    /// Items and their bytes, when they were last counted.
    counted: Mutex<(u64, u64)>,
    /// The last check of the key, so that those who waited for it share it.
    pub(crate) checked: Mutex<Option<Check>>,
    /// A check of the key is to be made and has not begun.
    pub(crate) check_wanted: AtomicBool,
    /// A task is carrying out what the record says is unfinished.
    pub(crate) working: AtomicBool,
}

/// A check of a table's key.
#[derive(Clone)]
pub(crate) struct Check {
    /// Before KMS was asked.
    pub(crate) began: Instant,
    /// After it had answered, and the answer was on record.
    pub(crate) ended: Instant,
    pub(crate) outcome: Checked,
}

/// What a check of a table's key found.
#[derive(Clone)]
pub(crate) enum Checked {
    Usable,
    Refused(Refusal),
    Silence,
    /// The wrapped table key is not what KMS wrapped.
    Damaged,
}

struct Hold {
    leases: Leases,
    keys: Option<Arc<OpenKeys>>,
    closed: bool,
}

/// Lets one renewal for one principal happen at a time, and remembers how the last one failed, so that callers
/// who waited for that very answer share it.
#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) failed: tokio::sync::Mutex<Option<(Instant, KmsFailure)>>,
}

/// What KMS's silence means to a holder.
pub(crate) enum Silence {
    /// The lease goes on.
    GoOn(Arc<OpenKeys>),
    /// There is no lease, or its grace is over.
    Over,
    /// Something changed since KMS was asked.
    Stale,
}

/// What a holder may do now.
pub(crate) enum Right {
    /// Use these keys; renew in the background if told so.
    Keys { keys: Arc<OpenKeys>, renew: bool },
    /// Ask KMS.
    Ask,
    /// The table is gone.
    Closed,
}

impl Table {
    pub(crate) fn new(committed: Committed, terms: LeaseTerms) -> Self {
        Self {
            control: tokio::sync::Mutex::new(()),
            committed: RwLock::new(Arc::new(committed)),
            hold: Mutex::new(Hold { leases: Leases::new(terms), keys: None, closed: false }),
            gates: Mutex::new(HashMap::new()),
            counted: Mutex::default(),
            checked: Mutex::default(),
            check_wanted: AtomicBool::new(false),
            working: AtomicBool::new(false),
        }
    }

    /// What is committed.
    pub(crate) fn committed(&self) -> Arc<Committed> {
        Arc::clone(&self.committed.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows a change of the record that has just been committed and that leaves every lease as it is.
    pub(crate) fn show(&self, committed: Committed) {
        *self.committed.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(committed);
    }

    /// Shows a new key binding that has just been committed: every lease must be proven against it.
    pub(crate) fn rebind(&self, committed: Committed) {
        let mut hold = self.hold();
        self.show(committed);
        hold.leases.revoke_all();
    }

    /// What `holder` may do at `now`.
    pub(crate) fn right(&self, holder: &str, now: Instant) -> Right {
        let mut hold = self.hold();
        if hold.closed {
            return Right::Closed;
        }
        let standing = hold.leases.standing(holder, now);
        match (standing, &hold.keys) {
            (Standing::Good, Some(keys)) => Right::Keys { keys: Arc::clone(keys), renew: false },
            (Standing::GoodRenew, Some(keys)) => Right::Keys { keys: Arc::clone(keys), renew: true },
            _ => Right::Ask,
        }
    }

    /// Changes with every revocation and every new binding.
    pub(crate) fn epoch(&self) -> u64 {
        self.hold().leases.epoch()
    }

    /// The outcome of a read, unless the table was deleted meanwhile: then what was read may be half swept.
    pub(crate) fn unless_deleted<T>(&self, outcome: Result<T, TableError>) -> Result<T, TableError> {
        if self.is_closed() { Err(TableError::ResourceNotFound) } else { outcome }
    }

    /// Whether the table has been deleted.
    pub(crate) fn is_closed(&self) -> bool {
        self.hold().closed
    }

    /// The open keys, if there are any; proves nothing about anybody's rights.
    pub(crate) fn open_keys(&self) -> Option<Arc<OpenKeys>> {
        self.hold().keys.clone()
    }

    /// KMS said yes to `holder`, and these are the keys. Nothing if a revocation came in between: then the answer counts
    /// for nothing.
    pub(crate) fn grant(
        &self,
        holder: &str,
        epoch: u64,
        keys: &Arc<OpenKeys>,
        now: Instant,
        length: Duration,
    ) -> Option<Arc<OpenKeys>> {
        let mut hold = self.hold();
        if hold.closed || !hold.leases.grant(holder, epoch, now, length) {
            return None;
        }
        // Whoever opened them first shares them: one set of keys, one cache.
        Some(Arc::clone(hold.keys.get_or_insert_with(|| Arc::clone(keys))))
    }

    /// KMS said no to `holder`. Returns the number of leases that end with it, one or none; nothing if news came in between,
    /// and then the answer counts for nothing.
    pub(crate) fn refuse(&self, holder: &str, epoch: u64) -> Option<usize> {
        let mut hold = self.hold();
        if epoch != hold.leases.epoch() {
            return None;
        }
        let ended = usize::from(hold.leases.refuse(holder));
        hold.drop_unheld_keys();
        Some(ended)
    }

    /// KMS did not answer: the keys, if the holder's lease goes on. News in between makes the silence stale: ask again.
    pub(crate) fn outage(&self, holder: &str, epoch: u64, now: Instant) -> Silence {
        let mut hold = self.hold();
        if epoch != hold.leases.epoch() {
            return Silence::Stale;
        }
        let keys = hold.keys.clone().filter(|_| !hold.closed);
        match keys {
            Some(keys) if hold.leases.outage(holder, now) => Silence::GoOn(keys),
            _ => Silence::Over,
        }
    }

    /// A permission on the table's key may have ended. Returns the number of leases that end with it.
    pub(crate) fn revoke(&self) -> usize {
        let mut hold = self.hold();
        hold.keys = None;
        hold.leases.revoke_all()
    }

    /// News about the table's key may have been missed.
    pub(crate) fn doubt(&self, now: Instant) {
        self.hold().leases.doubt_all(now);
    }

    /// A renewal in the background is over, however it went.
    pub(crate) fn renewal_ended(&self, holder: &str) {
        self.hold().leases.renewal_ended(holder);
    }

    /// Ends what time has ended. Returns the number of leases left.
    pub(crate) fn sweep(&self, now: Instant, kms_answers: bool) -> usize {
        let mut hold = self.hold();
        hold.leases.sweep(now, kms_answers);
        hold.drop_unheld_keys();
        if hold.leases.len() == 0 {
            self.gates
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .retain(|_, gate| Arc::strong_count(gate) > 1);
        }
        hold.leases.len()
    }

    /// The table is deleted.
    pub(crate) fn close(&self) {
        let mut hold = self.hold();
        hold.closed = true;
        hold.leases.revoke_all();
        hold.keys = None;
    }

    /// Items and their bytes, when they were last counted.
    pub(crate) fn counted(&self) -> (u64, u64) {
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a count.
    pub(crate) fn count(&self, items: u64, bytes: u64) {
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = (items, bytes);
    }

    /// The gate for `holder`.
    pub(crate) fn gate(&self, holder: &str) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(holder.to_owned()).or_default())
    }

    fn hold(&self) -> MutexGuard<'_, Hold> {
        // Nothing in here panics halfway, so a poisoned lock still guards a whole state.
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    fn drop_unheld_keys(&mut self) {
        if self.leases.len() == 0 {
            self.keys = None;
        }
    }
}
