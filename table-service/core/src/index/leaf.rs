//! One leaf as it was read: its base, the deltas of the base's epoch, and what a writer must find unchanged.
//!
//! A change goes into the next free slot, tagged with the base's epoch; a new base has the next epoch and thereby
//! retires all deltas at once, without deleting them. So a leaf has changed since it was read if, and only if, its
//! base or its next slot has, and these two are all that a writer needs to guard.

use std::collections::BTreeMap;

use bytes::Bytes;
use store::Batch;

use super::error::IndexError;
use super::layout::{NODE_SLOT, NodeId, ROOT};
use super::limits::DELTAS;
use super::node::{Base, Delta, Fences, View};
use super::sealing::Tree;
use super::secret::Secret;

/// Changes to a leaf that are not stored yet: the payload to insert, or none to remove the key.
pub(super) type Pending = BTreeMap<Secret, Option<Secret>>;

pub(super) struct Leaf {
    pub(super) id: NodeId,
    base: Base,
    /// The deltas of the base's epoch, in the order they were made.
    deltas: Vec<Delta>,
    stored: Option<Stored>,
}

/// The records as they were read.
struct Stored {
    base: Bytes,
    /// Every slot in use, whatever the epoch, ascending.
    slots: Vec<(u8, Bytes)>,
}

impl Leaf {
    /// The leaf that is all of a partition without records.
    pub(super) fn of_nothing() -> Self {
        Self { id: ROOT, base: Base::nothing(), deltas: Vec::new(), stored: None }
    }

    /// Puts a leaf together from its records.
    ///
    /// # Errors
    /// [`IndexError::Inauthentic`] if a delta is missing before others, or out of place.
    pub(super) fn stored(
        id: NodeId,
        base: Base,
        base_record: Bytes,
        records: Vec<(u8, Bytes, Delta)>,
    ) -> Result<Self, IndexError> {
        let mut deltas = Vec::with_capacity(records.len());
        let mut slots = Vec::with_capacity(records.len());
        for (slot, record, delta) in records {
            if delta.epoch == base.epoch {
                let next = deltas.len() + 1;
                if usize::from(slot) != next || !base.fences.contains(&delta.key) {
                    return Err(IndexError::Inauthentic);
                }
                deltas.push(delta);
            }
            slots.push((slot, record));
        }
        if slots.last().is_some_and(|(slot, _)| *slot > DELTAS) {
            return Err(IndexError::Inauthentic);
        }
        Ok(Self { id, base, deltas, stored: Some(Stored { base: base_record, slots }) })
    }

    pub(super) fn fences(&self) -> &Fences {
        &self.base.fences
    }

    pub(super) fn epoch(&self) -> u64 {
        self.base.epoch
    }

    /// The base as stored, none for a partition without records: two reads that give the same have read one version.
    pub(super) fn version(&self) -> Option<&Bytes> {
        self.stored.as_ref().map(|stored| &stored.base)
    }

    /// Entries in the base.
    pub(super) fn base_len(&self) -> usize {
        self.base.len()
    }

    /// Bytes of entries in the base.
    pub(super) fn base_size(&self) -> usize {
        self.base.size()
    }

    /// Deltas of the base's epoch.
    pub(super) fn deltas(&self) -> usize {
        self.deltas.len()
    }

    /// The payload under `key`.
    pub(super) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        match self.deltas.iter().rev().find(|delta| *delta.key == *key) {
            Some(delta) => delta.payload.as_deref(),
            None => self.base.get(key),
        }
    }

    /// All entries in order: base, deltas, and `pending` over them.
    pub(super) fn entries<'a>(&'a self, pending: &'a Pending) -> Vec<View<'a>> {
        let mut changes: BTreeMap<&[u8], Option<&[u8]>> = BTreeMap::new();
        for delta in &self.deltas {
            changes.insert(&delta.key, delta.payload.as_deref());
        }
        for (key, payload) in pending {
            changes.insert(key, payload.as_deref());
        }
        overlay(self.base.entries(), changes)
    }

    /// Adds the expectations that the leaf is as it was read.
    pub(super) fn guard(&self, tree: &Tree<'_>, batch: &mut Batch) {
        let base = tree.place.record(self.id, NODE_SLOT);
        let Some(stored) = &self.stored else {
            batch.expect_absent(base);
            return;
        };
        batch.expect_value(base, stored.base.clone());
        // With all slots taken, only a new base can change the leaf.
        let Some(next) = self.free_slots().next() else { return };
        let key = tree.place.record(self.id, next);
        match stored.slots.iter().find(|(slot, _)| *slot == next) {
            Some((_, record)) => batch.expect_value(key, record.clone()),
            None => batch.expect_absent(key),
        };
    }

    /// The slots for further deltas.
    pub(super) fn free_slots(&self) -> impl Iterator<Item = u8> + use<> {
        (1..=DELTAS).skip(self.deltas.len())
    }

    /// The epoch of the base after this one.
    pub(super) fn next_epoch(&self, tree: &Tree<'_>) -> u64 {
        match &self.stored {
            Some(_) => self.base.epoch.wrapping_add(1),
            // Random, so that no delta of a leaf that stood here before counts for this one.
            None => tree.random(),
        }
    }

    /// Deletes the node's own record.
    pub(super) fn delete_base(&self, tree: &Tree<'_>, batch: &mut Batch) {
        if self.stored.is_some() {
            batch.delete(tree.place.record(self.id, NODE_SLOT));
        }
    }

    /// Deletes the delta records, of all epochs.
    pub(super) fn delete_slots(&self, tree: &Tree<'_>, batch: &mut Batch) {
        for (slot, _) in self.stored.iter().flat_map(|stored| &stored.slots) {
            batch.delete(tree.place.record(self.id, *slot));
        }
    }
}

/// Merges two ascending sequences; a change replaces or removes the entry with its key.
fn overlay<'a>(
    entries: impl ExactSizeIterator<Item = View<'a>>,
    changes: BTreeMap<&'a [u8], Option<&'a [u8]>>,
) -> Vec<View<'a>> {
    let mut merged = Vec::with_capacity(entries.len() + changes.len());
    let mut changes = changes.into_iter().peekable();
    for entry in entries {
        while let Some((key, payload)) = changes.next_if(|(key, _)| *key < entry.key) {
            merged.extend(payload.map(|payload| View { key, payload }));
        }
        match changes.next_if(|(key, _)| *key == entry.key) {
            Some((key, payload)) => merged.extend(payload.map(|payload| View { key, payload })),
            None => merged.push(entry),
        }
    }
    merged.extend(changes.filter_map(|(key, payload)| payload.map(|payload| View { key, payload })));
    merged
}
