//! Counters of the engine, for metrics and for the tests that watch commits being merged.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the store has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits that were applied.
    pub commits: u64,
    /// Commits refused because an expectation did not hold.
    pub conflicts: u64,
    /// Merged batches made durable, each with one flush. `commits / flushes` is the mean number merged.
    pub flushes: u64,
    /// Most commits merged in one flush.
    pub largest_merge: u64,
    /// Keys put or deleted, after merging.
    pub keys_written: u64,
    /// Bytes of the keys and values put, after merging.
    pub bytes_written: u64,
}

/// The live counters behind [`Stats`].
#[derive(Default)]
pub(super) struct Counters {
    commits: AtomicU64,
    conflicts: AtomicU64,
    flushes: AtomicU64,
    largest_merge: AtomicU64,
    keys_written: AtomicU64,
    bytes_written: AtomicU64,
}

impl Counters {
    pub(super) fn conflict(&self) {
        self.conflicts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn commits(&self, commits: usize) {
        self.commits.fetch_add(wide(commits), Ordering::Relaxed);
    }

    pub(super) fn flush(&self, commits: usize, keys: usize, bytes: usize) {
        self.flushes.fetch_add(1, Ordering::Relaxed);
        self.largest_merge.fetch_max(wide(commits), Ordering::Relaxed);
        self.keys_written.fetch_add(wide(keys), Ordering::Relaxed);
        self.bytes_written.fetch_add(wide(bytes), Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            commits: read(&self.commits),
            conflicts: read(&self.conflicts),
            flushes: read(&self.flushes),
            largest_merge: read(&self.largest_merge),
            keys_written: read(&self.keys_written),
            bytes_written: read(&self.bytes_written),
        }
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
