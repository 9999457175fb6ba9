//! Whether a table's key can be used at all, and the status that shows it.
//!
//! The check unwraps the table key as the service itself, so it sees a disabled key, a scheduled deletion and revoked
//! grants. It runs when KMS reports a change, when a request meets a table that is marked, and now and then by itself.
//! KMS's silence changes nothing.

use std::sync::Arc;

use crate::engine::{Inner, whole};
use crate::error::{Plane, TableError};
use crate::kms::{Actor, KmsFailure};
use crate::record::{KeyKind, TableRecord};
use crate::table::Table;

impl Inner {
    /// Checks the key of `table` in the background.
    pub(crate) fn check_soon(self: &Arc<Self>, table: Arc<Table>) {
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = inner.check_key(&table).await {
                tracing::debug!(table = %table.committed().record.definition.id, %error, "key check");
            }
        });
    }

    /// Marks the table inaccessible, or unmarks it, by what KMS says now. Returns KMS's refusal as an error.
    pub(crate) async fn check_key(self: &Arc<Self>, table: &Arc<Table>) -> Result<(), TableError> {
        let (inner, table) = (Arc::clone(self), Arc::clone(table));
        whole(async move { inner.do_check_key(&table).await }).await
    }

    async fn do_check_key(&self, table: &Table) -> Result<(), TableError> {
        let control = table.control.lock().await;
        let committed = table.committed();
        let record = &committed.record;
        if record.key.kind == KeyKind::Owned {
            return Ok(());
        }
        let context = record.definition.context();
        let refused =
            match self.kms.unwrap_table_key(&Actor::Service, &committed.ring.wrapped, &context).await {
                Ok(_) => None,
                Err(KmsFailure::Refused(refusal)) => Some(refusal.on(Plane::Data)),
                Err(KmsFailure::Outage { .. }) => return Err(TableError::KmsUnavailable),
            };
        let mark = match (&refused, record.inaccessible_ms) {
            (None, Some(_)) => None,
            (Some(_), None) => Some(self.clock.unix_ms()),
            _ => return refused.map_or(Ok(()), Err),
        };
        tracing::info!(table = %record.definition.id, accessible = mark.is_none(), "the key's usability changed");
        if mark.is_some() {
            table.revoke();
        }
        let record = TableRecord { inaccessible_ms: mark, ..record.clone() };
        table.show(self.replace(&committed, record, None).await?);
        drop(control);
        refused.map_or(Ok(()), Err)
    }

    pub(crate) async fn check_keys_forever(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(self.config.key_check);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for table in self.tables() {
                // A refusal shows in the table's status, and an outage in the readiness: nothing to do here.
                let _ = self.check_key(&table).await;
            }
        }
    }
}
