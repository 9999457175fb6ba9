//! The single cases of the suite, each for any engine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use store::{
    Batch, CommitError, Direction, KeyRange, Limit, MAX_BATCH_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES, Part,
    Store, StoreError,
};
use tokio::task::JoinSet;

use super::Harness;

async fn put(store: &dyn Store, key: impl Into<Bytes>, value: impl Into<Bytes>) {
    let mut batch = Batch::new();
    batch.put(key, value);
    store.commit(batch).await.unwrap();
}

async fn all(store: &dyn Store) -> Vec<(Bytes, Bytes)> {
    scan(store, KeyRange::all(), Limit::NONE, Direction::Forward).await
}

async fn scan(store: &dyn Store, range: KeyRange, limit: Limit, direction: Direction) -> Vec<(Bytes, Bytes)> {
    let entries = store.scan(range, limit, direction).await.unwrap();
    entries.into_iter().map(|entry| (entry.key, entry.value)).collect()
}

async fn keys(store: &dyn Store, range: KeyRange, limit: Limit, direction: Direction) -> Vec<String> {
    let entries = scan(store, range, limit, direction).await;
    entries.into_iter().map(|(key, _)| String::from_utf8(key.to_vec()).unwrap()).collect()
}

/// Bytes that differ at every chunk boundary.
fn large(length: usize, seed: u8) -> Bytes {
    (0..length)
        .map(|at| u8::try_from((at / 1021 + usize::from(seed)) % 251).unwrap())
        .collect::<Vec<u8>>()
        .into()
}

pub(crate) async fn a_new_store_is_empty(subject: impl Harness) {
    let store = subject.store();
    assert_eq!(store.get(b"key").await.unwrap(), None);
    assert_eq!(all(&*store).await, []);
    store.check().unwrap();
    store.size_on_disk().unwrap();
    store.commit(Batch::new()).await.unwrap();
}

pub(crate) async fn what_is_put_is_read_back(mut subject: impl Harness) {
    put(&*subject.store(), "key", "one").await;
    put(&*subject.store(), "empty", "").await;
    subject.between_steps();
    let store = subject.store();
    assert_eq!(store.get(b"key").await.unwrap().unwrap(), "one");
    assert_eq!(store.get(b"empty").await.unwrap().unwrap(), "");
    put(&*store, "key", "two").await;
    drop(store);
    subject.between_steps();
    assert_eq!(subject.store().get(b"key").await.unwrap().unwrap(), "two");
}

pub(crate) async fn deleting_removes_and_an_absent_key_may_be_deleted(mut subject: impl Harness) {
    put(&*subject.store(), "key", "value").await;
    subject.between_steps();
    let mut batch = Batch::new();
    batch.delete("key").delete("never there");
    subject.store().commit(batch).await.unwrap();
    subject.between_steps();
    assert_eq!(all(&*subject.store()).await, []);
}

pub(crate) async fn the_last_write_to_a_key_in_a_batch_counts(subject: impl Harness) {
    let store = subject.store();
    let mut batch = Batch::new();
    batch.put("a", "1").delete("a").put("b", "1").put("b", "2").delete("c").put("c", "3");
    store.commit(batch).await.unwrap();
    assert_eq!(all(&*store).await, [("b".into(), "2".into()), ("c".into(), "3".into())]);
}

pub(crate) async fn any_bytes_are_a_key(mut subject: impl Harness) {
    // Among them every shape that an engine may use for its own records and chunks.
    let mut names: Vec<Vec<u8>> =
        vec![vec![], vec![0], vec![1], vec![2], vec![255], vec![255; 300], b"sentinel".to_vec()];
    names.extend([
        b"\0sentinel".to_vec(),
        b"\x02k\0\0\0\0".to_vec(),
        b"k\0\0\0\0".to_vec(),
        b"k\0\0\0\x01".to_vec(),
        b"k".to_vec(),
    ]);
    names.push(vec![7; MAX_KEY_BYTES]);
    let mut batch = Batch::new();
    for name in &names {
        batch.put(name.clone(), large(70_000 + name.len(), name.first().copied().unwrap_or(99)));
    }
    subject.store().commit(batch).await.unwrap();
    subject.between_steps();
    names.sort();
    let found = all(&*subject.store()).await;
    assert_eq!(found.len(), names.len());
    for ((key, value), name) in found.into_iter().zip(names) {
        assert_eq!(key, name);
        assert_eq!(value, large(70_000 + name.len(), name.first().copied().unwrap_or(99)), "{name:?}");
        assert_eq!(subject.store().get(&name).await.unwrap().unwrap(), value);
    }
}

pub(crate) async fn scans_keep_to_range_order_and_limit(mut subject: impl Harness) {
    let mut batch = Batch::new();
    for key in ["a", "b1", "b2", "b3", "c"] {
        batch.put(key, "12345");
    }
    subject.store().commit(batch).await.unwrap();
    subject.between_steps();
    let store = subject.store();
    let store = &*store;
    let (up, down) = (Direction::Forward, Direction::Backward);
    let b = || KeyRange::prefix(*b"b");
    assert_eq!(keys(store, KeyRange::all(), Limit::NONE, up).await, ["a", "b1", "b2", "b3", "c"]);
    assert_eq!(keys(store, KeyRange::all(), Limit::NONE, down).await, ["c", "b3", "b2", "b1", "a"]);
    assert_eq!(keys(store, b(), Limit::NONE, up).await, ["b1", "b2", "b3"]);
    assert_eq!(keys(store, b(), Limit::entries(2), down).await, ["b3", "b2"]);
    assert_eq!(keys(store, KeyRange::between(*b"b1", *b"b3"), Limit::NONE, up).await, ["b1", "b2"]);
    assert_eq!(keys(store, b().after(*b"b1"), Limit::NONE, up).await, ["b2", "b3"]);
    assert_eq!(keys(store, b().before(*b"b3"), Limit::NONE, down).await, ["b2", "b1"]);
    // Each of these entries is seven bytes.
    let bytes = |bytes| Limit { entries: usize::MAX, bytes };
    assert_eq!(keys(store, b(), bytes(14), up).await, ["b1", "b2"]);
    assert_eq!(keys(store, b(), bytes(13), up).await, ["b1"]);
    assert_eq!(keys(store, b(), Limit { entries: 0, bytes: 0 }, up).await, ["b1"]);
    for empty in [KeyRange::between(*b"c", *b"a"), KeyRange::prefix(*b"d"), KeyRange::all().before(*b"")] {
        assert_eq!(keys(store, empty.clone(), Limit::NONE, up).await, [""; 0]);
        assert_eq!(keys(store, empty, Limit::NONE, down).await, [""; 0]);
    }
}

pub(crate) async fn a_scan_goes_on_where_it_stopped(mut subject: impl Harness) {
    // Several pages of any engine, with some values larger than a page.
    const COUNT: u32 = 1_000;
    let mut batch = Batch::new();
    for number in 0..COUNT {
        let length = if number % 250 == 7 { 300_000 } else { 40 };
        batch.put(number.to_be_bytes().to_vec(), large(length, 1));
    }
    subject.store().commit(batch).await.unwrap();
    subject.between_steps();
    let store = subject.store();
    let expected: Vec<u32> = (0..COUNT).collect();
    let number = |key: &Bytes| u32::from_be_bytes(key.as_ref().try_into().unwrap());
    for limit in [Limit::NONE, Limit::entries(300), Limit { entries: usize::MAX, bytes: 10_000 }] {
        for direction in [Direction::Forward, Direction::Backward] {
            let mut found = Vec::new();
            let mut range = KeyRange::all();
            loop {
                let entries = scan(&*store, range.clone(), limit, direction).await;
                let Some((last, _)) = entries.last() else { break };
                range = match direction {
                    Direction::Forward => range.after(last.to_vec()),
                    Direction::Backward => range.before(last.to_vec()),
                };
                found.extend(entries.iter().map(|(key, _)| number(key)));
            }
            if direction == Direction::Backward {
                found.reverse();
            }
            assert_eq!(found, expected, "{limit:?} {direction:?}");
        }
    }
}

pub(crate) async fn a_scan_returns_the_first_entry_however_large(subject: impl Harness) {
    let store = subject.store();
    put(&*store, "a", large(500_000, 1)).await;
    put(&*store, "b", large(500_000, 2)).await;
    let limit = Limit { entries: 10, bytes: 1 };
    assert_eq!(keys(&*store, KeyRange::all(), limit, Direction::Forward).await, ["a"]);
    assert_eq!(keys(&*store, KeyRange::all(), limit, Direction::Backward).await, ["b"]);
}

pub(crate) async fn a_failed_expectation_leaves_nothing_behind(mut subject: impl Harness) {
    let mut batch = Batch::new();
    batch.put("kept", "1").put("also kept", large(200_000, 1));
    subject.store().commit(batch).await.unwrap();
    let before = all(&*subject.store()).await;
    let mut failing: Vec<Batch> = vec![Batch::new(); 4];
    failing[0].expect_absent("kept");
    failing[1].expect_value("kept", "2");
    failing[2].expect_value("missing", "");
    failing[3].expect_value("kept", "1").expect_value("also kept", large(200_000, 2));
    for mut batch in failing {
        batch.put("new", "x").put("kept", "x").delete("also kept");
        assert!(matches!(subject.store().commit(batch).await, Err(CommitError::Conflict)));
        assert_eq!(all(&*subject.store()).await, before);
        subject.between_steps();
        assert_eq!(all(&*subject.store()).await, before);
    }
}

pub(crate) async fn expectations_speak_of_the_state_before_the_batch(subject: impl Harness) {
    let store = subject.store();
    let mut create = Batch::new();
    create.put("key", "1").expect_absent("key").expect_absent("other");
    store.commit(create).await.unwrap();
    let mut advance = Batch::new();
    advance.expect_value("key", "1").delete("key").put("other", "2").expect_absent("other");
    store.commit(advance).await.unwrap();
    assert_eq!(all(&*store).await, [("other".into(), "2".into())]);
    let mut ask = Batch::new();
    ask.expect_value("other", "2").expect_absent("key");
    store.commit(ask).await.unwrap();
}

pub(crate) async fn large_values_are_stored_replaced_and_deleted(mut subject: impl Harness) {
    let lengths = [400_000, 65_536, 65_537, 131_072, 1, 131_073, 0, 400 * 1024, 64 * 1024 - 1];
    for (seed, length) in (0_u8..).zip(lengths) {
        let value = large(length, seed);
        put(&*subject.store(), "large", value.clone()).await;
        subject.between_steps();
        assert!(subject.store().get(b"large").await.unwrap().unwrap() == value, "{length}");
        assert!(all(&*subject.store()).await == [("large".into(), value)], "{length}");
    }
    put(&*subject.store(), "large", large(400_000, 9)).await;
    let mut batch = Batch::new();
    batch.delete("large");
    subject.store().commit(batch).await.unwrap();
    subject.between_steps();
    assert_eq!(all(&*subject.store()).await, []);
}

pub(crate) async fn expectations_hold_on_large_values(subject: impl Harness) {
    let store = subject.store();
    put(&*store, "key", large(400_000, 1)).await;
    let replace = |old: Bytes, new: Bytes| {
        let mut batch = Batch::new();
        batch.expect_value("key", old).put("key", new);
        batch
    };
    store.commit(replace(large(400_000, 1), large(400_000, 2))).await.unwrap();
    let stale = store.commit(replace(large(400_000, 1), large(1, 3))).await;
    assert!(matches!(stale, Err(CommitError::Conflict)));
    assert!(store.get(b"key").await.unwrap().unwrap() == large(400_000, 2));
}

pub(crate) async fn the_largest_batch_is_one_commit(mut subject: impl Harness) {
    // As many 400 KB items as fit, all replaced by one batch.
    let items = u8::try_from(MAX_BATCH_BYTES / (400 * 1024) - 1).unwrap();
    for seed in [1, 2] {
        let mut batch = Batch::new();
        for item in 0..items {
            batch.put(vec![item], large(400 * 1024, item ^ seed));
        }
        subject.store().commit(batch).await.unwrap();
    }
    subject.between_steps();
    let found = all(&*subject.store()).await;
    assert_eq!(found.len(), usize::from(items));
    for (item, (_, value)) in (0_u8..).zip(found) {
        assert!(value == large(400 * 1024, item ^ 2), "{item}");
    }
}

pub(crate) async fn oversized_parts_are_refused_and_the_store_goes_on(subject: impl Harness) {
    let store = subject.store();
    let mut batches =
        vec![(Part::Key, Batch::new()), (Part::Value, Batch::new()), (Part::Batch, Batch::new())];
    batches[0].1.put(vec![0; MAX_KEY_BYTES + 1], "");
    batches[1].1.put("key", vec![0; MAX_VALUE_BYTES + 1]);
    let value = Bytes::from(vec![0; MAX_VALUE_BYTES]);
    for key in 0..5_u8 {
        batches[2].1.put(vec![key], value.clone());
    }
    for (part, batch) in batches {
        match store.commit(batch).await {
            Err(CommitError::Store(StoreError::TooLarge { part: refused, .. })) => assert_eq!(refused, part),
            other => panic!("{part}: {other:?}"),
        }
    }
    store.check().unwrap();
    put(&*store, "key", value.clone()).await;
    assert!(store.get(b"key").await.unwrap().unwrap() == value);
}

pub(crate) async fn many_callers_lose_no_increment(mut subject: impl Harness) {
    const CALLERS: usize = 64;
    const ROUNDS: u64 = 10;
    let counters: [&str; 4] = ["one", "two", "three", "four"];
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let store = subject.store();
        callers.spawn(async move {
            for _ in 0..ROUNDS {
                increment(&*store, counters[caller % counters.len()]).await;
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    subject.between_steps();
    for counter in counters {
        let value = subject.store().get(counter.as_bytes()).await.unwrap().unwrap();
        assert_eq!(value.as_ref(), (16 * ROUNDS).to_be_bytes());
    }
}

async fn increment(store: &dyn Store, counter: &'static str) {
    loop {
        let mut batch = Batch::new();
        let next = match store.get(counter.as_bytes()).await.unwrap() {
            Some(value) => {
                batch.expect_value(counter, value.clone());
                u64::from_be_bytes(value.as_ref().try_into().unwrap()) + 1
            }
            None => {
                batch.expect_absent(counter);
                1
            }
        };
        batch.put(counter, next.to_be_bytes().to_vec());
        match store.commit(batch).await {
            Ok(()) => return,
            Err(CommitError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) async fn one_of_many_creators_wins(subject: impl Harness) {
    let mut callers = JoinSet::new();
    for caller in 0..64_u8 {
        let store = subject.store();
        callers.spawn(async move {
            let mut batch = Batch::new();
            batch.expect_absent("key").put("key", vec![caller]);
            match store.commit(batch).await {
                Ok(()) => Some(caller),
                Err(CommitError::Conflict) => {
                    // The winner is visible to whoever lost to it.
                    assert!(store.get(b"key").await.unwrap().is_some());
                    None
                }
                Err(error) => panic!("{error}"),
            }
        });
    }
    let winners: Vec<u8> = callers.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(subject.store().get(b"key").await.unwrap().unwrap(), winners);
}

pub(crate) async fn a_short_scan_sees_whole_batches(subject: impl Harness) {
    // Two writers move all their keys from one number to the next, each batch deleting some and putting others.
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in ["left", "right"] {
        let (store, stop) = (subject.store(), Arc::clone(&stop));
        writers.spawn(async move {
            for number in 0_u32.. {
                let mut batch = Batch::new();
                for key in 0..20_u32 {
                    let name = format!("{writer}/{key:02}");
                    let there = !(key + number).is_multiple_of(3);
                    if there {
                        batch.put(name, number.to_string())
                    } else {
                        batch.delete(name)
                    };
                }
                store.commit(batch).await.unwrap();
                if stop.load(Ordering::Relaxed) {
                    return number;
                }
            }
            0
        });
    }
    let (store, end) = (subject.store(), Instant::now() + Duration::from_millis(400));
    let mut scans = 0;
    while Instant::now() < end {
        for direction in [Direction::Forward, Direction::Backward] {
            for writer in ["left", "right"] {
                let found = scan(&*store, KeyRange::prefix(writer), Limit::NONE, direction).await;
                let Some((_, number)) = found.first() else { continue };
                let number: u32 = std::str::from_utf8(number).unwrap().parse().unwrap();
                let mut expected: Vec<(Bytes, Bytes)> = (0..20)
                    .filter(|key| !(key + number).is_multiple_of(3))
                    .map(|key| (format!("{writer}/{key:02}").into(), number.to_string().into()))
                    .collect();
                if direction == Direction::Backward {
                    expected.reverse();
                }
                assert_eq!(found, expected);
                scans += 1;
            }
        }
        tokio::task::yield_now().await;
    }
    stop.store(true, Ordering::Relaxed);
    let commits = writers.join_all().await;
    assert!(scans > 10 && commits.iter().all(|commits| *commits > 2), "{scans} scans, {commits:?} commits");
}

pub(crate) async fn a_reader_sees_what_was_committed_before_it_began(subject: impl Harness) {
    // Values only grow, and what one reader has seen no later reader may miss.
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (store, stop) = (subject.store(), Arc::clone(&stop));
        async move {
            for number in 0_u64.. {
                put(&*store, "key", number.to_be_bytes().to_vec()).await;
                let read = store.get(b"key").await.unwrap().unwrap();
                assert_eq!(read.as_ref(), number.to_be_bytes());
                if stop.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    });
    let (store, end) = (subject.store(), Instant::now() + Duration::from_millis(300));
    let mut latest = Bytes::from_static(&[0; 8]);
    while Instant::now() < end {
        for from_scan in [false, true] {
            let value = if from_scan {
                scan(&*store, KeyRange::all(), Limit::entries(1), Direction::Forward)
                    .await
                    .pop()
                    .map(|(_, value)| value)
            } else {
                store.get(b"key").await.unwrap()
            };
            let Some(value) = value else { continue };
            assert!(value >= latest);
            latest = value;
        }
        tokio::task::yield_now().await;
    }
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
}
