//! What the sealed sort index costs, over the memory store: processor time and bytes for each insert, processor
//! time for each key of a range.
//!
//! Run by hand: `cargo run --release -p table-core --example sort_index [keys]`.

#![allow(clippy::print_stdout, reason = "an example that prints its measurements")]

use std::error::Error;
use std::ops::Bound;

use envelope::{DataKey, Entropy, OsEntropy};
use store::{Batch, Direction, MemoryStore, Store};
use table_core::index::{DataKeys, IndexCache, SortIndex};

const TABLE: [u8; 16] = [1; 16];
const CACHE_BYTES: usize = 4 << 20;

struct OneKey(DataKey);

impl DataKeys for OneKey {
    fn newest(&self) -> (u32, &DataKey) {
        (1, &self.0)
    }

    fn by_generation(&self, _: u32) -> Option<&DataKey> {
        Some(&self.0)
    }
}

/// One table with its index, and the way keys are made and spread over partitions.
struct Bench {
    store: MemoryStore,
    keys: OneKey,
    cache: IndexCache,
    partitions: u64,
}

impl Bench {
    fn new(partitions: u64, cache_bytes: usize) -> Self {
        let keys = OneKey(DataKey::generate(&OsEntropy));
        Self { store: MemoryStore::new(), keys, cache: IndexCache::new(cache_bytes), partitions }
    }

    fn index(&self) -> SortIndex<'_> {
        SortIndex::new(&self.store, &self.keys, &self.cache, TABLE, &OsEntropy)
    }

    fn partition(&self, number: u64) -> [u8; 16] {
        u128::from(number % self.partitions).to_be_bytes()
    }

    /// Inserts the numbers in the given order, one commit each.
    async fn load(&self, name: &str, numbers: &[u64]) -> Result<(), Box<dyn Error>> {
        let mut bytes = 0;
        let start = cpu_nanoseconds()?;
        for number in numbers {
            let mut batch = Batch::new();
            self.index().insert(&self.partition(*number), &sort_key(*number), &mut batch).await?;
            bytes += batch.size();
            self.store.commit(batch).await?;
        }
        let each = (cpu_nanoseconds()? - start) / count(numbers.len()).max(1);
        let (bytes, left) = (bytes / numbers.len().max(1), self.store.size_on_disk()?);
        let held = u128::from(left) / count(numbers.len()).max(1);
        println!("{name:34} {each:6} ns/insert {bytes:5} bytes written/insert {held:4} bytes held/key");
        Ok(())
    }

    async fn ranges(&self, name: &str) -> Result<(), Box<dyn Error>> {
        for limit in [1, 10, 100, 1000] {
            let mut found = 0;
            let rounds = 40_000 / (limit + 30);
            let start = cpu_nanoseconds()?;
            for _ in 0..rounds {
                let from = sort_key(random_number());
                let bounds = (Bound::Included(&from[..]), Bound::Unbounded);
                let partition = self.partition(random_number());
                found += self.index().range(&partition, bounds, Direction::Forward, limit).await?.len();
            }
            let taken = cpu_nanoseconds()? - start;
            let (call, key) = (taken / count(rounds).max(1), taken / count(found).max(1));
            println!("{name:34} range of {limit:4}: {call:7} ns/call {key:6} ns/key");
        }
        Ok(())
    }
}

/// 41 bytes, as in a table of events.
fn sort_key(number: u64) -> Vec<u8> {
    format!("event#{number:020}#some-suffix-ab").into_bytes()
}

fn random_number() -> u64 {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

/// Time on the processor so far, by the scheduler's account (Linux): a busy machine does not count.
fn cpu_nanoseconds() -> Result<u128, Box<dyn Error>> {
    let account = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(account.split(' ').next().unwrap_or_default().parse()?)
}

fn count(number: usize) -> u128 {
    u128::try_from(number).unwrap_or(u128::MAX)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let keys = std::env::args().nth(1).map_or(Ok(100_000), |keys| keys.parse())?;
    let ascending: Vec<u64> = (0..keys).collect();
    let random: Vec<u64> = (0..keys).map(|_| random_number()).collect();
    for (name, partitions, cache_bytes, numbers) in [
        ("one partition, ascending", 1, CACHE_BYTES, &ascending),
        ("one partition, random", 1, CACHE_BYTES, &random),
        ("one partition, random, no cache", 1, 0, &random),
        ("1000 keys a partition, random", keys.div_ceil(1000), CACHE_BYTES, &random),
        ("5 keys a partition, random", keys.div_ceil(5), CACHE_BYTES, &random),
    ] {
        let bench = Bench::new(partitions, cache_bytes);
        bench.load(name, numbers).await?;
        if numbers == &random {
            bench.ranges(name).await?;
        }
    }
    Ok(())
}
