//! Which keys a scan visits, how many at most, and which way.

use std::ops::Bound;

use crate::Entry;

/// A contiguous range of keys, in byte order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// Where the range begins, whatever the direction of the scan.
    pub start: Bound<Vec<u8>>,
    /// Where it ends.
    pub end: Bound<Vec<u8>>,
}

impl KeyRange {
    /// Every key.
    pub fn all() -> Self {
        Self { start: Bound::Unbounded, end: Bound::Unbounded }
    }

    /// Every key that begins with `prefix`.
    pub fn prefix(prefix: impl Into<Vec<u8>>) -> Self {
        let prefix = prefix.into();
        let end = match successor_of_prefix(&prefix) {
            Some(end) => Bound::Excluded(end),
            None => Bound::Unbounded,
        };
        Self { start: Bound::Included(prefix), end }
    }

    /// From `start` up to, not including, `end`.
    pub fn between(start: impl Into<Vec<u8>>, end: impl Into<Vec<u8>>) -> Self {
        Self { start: Bound::Included(start.into()), end: Bound::Excluded(end.into()) }
    }

    /// What of this range lies beyond `key`: where a forward scan goes on. `key` should lie in the range.
    #[must_use]
    pub fn after(self, key: impl Into<Vec<u8>>) -> Self {
        Self { start: Bound::Excluded(key.into()), end: self.end }
    }

    /// What of this range lies before `key`: where a backward scan goes on. `key` should lie in the range.
    #[must_use]
    pub fn before(self, key: impl Into<Vec<u8>>) -> Self {
        Self { start: self.start, end: Bound::Excluded(key.into()) }
    }

    /// Whether no key can lie in the range. Engines ask first, because their own maps reject such ranges.
    pub fn is_empty(&self) -> bool {
        match (&self.start, &self.end) {
            (Bound::Unbounded, Bound::Excluded(end)) => end.is_empty(),
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(start), Bound::Included(end)) => start > end,
            (Bound::Included(start), Bound::Excluded(end))
            | (Bound::Excluded(start), Bound::Included(end)) => start >= end,
            // Nothing lies between a key and its immediate successor, the key followed by a zero byte.
            (Bound::Excluded(start), Bound::Excluded(end)) => {
                start >= end || end.strip_prefix(start.as_slice()) == Some(&[0])
            }
        }
    }

    /// Whether `key` lies in the range.
    pub fn contains(&self, key: &[u8]) -> bool {
        let begun = match &self.start {
            Bound::Included(start) => key >= start.as_slice(),
            Bound::Excluded(start) => key > start.as_slice(),
            Bound::Unbounded => true,
        };
        begun
            && match &self.end {
                Bound::Included(end) => key <= end.as_slice(),
                Bound::Excluded(end) => key < end.as_slice(),
                Bound::Unbounded => true,
            }
    }

    /// The bounds as slices, for `BTreeMap::range`.
    pub(crate) fn as_slices(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (self.start.as_ref().map(Vec::as_slice), self.end.as_ref().map(Vec::as_slice))
    }
}

/// The least byte string above every string that begins with `prefix`; none if `prefix` is empty or all `0xff`.
fn successor_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.len() - prefix.iter().rev().take_while(|byte| **byte == u8::MAX).count();
    let (last, head) = prefix.get(..kept)?.split_last()?;
    let mut end = head.to_vec();
    end.push(last.wrapping_add(1));
    Some(end)
}

/// How much a scan returns at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Most entries. At least one is returned if there is any.
    pub entries: usize,
    /// Most bytes of keys and values together. The first entry is returned even if it alone is larger.
    pub bytes: usize,
}

impl Limit {
    /// Everything in the range. For ranges known to be small.
    pub const NONE: Self = Self { entries: usize::MAX, bytes: usize::MAX };

    /// A scan whose result stays within this sees one whole state, on every engine.
    pub const SNAPSHOT: Self = Self { entries: 200, bytes: 256 * 1024 };

    /// At most so many entries, of any size.
    pub const fn entries(entries: usize) -> Self {
        Self { entries, bytes: usize::MAX }
    }

    /// Whether `next` still fits after `count` entries of `bytes` bytes in total.
    pub(crate) fn admits(&self, count: usize, bytes: usize, next: &Entry) -> bool {
        count == 0 || (count < self.entries && bytes.saturating_add(next.size()) <= self.bytes)
    }
}

/// Which way a scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the least key up.
    Forward,
    /// From the greatest key down.
    Backward,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_no_key_with_it_is_left() {
        let cases: [(&[u8], Bound<Vec<u8>>); 4] = [
            (b"ab", Bound::Excluded(b"ac".to_vec())),
            (b"a\xff", Bound::Excluded(b"b".to_vec())),
            (b"\xff\xff", Bound::Unbounded),
            (b"", Bound::Unbounded),
        ];
        for (prefix, end) in cases {
            let range = KeyRange::prefix(prefix);
            assert_eq!(range.end, end, "{prefix:?}");
            assert!(range.contains(prefix));
            assert!(range.contains(&[prefix, b"\xff\xff\xff"].concat()));
        }
        assert!(!KeyRange::prefix(*b"a\xff").contains(b"b"));
    }

    #[test]
    fn empty_ranges_are_recognised() {
        assert!(KeyRange::between(*b"b", *b"a").is_empty());
        assert!(KeyRange::between(*b"a", *b"a").is_empty());
        assert!(KeyRange::between(*b"a", *b"b").after(*b"b").is_empty());
        assert!(KeyRange::between(*b"a", *b"a\0").after(*b"a").is_empty());
        assert!(!KeyRange::between(*b"a", *b"a\0").is_empty());
        assert!(KeyRange::all().before(*b"").is_empty());
        assert!(!KeyRange::all().is_empty());
    }
}
