//! The table service's domain, whole: [`Tables`] opens the catalogue from the store, runs the operations in [`crate::ops`]
//! and the background work (switches, sweeps, key checks, leases).
//!
//! Callers: the doors, which translate, and `compose`, which feeds in what KMS reports ([`Tables::key_changed`] and
//! its kin). One value serves all requests; it is cheap to clone.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::Duration;

use bytes::Bytes;
use envelope::Entropy;
use identity::{AccountId, Caller, Region};
use store::{Batch, CommitError, Direction, Effaceable, KeyRange, Limit, Store, Stripes};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::authorize::{Granted, Op, authorize};
use crate::clock::Clock;
use crate::error::{Plane, TableError};
use crate::index::IndexError;
use crate::keyring::Keyring;
use crate::kms::KeyService;
use crate::layout;
use crate::lease::LeaseTerms;
use crate::record::{TableId, TableRecord, decode};
use crate::request;
use crate::table::{Committed, Table};
use crate::validate::{self, Home};

/// Records read per step when the store is walked.
pub(crate) const WALK_STEP: Limit = Limit::SNAPSHOT;
/// How often ended leases are looked for. A plaintext key outlives its last lease by this and the time for which an ended
/// lease is kept: about 10 seconds, and while KMS is silent to the end of grace (`Leases::sweep`).
const LEASE_SWEEP: Duration = Duration::from_millis(500);

/// Key checks in the background at the same time. A change of one key can concern thousands of tables.
const MAX_CHECKS: usize = 8;

/// What the engine is told at start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
    /// How long permissions last unproven.
    pub leases: LeaseTerms,
    /// How often each table's key is looked at without being asked. AWS: minutes to an hour.
    pub key_check: Duration,
    /// Whether a table's key can be changed only as often as AWS allows.
    pub has_sse_change_quota: bool,
}

/// What the engine needs from outside.
pub struct Ports {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Where the secrets are kept that deleting a table destroys.
    pub effaceable: Arc<dyn Effaceable>,
    /// Who keeps the keys.
    pub kms: Arc<dyn KeyService>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// The date.
    pub clock: Arc<dyn Clock>,
}

/// Counts for the metrics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Leases of all tables, at the last sweep.
    pub leases: AtomicU64,
    /// Key switches finished.
    pub switches: AtomicU64,
    /// Key switches given up because KMS refused a key.
    pub switches_abandoned: AtomicU64,
    /// Changes of keys that were reported.
    pub key_changes: AtomicU64,
    /// Leases that a change ended, or a key that was found refused: by a check, or when the lease was to be renewed.
    pub leases_revoked: AtomicU64,
}

impl Counters {
    /// So many leases ended before their time.
    pub(crate) fn revoked(&self, leases: usize) {
        self.leases_revoked.fetch_add(u64::try_from(leases).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// The engine.
#[derive(Clone)]
pub struct Tables {
    pub(crate) inner: Arc<Inner>,
}

/// What every operation works on.
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) effaceable: Arc<dyn Effaceable>,
    pub(crate) kms: Arc<dyn KeyService>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) clock: Arc<dyn Clock>,
    /// One lock per partition, so that writers to one partition queue instead of colliding.
    pub(crate) stripes: Stripes,
    pub(crate) counters: Counters,
    /// At most so many key checks at once that nobody asked for.
    pub(crate) checks: Semaphore,
    catalog: RwLock<BTreeMap<String, Entry>>,
    watching: AtomicBool,
}

/// What stands in the catalogue under a name.
enum Entry {
    Table(Arc<Table>),
    /// What is stored of the table does not decode, so nothing can be said or done about it: every operation on it answers
    /// so, deletion too, because without a record there is no telling whether it is protected, and a repaired store may
    /// still hold it. The name stays taken.
    Damaged,
}

impl Tables {
    /// Reads the catalogue. A table whose records do not decode takes no other table with it: it is kept as damaged.
    pub async fn open(config: Config, ports: Ports) -> Result<Self, TableError> {
        let inner = Inner {
            checks: Semaphore::new(MAX_CHECKS),
            catalog: RwLock::new(BTreeMap::new()),
            stripes: Stripes::new(),
            counters: Counters::default(),
            watching: AtomicBool::new(false),
            config,
            store: ports.store,
            effaceable: ports.effaceable,
            kms: ports.kms,
            entropy: ports.entropy,
            clock: ports.clock,
        };
        let mut found = Vec::new();
        walk(inner.store.as_ref(), layout::tables(), |key, value| {
            found.push((key.clone(), value));
            ControlFlow::Continue(())
        })
        .await?;
        for (key, bytes) in found {
            match inner.load(&key, bytes).await {
                Ok(table) => inner.enter(Arc::new(table)),
                Err(TableError::DataLoss { record }) => inner.enter_damaged(&key, record),
                Err(error) => return Err(error),
            }
        }
        // A damaged table's keyring may be put back from a backup, and then it needs its secret.
        if !inner.has_damaged() {
            inner.shred_orphans().await?;
        }
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Takes up the work that an earlier process left and starts the periodic work. Everything in it can be
    /// interrupted anywhere and is taken up again at the next start, so the tasks simply end with the runtime.
    pub async fn start(&self) -> Result<(), TableError> {
        for table in self.inner.tables() {
            self.inner.take_up(&table);
        }
        self.inner.sweep_all_deleted().await?;
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move { inner.watch_leases().await });
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move { inner.check_keys_forever().await });
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move { inner.count_forever().await });
        Ok(())
    }

    /// A permission on the key `arn` may have ended, or come back.
    pub fn key_changed(&self, arn: &str) {
        self.inner.counters.key_changes.fetch_add(1, Ordering::Relaxed);
        for table in self.inner.tables() {
            let committed = table.committed();
            if committed.record.key.key_arn == arn {
                self.inner.revoke(&table);
                self.inner.check_soon(table);
            }
        }
    }

    /// Changes are being reported again; whatever happened before was not.
    pub fn watch_started(&self) {
        self.inner.watching.store(true, Ordering::Relaxed);
        self.missed_changes();
    }

    /// Some changes were not reported: every lease must be proven again before its next use.
    pub fn missed_changes(&self) {
        let now = Instant::now();
        for table in self.inner.tables() {
            table.doubt(now);
            self.inner.check_soon(table);
        }
    }

    /// Changes are not being reported any more.
    pub fn watch_lost(&self) {
        if self.inner.watching.swap(false, Ordering::Relaxed) {
            // What was granted for long was granted because changes would be reported.
            let now = Instant::now();
            self.inner.tables().iter().for_each(|table| table.doubt(now));
        }
    }

    /// Whether KMS reports changes at present.
    pub fn is_watching(&self) -> bool {
        self.inner.is_watching()
    }

    /// Counts for the metrics.
    pub fn counters(&self) -> &Counters {
        &self.inner.counters
    }
}

impl Inner {
    /// Reads a table from what is stored under the key `key`.
    async fn load(&self, key: &[u8], record_bytes: Bytes) -> Result<Table, TableError> {
        let record: TableRecord = decode(&record_bytes)?;
        if layout::table(&record.definition.name) != key {
            // Somebody moved it; under this name it is as good as unreadable.
            return Err(TableError::DataLoss { record: "table" });
        }
        let ring_bytes = self.store.get(&layout::keyring(record.definition.id)).await?;
        let ring_bytes = ring_bytes.ok_or(TableError::DataLoss { record: "keyring" })?;
        let ring: Keyring = decode(&ring_bytes)?;
        let committed = Committed { record, ring, record_bytes, ring_bytes };
        Ok(Table::new(committed, self.config.leases))
    }

    fn enter_damaged(&self, key: &[u8], record: &'static str) {
        tracing::error!(store_key = %key.escape_ascii(), record, "what is stored of a table is damaged");
        // A key that is no name was never written by this service, and nobody can ask for it.
        if let Some(name) = layout::table_name(key) {
            self.catalog().insert(name.to_owned(), Entry::Damaged);
        }
    }

    fn has_damaged(&self) -> bool {
        self.catalog().values().any(|entry| matches!(entry, Entry::Damaged))
    }

    fn catalog(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Entry>> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every table that is not damaged, in the order of names.
    pub(crate) fn tables(&self) -> Vec<Arc<Table>> {
        let catalog = self.catalog.read().unwrap_or_else(PoisonError::into_inner);
        let whole = |entry: &Entry| match entry {
            Entry::Table(table) => Some(Arc::clone(table)),
            Entry::Damaged => None,
        };
        catalog.values().filter_map(whole).collect()
    }

    /// Up to `limit` names after `after`, and whether there are more.
    pub(crate) fn names(&self, after: Option<&str>, limit: usize) -> (Vec<String>, bool) {
        use std::ops::Bound::{Excluded, Unbounded};
        let catalog = self.catalog.read().unwrap_or_else(PoisonError::into_inner);
        let start = after.map_or(Unbounded, Excluded);
        let mut names = catalog.range::<str, _>((start, Unbounded)).map(|(name, _)| name.clone());
        let page: Vec<String> = names.by_ref().take(limit).collect();
        (page, names.next().is_some())
    }

    /// Whether the name is taken.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }

    fn find(&self, name: &str) -> Result<Option<Arc<Table>>, TableError> {
        match self.catalog.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            None => Ok(None),
            Some(Entry::Table(table)) => Ok(Some(Arc::clone(table))),
            Some(Entry::Damaged) => Err(TableError::DataLoss { record: "table" }),
        }
    }

    /// The table called `name`, for an item operation.
    pub(crate) fn table(&self, name: &str) -> Result<Arc<Table>, TableError> {
        self.find(name)?.ok_or(TableError::ResourceNotFound)
    }

    /// The table called `name`, for an operation on tables, whose answers name it.
    pub(crate) fn named_table(&self, name: &str) -> Result<Arc<Table>, TableError> {
        self.find(name)?.ok_or_else(|| TableError::TableNotFound { table: name.to_owned() })
    }

    /// Shows a table that has just been committed.
    pub(crate) fn enter(&self, table: Arc<Table>) {
        let name = table.committed().record.definition.name.clone();
        self.catalog().insert(name, Entry::Table(table));
    }

    /// Forgets a table whose deletion has just been committed; not another one that has taken its name since.
    pub(crate) fn remove(&self, name: &str, table: &Arc<Table>) {
        let mut catalog = self.catalog();
        let same = |entry: &Entry| matches!(entry, Entry::Table(entered) if Arc::ptr_eq(entered, table));
        if catalog.get(name).is_some_and(same) {
            catalog.remove(name);
        }
    }

    /// Whether KMS reports changes at present.
    pub(crate) fn is_watching(&self) -> bool {
        self.watching.load(Ordering::Relaxed)
    }

    /// May this caller do this?
    pub(crate) fn authorize(&self, caller: &Caller, op: Op, resource: &str) -> Result<Granted, TableError> {
        authorize(&self.config.account, caller, op, resource)
    }

    /// The name of the table that a request means by its name or its ARN.
    pub(crate) fn table_name(&self, text: &str) -> Result<String, TableError> {
        Ok(validate::table_name(text, Plane::Data, self.home())?.to_owned())
    }

    /// The same, of an operation on tables and not on items.
    pub(crate) fn control_table_name(&self, text: &str) -> Result<String, TableError> {
        Ok(validate::table_name(text, Plane::Control, self.home())?.to_owned())
    }

    /// The name of the table that a request means by its ARN.
    pub(crate) fn table_of_arn(&self, arn: &str) -> Result<String, TableError> {
        Ok(validate::table_of_arn(arn, self.home())?.to_owned())
    }

    fn home(&self) -> Home<'_> {
        Home { region: &self.config.region, account: &self.config.account }
    }

    /// The ARN of the table called `name`.
    pub(crate) fn arn(&self, name: &str) -> String {
        format!("arn:aws:dynamodb:{}:{}:table/{name}", self.config.region, self.config.account)
    }

    /// Commits a changed record (and keyring, if given) of a table whose `control` lock the caller holds.
    pub(crate) async fn replace(
        &self,
        was: &Committed,
        record: TableRecord,
        ring: Option<Keyring>,
    ) -> Result<Committed, TableError> {
        let definition = record.definition.clone();
        let now = Committed::new(record, ring.unwrap_or_else(|| was.ring.clone()))?;
        let mut batch = Batch::new();
        let (record_key, ring_key) = (layout::table(&definition.name), layout::keyring(definition.id));
        batch.expect_value(record_key.clone(), was.record_bytes.clone());
        batch.put(record_key, now.record_bytes.clone());
        if now.ring_bytes != was.ring_bytes {
            batch.expect_value(ring_key.clone(), was.ring_bytes.clone());
            batch.put(ring_key, now.ring_bytes.clone());
        }
        self.store.commit(batch).await?;
        Ok(now)
    }

    /// A fresh table id.
    pub(crate) fn new_table_id(&self) -> TableId {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        TableId::new(*uuid::Builder::from_random_bytes(bytes).into_uuid().as_bytes())
    }

    async fn watch_leases(&self) {
        let mut ticks = tokio::time::interval(LEASE_SWEEP);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = Instant::now();
            let leases: usize = self.tables().iter().map(|table| table.sweep(now, self.is_watching())).sum();
            self.counters.leases.store(u64::try_from(leases).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }
}

/// Runs work that must not stop halfway when its caller goes away (between a commit and its being shown), to its end.
pub(crate) async fn whole<T: Send + 'static>(
    work: impl Future<Output = Result<T, TableError>> + Send + 'static,
) -> Result<T, TableError> {
    let outcome = tokio::spawn(request::carried(work)).await;
    outcome.unwrap_or(Err(TableError::Internal { what: "a task that panicked" }))
}

impl From<CommitError> for TableError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Contention,
            CommitError::Store(error) => error.into(),
        }
    }
}

impl From<IndexError> for TableError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Conflict => Self::Contention,
            IndexError::Store(error) => error.into(),
            IndexError::Inauthentic => Self::DataLoss { record: "sort index" },
            IndexError::KeyLength { .. } | IndexError::PayloadLength { .. } => {
                Self::Internal { what: "a sort key that the index cannot hold" }
            }
        }
    }
}

/// Visits every record under `prefix`, in order, a step at a time, until told to stop.
pub(crate) async fn walk(
    store: &dyn Store,
    prefix: Vec<u8>,
    mut visit: impl FnMut(&Bytes, Bytes) -> ControlFlow<()> + Send,
) -> Result<(), TableError> {
    let mut range = KeyRange::prefix(prefix);
    loop {
        let step = store.scan(range.clone(), WALK_STEP, Direction::Forward).await?;
        let Some(last) = step.last().map(|entry| entry.key.clone()) else { return Ok(()) };
        for entry in step {
            if visit(&entry.key, entry.value).is_break() {
                return Ok(());
            }
        }
        range = range.after(last.to_vec());
    }
}
