//! Gets and scans, run by the callers' threads. They see a commit from the moment it is durable, and not before.
//!
//! sled shows a write to everybody as soon as it is applied, before the flush that makes it last. So the writer first
//! hangs a veil: for each key it is about to change, the value before. A reader takes the veil's word for those keys
//! and the database's for all others, and holds the veil in place meanwhile.

use std::{cmp::Ordering, ops::Bound};

use ::sled::IVec;
use bytes::Bytes;

use super::{codec, core::Core};
use crate::{Direction, Entry, KeyRange, Limit, StoreError};

/// A scan under way.
pub(super) struct Scan {
    /// What is still ahead; none at the end.
    range: Option<KeyRange>,
    limit: Limit,
    direction: Direction,
    entries: Vec<Entry>,
    bytes: usize,
}

impl Scan {
    pub(super) fn new(range: KeyRange, limit: Limit, direction: Direction) -> Self {
        Self { range: Some(range), limit, direction, entries: Vec::new(), bytes: 0 }
    }

    pub(super) fn is_done(&self) -> bool {
        self.range.is_none()
    }

    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

impl Core {
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.check()?;
        let veil = self.veil();
        match veil.get(key) {
            Some(before) => Ok(before.clone()),
            None => codec::read(&self.db, key).map_err(|error| self.poison(error)),
        }
    }

    /// Takes the scan one page of [`Limit::SNAPSHOT`] further. All of a page is from one state.
    pub(super) fn read_page(&self, scan: &mut Scan) -> Result<(), StoreError> {
        self.check()?;
        let Some(range) = scan.range.take().filter(|range| !range.is_empty()) else { return Ok(()) };
        let veil = self.veil();
        let mut page = Page { core: self, scan, count: 0, bytes: 0 };
        let heads = self.db.range::<Vec<u8>, _>(head_range(&range));
        let veiled = veil.range::<[u8], _>(range.as_slices());
        let end = match page.scan.direction {
            Direction::Forward => page.fill(heads, veiled),
            Direction::Backward => page.fill(heads.rev(), veiled.rev()),
        };
        let last = match end.map_err(|error| self.poison(error))? {
            End::OfScan => return Ok(()),
            End::OfPage => page.scan.entries.last().map(|entry| entry.key.to_vec()).unwrap_or_default(),
        };
        scan.range = Some(match scan.direction {
            Direction::Forward => range.after(last),
            Direction::Backward => range.before(last),
        });
        Ok(())
    }
}

/// Why a page ended.
enum End {
    /// The range or the caller's limit is at its end.
    OfScan,
    /// The page is full.
    OfPage,
}

/// One page being filled.
struct Page<'a> {
    core: &'a Core,
    scan: &'a mut Scan,
    count: usize,
    bytes: usize,
}

impl Page<'_> {
    /// Merges the heads with the veil; both come in the scan's direction.
    fn fill<'v>(
        &mut self,
        heads: impl Iterator<Item = ::sled::Result<(IVec, IVec)>>,
        veiled: impl Iterator<Item = (&'v Bytes, &'v Option<Bytes>)>,
    ) -> Result<End, StoreError> {
        let mut veiled = veiled.peekable();
        for head in heads {
            let (head_key, head) = head?;
            let key = codec::user_key(&head_key);
            while let Some((before_key, before)) = veiled.next_if(|(veiled, _)| self.precedes(veiled, &key)) {
                if let Some(end) = self.add(before_key.clone(), before.clone()) {
                    return Ok(end);
                }
            }
            let value = match veiled.next_if(|(veiled, _)| **veiled == key) {
                Some((_, before)) => before.clone(),
                None => Some(codec::read_value(&self.core.db, &key, &head)?),
            };
            if let Some(end) = self.add(key, value) {
                return Ok(end);
            }
        }
        for (key, before) in veiled {
            if let Some(end) = self.add(key.clone(), before.clone()) {
                return Ok(end);
            }
        }
        Ok(End::OfScan)
    }

    /// Adds the entry, if there is a value, unless that ends the scan or the page.
    fn add(&mut self, key: Bytes, value: Option<Bytes>) -> Option<End> {
        let entry = Entry { key, value: value? };
        if !self.scan.limit.admits(self.scan.entries.len(), self.scan.bytes, &entry) {
            return Some(End::OfScan);
        }
        if !Limit::SNAPSHOT.admits(self.count, self.bytes, &entry) {
            return Some(End::OfPage);
        }
        let size = entry.size();
        self.count += 1;
        self.bytes = self.bytes.saturating_add(size);
        self.scan.bytes = self.scan.bytes.saturating_add(size);
        self.scan.entries.push(entry);
        None
    }

    fn precedes(&self, left: &[u8], right: &[u8]) -> bool {
        left.cmp(right)
            == match self.scan.direction {
                Direction::Forward => Ordering::Less,
                Direction::Backward => Ordering::Greater,
            }
    }
}

/// The sled keys of the heads of `range`.
fn head_range(range: &KeyRange) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let bound = |bound: &Bound<Vec<u8>>| bound.as_ref().map(|key| codec::head_key(key));
    let start = match bound(&range.start) {
        Bound::Unbounded => Bound::Included(codec::head_key(&[])),
        start => start,
    };
    let end = match bound(&range.end) {
        Bound::Unbounded => Bound::Excluded(codec::HEADS_END.to_vec()),
        end => end,
    };
    (start, end)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use super::*;
    use crate::sled::{SledConfig, core::Veil, open};

    fn scan(core: &Core, limit: Limit, direction: Direction) -> Vec<(Bytes, Bytes)> {
        let mut scan = Scan::new(KeyRange::all(), limit, direction);
        while !scan.is_done() {
            core.read_page(&mut scan).unwrap();
        }
        scan.into_entries().into_iter().map(|entry| (entry.key, entry.value)).collect()
    }

    /// Applies to the database what a writer would, and does not get to the flush.
    fn apply(core: &Core, changes: &[(&'static str, Option<&'static str>)]) {
        let mut batch = ::sled::Batch::default();
        for (key, new) in changes {
            let old = codec::read(&core.db, key.as_bytes()).unwrap();
            let new = new.map(|new| Bytes::from_static(new.as_bytes()));
            codec::write(&mut batch, key.as_bytes(), old.as_ref(), new.as_ref()).unwrap();
        }
        core.db.apply_batch(batch).unwrap();
    }

    #[test]
    fn what_is_applied_but_not_durable_is_not_seen() {
        let directory = tempfile::tempdir().unwrap();
        let core = open::open(&SledConfig::new(directory.path())).unwrap();
        apply(&core, &[("b", Some("old")), ("d", Some("old")), ("f", Some("old"))]);
        let state = |direction| scan(&core, Limit::NONE, direction);
        let (forward, backward) = (state(Direction::Forward), state(Direction::Backward));

        // Puts, replaces and deletes, at both ends and in between.
        let changes = [
            ("a", Some("new")),
            ("b", None),
            ("c", Some("new")),
            ("d", Some("new")),
            ("f", None),
            ("g", Some("new")),
        ];
        let before = changes.map(|(key, _)| (Bytes::from(key), core.get(key.as_bytes()).unwrap()));
        core.set_veil(Arc::new(Veil::from(before.clone())));
        apply(&core, &changes);
        for (key, value) in before {
            assert_eq!(core.get(&key).unwrap(), value, "{key:?}");
        }
        assert_eq!(state(Direction::Forward), forward);
        assert_eq!(state(Direction::Backward), backward);
        assert_eq!(scan(&core, Limit::entries(2), Direction::Backward), backward[..2]);

        core.set_veil(Arc::default());
        let expected = BTreeMap::from([("a", "new"), ("c", "new"), ("d", "new"), ("g", "new")]);
        let expected: Vec<_> = expected.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        assert_eq!(state(Direction::Forward), expected);
    }
}
