//! Writers: changes to one partition's tree, planned in memory and added to the caller's batch as one.
//!
//! A plan reads the leaves that its keys belong to and collects changes. Finishing it decides for each leaf what is
//! least to write: deltas, a new base, or (by [`super::reshape`]) a different tree. Everything the plan relied on
//! becomes an expectation, so a batch that commits was right, whoever else was writing; one that does not has
//! changed nothing, neither in the store nor here.

use std::collections::BTreeMap;
use std::ops::Bound;

use store::Batch;

use super::divide::{LEAF, Load};
use super::error::IndexError;
use super::format::{encode_delta, encode_leaf};
use super::layout::ROOT;
use super::leaf::{Leaf, Pending};
use super::limits::{DELTAS, MAX_KEY_BYTES, MAX_PAYLOAD_BYTES, REWRITE_BYTES};
use super::node::Seek;
use super::reshape::Reshape;
use super::sealing::Tree;
use super::secret::Secret;
use super::walk::Walker;

/// What a change means to the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The key was not there and will be, or was there and will not be, or its payload changes.
    Changed,
    /// The index is already as asked.
    Unchanged,
}

/// Changes to one partition's tree that belong into one commit.
pub struct Planner<'a> {
    tree: Tree<'a>,
    walker: Walker<'a>,
    /// The leaves read so far, by low fence.
    touched: BTreeMap<Secret, Touched>,
}

/// A leaf and what is to change in it.
pub(super) struct Touched {
    pub(super) leaf: Leaf,
    pub(super) pending: Pending,
}

/// What is written of a leaf.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Nothing,
    Deltas,
    NewBase,
    /// Its neighbours or parents have to change too.
    NewShape,
}

impl<'a> Planner<'a> {
    pub(super) fn new(tree: Tree<'a>) -> Self {
        Self { tree, walker: Walker::new(tree), touched: BTreeMap::new() }
    }

    /// Plans that `key` is there, with this payload.
    ///
    /// # Errors
    /// Every [`IndexError`]. After one that is not about a length the plan should be dropped and made anew.
    pub async fn insert(&mut self, key: &[u8], payload: &[u8]) -> Result<Outcome, IndexError> {
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(IndexError::PayloadLength { bytes: payload.len() });
        }
        Ok(self.touch(key).await?.set(key, Some(payload)))
    }

    /// Plans that `key` is not there.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub async fn remove(&mut self, key: &[u8]) -> Result<Outcome, IndexError> {
        Ok(self.touch(key).await?.set(key, None))
    }

    /// Adds all of the plan to `batch`: the writes, and the expectations that make the commit fail if anything that
    /// the plan relied on has changed. Outcomes of `Unchanged` are guarded as well. On an error the batch is as it
    /// was.
    ///
    /// # Errors
    /// [`IndexError::Conflict`] if it is already clear that the commit would fail.
    pub async fn finish(self, batch: &mut Batch) -> Result<(), IndexError> {
        let tree = self.tree;
        let forms: Vec<(Form, Touched)> =
            self.touched.into_values().map(|touched| (touched.form(), touched)).collect();
        if forms.iter().all(|(form, _)| *form != Form::NewShape) {
            for (form, touched) in forms {
                touched.write(form, &tree, batch);
            }
            return Ok(());
        }
        // What one leaf needs of its neighbours may be what another leaf of the plan changes: all go together.
        let (unchanged, changed): (Vec<_>, Vec<_>) =
            forms.into_iter().map(|(_, touched)| touched).partition(|touched| touched.pending.is_empty());
        Reshape::plan(tree, changed).await?.write(batch);
        for touched in unchanged {
            touched.leaf.guard(&tree, batch);
        }
        Ok(())
    }

    /// The leaf that `key` belongs to.
    async fn touch(&mut self, key: &[u8]) -> Result<&mut Touched, IndexError> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(IndexError::KeyLength { bytes: key.len() });
        }
        let low = match self.held(key) {
            Some(low) => low,
            None => {
                let leaf = self.walker.leaf(Seek::At(key)).await?.unwrap_or_else(Leaf::of_nothing);
                self.hold(leaf)?
            }
        };
        self.touched.get_mut(&low).ok_or(IndexError::Conflict)
    }

    fn held(&self, key: &[u8]) -> Option<Secret> {
        let (low, touched) = self.at_or_before(key)?;
        touched.leaf.fences().contains(key).then(|| low.clone())
    }

    fn at_or_before(&self, key: &[u8]) -> Option<(&Secret, &Touched)> {
        self.touched.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back()
    }

    /// Two leaves that overlap cannot both still stand: the tree changed between their readings.
    fn hold(&mut self, leaf: Leaf) -> Result<Secret, IndexError> {
        let fences = leaf.fences();
        let before = self.at_or_before(&fences.low);
        let after = self.touched.range::<[u8], _>((Bound::Included(&*fences.low), Bound::Unbounded)).next();
        let overlaps = before.is_some_and(|(_, touched)| touched.leaf.fences().contains(&fences.low))
            || after.is_some_and(|(low, _)| fences.contains(low));
        if overlaps {
            return Err(IndexError::Conflict);
        }
        let low = fences.low.clone();
        self.touched.insert(low.clone(), Touched { leaf, pending: Pending::new() });
        Ok(low)
    }
}

impl Touched {
    /// Notes what `key` is to have. What amounts to the stored state is not a change.
    fn set(&mut self, key: &[u8], payload: Option<&[u8]>) -> Outcome {
        let stored = self.leaf.get(key);
        let current = self.pending.get(key).map_or(stored, |pending| pending.as_deref());
        if current == payload {
            return Outcome::Unchanged;
        }
        if stored == payload {
            self.pending.remove(key);
        } else {
            self.pending.insert(Secret::copy_of(key), payload.map(Secret::copy_of));
        }
        Outcome::Changed
    }

    fn form(&self) -> Form {
        if self.pending.is_empty() {
            return Form::Nothing;
        }
        let changes = self.leaf.deltas() + self.pending.len();
        let slots_are_left = changes <= usize::from(DELTAS) && self.leaf.version().is_some();
        // Only a leaf with fewer keys than changes can be empty.
        if slots_are_left && self.leaf.base_len() > changes && self.leaf.base_size() > REWRITE_BYTES {
            return Form::Deltas;
        }
        let is_whole_tree = self.leaf.id == ROOT;
        let entries = self.leaf.entries(&self.pending);
        let load = Load::of_leaf(entries.iter().copied());
        if entries.is_empty() {
            return if is_whole_tree { Form::NewBase } else { Form::NewShape };
        }
        if slots_are_left && load.bytes() > REWRITE_BYTES {
            return Form::Deltas;
        }
        let shrinks_away = entries.len() < self.leaf.base_len() && load.is_slight(LEAF) && !is_whole_tree;
        if load.fits(LEAF) && !shrinks_away { Form::NewBase } else { Form::NewShape }
    }

    fn write(&self, form: Form, tree: &Tree<'_>, batch: &mut Batch) {
        self.leaf.guard(tree, batch);
        match form {
            Form::Nothing | Form::NewShape => {}
            Form::Deltas => self.write_deltas(tree, batch),
            Form::NewBase => self.write_base(tree, batch),
        }
    }

    fn write_deltas(&self, tree: &Tree<'_>, batch: &mut Batch) {
        for ((key, payload), slot) in self.pending.iter().zip(self.leaf.free_slots()) {
            let delta = encode_delta(self.leaf.epoch(), key, payload.as_deref());
            let (key, value) = tree.seal_delta(self.leaf.id, slot, &delta);
            batch.put(key, value);
        }
    }

    fn write_base(&self, tree: &Tree<'_>, batch: &mut Batch) {
        let entries = self.leaf.entries(&self.pending);
        if entries.is_empty() {
            self.leaf.delete_base(tree, batch);
            self.leaf.delete_slots(tree, batch);
            return;
        }
        let epoch = self.leaf.next_epoch(tree);
        let (key, value) = tree.seal_node(self.leaf.id, &encode_leaf(epoch, self.leaf.fences(), &entries));
        batch.put(key, value);
    }
}
