//! The sealed sort index: which sort keys a partition holds, in order, with no sort key on disk in clear.
//!
//! Items lie under keyed tokens, which have no order. So each partition has a tree of sealed nodes beside its
//! items: leaves hold the sort keys in byte order, inner nodes lead to them. A new item changes one leaf, in the
//! same commit; an item that is replaced changes none; a point read never comes here; a range read walks the
//! leaves.
//!
//! # Shape
//!
//! - A **leaf** is a sealed base of up to 128 keys, and up to 16 sealed *deltas* of one change each, in fixed slots
//!   beside it. A delta counts only with the base of the same epoch; a new base has the next epoch, which retires
//!   all deltas without deleting them. (`leaf`)
//! - An **inner node** holds up to 128 children and the keys that part them, and is written only when a child is
//!   divided, joined or removed. Levels are added as needed, so a partition has no largest size. (`reshape`)
//! - The **root** has a fixed place. A partition without keys has no record at all.
//!
//! # Guarantees
//!
//! - Every record is sealed for its full store key and table (`sealing`). A record that is altered, moved, or
//!   swapped does not open; records that open but do not fit together (a missing node, a leaf from before a
//!   division beside a parent from after it) are noticed by their fences (`walk`). Both are
//!   [`IndexError::Inauthentic`]. *Not* noticed is a leaf that is put back to an earlier state with the same
//!   fences, base and deltas together, or that loses its last deltas: no sealing of single records can tell an old
//!   state from a new one.
//! - Writers plan into the caller's batch (`plan`); what they relied on becomes an expectation, so writers need no
//!   lock to be right. One lock per partition spares them retries.
//! - Readers need no lock ([`SortIndex::range`] says what they see).
//! - Decrypted keys live in zeroizing memory. Only inner nodes are cached (`cache`).
//!
//! The items of this core call it, with index 0; secondary indexes will, with their own numbers and a payload for
//! each entry.

mod cache;
mod divide;
mod error;
mod format;
mod layout;
mod leaf;
mod limits;
mod node;
mod plan;
mod range;
mod reshape;
mod sealing;
mod secret;
mod walk;
mod working;

#[cfg(test)]
mod tests;

use std::ops::Bound;

use envelope::record::SCOPE_BYTES;
use envelope::{Entropy, TOKEN_BYTES};
use store::{Batch, Direction, KeyRange, Limit, Store};

pub use cache::IndexCache;
pub use error::IndexError;
pub use limits::{MAX_KEY_BYTES, MAX_PAYLOAD_BYTES};
pub use node::IndexEntry;
pub use plan::{Outcome, Planner};
pub use sealing::DataKeys;

use layout::{IndexPlace, TreePlace};
use sealing::Tree;

/// The index of a table itself.
pub const BASE_INDEX: u32 = 0;

/// One index of one table. Cheap to make; make one per request.
#[derive(Clone, Copy)]
pub struct SortIndex<'a> {
    store: &'a dyn Store,
    keys: &'a dyn DataKeys,
    cache: &'a IndexCache,
    entropy: &'a dyn Entropy,
    place: IndexPlace,
}

impl<'a> SortIndex<'a> {
    /// The index of the table's own sort keys. `cache` must be the one that belongs to these keys.
    pub fn new(
        store: &'a dyn Store,
        keys: &'a dyn DataKeys,
        cache: &'a IndexCache,
        table: [u8; SCOPE_BYTES],
        entropy: &'a dyn Entropy,
    ) -> Self {
        Self { store, keys, cache, entropy, place: IndexPlace { table, index: BASE_INDEX } }
    }

    /// Another index of the same table.
    #[must_use]
    pub fn secondary(self, index: u32) -> Self {
        Self { place: IndexPlace { index, ..self.place }, ..self }
    }

    /// Plans into `batch` that `key` is in the partition.
    ///
    /// A batch can hold one such change per partition; use a [`planner`](Self::planner) for several.
    ///
    /// # Errors
    /// See [`Planner::finish`]. On an error the batch is as it was.
    pub async fn insert(
        &self,
        partition: &[u8; TOKEN_BYTES],
        key: &[u8],
        batch: &mut Batch,
    ) -> Result<Outcome, IndexError> {
        let mut planner = self.planner(partition);
        let outcome = planner.insert(key, &[]).await?;
        planner.finish(batch).await?;
        Ok(outcome)
    }

    /// Plans into `batch` that `key` is not in the partition.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub async fn remove(
        &self,
        partition: &[u8; TOKEN_BYTES],
        key: &[u8],
        batch: &mut Batch,
    ) -> Result<Outcome, IndexError> {
        let mut planner = self.planner(partition);
        let outcome = planner.remove(key).await?;
        planner.finish(batch).await?;
        Ok(outcome)
    }

    /// Plans several changes to one partition for one commit.
    pub fn planner(&self, partition: &[u8; TOKEN_BYTES]) -> Planner<'a> {
        Planner::new(self.tree(partition))
    }

    /// Up to `limit` entries of a partition whose keys lie within `bounds`, in key order or in reverse. Fewer than
    /// `limit` means that there are no more.
    ///
    /// Each leaf is read as it is at one moment, and leaves further along at later moments. So whatever writers
    /// commit during the call, including divisions and removals of nodes: a key that is there all the time is
    /// returned exactly once, a key that is never there is not returned, and one that is inserted or removed
    /// meanwhile may or may not be. Keys are returned in strict order. A key inserted by a commit that ended before
    /// the call began is there.
    ///
    /// # Errors
    /// [`IndexError::Inauthentic`] if the index was tampered with; [`IndexError::Conflict`] if writers changed the
    /// shape of the very part that is read dozens of times during the call.
    pub async fn range(
        &self,
        partition: &[u8; TOKEN_BYTES],
        bounds: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<IndexEntry>, IndexError> {
        range::read(self.tree(partition), bounds, direction, limit).await
    }

    /// The first partition, in token order, that has keys in this index and whose token lies beyond `from`.
    ///
    /// # Errors
    /// [`IndexError::Store`].
    pub async fn next_partition(
        &self,
        from: Bound<&[u8; TOKEN_BYTES]>,
    ) -> Result<Option<[u8; TOKEN_BYTES]>, IndexError> {
        let all = KeyRange::prefix(self.place.prefix());
        let start = match from {
            Bound::Unbounded => all.start,
            Bound::Included(token) => Bound::Included(self.tree(token).place.prefix()),
            Bound::Excluded(token) => match KeyRange::prefix(self.tree(token).place.prefix()).end {
                // Where the records of a partition end, those of the next may begin.
                Bound::Excluded(end) => Bound::Included(end),
                end => end,
            },
        };
        let range = KeyRange { start, end: all.end };
        let limit = Limit { entries: 1, bytes: Limit::SNAPSHOT.bytes };
        let first = self.store.scan(range, limit, Direction::Forward).await?.pop();
        Ok(first.and_then(|entry| layout::partition_of(&entry.key)))
    }

    fn tree(&self, partition: &[u8; TOKEN_BYTES]) -> Tree<'a> {
        Tree {
            store: self.store,
            keys: self.keys,
            entropy: self.entropy,
            cache: self.cache,
            place: TreePlace { of: self.place, partition: *partition },
        }
    }
}
