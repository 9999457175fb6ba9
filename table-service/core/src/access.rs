//! How a request gets at a table's open keys: by a lease, or by asking KMS as the caller.
//!
//! Callers of `access` get an [`Access`], the only thing in this crate that seals, opens or finds an item; nothing
//! else hands out keys. A table under the owned key is leased to the service itself, for everybody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use identity::Principal;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::authorize::Granted;
use crate::engine::Inner;
use crate::error::{Plane, TableError};
use crate::health::Wanted;
use crate::keyring::OpenKeys;
use crate::kms::{Actor, KmsFailure};
use crate::record::{KeyKind, TableRecord};
use crate::request;
use crate::table::{Committed, Right, Silence, Table};

/// How often an answer may be overtaken by news before the caller is told to come back.
const MAX_OVERTAKEN: usize = 16;
const OVERTAKEN_PAUSE: Duration = Duration::from_millis(2);
/// How long a lease lasts while KMS does not report changes.
const UNWATCHED_LEASE: Duration = Duration::from_secs(5);
/// The lease holder for what the service does in its own name.
const SERVICE: &str = "service";

/// Proof that the caller's right to the table's key was proven no longer ago than a lease lasts.
pub(crate) struct Access {
    keys: Arc<OpenKeys>,
    committed: Arc<Committed>,
}

impl Access {
    /// The table's keys.
    pub(crate) fn keys(&self) -> &OpenKeys {
        &self.keys
    }

    /// The table.
    pub(crate) fn record(&self) -> &TableRecord {
        &self.committed.record
    }
}

impl Inner {
    /// The keys of `table` for whoever was `granted` the operation.
    pub(crate) async fn access(
        self: &Arc<Self>,
        table: &Arc<Table>,
        granted: &Granted,
    ) -> Result<Access, TableError> {
        if let Some(access) = self.access_at_once(table, granted)? {
            return Ok(access);
        }
        let keys = self.renew(table, granted.principal()).await?;
        Ok(Access { keys, committed: table.committed() })
    }

    /// The same, if the right stands proven. KMS is not asked, so others may wait for the caller meanwhile.
    pub(crate) fn access_at_once(
        self: &Arc<Self>,
        table: &Arc<Table>,
        granted: &Granted,
    ) -> Result<Option<Access>, TableError> {
        let committed = table.committed();
        let actor = actor(&committed.record, granted.principal());
        match table.right(holder(&actor), Instant::now()) {
            Right::Closed => Err(TableError::ResourceNotFound),
            Right::Keys { keys, renew } if committed.record.inaccessible_ms.is_none() => {
                if renew {
                    self.renew_in_background(table, actor, granted.principal());
                }
                Ok(Some(Access { keys, committed }))
            }
            Right::Keys { .. } | Right::Ask => {
                table.renewal_ended(holder(&actor));
                Ok(None)
            }
        }
    }

    /// Makes sure of the keys of several tables before anything is done with one of them. What has to be asked of KMS is asked
    /// at once. Of several refusals that of the first table is told; a lost race is none, since whoever comes for the keys
    /// later may win.
    pub(crate) async fn ask_for_keys<'a>(
        self: &Arc<Self>,
        tables: impl IntoIterator<Item = (&'a Arc<Table>, &'a Arc<Granted>)>,
    ) -> Result<(), TableError> {
        let mut questions = JoinSet::new();
        let mut refusals = BTreeMap::new();
        for (number, (table, granted)) in tables.into_iter().enumerate() {
            match self.access_at_once(table, granted) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    let (inner, table, granted) = (Arc::clone(self), Arc::clone(table), Arc::clone(granted));
                    let question = async move { (number, inner.access(&table, &granted).await.map(drop)) };
                    questions.spawn(request::carried(question));
                }
                Err(refusal) => {
                    refusals.insert(number, refusal);
                }
            }
        }
        while let Some(joined) = questions.join_next().await {
            match joined.map_err(|_| TableError::Internal { what: "a question that panicked" })? {
                (_, Ok(()) | Err(TableError::Contention)) => {}
                (number, Err(refusal)) => {
                    refusals.insert(number, refusal);
                }
            }
        }
        refusals.into_values().next().map_or(Ok(()), Err)
    }

    fn renew_in_background(self: &Arc<Self>, table: &Arc<Table>, actor: Actor, principal: &Arc<Principal>) {
        let (inner, table, principal) = (Arc::clone(self), Arc::clone(table), Arc::clone(principal));
        tokio::spawn(request::carried(async move {
            if let Err(failure) = inner.ask(&table, &actor, &principal).await {
                tracing::debug!(table = %table.committed().record.definition.id, ?failure, "a lease was not renewed");
            }
            table.renewal_ended(holder(&actor));
        }));
    }

    /// Asks KMS unless somebody else has just done so for the same holder: then that answer serves. If the table moves to
    /// another kind of key meanwhile, it is asked again in the name that the new kind demands.
    async fn renew(
        self: &Arc<Self>,
        table: &Arc<Table>,
        principal: &Arc<Principal>,
    ) -> Result<Arc<OpenKeys>, TableError> {
        let arrived = Instant::now();
        for _ in 0..MAX_OVERTAKEN {
            let actor = actor(&table.committed().record, principal);
            let gate = table.gate(holder(&actor));
            let mut failed = gate.failed.lock().await;
            if let Some((at, failure)) = failed.as_ref()
                && *at > arrived
            {
                return Err(NoKeys::from(failure.clone()).into());
            }
            if table.committed().record.inaccessible_ms.is_some() {
                // The mark may be old news: the key may be back. The check clears it, or says why not.
                self.check_key(table, Wanted::EndedAfter(arrived)).await?;
            }
            match self.ask_unless_held(table, &actor, principal).await {
                Err(NoKeys::Moved) => {}
                Err(NoKeys::Failure(failure)) => {
                    *failed = Some((Instant::now(), failure.clone()));
                    return Err(NoKeys::Failure(failure).into());
                }
                answer => return Ok(answer?),
            }
        }
        Err(NoKeys::Moved.into())
    }

    async fn ask_unless_held(
        &self,
        table: &Arc<Table>,
        actor: &Actor,
        principal: &Arc<Principal>,
    ) -> Result<Arc<OpenKeys>, NoKeys> {
        match table.right(holder(actor), Instant::now()) {
            Right::Keys { keys, renew } => {
                if renew {
                    // Not here: the next request is told again.
                    table.renewal_ended(holder(actor));
                }
                Ok(keys)
            }
            Right::Closed => Err(NoKeys::Gone),
            Right::Ask => self.ask(table, actor, principal).await,
        }
    }

    /// Asks KMS to unwrap the table key as `actor`, until an answer is not overtaken by news.
    async fn ask(
        &self,
        table: &Arc<Table>,
        asked: &Actor,
        principal: &Arc<Principal>,
    ) -> Result<Arc<OpenKeys>, NoKeys> {
        let holder = holder(asked);
        for _ in 0..MAX_OVERTAKEN {
            // The epoch is noted before the keyring is looked at, so no replacement of the keyring goes unnoticed.
            let epoch = table.epoch();
            if table.is_closed() {
                return Err(NoKeys::Gone);
            }
            let committed = table.committed();
            let record = &committed.record;
            if holder != self::holder(&actor(record, principal)) {
                return Err(NoKeys::Moved);
            }
            let context = record.definition.context();
            let answer = self.kms.unwrap_table_key(asked, &committed.ring.wrapped, &context).await;
            match answer {
                Ok(table_key) => {
                    let keys = match table.open_keys() {
                        Some(keys) => keys,
                        None => {
                            let bound = self.bound(record.definition.id, &table_key);
                            let opened = bound.and_then(|bound| committed.ring.open(record, &bound));
                            opened.map_err(|_| NoKeys::Damaged)?
                        }
                    };
                    if let Some(keys) = table.grant(holder, epoch, &keys, Instant::now(), self.lease_length())
                    {
                        return Ok(keys);
                    }
                }
                Err(KmsFailure::Refused(refusal)) if refusal.is_damage() => return Err(NoKeys::Damaged),
                Err(KmsFailure::Refused(refusal)) => {
                    if let Some(ended) = table.refuse(holder, epoch) {
                        self.counters.revoked(ended);
                        return Err(KmsFailure::Refused(refusal).into());
                    }
                }
                Err(outage @ KmsFailure::Outage { .. }) => {
                    match table.outage(holder, epoch, Instant::now()) {
                        Silence::GoOn(keys) => return Ok(keys),
                        Silence::Over => return Err(NoKeys::Failure(outage)),
                        Silence::Stale => {}
                    }
                }
            }
            tokio::time::sleep(OVERTAKEN_PAUSE).await;
        }
        Err(NoKeys::Failure(KmsFailure::Outage { detail: "answers were overtaken by changes".to_owned() }))
    }

    /// A lease is long because a change is reported at once. While nothing is reported, it is short.
    fn lease_length(&self) -> Duration {
        let length = self.config.leases.length;
        if self.is_watching() { length } else { length.min(UNWATCHED_LEASE) }
    }
}

/// Why nobody gets the keys.
#[derive(Debug)]
enum NoKeys {
    Failure(KmsFailure),
    Gone,
    Damaged,
    /// The table is under another kind of key now.
    Moved,
}

impl From<KmsFailure> for NoKeys {
    fn from(failure: KmsFailure) -> Self {
        Self::Failure(failure)
    }
}

impl From<NoKeys> for TableError {
    fn from(reason: NoKeys) -> Self {
        match reason {
            NoKeys::Failure(KmsFailure::Refused(refusal)) => refusal.on(Plane::Data),
            NoKeys::Failure(KmsFailure::Outage { detail }) => {
                tracing::debug!(detail, "KMS does not answer");
                Self::KmsUnavailable
            }
            NoKeys::Gone => Self::ResourceNotFound,
            // Switched back and forth the whole time; nothing is wrong, and the next attempt may find it at rest.
            NoKeys::Moved => Self::Contention,
            NoKeys::Damaged => Self::DataLoss { record: "keyring" },
        }
    }
}

/// In whose name a table's key is asked for.
fn actor(record: &TableRecord, principal: &Arc<Principal>) -> Actor {
    match record.key.kind {
        KeyKind::Owned => Actor::Service,
        KeyKind::Managed | KeyKind::Customer => Actor::OnBehalfOf(Arc::clone(principal)),
    }
}

fn holder(actor: &Actor) -> &str {
    match actor {
        Actor::Service => SERVICE,
        Actor::OnBehalfOf(principal) => principal.arn.as_str(),
    }
}
