//! Counters of the engine, for metrics and for the tests that watch commits being merged.

use std::{
    array,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Upper bounds of the buckets of [`Stats::flush_nanos`]: 62.5 microseconds to 1 second, each twice the one before. A
/// write to a good disk takes 100 microseconds, one to a bad disk 10 milliseconds.
const FLUSH_NANOS: [u64; 15] = doubling(62_500);
/// Upper bounds of the buckets of [`Stats::merged`]: up to what one merge takes.
const MERGED: [u64; 9] = doubling(1);

/// What the store has done since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Commits that were applied.
    pub commits: u64,
    /// Commits refused because an expectation did not hold.
    pub conflicts: u64,
    /// Commits that were merged into one durable batch, for each such batch: as many as there were flushes.
    pub merged: Distribution<9>,
    /// What each flush took, in nanoseconds, from handing the batch to the engine until it was on the medium.
    pub flush_nanos: Distribution<15>,
    /// Most commits merged in one flush.
    pub largest_merge: u64,
    /// Keys put or deleted, after merging.
    pub keys_written: u64,
    /// Bytes of the keys and values put, after merging.
    pub bytes_written: u64,
}

/// How many values lie below which bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distribution<const BUCKETS: usize> {
    /// Values up to this bound and above the one before, and how many there were.
    pub buckets: [(u64, u64); BUCKETS],
    /// Values above the last bound.
    pub above: u64,
    /// The sum of all values.
    pub sum: u64,
}

impl<const BUCKETS: usize> Distribution<BUCKETS> {
    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum::<u64>() + self.above
    }
}

/// The live counters behind [`Stats`].
pub(super) struct Counters {
    commits: AtomicU64,
    conflicts: AtomicU64,
    merged: Spread<9>,
    flush_nanos: Spread<15>,
    largest_merge: AtomicU64,
    keys_written: AtomicU64,
    bytes_written: AtomicU64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            commits: AtomicU64::default(),
            conflicts: AtomicU64::default(),
            merged: Spread::new(MERGED),
            flush_nanos: Spread::new(FLUSH_NANOS),
            largest_merge: AtomicU64::default(),
            keys_written: AtomicU64::default(),
            bytes_written: AtomicU64::default(),
        }
    }
}

impl Counters {
    pub(super) fn conflict(&self) {
        self.conflicts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn commits(&self, commits: usize) {
        self.commits.fetch_add(wide(commits), Ordering::Relaxed);
    }

    pub(super) fn flush(&self, commits: usize, keys: usize, bytes: usize, took: Duration) {
        self.merged.add(wide(commits));
        self.flush_nanos.add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        self.largest_merge.fetch_max(wide(commits), Ordering::Relaxed);
        self.keys_written.fetch_add(wide(keys), Ordering::Relaxed);
        self.bytes_written.fetch_add(wide(bytes), Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            commits: read(&self.commits),
            conflicts: read(&self.conflicts),
            merged: self.merged.snapshot(),
            flush_nanos: self.flush_nanos.snapshot(),
            largest_merge: read(&self.largest_merge),
            keys_written: read(&self.keys_written),
            bytes_written: read(&self.bytes_written),
        }
    }
}

/// The live counters behind a [`Distribution`].
struct Spread<const BUCKETS: usize> {
    bounds: [u64; BUCKETS],
    counts: [AtomicU64; BUCKETS],
    above: AtomicU64,
    sum: AtomicU64,
}

impl<const BUCKETS: usize> Spread<BUCKETS> {
    fn new(bounds: [u64; BUCKETS]) -> Self {
        let counts = array::from_fn(|_| AtomicU64::default());
        Self { bounds, counts, above: AtomicU64::default(), sum: AtomicU64::default() }
    }

    fn add(&self, value: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts.get(bucket).unwrap_or(&self.above).fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    fn snapshot(&self) -> Distribution<BUCKETS> {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut buckets = self.bounds.map(|bound| (bound, 0));
        for ((_, count), counter) in buckets.iter_mut().zip(&self.counts) {
            *count = read(counter);
        }
        Distribution { buckets, above: read(&self.above), sum: read(&self.sum) }
    }
}

const fn doubling<const BUCKETS: usize>(first: u64) -> [u64; BUCKETS] {
    let mut bounds = [first; BUCKETS];
    let mut rest: &mut [u64] = &mut bounds;
    let mut bound = first;
    while let Some((slot, others)) = rest.split_first_mut() {
        *slot = bound;
        bound *= 2;
        rest = others;
    }
    bounds
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_below_its_bound_and_one_above_all_is_not_lost() {
        let spread = Spread::<3>::new(doubling(10));
        for value in [0, 10, 11, 40, 41] {
            spread.add(value);
        }
        let found = spread.snapshot();
        assert_eq!(found, Distribution { buckets: [(10, 2), (20, 1), (40, 1)], above: 1, sum: 102 });
        assert_eq!(found.count(), 5);
    }
}
