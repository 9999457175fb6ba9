//! The decrypted upper levels of hot partitions, within a bound.
//!
//! It may hold nodes that have changed in the store since, and that does no harm: a walk checks at the leaf it
//! arrives at that the leaf's own fences are what its parent says, and starts afresh from the store if they are
//! not. So no writer has to invalidate anything, and a commit that fails leaves nothing to undo.
//!
//! The object that holds a table's keys owns the cache of what they opened; dropping it overwrites both.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::layout::{NodeId, TreePlace};
use super::limits::CACHE_ENTRY_BYTES;
use super::node::Inner;

/// A bounded cache of decrypted inner nodes. Leaves are never cached.
pub struct IndexCache {
    max_bytes: usize,
    halves: Mutex<Halves>,
}

type Nodes = HashMap<(TreePlace, NodeId), Arc<Inner>>;

/// Two generations stand in for an order of use: what is used moves to the young half; when that holds half of what
/// is allowed it becomes the old one, and what was not used since the last change of generations is dropped.
#[derive(Default)]
struct Halves {
    young: Nodes,
    young_bytes: usize,
    old: Nodes,
}

impl IndexCache {
    /// A cache of at most `max_bytes`; with 0 it caches nothing.
    pub fn new(max_bytes: usize) -> Self {
        Self { max_bytes, halves: Mutex::default() }
    }

    pub(super) fn get(&self, tree: &TreePlace, id: NodeId) -> Option<Arc<Inner>> {
        let mut halves = self.halves();
        let place = (*tree, id);
        if let Some(node) = halves.young.get(&place) {
            return Some(Arc::clone(node));
        }
        let node = halves.old.remove(&place)?;
        self.keep(&mut halves, place, Arc::clone(&node));
        Some(node)
    }

    pub(super) fn put(&self, tree: &TreePlace, id: NodeId, node: Arc<Inner>) {
        let mut halves = self.halves();
        let place = (*tree, id);
        halves.old.remove(&place);
        self.keep(&mut halves, place, node);
    }

    fn keep(&self, halves: &mut Halves, place: (TreePlace, NodeId), node: Arc<Inner>) {
        let size = entry_size(&node);
        if size > self.max_bytes / 2 {
            halves.forget_young(&place);
            return;
        }
        if halves.young_bytes + size > self.max_bytes / 2 {
            halves.old = std::mem::take(&mut halves.young);
            halves.young_bytes = 0;
            halves.old.remove(&place);
        }
        halves.forget_young(&place);
        halves.young_bytes += size;
        halves.young.insert(place, node);
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        let halves = self.halves();
        halves.young.values().chain(halves.old.values()).map(|node| entry_size(node)).sum()
    }

    /// Nothing in here can be left half done by a panic.
    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Halves {
    fn forget_young(&mut self, place: &(TreePlace, NodeId)) {
        if let Some(replaced) = self.young.remove(place) {
            self.young_bytes -= entry_size(&replaced);
        }
    }
}

fn entry_size(node: &Inner) -> usize {
    node.size() + CACHE_ENTRY_BYTES
}
