//! The one thread that writes. It takes all commits that wait, checks each against the state that the ones before it
//! leave, merges those that hold into one sled batch, flushes once, and answers.
//!
//! Batches form by themselves: while one flush runs, the next commits gather. One thread, because sled's rate of
//! durable batches does not rise with their number (each is two syncs), and because concurrent flushes can hang it.

use std::{
    collections::{BTreeMap, btree_map},
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Instant,
};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::{
    codec,
    core::{Core, Veil},
};
use crate::{Batch, CommitError, StoreError};

/// Commits that may wait; more callers wait for a place, in order of arrival.
pub(super) const QUEUE_COMMITS: usize = 1024;
/// Most commits in one merged batch. At 64 to 256 callers the merged batch holds 40 to 170 by itself.
const MERGE_COMMITS: usize = 256;
/// A merged batch takes no further commit once it is this large: 1 MiB takes 4 ms to sync.
const MERGE_BYTES: usize = 1024 * 1024;

/// A commit on its way to the writer.
pub(super) struct Submission {
    pub(super) batch: Batch,
    pub(super) reply: Reply,
}

type Reply = oneshot::Sender<Result<(), CommitError>>;

/// Starts the writer. It ends when every sender of `queue` is gone and the queue is empty.
pub(super) fn spawn(core: Arc<Core>, queue: mpsc::Receiver<Submission>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("store-writer".into()).spawn(move || run(&core, queue))
}

fn run(core: &Core, mut queue: mpsc::Receiver<Submission>) {
    let _guard = PoisonOnPanic(core);
    while let Some(first) = queue.blocking_recv() {
        write(core, drain(first, &mut queue));
    }
}

/// `first` and what else waits, within the bounds of a merge.
fn drain(first: Submission, queue: &mut mpsc::Receiver<Submission>) -> Vec<Submission> {
    let mut bytes = first.batch.size();
    let mut drained = vec![first];
    while drained.len() < MERGE_COMMITS && bytes < MERGE_BYTES {
        let Ok(next) = queue.try_recv() else { break };
        bytes = bytes.saturating_add(next.batch.size());
        drained.push(next);
    }
    drained
}

/// Decides on each submission, makes the accepted ones durable and answers all.
fn write(core: &Core, submissions: Vec<Submission>) {
    let mut merge = Merge::new(core);
    let mut waiting = Vec::with_capacity(submissions.len());
    for Submission { batch, reply } in submissions {
        match merge.admit(batch) {
            Ok(Verdict::Accepted) => waiting.push((reply, Ok(()))),
            // Answered with the others: whoever reads again now would still see the value before, and lose again.
            Ok(Verdict::LostToThisMerge) => waiting.push((reply, Err(CommitError::Conflict))),
            Ok(Verdict::Lost) => answer(reply, Err(CommitError::Conflict)),
            Err(error) => answer(reply, Err(error.into())),
        }
    }
    let written = merge.write();
    for (reply, verdict) in waiting {
        answer(reply, written.clone().map_err(CommitError::from).and(verdict));
    }
}

fn answer(reply: Reply, result: Result<(), CommitError>) {
    // A caller that went away does not want the answer.
    let _ = reply.send(result);
}

/// What became of a submission.
enum Verdict {
    Accepted,
    /// An expectation contradicts what is on disk.
    Lost,
    /// An expectation contradicts a commit accepted just before it.
    LostToThisMerge,
}

/// The commits accepted so far, as one.
struct Merge<'a> {
    core: &'a Core,
    commits: usize,
    /// What the disk holds for every key looked at.
    before: Veil,
    /// What it shall hold, for the keys written.
    after: BTreeMap<Bytes, Option<Bytes>>,
}

impl<'a> Merge<'a> {
    fn new(core: &'a Core) -> Self {
        Self { core, commits: 0, before: Veil::new(), after: BTreeMap::new() }
    }

    /// Adds the batch if its expectations hold.
    fn admit(&mut self, batch: Batch) -> Result<Verdict, StoreError> {
        self.core.check()?;
        for expected in &batch.expectations {
            let (current, lost) = match self.after.get(&expected.key) {
                Some(value) => (value, Verdict::LostToThisMerge),
                None => (self.look_at(&expected.key)?, Verdict::Lost),
            };
            if *current != expected.value {
                self.core.counters.conflict();
                return Ok(lost);
            }
        }
        for write in batch.writes {
            self.look_at(&write.key)?;
            self.after.insert(write.key, write.value);
        }
        self.commits += 1;
        Ok(Verdict::Accepted)
    }

    /// The value on disk, read once for each key.
    fn look_at(&mut self, key: &Bytes) -> Result<&Option<Bytes>, StoreError> {
        match self.before.entry(key.clone()) {
            btree_map::Entry::Occupied(known) => Ok(known.into_mut()),
            btree_map::Entry::Vacant(unknown) => {
                let value = codec::read(&self.core.db, key).map_err(|error| self.core.poison(error))?;
                Ok(unknown.insert(value))
            }
        }
    }

    /// Makes it durable, and visible once it is. Touches the disk only if something is written.
    fn write(self) -> Result<(), StoreError> {
        self.core.check()?;
        let counters = &self.core.counters;
        if !self.after.is_empty() {
            let (keys, bytes) = (self.after.len(), size(&self.after));
            // Refused here the store is as it was, and goes on; a write that fails halfway would end it.
            self.core.space.check(bytes)?;
            let began = Instant::now();
            apply(self.core, Arc::new(self.before), &self.after).map_err(|error| self.core.poison(error))?;
            counters.flush(self.commits, keys, bytes, began.elapsed());
        }
        counters.commits(self.commits);
        Ok(())
    }
}

fn apply(core: &Core, before: Arc<Veil>, after: &BTreeMap<Bytes, Option<Bytes>>) -> Result<(), StoreError> {
    let mut batch = ::sled::Batch::default();
    for (key, new) in after {
        codec::write(&mut batch, key, before.get(key).and_then(Option::as_ref), new.as_ref())?;
    }
    core.set_veil(before);
    core.db.apply_batch(batch)?;
    core.db.flush()?;
    core.set_veil(Arc::default());
    Ok(())
}

fn size(writes: &BTreeMap<Bytes, Option<Bytes>>) -> usize {
    writes.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Bytes::len)).sum()
}

/// If the writer panics, nobody may go on: what it was writing may be there in part until the store is opened again.
struct PoisonOnPanic<'a>(&'a Core);

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.poison(StoreError::engine("the writer thread panicked"));
        }
    }
}
