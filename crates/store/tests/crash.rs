//! A process that writes is killed at random moments, while it opens too; what it acknowledged must be there.
//!
//! The test binary starts itself again as the victim. A kill leaves the page cache alone, so this proves order and
//! atomicity, not that the medium was reached: for that see `durable-sync`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    env,
    hash::{BuildHasher, RandomState},
    io::{self, Read, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use store::{Batch, CommitError, Direction, KeyRange, Limit, SledConfig, SledStore, Store};

const ROUNDS: u64 = 30;
const WRITERS: usize = 8;
/// How many values of the past each writer keeps.
const HISTORY: u64 = 10;
const VICTIM: &str = "KEYSTEAD_TEST_CRASH_VICTIM";

/// What each writer's last acknowledged commit was, by writer; nothing acknowledged is 0.
type Acknowledged = [u64; WRITERS];

#[test]
fn nothing_acknowledged_is_lost_and_no_batch_is_halved_by_a_kill() {
    let seed = env::var("KEYSTEAD_TEST_SEED")
        .map_or_else(|_| RandomState::new().hash_one(0), |seed| seed.parse().unwrap());
    println!("KEYSTEAD_TEST_SEED={seed}");
    let mut random = seed;
    let mut directory = tempfile::tempdir().unwrap();
    let mut acknowledged: Acknowledged = [0; WRITERS];
    let started = Instant::now();
    for round in 0..ROUNDS {
        // Every fifth store is new, so that its making is hit as well; the others grow old.
        if round % 5 == 0 {
            directory = tempfile::tempdir().unwrap();
            acknowledged = [0; WRITERS];
        }
        let path = directory.path().join("store");
        // Opening takes about 30 ms: half of the kills hit it or soon after, the others find a full load.
        let delay = if next(&mut random).is_multiple_of(2) {
            next(&mut random) % 80
        } else {
            50 + next(&mut random) % 300
        };
        run_victim(&path, Duration::from_millis(delay), &mut acknowledged);
        verify(&path, &acknowledged, &format!("round {round}, killed after {delay} ms, seed {seed}"));
    }
    let commits: u64 = acknowledged.iter().sum();
    println!("{ROUNDS} rounds in {:?}; {commits} commits acknowledged in the last store", started.elapsed());
}

/// xorshift: enough to spread the kills, and repeatable.
fn next(state: &mut u64) -> u64 {
    *state = (*state).max(1);
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 16
}

fn run_victim(path: &Path, delay: Duration, acknowledged: &mut Acknowledged) {
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture", "--quiet"])
        .env(VICTIM, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = victim.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut said = String::new();
        output.read_to_string(&mut said).unwrap();
        said
    });
    thread::sleep(delay);
    victim.kill().unwrap();
    victim.wait().unwrap();
    let said = reader.join().unwrap();
    assert!(!said.contains("panicked"), "{said}");
    // The last line may be cut short by the kill.
    let complete = said.rfind('\n').map_or("", |end| &said[..end]);
    for line in complete.lines().filter_map(|line| line.strip_prefix("ack ")) {
        let (writer, number) = line.split_once(' ').unwrap();
        acknowledged[writer.parse::<usize>().unwrap()] = number.parse().unwrap();
    }
}

/// The victim's whole life: open, and write until killed.
#[test]
fn victim() {
    let Some(path) = env::var_os(VICTIM) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let store = std::sync::Arc::new(SledStore::open(&SledConfig::new(path)).unwrap());
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let store = std::sync::Arc::clone(&store);
            writers.spawn(async move { write_forever(&*store, writer).await });
        }
        writers.join_all().await;
    });
}

/// Each commit moves two counters that must agree and appends to a history of which it deletes the oldest.
async fn write_forever(store: &dyn Store, writer: usize) {
    loop {
        let current = store.get(format!("{writer}/left").as_bytes()).await.unwrap();
        let number = current.as_deref().map_or(0, number_of) + 1;
        let mut batch = Batch::new();
        for side in ["left", "right"] {
            let key = format!("{writer}/{side}");
            match &current {
                Some(value) => batch.expect_value(key.clone(), value.clone()),
                None => batch.expect_absent(key.clone()),
            };
            batch.put(key, number.to_be_bytes().to_vec());
        }
        batch.put(history_key(writer, number), history_value(writer, number));
        if let Some(oldest) = number.checked_sub(HISTORY) {
            batch.delete(history_key(writer, oldest));
        }
        match store.commit(batch).await {
            Ok(()) => {}
            Err(CommitError::Conflict) => panic!("writer {writer} has its keys to itself"),
            Err(error) => panic!("{error}"),
        }
        let mut out = io::stdout().lock();
        writeln!(out, "ack {writer} {number}").unwrap();
        out.flush().unwrap();
    }
}

fn verify(path: &Path, acknowledged: &Acknowledged, context: &str) {
    let store = SledStore::open(&SledConfig::new(path)).unwrap_or_else(|error| panic!("{context}: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for (writer, acknowledged) in acknowledged.iter().enumerate() {
            let left = store.get(format!("{writer}/left").as_bytes()).await.unwrap();
            let right = store.get(format!("{writer}/right").as_bytes()).await.unwrap();
            assert_eq!(left, right, "{context}: a batch was halved");
            let number = left.as_deref().map_or(0, number_of);
            let context = format!("{context}: writer {writer} is at {number}, acknowledged {acknowledged}");
            // One more may have been durable when the kill cut off its acknowledgement; in this round or, if the
            // output of an earlier one was cut, since then.
            assert!(number >= *acknowledged, "{context}");
            let range = KeyRange::prefix(format!("{writer}/history/"));
            let history = store.scan(range, Limit::NONE, Direction::Forward).await.unwrap();
            let expected: Vec<u64> = (number.saturating_sub(HISTORY - 1).max(1)..=number).collect();
            assert_eq!(history.len(), expected.len(), "{context}");
            for (entry, expected) in history.iter().zip(expected) {
                assert_eq!(entry.key, history_key(writer, expected), "{context}");
                assert!(entry.value == history_value(writer, expected), "{context}");
            }
        }
    });
}

fn number_of(value: &[u8]) -> u64 {
    u64::from_be_bytes(value.try_into().unwrap())
}

fn history_key(writer: usize, number: u64) -> Bytes {
    format!("{writer}/history/{number:012}").into()
}

/// Mostly small, sometimes in chunks; recognisable.
fn history_value(writer: usize, number: u64) -> Bytes {
    let length = if number % 16 == 5 { 150_000 } else { 100 + usize::try_from(number % 900).unwrap() };
    vec![u8::try_from((number + u64::try_from(writer).unwrap()) % 251).unwrap(); length].into()
}
