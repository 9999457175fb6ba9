//! Many writers and readers on one partition at once, on several threads, without any lock around them.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

const WRITERS: usize = 8;
const KEYS: usize = 1500;

/// A store whose every call gives way to other tasks, more or less often.
struct Jittery {
    store: Shared,
    calls: AtomicU64,
}

impl Jittery {
    fn new(store: Shared) -> Self {
        Self { store, calls: AtomicU64::new(0) }
    }

    async fn give_way(&self) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        for _ in 0..call.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 62 {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl Store for Jittery {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.give_way().await;
        self.store.get(key).await
    }

    async fn scan(
        &self,
        range: KeyRange,
        limit: Limit,
        direction: Direction,
    ) -> Result<Vec<Entry>, StoreError> {
        self.give_way().await;
        self.store.scan(range, limit, direction).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.give_way().await;
        self.store.commit(batch).await
    }

    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn size_on_disk(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// Changes the keys of which the number modulo the number of writers is `own`; answers which are left.
async fn write(fixture: Arc<Fixture<Jittery>>, own: usize, seed: u64) -> BTreeSet<Vec<u8>> {
    let mut random = Random::new(seed);
    let mut model = BTreeSet::new();
    for step in 0..700 {
        // Everybody grows for a while, then everybody shrinks, so that nodes are both divided and joined.
        let inserted = random.chance(if step % 350 < 200 { 85 } else { 15 });
        let key = numbered(own + WRITERS * (1 + random.below(KEYS / WRITERS)));
        let changed = match inserted {
            true => model.insert(key.clone()),
            false => model.remove(&key),
        };
        let outcome = match inserted {
            true => fixture.insert(&key).await,
            false => fixture.remove(&key).await,
        };
        assert_eq!(outcome == Outcome::Changed, changed);
    }
    model
}

/// Reads until the writers are done; the anchors, which nobody changes, must always be there.
async fn read(fixture: Arc<Fixture<Jittery>>, anchors: Arc<Vec<Vec<u8>>>, direction: Direction) {
    while Arc::strong_count(&anchors) > 2 {
        let found = fixture.keys(EVERYTHING, direction, usize::MAX).await;
        let is_ordered = |pair: &[Vec<u8>]| (pair[0] < pair[1]) == (direction == Direction::Forward);
        assert!(found.windows(2).all(is_ordered));
        let found: BTreeSet<Vec<u8>> = found.into_iter().collect();
        assert!(anchors.iter().all(|anchor| found.contains(anchor)));
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_one_partition_lose_nothing_and_readers_miss_nothing() {
    let seed = seed();
    println!("seed {seed}");
    let shared = Shared::default();
    // Two processes, each with a cache of its own, both used by half of the writers.
    let processes =
        [1, 2].map(|process| Arc::new(Fixture::of_process(process, Jittery::new(shared.clone()))));
    let anchors: Arc<Vec<Vec<u8>>> =
        Arc::new((0..KEYS).step_by(25).map(|n| [numbered(n), b"-anchor".to_vec()].concat()).collect());
    for anchor in anchors.iter() {
        processes[0].insert(anchor).await;
    }
    let readers: Vec<_> = [Direction::Forward, Direction::Backward]
        .into_iter()
        .zip(&processes)
        .map(|(direction, process)| tokio::spawn(read(process.clone(), anchors.clone(), direction)))
        .collect();
    let working = anchors.clone();
    let writers: Vec<_> = (0..WRITERS)
        .map(|own| {
            let seed = seed.wrapping_add(u64::try_from(own).unwrap());
            tokio::spawn(write(processes[own % 2].clone(), own, seed))
        })
        .collect();
    let mut expected: BTreeSet<Vec<u8>> = anchors.iter().cloned().collect();
    drop(anchors);
    for writer in writers {
        expected.extend(writer.await.unwrap());
    }
    drop(working);
    for reader in readers {
        reader.await.unwrap();
    }
    assert!(processes[0].check().await.keys.iter().eq(&expected));
}
