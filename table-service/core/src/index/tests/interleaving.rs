//! Readers and planners that are overtaken between any two of their reads by commits that divide and join nodes, move
//! the root's content down and up, and empty the tree.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

type Changes = Vec<(Vec<u8>, bool)>;

/// A store on which another process commits changes just before chosen accesses.
struct Scripted {
    writer: Fixture<Shared>,
    accesses: AtomicUsize,
    script: Mutex<VecDeque<(usize, Changes)>>,
}

impl Scripted {
    fn new(store: Shared, script: impl IntoIterator<Item = (usize, Changes)>) -> Self {
        let script = Mutex::new(script.into_iter().collect());
        Self { writer: Fixture::of_process(2, store), accesses: AtomicUsize::new(0), script }
    }

    async fn before_an_access(&self) {
        let access = self.accesses.fetch_add(1, Ordering::Relaxed);
        while let Some(changes) = self.due(access) {
            apply(&self.writer, &changes).await;
        }
    }

    fn due(&self, access: usize) -> Option<Changes> {
        self.script.lock().unwrap().pop_front_if(|(at, _)| *at <= access).map(|(_, changes)| changes)
    }

    /// What the other process has not come to.
    fn rest(&self) -> usize {
        self.script.lock().unwrap().len()
    }
}

#[async_trait]
impl Store for Scripted {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.before_an_access().await;
        self.writer.store.get(key).await
    }

    async fn scan(
        &self,
        range: KeyRange,
        limit: Limit,
        direction: Direction,
    ) -> Result<Vec<Entry>, StoreError> {
        self.before_an_access().await;
        self.writer.store.scan(range, limit, direction).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.before_an_access().await;
        self.writer.store.commit(batch).await
    }

    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn size_on_disk(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}

async fn apply<S: Store>(fixture: &Fixture<S>, changes: &Changes) {
    // In pieces, so that nodes are changed step by step as well as at once.
    for piece in changes.chunks(40) {
        let borrowed: Vec<(&[u8], bool)> =
            piece.iter().map(|(key, inserted)| (&key[..], *inserted)).collect();
        fixture.change(&borrowed).await;
    }
}

/// A tree, the changes that overtake the reader one after the other, and the states in between.
struct Scenario {
    records: Vec<Entry>,
    events: Vec<Changes>,
    states: Vec<BTreeSet<Vec<u8>>>,
}

impl Scenario {
    async fn new(start: impl IntoIterator<Item = Vec<u8>>, events: Vec<Changes>) -> Self {
        let start: BTreeSet<Vec<u8>> = start.into_iter().collect();
        let fixture = Fixture::new();
        for key in &start {
            fixture.insert(key).await;
        }
        let mut states = vec![start];
        for event in &events {
            let mut state = states.last().unwrap().clone();
            for (key, inserted) in event {
                match inserted {
                    true => state.insert(key.clone()),
                    false => state.remove(key),
                };
            }
            states.push(state);
        }
        Self { records: fixture.records().await, events, states }
    }

    /// A process that is overtaken by event `n` just before its access `at[n]`.
    async fn process(&self, at: &[usize], is_warm: bool) -> Fixture<Scripted> {
        let shared = Shared::holding(&self.records).await;
        let warm = Fixture::of_process(3, shared.clone());
        if is_warm {
            warm.all_keys().await;
        }
        let script = at.iter().copied().zip(self.events.iter().cloned());
        let mut process = Fixture::of_process(4, Scripted::new(shared, script));
        process.cache = warm.cache;
        process
    }

    /// One range read, overtaken; then it must fit what [`SortIndex::range`] promises.
    async fn read(&self, at: &[usize], is_warm: bool, direction: Direction, limit: usize) -> usize {
        let process = self.process(at, is_warm).await;
        let found = process.keys(EVERYTHING, direction, limit).await;
        let happened = self.events.len() - process.store.rest();
        self.judge(&found, &self.states[..=happened], direction, limit);
        process.store.accesses.load(Ordering::Relaxed)
    }

    fn judge(&self, found: &[Vec<u8>], states: &[BTreeSet<Vec<u8>>], direction: Direction, limit: usize) {
        assert!(found.len() <= limit);
        let is_ordered = |pair: &[Vec<u8>]| match direction {
            Direction::Forward => pair[0] < pair[1],
            Direction::Backward => pair[0] > pair[1],
        };
        assert!(found.windows(2).all(is_ordered), "doubled or out of order");
        assert!(found.iter().all(|key| states.iter().any(|state| state.contains(key))), "never there");
        let last = if found.len() == limit { found.last() } else { None };
        let is_passed = |key: &&Vec<u8>| match (last, direction) {
            (None, _) => true,
            (Some(last), Direction::Forward) => *key <= last,
            (Some(last), Direction::Backward) => *key >= last,
        };
        let always = states[0].iter().filter(|key| states.iter().all(|state| state.contains(*key)));
        let found: BTreeSet<&Vec<u8>> = found.iter().collect();
        assert!(always.filter(is_passed).all(|key| found.contains(key)), "missed");
    }

    /// One plan, overtaken: it commits if nothing came between, and if it does, nothing is lost.
    async fn write(&self, at: &[usize], is_warm: bool, changes: &Changes) -> usize {
        let process = self.process(at, is_warm).await;
        let borrowed: Vec<(&[u8], bool)> =
            changes.iter().map(|(key, inserted)| (&key[..], *inserted)).collect();
        let outcome = process.try_change(&borrowed).await;
        let happened = self.events.len() - process.store.rest();
        let mut expected = self.states[happened].clone();
        match outcome {
            Ok(outcomes) => {
                for ((key, inserted), outcome) in changes.iter().zip(outcomes) {
                    let changed = match inserted {
                        true => expected.insert(key.clone()),
                        false => expected.remove(key),
                    };
                    assert_eq!(changed, outcome == Outcome::Changed);
                }
            }
            Err(error) => assert!(matches!(error, IndexError::Conflict) && happened > 0, "{error}"),
        }
        let reads = process.store.accesses.load(Ordering::Relaxed);
        assert!(process.store.writer.check().await.keys.iter().eq(&expected));
        reads
    }

    /// Every placement of the events among the reads, for every way of reading and a plan.
    async fn exhaust(&self, plan: &Changes) {
        let never = vec![usize::MAX; self.events.len()];
        for is_warm in [true, false] {
            for (direction, limit) in [
                (Direction::Forward, usize::MAX),
                (Direction::Backward, usize::MAX),
                (Direction::Forward, 150),
                (Direction::Backward, 7),
            ] {
                let reads = self.read(&never, is_warm, direction, limit).await;
                for at in placements(self.events.len(), reads + 3) {
                    self.read(&at, is_warm, direction, limit).await;
                }
            }
            let reads = self.write(&never, is_warm, plan).await;
            for at in placements(self.events.len(), reads + 2) {
                self.write(&at, is_warm, plan).await;
            }
        }
    }
}

/// All ascending ways to place one or two events before reads `0..reads`; of more events, those at equal distances.
fn placements(events: usize, reads: usize) -> Vec<Vec<usize>> {
    match events {
        1 => (0..reads).map(|at| vec![at]).collect(),
        2 => (0..reads).flat_map(|one| (one..reads).map(move |other| vec![one, other])).collect(),
        _ => (0..reads)
            .flat_map(|first| (0..4).map(move |step| (0..events).map(|nth| first + nth * step).collect()))
            .collect(),
    }
}

fn inserts(numbers: impl Iterator<Item = usize>) -> Changes {
    numbers.map(|number| (numbered(number), true)).collect()
}

fn removes(numbers: impl Iterator<Item = usize>) -> Changes {
    numbers.map(|number| (numbered(number), false)).collect()
}

/// A number that no event touches.
fn is_anchor(number: usize) -> bool {
    number.is_multiple_of(10)
}

#[tokio::test]
async fn overtaken_by_divisions() {
    let events = vec![inserts((0..600).filter(|n| n % 3 == 1)), inserts((200..700).filter(|n| n % 3 == 2))];
    let scenario = Scenario::new((0..600).filter(|n| n % 3 == 0).map(numbered), events).await;
    scenario.exhaust(&inserts(300..340)).await;
}

#[tokio::test]
async fn overtaken_by_joins() {
    let events = vec![removes((0..600).filter(|n| !is_anchor(*n))), removes(100..500)];
    let scenario = Scenario::new((0..600).map(numbered), events).await;
    scenario.exhaust(&removes(250..300)).await;
}

#[tokio::test]
async fn overtaken_by_a_tree_that_grows_from_one_leaf_and_falls_back() {
    let events = vec![inserts((0..500).filter(|n| n % 50 != 0)), removes((0..500).filter(|n| n % 50 != 0))];
    let scenario = Scenario::new((0..500).step_by(50).map(numbered), events).await;
    scenario.exhaust(&inserts(40..45)).await;
}

#[tokio::test]
async fn overtaken_by_a_tree_that_is_emptied_and_made_anew() {
    let events = vec![removes(0..500), inserts(0..500), removes(0..500), inserts(250..260)];
    let scenario = Scenario::new((0..500).map(numbered), events).await;
    scenario.exhaust(&removes(200..220)).await;
    let events = vec![inserts(0..300), removes(0..300)];
    Scenario::new([], events).await.exhaust(&inserts(10..11)).await;
}

#[tokio::test]
async fn overtaken_in_a_deep_tree() {
    // So long that leaves and inner nodes hold seven.
    let key = |number: usize| [&[0xFE; MAX_KEY_BYTES - 8][..], &numbered(number)[16..]].concat();
    let change = |numbers: std::ops::Range<usize>, inserted| -> Changes {
        numbers.filter(|n| !is_anchor(*n)).map(|n| (key(n), inserted)).collect()
    };
    let events = vec![change(100..300, true), change(0..400, false)];
    let start = (0..400).filter(|n| is_anchor(*n) || !(100..300).contains(n)).map(key);
    let scenario = Scenario::new(start, events).await;
    let never = vec![usize::MAX; 2];
    for direction in [Direction::Forward, Direction::Backward] {
        let reads = scenario.read(&never, false, direction, usize::MAX).await;
        for at in placements(2, reads + 3).into_iter().step_by(37) {
            scenario.read(&at, at[0] % 2 == 0, direction, usize::MAX).await;
        }
    }
    let plan: Changes = (95..130).map(|number| (key(number), number % 2 == 0)).collect();
    let reads = scenario.write(&never, false, &plan).await;
    for at in placements(2, reads + 2) {
        scenario.write(&at, false, &plan).await;
    }
}

#[tokio::test]
async fn overtaken_at_random() {
    let mut random = Random::new(seed());
    for _ in 0..40 {
        let start: Vec<Vec<u8>> = (0..random.below(900)).map(|_| numbered(random.below(1000))).collect();
        let event = |random: &mut Random| -> Changes {
            let (from, length, inserted) = (random.below(1000), random.below(500), random.chance(50));
            (from..from + length).filter(|n| !is_anchor(*n)).map(|n| (numbered(n), inserted)).collect()
        };
        let events: Vec<Changes> = (0..3).map(|_| event(&mut random)).collect();
        let scenario = Scenario::new(start, events).await;
        for _ in 0..10 {
            let mut at: Vec<usize> = (0..3).map(|_| random.below(12)).collect();
            at.sort_unstable();
            let direction = if random.chance(50) { Direction::Forward } else { Direction::Backward };
            let limit = if random.chance(50) { usize::MAX } else { 1 + random.below(200) };
            scenario.read(&at, random.chance(50), direction, limit).await;
            let plan = event(&mut random).into_iter().take(60).collect();
            scenario.write(&at, random.chance(50), &plan).await;
        }
    }
}
