//! Measures durable commits: `cargo run --release -p store --example commits [directory]`.
//!
//! For 1, 16, 64 and 256 callers that each commit one value of 1 KB after another: the rate, the time that a commit
//! takes, and how many were merged. The directory should be on the disk to be measured.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use store::{Batch, SledConfig, SledStore, Store};
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

const SECONDS: u64 = 3;
const VALUE_BYTES: usize = 1000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let parent = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    println!("callers  commits/s  p50 us  p99 us  per flush");
    for callers in [1, 16, 64, 256] {
        let directory = tempfile::tempdir_in(&parent)?;
        let store = Arc::new(SledStore::open(&SledConfig::new(directory.path().join("store")))?);
        let end = Instant::now() + Duration::from_secs(SECONDS);
        let mut tasks = JoinSet::new();
        for caller in 0..callers {
            tasks.spawn(commit_until(end, Arc::clone(&store), caller));
        }
        let mut times = Vec::new();
        while let Some(done) = tasks.join_next().await {
            times.extend(done??);
        }
        times.sort_unstable();
        let stats = store.stats();
        let rate = stats.commits / SECONDS;
        let at = |percent| times.get(times.len() * percent / 100).map_or(0, Duration::as_micros);
        println!(
            "{callers:7}  {rate:9}  {:6}  {:6}  {:9}",
            at(50),
            at(99),
            stats.commits / stats.merged.count().max(1)
        );
    }
    Ok(())
}

async fn commit_until(end: Instant, store: Arc<SledStore>, caller: usize) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::new();
    let mut now = Instant::now();
    for number in 0_u64.. {
        let mut batch = Batch::new();
        // Spread over the key space, as tokens are.
        let key = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
        batch.put([&key[..], &caller.to_be_bytes()].concat(), vec![7; VALUE_BYTES]);
        store.commit(batch).await?;
        times.push(now.elapsed());
        now = Instant::now();
        if now > end {
            break;
        }
    }
    Ok(times)
}
