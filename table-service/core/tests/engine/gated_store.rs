//! A memory store whose next commit or read can be held up, whose next answer can be lost, any call of which can fail, and whose
//! disk can be full.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use store::{Batch, CommitError, Direction, Entry, KeyRange, Limit, MemoryStore, Store, StoreError};
use tokio::sync::oneshot;

pub(crate) struct GatedStore {
    store: Arc<MemoryStore>,
    commit: Mutex<Option<Plan>>,
    read: Mutex<Option<Gate>>,
    failure: Mutex<Option<Failure>>,
    full: AtomicBool,
    reads: AtomicUsize,
    commits: AtomicUsize,
}

/// A call that will fail.
struct Failure {
    /// How many calls are made before it.
    after: usize,
    /// Whether it is made all the same, if it is a commit.
    made: bool,
}

/// What happens to one commit.
enum Plan {
    HoldBefore(Gate),
    HoldAfter(Gate),
    LoseAnswer,
}

struct Gate {
    reached: oneshot::Sender<()>,
    open: oneshot::Receiver<()>,
}

/// A call that will wait.
pub(crate) struct Held {
    reached: oneshot::Receiver<()>,
    open: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the call has come to where it waits.
    pub(crate) async fn reached(&mut self) {
        (&mut self.reached).await.unwrap();
    }

    /// Lets it go on.
    pub(crate) fn release(self) {
        self.open.send(()).unwrap();
    }
}

impl Gate {
    fn new() -> (Self, Held) {
        let ((reached, at_gate), (release, open)) = (oneshot::channel(), oneshot::channel());
        (Self { reached, open }, Held { reached: at_gate, open: release })
    }

    async fn pass(self) {
        self.reached.send(()).unwrap();
        self.open.await.unwrap();
    }
}

impl GatedStore {
    pub(crate) fn new(store: &Arc<MemoryStore>) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(store),
            commit: Mutex::default(),
            read: Mutex::default(),
            failure: Mutex::default(),
            full: AtomicBool::new(false),
            reads: AtomicUsize::new(0),
            commits: AtomicUsize::new(0),
        })
    }

    /// The next commit waits before it is made.
    pub(crate) fn hold_next_commit(&self) -> Held {
        self.plan(Plan::HoldBefore)
    }

    /// The next commit is made and waits before it is answered.
    pub(crate) fn hold_next_answer(&self) -> Held {
        self.plan(Plan::HoldAfter)
    }

    /// The next commit is made and answered with a failure.
    pub(crate) fn lose_next_answer(&self) {
        *self.commit.lock().unwrap() = Some(Plan::LoseAnswer);
    }

    /// The `call`th call from now fails, counted from 1. If it is a commit, it may be made all the same.
    pub(crate) fn fail_call(&self, call: usize, made: bool) {
        *self.failure.lock().unwrap() = Some(Failure { after: call - 1, made });
    }

    /// Whether that call is still to come; then it will not fail.
    pub(crate) fn forget_failure(&self) -> bool {
        self.failure.lock().unwrap().take().is_some()
    }

    /// While its disk is full, commits are refused.
    pub(crate) fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// How often somebody has read, one record or many.
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// How often somebody has asked for a commit.
    pub(crate) fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }

    /// The next read waits before it is made.
    pub(crate) fn hold_next_read(&self) -> Held {
        let (gate, held) = Gate::new();
        *self.read.lock().unwrap() = Some(gate);
        held
    }

    fn plan(&self, plan: fn(Gate) -> Plan) -> Held {
        let (gate, held) = Gate::new();
        *self.commit.lock().unwrap() = Some(plan(gate));
        held
    }

    async fn before_read(&self) -> Result<(), StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let gate = self.read.lock().unwrap().take();
        if let Some(gate) = gate {
            gate.pass().await;
        }
        self.failed().map_or(Ok(()), |_| Err(StoreError::Closed))
    }

    /// If this is the call that fails: whether it is made all the same.
    fn failed(&self) -> Option<bool> {
        let mut failure = self.failure.lock().unwrap();
        match &mut *failure {
            Some(Failure { after: 0, made }) => {
                let made = *made;
                *failure = None;
                Some(made)
            }
            Some(Failure { after, .. }) => {
                *after -= 1;
                None
            }
            None => None,
        }
    }
}

#[async_trait]
impl Store for GatedStore {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.before_read().await?;
        self.store.get(key).await
    }

    async fn scan(
        &self,
        range: KeyRange,
        limit: Limit,
        direction: Direction,
    ) -> Result<Vec<Entry>, StoreError> {
        self.before_read().await?;
        self.store.scan(range, limit, direction).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.commits.fetch_add(1, Ordering::SeqCst);
        if let Some(made) = self.failed() {
            if made {
                self.store.commit(batch).await?;
            }
            return Err(StoreError::Closed.into());
        }
        let plan = self.commit.lock().unwrap().take();
        match plan {
            None if self.full.load(Ordering::SeqCst) => Err(StoreError::DiskFull.into()),
            None => self.store.commit(batch).await,
            Some(Plan::HoldBefore(gate)) => {
                gate.pass().await;
                self.store.commit(batch).await
            }
            Some(Plan::HoldAfter(gate)) => {
                let outcome = self.store.commit(batch).await;
                gate.pass().await;
                outcome
            }
            Some(Plan::LoseAnswer) => {
                self.store.commit(batch).await?;
                Err(StoreError::Closed.into())
            }
        }
    }

    fn check(&self) -> Result<(), StoreError> {
        self.store.check()
    }

    fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.store.size_on_disk()
    }
}
