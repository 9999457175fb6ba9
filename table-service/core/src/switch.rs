//! Moving a table from one key to another while it serves.
//!
//! UpdateTable commits `pending`; everything after that is done here, and may be interrupted anywhere: the new ring,
//! the new binding, the end of `pending` and the old grants to give back are one commit, and before it nothing has
//! changed. If KMS refuses either key meanwhile, the switch is given up and the table stays where it was. If KMS does
//! not answer, the switch waits.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::binding::spent;
use crate::engine::Inner;
use crate::error::TableError;
use crate::keyring;
use crate::kms::{Actor, KmsFailure};
use crate::record::{KeyBinding, PendingSwitch, TableRecord};
use crate::table::Table;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

enum Progress {
    Done,
    Waiting,
}

impl Inner {
    /// Finishes, in the background, whatever `table`'s record says is unfinished.
    pub(crate) fn take_up(self: &Arc<Self>, table: &Arc<Table>) {
        let record = &table.committed().record;
        if record.pending.is_none() && record.spent.is_empty() {
            return;
        }
        if table.working.swap(true, Ordering::SeqCst) {
            return;
        }
        let (inner, table) = (Arc::clone(self), Arc::clone(table));
        tokio::spawn(async move {
            let mut pause = FIRST_PAUSE;
            let done = loop {
                match inner.advance(&table).await {
                    Ok(Progress::Done) => break true,
                    Ok(Progress::Waiting) | Err(TableError::Contention) => {}
                    // There will be space again.
                    Err(TableError::Store(error)) if error.changed_nothing() => {}
                    // The table is gone, or the store has failed; at the next start the record says what is left.
                    Err(error) => {
                        let id = table.committed().record.definition.id;
                        tracing::warn!(table = %id, %error, "a key switch stopped");
                        break false;
                    }
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            };
            table.working.store(false, Ordering::SeqCst);
            // What was asked for between the last look and the line above.
            if done && !table.is_closed() {
                inner.take_up(&table);
            }
        });
    }

    async fn advance(self: &Arc<Self>, table: &Arc<Table>) -> Result<Progress, TableError> {
        if let Progress::Waiting = self.finish_switch(table).await? {
            return Ok(Progress::Waiting);
        }
        Ok(if self.give_back_spent(table).await? { Progress::Done } else { Progress::Waiting })
    }

    async fn finish_switch(self: &Arc<Self>, table: &Arc<Table>) -> Result<Progress, TableError> {
        let _control = table.control.lock().await;
        if table.is_closed() {
            return Ok(Progress::Done);
        }
        let committed = table.committed();
        let record = &committed.record;
        let Some(pending) = &record.pending else { return Ok(Progress::Done) };
        let context = record.definition.context();
        let old = match self.kms.unwrap_table_key(&Actor::Service, &committed.ring.wrapped, &context).await {
            Ok(old) => old,
            Err(error) => return self.wait_or_abandon(table, error).await,
        };
        let id = record.definition.id;
        let old = match self.bound(id, &old) {
            Err(TableError::DataLoss { .. }) => {
                return self.abandon(table, "the table's secret is lost").await;
            }
            old => old?,
        };
        if keyring::proven(record, &old, pending).is_err() {
            return self.abandon(table, "the pending switch does not authenticate").await;
        }
        let fresh = match self.kms.generate_table_key(&pending.key.key_arn, &context).await {
            Ok(fresh) => fresh,
            Err(error) => return self.wait_or_abandon(table, error).await,
        };
        let target = KeyBinding { key_arn: fresh.key_arn.clone(), ..pending.key.clone() };
        let bound = self.bound(id, &fresh.key)?;
        let resealed =
            committed.ring.reseal(record, &old, &target, &bound, fresh.wrapped, self.entropy.as_ref());
        drop((old, bound));
        let Ok(ring) = resealed else {
            return self.abandon(table, "the stored keyring does not authenticate").await;
        };
        let mut spent_grants = record.spent.clone();
        spent_grants.extend(spent(&record.key.key_arn, record.key.grants.clone()));
        let switched = TableRecord {
            key: target,
            pending: None,
            inaccessible_ms: None,
            spent: spent_grants,
            ..record.clone()
        };
        table.rebind(self.replace(&committed, switched, Some(ring)).await?);
        // News of the new key that came before the line above was not yet news of this table's key.
        self.check_soon(Arc::clone(table));
        self.counters.switches.fetch_add(1, Ordering::Relaxed);
        tracing::info!(table = %record.definition.id, kind = ?pending.key.kind, "key switch finished");
        Ok(Progress::Done)
    }

    /// The caller holds the control lock.
    async fn wait_or_abandon(&self, table: &Arc<Table>, error: KmsFailure) -> Result<Progress, TableError> {
        match error {
            KmsFailure::Refused(refusal) => self.abandon(table, &refusal.code).await,
            KmsFailure::Outage { .. } => Ok(Progress::Waiting),
        }
    }

    /// Leaves the table under the key it is under. The caller holds the control lock.
    async fn abandon(&self, table: &Arc<Table>, reason: &str) -> Result<Progress, TableError> {
        let committed = table.committed();
        let record = &committed.record;
        tracing::warn!(table = %record.definition.id, reason, "key switch given up");
        let mut given_up = record.clone();
        if let Some(PendingSwitch { key, .. }) = given_up.pending.take() {
            given_up.spent.extend(spent(&key.key_arn, key.grants));
        }
        table.show(self.replace(&committed, given_up, None).await?);
        self.counters.switches_abandoned.fetch_add(1, Ordering::Relaxed);
        Ok(Progress::Done)
    }
}
