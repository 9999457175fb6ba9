//! How a node that has grown too large is divided.

use super::format::{child_size, entry_size};
use super::limits::{FANOUT, INNER_BYTES, LEAF_BYTES, LEAF_KEYS};
use super::node::View;
use super::secret::Secret;

/// What a node may hold.
#[derive(Clone, Copy)]
pub(super) struct Capacity {
    entries: usize,
    bytes: usize,
    /// Fewest entries in a part of a divided node.
    least: usize,
}

/// A leaf's base.
pub(super) const LEAF: Capacity = Capacity { entries: LEAF_KEYS, bytes: LEAF_BYTES, least: 1 };

/// An inner node. One with a single child would be a detour.
pub(super) const INNER: Capacity = Capacity { entries: FANOUT, bytes: INNER_BYTES, least: 2 };

/// Where a node has grown, and so where it will go on growing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Growth {
    /// Anywhere: the parts are equal.
    Scattered,
    /// At the end, as with ascending keys: all parts but the last are full.
    AtEnd,
    /// At the start, as with descending keys: all parts but the first are full.
    AtStart,
}

/// How full a node is.
#[derive(Clone, Copy, Default)]
pub(super) struct Load {
    entries: usize,
    bytes: usize,
}

impl Load {
    pub(super) fn of_leaf<'a>(entries: impl ExactSizeIterator<Item = View<'a>>) -> Self {
        Self { entries: entries.len(), bytes: entries.map(entry_size).sum() }
    }

    pub(super) fn of_inner<'a>(lows: impl ExactSizeIterator<Item = &'a [u8]>) -> Self {
        Self { entries: lows.len(), bytes: lows.map(child_size).sum() }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self { entries: self.entries + other.entries, bytes: self.bytes + other.bytes }
    }

    pub(super) fn fits(&self, capacity: Capacity) -> bool {
        self.entries <= capacity.entries && self.bytes <= capacity.bytes
    }

    /// At most a quarter full: worth looking for a neighbour to join.
    pub(super) fn is_slight(&self, capacity: Capacity) -> bool {
        4 * self.entries <= capacity.entries && 4 * self.bytes <= capacity.bytes
    }

    /// At most three quarters full: two nodes joined into one with this load will not soon be divided again.
    pub(super) fn fits_loosely(&self, capacity: Capacity) -> bool {
        4 * self.entries <= 3 * capacity.entries && 4 * self.bytes <= 3 * capacity.bytes
    }
}

/// Divides entries of these sizes into parts that fit; the answer is the number of entries in each part.
pub(super) fn divide(sizes: &[usize], capacity: Capacity, growth: Growth) -> Vec<usize> {
    let mut parts = match growth {
        Growth::AtEnd => fill(sizes.iter(), capacity, usize::MAX),
        Growth::AtStart => {
            let mut parts = fill(sizes.iter().rev(), capacity, usize::MAX);
            parts.reverse();
            parts
        }
        Growth::Scattered => {
            let parts = fill(sizes.iter(), capacity, usize::MAX).len();
            let total: usize = sizes.iter().map(|size| weight(*size, capacity)).sum();
            fill(sizes.iter(), capacity, total.div_ceil(parts.max(1)))
        }
    };
    level_up(&mut parts, capacity.least);
    parts
}

/// Fills one part after the other up to the capacity or `enough` weight.
fn fill<'a>(sizes: impl Iterator<Item = &'a usize>, capacity: Capacity, enough: usize) -> Vec<usize> {
    let mut parts = Vec::new();
    let mut part = Load { entries: 0, bytes: 0 };
    let mut part_weight = 0_usize;
    for size in sizes {
        let grown = part.with(Load { entries: 1, bytes: *size });
        if part.entries > 0 && (!grown.fits(capacity) || part_weight >= enough) {
            parts.push(part.entries);
            part = Load { entries: 1, bytes: *size };
            part_weight = weight(*size, capacity);
        } else {
            part = grown;
            part_weight += weight(*size, capacity);
        }
    }
    parts.push(part.entries);
    parts
}

/// What an entry takes of a node, as one of so many entries and as so many bytes, in a common unit.
fn weight(size: usize, capacity: Capacity) -> usize {
    size * capacity.entries + capacity.bytes
}

/// Only the last part can be short; it takes what it lacks from the one before.
fn level_up(parts: &mut [usize], least: usize) {
    if let [.., before, last] = parts {
        let missing = least.saturating_sub(*last).min(before.saturating_sub(1));
        *before -= missing;
        *last += missing;
    }
}

/// The shortest key above `left` that is not above `right`; `left` must be below `right`. As a fence it parts the
/// two, and leaves little of the key in the nodes above.
pub(super) fn separator(left: &[u8], right: &[u8]) -> Secret {
    let common = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    Secret::copy_of(right.get(..=common).unwrap_or(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered_growth_makes_equal_parts_and_growth_at_an_end_full_ones() {
        let sizes = [40; 137];
        assert_eq!(divide(&sizes, LEAF, Growth::Scattered), [69, 68]);
        assert_eq!(divide(&sizes, LEAF, Growth::AtEnd), [128, 9]);
        assert_eq!(divide(&sizes, LEAF, Growth::AtStart), [9, 128]);
        assert_eq!(divide(&[1024; 33], LEAF, Growth::Scattered), [11, 11, 11]);
        assert_eq!(divide(&[1024; 33], LEAF, Growth::AtEnd), [16, 16, 1]);
        assert_eq!(divide(&[40; 3], LEAF, Growth::Scattered), [3]);
    }

    #[test]
    fn an_inner_part_has_two_children_however_uneven_their_separators() {
        let mut sizes = vec![11; 127];
        sizes.extend([2058, 2058]);
        for growth in [Growth::Scattered, Growth::AtEnd] {
            let parts = divide(&sizes, INNER, growth);
            assert_eq!(parts.iter().sum::<usize>(), sizes.len());
            assert!(parts.iter().all(|part| *part >= 2), "{parts:?}");
        }
    }

    #[test]
    fn a_separator_parts_its_neighbours() {
        let cases: [(&[u8], &[u8], &[u8]); 4] = [
            (b"abc", b"abd", b"abd"),
            (b"abc", b"b-and-more", b"b"),
            (b"ab", b"abc", b"abc"),
            (b"ab", b"abcdef", b"abc"),
        ];
        for (left, right, expected) in cases {
            let fence = separator(left, right);
            assert_eq!(*fence, *expected);
            assert!(left < &*fence && &*fence <= right);
        }
    }
}
