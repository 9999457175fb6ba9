//! Range reads.

use std::ops::Bound;

use store::Direction;

use super::error::IndexError;
use super::leaf::{Leaf, Pending};
use super::node::{IndexEntry, Seek, View};
use super::sealing::Tree;
use super::secret::Secret;
use super::walk::Walker;

/// The keys from `low` up to, not including, `high` (none: without end). In byte order nothing lies between a key
/// and the key followed by a zero byte, so every pair of bounds has this form.
struct Interval {
    low: Secret,
    high: Option<Secret>,
}

/// Reads up to `limit` entries; see [`super::SortIndex::range`] for what it sees.
pub(super) async fn read(
    tree: Tree<'_>,
    (start, end): (Bound<&[u8]>, Bound<&[u8]>),
    direction: Direction,
    limit: usize,
) -> Result<Vec<IndexEntry>, IndexError> {
    let low = match start {
        Bound::Included(key) => Secret::copy_of(key),
        Bound::Excluded(key) => Secret::successor_of(key),
        Bound::Unbounded => Secret::copy_of(&[]),
    };
    let high = match end {
        Bound::Included(key) => Some(Secret::successor_of(key)),
        Bound::Excluded(key) => Some(Secret::copy_of(key)),
        Bound::Unbounded => None,
    };
    let mut left = Interval { low, high };
    let mut walker = Walker::new(tree);
    let mut found = Vec::new();
    while found.len() < limit && !left.is_empty() {
        let Some(leaf) = walker.leaf(left.next(direction)).await? else { break };
        left.collect(&leaf, direction, limit, &mut found);
        if !left.advance(&leaf, direction) {
            break;
        }
    }
    Ok(found)
}

impl Interval {
    fn is_empty(&self) -> bool {
        self.high.as_ref().is_some_and(|high| self.low >= *high)
    }

    fn next(&self, direction: Direction) -> Seek<'_> {
        match direction {
            Direction::Forward => Seek::At(&self.low),
            Direction::Backward => Seek::Before(self.high.as_deref()),
        }
    }

    /// Adds what of the leaf lies in the interval.
    fn collect(&self, leaf: &Leaf, direction: Direction, limit: usize, found: &mut Vec<IndexEntry>) {
        let nothing_pending = Pending::new();
        let entries = leaf.entries(&nothing_pending);
        let start = entries.partition_point(|entry| entry.key < &*self.low);
        let end = match &self.high {
            Some(high) => entries.partition_point(|entry| entry.key < &**high),
            None => entries.len(),
        };
        let inside = entries.get(start..end).unwrap_or_default().iter().copied();
        let wanted = limit.saturating_sub(found.len());
        match direction {
            Direction::Forward => found.extend(inside.take(wanted).map(View::to_entry)),
            Direction::Backward => found.extend(inside.rev().take(wanted).map(View::to_entry)),
        }
    }

    /// Takes the leaf's range off the interval; false if nothing can be left.
    fn advance(&mut self, leaf: &Leaf, direction: Direction) -> bool {
        let fences = leaf.fences();
        match direction {
            Direction::Forward => match &fences.high {
                Some(high) => self.low = high.clone(),
                None => return false,
            },
            Direction::Backward => {
                if fences.low.is_empty() {
                    return false;
                }
                self.high = Some(fences.low.clone());
            }
        }
        true
    }
}
