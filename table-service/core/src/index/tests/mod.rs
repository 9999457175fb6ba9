//! Tests of the index as a whole, over the memory store. What they share stands here.

mod authenticity;
mod collisions;
mod concurrency;
mod interleaving;
mod loads;
mod model;

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use envelope::{DataKey, SeededEntropy};
use store::{Batch, CommitError, Direction, Entry, KeyRange, Limit, MemoryStore, Store, StoreError};

use super::layout::{NODE_SLOT, NodeId, ROOT};
use super::leaf::Pending;
use super::limits::{FANOUT, INNER_BYTES, LEAF_BYTES, LEAF_KEYS};
use super::node::Fences;
use super::sealing::{Found, Tree};
use super::{
    BASE_INDEX, DataKeys, IndexCache, IndexError, MAX_KEY_BYTES, MAX_PAYLOAD_BYTES, Outcome, Planner,
    SortIndex,
};

const TABLE: [u8; 16] = [0x7A; 16];
const PARTITION: [u8; 16] = [0x50; 16];
const EVERYTHING: (Bound<&[u8]>, Bound<&[u8]>) = (Bound::Unbounded, Bound::Unbounded);
const CACHE_BYTES: usize = 1 << 20;

/// Data keys by generation; the last is the newest.
struct Ring(Vec<DataKey>);

impl DataKeys for Ring {
    fn newest(&self) -> (u32, &DataKey) {
        (u32::try_from(self.0.len()).unwrap(), self.0.last().unwrap())
    }

    fn by_generation(&self, generation: u32) -> Option<&DataKey> {
        self.0.get(usize::try_from(generation).unwrap().checked_sub(1)?)
    }
}

/// An index with all that it needs, over some store.
struct Fixture<S = MemoryStore> {
    store: S,
    ring: Ring,
    cache: IndexCache,
    entropy: SeededEntropy,
}

impl Fixture {
    fn new() -> Self {
        Self::over(MemoryStore::new())
    }
}

impl<S: Store> Fixture<S> {
    fn over(store: S) -> Self {
        Self::of_process(1, store)
    }

    /// All processes have the same keys; each draws its own node ids and nonces.
    fn of_process(process: u64, store: S) -> Self {
        let ring = Ring(vec![DataKey::generate(&SeededEntropy::danger_predictable(0))]);
        let entropy = SeededEntropy::danger_predictable(process);
        Self { store, ring, cache: IndexCache::new(CACHE_BYTES), entropy }
    }

    fn index(&self) -> SortIndex<'_> {
        SortIndex::new(&self.store, &self.ring, &self.cache, TABLE, &self.entropy)
    }

    fn planner(&self) -> Planner<'_> {
        self.index().planner(&PARTITION)
    }

    fn tree(&self) -> Tree<'_> {
        self.index().tree(&PARTITION)
    }

    /// As after a restart: the same store and keys, nothing cached.
    fn forget_cache(&mut self) {
        self.cache = IndexCache::new(CACHE_BYTES);
    }

    async fn insert(&self, key: &[u8]) -> Outcome {
        self.change(&[(key, true)]).await.remove(0)
    }

    async fn remove(&self, key: &[u8]) -> Outcome {
        self.change(&[(key, false)]).await.remove(0)
    }

    /// Inserts (true) and removes (false) in one commit, trying again after conflicts.
    async fn change(&self, changes: &[(&[u8], bool)]) -> Vec<Outcome> {
        loop {
            match self.try_change(changes).await {
                Err(IndexError::Conflict) => tokio::task::yield_now().await,
                outcomes => return outcomes.unwrap(),
            }
        }
    }

    async fn try_change(&self, changes: &[(&[u8], bool)]) -> Result<Vec<Outcome>, IndexError> {
        let mut planner = self.planner();
        let mut outcomes = Vec::new();
        for (key, inserted) in changes {
            outcomes.push(match inserted {
                true => planner.insert(key, &[]).await?,
                false => planner.remove(key).await?,
            });
        }
        let mut batch = Batch::new();
        planner.finish(&mut batch).await?;
        match self.store.commit(batch).await {
            Ok(()) => Ok(outcomes),
            Err(CommitError::Conflict) => Err(IndexError::Conflict),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    async fn keys(
        &self,
        bounds: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
        limit: usize,
    ) -> Vec<Vec<u8>> {
        let found = self.index().range(&PARTITION, bounds, direction, limit).await.unwrap();
        found.iter().map(|entry| entry.key().to_vec()).collect()
    }

    async fn all_keys(&self) -> Vec<Vec<u8>> {
        self.keys(EVERYTHING, Direction::Forward, usize::MAX).await
    }

    async fn records(&self) -> Vec<Entry> {
        self.store.scan(KeyRange::all(), Limit::NONE, Direction::Forward).await.unwrap()
    }

    /// Checks every rule of the tree's shape, and that no record lies outside it.
    async fn check(&self) -> Shape {
        let tree = self.tree();
        let mut shape = Shape::default();
        let mut left = match tree.read(ROOT).await.unwrap() {
            Found::Nothing => Vec::new(),
            Found::Leaf(_) => vec![(ROOT, 0, Fences::all())],
            Found::Inner(inner, _) => vec![(ROOT, inner.level, Fences::all())],
        };
        shape.levels = left.first().map_or(0, |(_, level, _)| usize::from(*level) + 1);
        while let Some((id, level, fences)) = left.pop() {
            match tree.read(id).await.unwrap() {
                Found::Nothing => panic!("a node is missing"),
                Found::Leaf(leaf) => {
                    assert_eq!(level, 0);
                    assert!(*leaf.fences() == fences, "fences differ from the parent's");
                    assert!(leaf.base_len() <= LEAF_KEYS && leaf.base_size() <= LEAF_BYTES);
                    let nothing = Pending::new();
                    let entries = leaf.entries(&nothing);
                    assert!(!entries.is_empty(), "an empty leaf is left");
                    assert!(entries.windows(2).all(|pair| pair[0].key < pair[1].key));
                    assert!(entries.iter().all(|entry| fences.contains(entry.key)));
                    shape.leaf_bases.push(leaf.base_len());
                    shape.keys.splice(0..0, entries.iter().map(|entry| entry.key.to_vec()));
                    shape.records.extend((0..=16).map(|slot| tree.place.record(id, slot)));
                }
                Found::Inner(inner, _) => {
                    assert_eq!(level, inner.level);
                    assert!(inner.fences == fences, "fences differ from the parent's");
                    assert!((2..=FANOUT).contains(&inner.len()));
                    assert!(inner.size() <= INNER_BYTES + 8192);
                    shape.inner += 1;
                    shape.records.insert(tree.place.record(id, NODE_SLOT));
                    let children = (0..inner.len()).map(|at| inner.child(at).unwrap());
                    // The last is taken first, so keys are met in descending order.
                    left.extend(children.map(|child| (child.id, inner.level - 1, child.fences())));
                }
            }
        }
        assert!(shape.keys.windows(2).all(|pair| pair[0] < pair[1]));
        for entry in self.records().await {
            assert!(shape.records.contains(&entry.key[..]), "a record lies outside the tree");
        }
        shape
    }
}

/// One memory store seen by several fixtures.
#[derive(Clone, Default)]
struct Shared(Arc<MemoryStore>);

impl Shared {
    async fn holding(records: &[Entry]) -> Self {
        let shared = Self::default();
        let mut batch = Batch::new();
        for entry in records {
            batch.put(entry.key.clone(), entry.value.clone());
        }
        shared.commit(batch).await.unwrap();
        shared
    }
}

#[async_trait]
impl Store for Shared {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.0.get(key).await
    }

    async fn scan(
        &self,
        range: KeyRange,
        limit: Limit,
        direction: Direction,
    ) -> Result<Vec<Entry>, StoreError> {
        self.0.scan(range, limit, direction).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.0.commit(batch).await
    }

    fn check(&self) -> Result<(), StoreError> {
        self.0.check()
    }

    fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.0.size_on_disk()
    }
}

/// What [`Fixture::check`] found.
#[derive(Default)]
struct Shape {
    keys: Vec<Vec<u8>>,
    /// Base length of every leaf, last leaf first.
    leaf_bases: Vec<usize>,
    inner: usize,
    levels: usize,
    records: BTreeSet<Vec<u8>>,
}

/// A small generator for tests that print their seed.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        println!("seed {seed}");
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap() % end
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A seed of this run, or the one given in the environment.
fn seed() -> u64 {
    let given = std::env::var("INDEX_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos().into()
    })
}

/// A key that a reader can recognise.
fn numbered(number: usize) -> Vec<u8> {
    format!("sort-key-canary-{number:08}").into_bytes()
}
