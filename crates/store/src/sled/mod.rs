//! The embedded engine: sled 0.34.7, with a remedy for each of its known ways to lose data.
//!
//! | what sled does | what this engine does | where |
//! |---|---|---|
//! | `flush` is not durable against a power cut | replaces its sync call, refuses to open if that fails | `durable-sync`, `open` |
//! | a kill inside `open` leaves a file that bricks it | deletes that file first | `open` |
//! | a lost log opens as an empty database | demands a sentinel record | `open` |
//! | new directory entries are not synced | syncs the directories | `open` |
//! | large pages go to files that are never synced | cuts values into chunks, large segments | `codec`, `open` |
//! | one flush per commit is slow, many at once hang | one writer thread, one merged batch, one flush | `writer` |
//! | a write is visible before it is durable | readers see the value before it, until it is durable | `reader` |
//! | what is deleted stays in the log for a while | offers a file that is overwritten in place | `slots` |
//! | a full disk is an I/O error like any other | refuses writes before the disk is full, reads go on | `space` |
//! | after an I/O error its state is unknown | poisons the store, until it is opened again | `core` |
//!
//! Gets, and the first [`Limit::SNAPSHOT`] of a scan, run on the caller's thread: they take microseconds, less than
//! handing them over. What is left of a long scan runs on tokio's blocking pool, one page at a time.

mod codec;
mod core;
mod open;
mod reader;
mod slots;
mod space;
mod stats;
mod writer;

use std::{io, path::Path, sync::Arc, thread::JoinHandle};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::{
    sync::{mpsc, oneshot},
    task,
};

use self::{
    core::Core,
    reader::Scan,
    slots::Slots,
    writer::{QUEUE_COMMITS, Submission},
};
pub use self::{
    open::{OpenError, SledConfig},
    stats::{Distribution, Stats},
};
use crate::{
    Batch, CommitError, Direction, Effaceable, Entry, KeyRange, Limit, Secret, SecretId, Store, StoreError,
};

/// The store's directory in a service's data directory.
const DIRECTORY: &str = "store";

/// A store in one directory of this machine, open in one process at a time.
///
/// Dropping it writes what is still queued and closes the files. That blocks for a few milliseconds.
pub struct SledStore {
    core: Arc<Core>,
    /// Both are there until drop.
    queue: Option<mpsc::Sender<Submission>>,
    writer: Option<JoinHandle<()>>,
}

impl SledStore {
    /// Opens the store in `config.path`, or makes it. Blocks, for milliseconds to a few seconds.
    pub fn open(config: &SledConfig) -> Result<Self, OpenError> {
        let core = Arc::new(open::open(config)?);
        let (queue, submissions) = mpsc::channel(QUEUE_COMMITS);
        let writer = writer::spawn(Arc::clone(&core), submissions)?;
        Ok(Self { core, queue: Some(queue), writer: Some(writer) })
    }

    /// Opens a service's store, which lies in its data directory, off the caller's thread: most of that is waiting for the
    /// disk, and it may repair files.
    pub async fn open_in(data_dir: &Path, cache_capacity: u64) -> Result<Arc<Self>, OpenError> {
        let config = SledConfig { cache_capacity, ..SledConfig::new(data_dir.join(DIRECTORY)) };
        let opened = task::spawn_blocking(move || Self::open(&config)).await;
        Ok(Arc::new(opened.map_err(io::Error::other)??))
    }

    /// What the store has done since it was opened.
    pub fn stats(&self) -> Stats {
        self.core.counters.snapshot()
    }

    /// Writes to the file of secrets, off the caller's thread. A failure there is no failure of the store: each call
    /// can be repeated.
    async fn on_slots(
        &self,
        work: impl FnOnce(&Slots) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.core.check()?;
        let core = Arc::clone(&self.core);
        task::spawn_blocking(move || work(&core.slots)).await.map_err(StoreError::engine)?
    }

    /// Why a submission found no writer.
    fn stopped(&self) -> StoreError {
        self.core.check().err().unwrap_or(StoreError::Closed)
    }
}

#[async_trait]
impl Store for SledStore {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.core.get(key)
    }

    async fn scan(
        &self,
        range: KeyRange,
        limit: Limit,
        direction: Direction,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut scan = Scan::new(range, limit, direction);
        self.core.read_page(&mut scan)?;
        while !scan.is_done() {
            let core = Arc::clone(&self.core);
            let page = task::spawn_blocking(move || core.read_page(&mut scan).map(|()| scan));
            scan = page.await.map_err(|error| self.core.poison(StoreError::engine(error)))??;
        }
        Ok(scan.into_entries())
    }

    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        batch.validate()?;
        self.core.check()?;
        if batch.is_empty() {
            return Ok(());
        }
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        queue.send(Submission { batch, reply }).await.map_err(|_| self.stopped())?;
        answer.await.map_err(|_| self.stopped())?
    }

    fn check(&self) -> Result<(), StoreError> {
        self.core.check()
    }

    fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.core.size_on_disk()
    }
}

#[async_trait]
impl Effaceable for SledStore {
    async fn keep(&self, id: SecretId, secret: Secret) -> Result<(), StoreError> {
        self.on_slots(move |slots| slots.keep(id, &secret)).await
    }

    fn recall(&self, id: SecretId) -> Result<Option<Secret>, StoreError> {
        self.core.check()?;
        self.core.slots.recall(id)
    }

    async fn efface(&self, id: SecretId) -> Result<(), StoreError> {
        self.on_slots(move |slots| slots.efface(id)).await
    }

    fn secrets(&self) -> Vec<SecretId> {
        self.core.slots.ids()
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        // The writer ends when the queue is empty and has no sender left.
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // A panic of the writer has poisoned the store and answered every caller by now.
            let _ = writer.join();
        }
    }
}
