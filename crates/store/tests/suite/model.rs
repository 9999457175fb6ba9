//! Random batches and scans against a `BTreeMap` that does the same by definition.

use std::{collections::BTreeMap, ops::Bound};

use bytes::Bytes;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use store::{Batch, CommitError, Direction, KeyRange, Limit, Store};

use super::Harness;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Clone, Debug)]
enum Step {
    Commit { writes: Vec<(Vec<u8>, Option<Vec<u8>>)>, expectations: Vec<(Vec<u8>, Guess)> },
    Scan { start: Bound<Vec<u8>>, end: Bound<Vec<u8>>, entries: usize, bytes: usize, backward: bool },
    Get(Vec<u8>),
    Reopen,
}

/// What a batch expects of a key.
#[derive(Clone, Debug)]
enum Guess {
    /// What the model holds.
    Right,
    Absent,
    Value(Vec<u8>),
}

/// Few enough that batches meet, and one the prefix of another.
fn key() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![Just(0_u8), Just(1), Just(b'a'), Just(255)], 0..4)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => vec(any::<u8>(), 0..20),
        1 => (0_u8..4, 60_000_usize..140_000).prop_map(|(byte, length)| vec![byte; length]),
    ]
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![key().prop_map(Bound::Included), key().prop_map(Bound::Excluded), Just(Bound::Unbounded)]
}

fn step() -> impl Strategy<Value = Step> {
    let guess =
        prop_oneof![6 => Just(Guess::Right), 1 => Just(Guess::Absent), 1 => value().prop_map(Guess::Value)];
    let commit = (vec((key(), proptest::option::weighted(0.7, value())), 0..8), vec((key(), guess), 0..3))
        .prop_map(|(writes, expectations)| Step::Commit { writes, expectations });
    let bytes = prop_oneof![Just(usize::MAX), 0_usize..200];
    let scan = (bound(), bound(), 0_usize..12, bytes, any::<bool>()).prop_map(
        |(start, end, entries, bytes, backward)| Step::Scan { start, end, entries, bytes, backward },
    );
    prop_oneof![8 => commit, 6 => scan, 3 => key().prop_map(Step::Get), 1 => Just(Step::Reopen)]
}

/// proptest prints the failing steps, and the seed to repeat them.
pub(crate) fn random_batches_agree_with_a_map<H: Harness>() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&vec(step(), 1..60), |steps| {
            let mut subject = H::start();
            let mut model = Model::new();
            for step in steps {
                runtime.block_on(take(step, &mut subject, &mut model))?;
            }
            subject.between_steps();
            let everything = scanned(&model, &KeyRange::all(), Limit::NONE, Direction::Forward);
            prop_assert_eq!(
                runtime.block_on(scan(&*subject.store(), KeyRange::all(), Limit::NONE, Direction::Forward)),
                everything
            );
            Ok(())
        })
        .unwrap();
}

async fn take<H: Harness>(step: Step, subject: &mut H, model: &mut Model) -> Result<(), TestCaseError> {
    match step {
        Step::Commit { writes, expectations } => {
            let batch = batch(&writes, &expectations, model);
            let holds = expectations.iter().all(|(key, guess)| match guess {
                Guess::Right => true,
                Guess::Absent => !model.contains_key(key),
                Guess::Value(value) => model.get(key) == Some(value),
            });
            match subject.store().commit(batch).await {
                Ok(()) => prop_assert!(holds),
                Err(CommitError::Conflict) => prop_assert!(!holds),
                Err(error) => panic!("{error}"),
            }
            if holds {
                for (key, value) in writes {
                    match value {
                        Some(value) => model.insert(key, value),
                        None => model.remove(&key),
                    };
                }
            }
        }
        Step::Scan { start, end, entries, bytes, backward } => {
            let range = KeyRange { start, end };
            let limit = Limit { entries, bytes };
            let direction = if backward { Direction::Backward } else { Direction::Forward };
            let expected = scanned(model, &range, limit, direction);
            prop_assert_eq!(scan(&*subject.store(), range, limit, direction).await, expected);
        }
        Step::Get(key) => {
            let found = subject.store().get(&key).await.unwrap();
            prop_assert_eq!(found.as_deref(), model.get(&key).map(Vec::as_slice));
        }
        Step::Reopen => subject.between_steps(),
    }
    Ok(())
}

fn batch(writes: &[(Vec<u8>, Option<Vec<u8>>)], expectations: &[(Vec<u8>, Guess)], model: &Model) -> Batch {
    let mut batch = Batch::new();
    for (key, value) in writes {
        match value {
            Some(value) => batch.put(key.clone(), value.clone()),
            None => batch.delete(key.clone()),
        };
    }
    for (key, guess) in expectations {
        let expected = match guess {
            Guess::Right => model.get(key),
            Guess::Absent => None,
            Guess::Value(value) => Some(value),
        };
        match expected {
            Some(value) => batch.expect_value(key.clone(), value.clone()),
            None => batch.expect_absent(key.clone()),
        };
    }
    batch
}

async fn scan(
    store: &dyn Store,
    range: KeyRange,
    limit: Limit,
    direction: Direction,
) -> Vec<(Vec<u8>, Bytes)> {
    let entries = store.scan(range, limit, direction).await.unwrap();
    entries.into_iter().map(|entry| (entry.key.to_vec(), entry.value)).collect()
}

/// What a scan returns, by definition.
fn scanned(model: &Model, range: &KeyRange, limit: Limit, direction: Direction) -> Vec<(Vec<u8>, Bytes)> {
    let mut inside: Vec<_> = model.iter().filter(|(key, _)| range.contains(key)).collect();
    if direction == Direction::Backward {
        inside.reverse();
    }
    let mut bytes = 0;
    let fits = |(count, (key, value)): &(usize, (&Vec<u8>, &Vec<u8>))| {
        bytes += key.len() + value.len();
        *count == 0 || (*count < limit.entries && bytes <= limit.bytes)
    };
    inside
        .into_iter()
        .enumerate()
        .take_while(fits)
        .map(|(_, (key, value))| (key.clone(), value.clone().into()))
        .collect()
}
