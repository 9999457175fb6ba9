//! Whether a table's key can be used at all, and the status that shows it.
//!
//! The check unwraps the table key as the service itself, so it sees a disabled key, a scheduled deletion and revoked
//! grants. It runs when KMS reports a change, when a request meets a table that is marked, and now and then by itself.
//! KMS's silence changes nothing.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use tokio::time::Instant;

use crate::engine::{Inner, whole};
use crate::error::{Plane, TableError};
use crate::kms::{Actor, KmsFailure};
use crate::record::{KeyKind, TableRecord};
use crate::table::{Check, Checked, Committed, Table};

/// Which check of a key answers a question, of those that were made anyway.
#[derive(Clone, Copy)]
pub(crate) enum Wanted {
    /// One that began after this moment, at which the key may have changed: an earlier one may have seen it as it was.
    BegunAfter(Instant),
    /// One that ended after this moment: whoever came then has waited for it, and what it saw is no older than an answer
    /// of its own could be.
    EndedAfter(Instant),
}

impl Wanted {
    fn is(self, check: &Check) -> bool {
        match self {
            Self::BegunAfter(moment) => check.began > moment,
            Self::EndedAfter(moment) => check.ended > moment,
        }
    }
}

impl Inner {
    /// Checks the key of `table` in the background, unless a check that has not begun will do.
    pub(crate) fn check_soon(self: &Arc<Self>, table: Arc<Table>) {
        if table.check_wanted.swap(true, Ordering::SeqCst) {
            return;
        }
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            // The semaphore is never closed; without a permit the check is made all the same.
            let _permit = inner.checks.acquire().await.ok();
            table.check_wanted.store(false, Ordering::SeqCst);
            // Whatever news found the check wanted came before this moment.
            if let Err(error) = inner.check_key(&table, Wanted::BegunAfter(Instant::now())).await {
                tracing::debug!(table = %table.committed().record.definition.id, %error, "key check");
            }
        });
    }

    /// Marks the table inaccessible, or unmarks it, by what KMS says now, or has just said if that is the check that is
    /// wanted. Returns KMS's refusal as an error.
    pub(crate) async fn check_key(
        self: &Arc<Self>,
        table: &Arc<Table>,
        wanted: Wanted,
    ) -> Result<(), TableError> {
        let (inner, table) = (Arc::clone(self), Arc::clone(table));
        match whole(async move { inner.do_check_key(&table, wanted).await }).await? {
            Checked::Usable => Ok(()),
            Checked::Refused(refusal) => Err(refusal.on(Plane::Data)),
            Checked::Silence => Err(TableError::KmsUnavailable),
            Checked::Damaged => Err(TableError::DataLoss { record: "keyring" }),
        }
    }

    async fn do_check_key(&self, table: &Table, wanted: Wanted) -> Result<Checked, TableError> {
        let _control = table.control.lock().await;
        if table.is_closed() {
            return Err(TableError::ResourceNotFound);
        }
        let last = table.checked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(last) = last.filter(|last| wanted.is(last)) {
            return Ok(last.outcome);
        }
        let began = Instant::now();
        let committed = table.committed();
        let outcome = self.look_at_key(&committed).await;
        self.mark(table, &committed, &outcome).await?;
        let check = Check { began, ended: Instant::now(), outcome: outcome.clone() };
        *table.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(check);
        Ok(outcome)
    }

    async fn look_at_key(&self, committed: &Committed) -> Checked {
        let record = &committed.record;
        if record.key.kind == KeyKind::Owned {
            return Checked::Usable;
        }
        let context = record.definition.context();
        match self.kms.unwrap_table_key(&Actor::Service, &committed.ring.wrapped, &context).await {
            Ok(_) => Checked::Usable,
            // The blob is ours and the context is ours: if they do not fit, somebody altered what is stored.
            Err(KmsFailure::Refused(refusal)) if refusal.is_damage() => Checked::Damaged,
            Err(KmsFailure::Refused(refusal)) => Checked::Refused(refusal),
            Err(KmsFailure::Outage { .. }) => Checked::Silence,
        }
    }

    /// Commits the mark that the outcome calls for, if it is not there. A full disk must not keep a healed table from being
    /// read: then the mark changes in memory alone, until a later check finds space. The caller holds the control lock.
    async fn mark(&self, table: &Table, committed: &Committed, outcome: &Checked) -> Result<(), TableError> {
        let record = &committed.record;
        let mark = match (outcome, record.inaccessible_ms) {
            (Checked::Usable, Some(_)) => None,
            (Checked::Refused(_), None) => Some(self.clock.unix_ms()),
            // Shown already, when there was no space.
            (_, as_shown) if !committed.is_stored() => as_shown,
            _ => return Ok(()),
        };
        if mark != record.inaccessible_ms {
            let accessible = mark.is_none();
            tracing::info!(table = %record.definition.id, accessible, "the key's usability changed");
            if !accessible {
                self.revoke(table);
            }
        }
        let record = TableRecord { inaccessible_ms: mark, ..record.clone() };
        let shown = match self.replace(committed, record.clone(), None).await {
            Err(TableError::Store(error)) if error.changed_nothing() => committed.shown_as(record),
            outcome => outcome?,
        };
        table.show(shown);
        Ok(())
    }

    /// A permission on the table's key may have ended.
    pub(crate) fn revoke(&self, table: &Table) {
        self.counters.revoked(table.revoke());
    }

    pub(crate) async fn check_keys_forever(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(self.config.key_check);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for table in self.tables() {
                // A refusal shows in the table's status, and an outage in the readiness: nothing to do here.
                let _ = self.check_key(&table, Wanted::EndedAfter(Instant::now())).await;
            }
        }
    }
}
