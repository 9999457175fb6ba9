//! The index against a `BTreeSet`, with restarts, conflicts and failing commits.

use super::*;

/// Draws keys of many lengths, often sharing prefixes.
fn any_key(random: &mut Random, longest: usize) -> Vec<u8> {
    let length = match random.below(10) {
        0 => 1,
        1 => longest,
        2..=4 => 1 + random.below(longest),
        _ => 2 + random.below(12.min(longest - 1)),
    };
    let mut key: Vec<u8> = (0..length).map(|_| b"ab\x00\xff"[random.below(4)]).collect();
    if random.chance(50) {
        let number = u32::try_from(random.below(5000)).unwrap().to_be_bytes();
        key.splice(0..0, number);
        key.truncate(longest.max(4));
    }
    key
}

fn bound(key: &[u8], random: &mut Random) -> Bound<Vec<u8>> {
    match random.below(4) {
        0 => Bound::Unbounded,
        1 => Bound::Excluded(key.to_vec()),
        _ => Bound::Included(key.to_vec()),
    }
}

fn expected(
    model: &BTreeSet<Vec<u8>>,
    bounds: &(Bound<Vec<u8>>, Bound<Vec<u8>>),
    direction: Direction,
    limit: usize,
) -> Vec<Vec<u8>> {
    let range = KeyRange { start: bounds.0.clone(), end: bounds.1.clone() };
    let inside = model.iter().filter(|key| range.contains(key)).cloned();
    match direction {
        Direction::Forward => inside.take(limit).collect(),
        Direction::Backward => inside.rev().take(limit).collect(),
    }
}

async fn compare_a_range(fixture: &Fixture, model: &BTreeSet<Vec<u8>>, random: &mut Random, longest: usize) {
    let (one, other) = (any_key(random, longest), any_key(random, longest));
    let (low, high) = if one <= other || random.chance(5) { (one, other) } else { (other, one) };
    let bounds = (bound(&low, random), bound(&high, random));
    let direction = if random.chance(50) { Direction::Forward } else { Direction::Backward };
    let limit = [0, 1, 2, 10, 100, 1000, usize::MAX][random.below(7)];
    let slices = (bounds.0.as_ref().map(Vec::as_slice), bounds.1.as_ref().map(Vec::as_slice));
    let found = fixture.keys(slices, direction, limit).await;
    assert!(found == expected(model, &bounds, direction, limit), "a range differs");
}

/// A plan that loses a race must leave everything as it was.
async fn lose_a_race(fixture: &Fixture, key: &[u8], inserted: bool) {
    let mut planner = fixture.planner();
    match inserted {
        true => planner.insert(key, &[]).await.unwrap(),
        false => planner.remove(key).await.unwrap(),
    };
    let mut batch = Batch::new();
    batch.expect_value(&b"never there"[..], &b"so this fails"[..]);
    planner.finish(&mut batch).await.unwrap();
    assert!(matches!(fixture.store.commit(batch).await, Err(CommitError::Conflict)));
}

async fn run(steps: usize, longest: usize, seed: u64) {
    let mut random = Random::new(seed);
    let mut fixture = Fixture::new();
    let mut model: BTreeSet<Vec<u8>> = BTreeSet::new();
    // Grows, then shrinks, so that divisions and joins are both met.
    for step in 0..steps {
        let growing = step < steps * 6 / 10;
        let count = if random.chance(5) { 1 + random.below(40) } else { 1 };
        let mut changes = Vec::new();
        for _ in 0..count {
            let inserted = random.chance(if growing { 80 } else { 10 });
            let key = match model.range(any_key(&mut random, longest)..).next() {
                Some(there) if !inserted || random.chance(5) => there.clone(),
                _ => any_key(&mut random, longest),
            };
            changes.push((key, inserted));
        }
        let first = &changes[0];
        if random.chance(5) {
            lose_a_race(&fixture, &first.0, first.1).await;
        }
        let borrowed: Vec<(&[u8], bool)> =
            changes.iter().map(|(key, inserted)| (&key[..], *inserted)).collect();
        let outcomes = fixture.change(&borrowed).await;
        for ((key, inserted), outcome) in changes.into_iter().zip(outcomes) {
            let changed = if inserted { model.insert(key) } else { model.remove(&key) };
            assert_eq!(outcome == Outcome::Changed, changed);
        }
        if random.chance(10) {
            compare_a_range(&fixture, &model, &mut random, longest).await;
        }
        if random.chance(1) {
            fixture.forget_cache();
        }
        if step % 500 == 0 {
            assert!(fixture.check().await.keys.iter().eq(&model));
        }
    }
    assert!(fixture.check().await.keys.iter().eq(&model));
    assert!(fixture.all_keys().await.iter().eq(&model));
    for key in model {
        assert_eq!(fixture.remove(&key).await, Outcome::Changed);
    }
    assert!(fixture.records().await.is_empty(), "records are left of an empty partition");
}

#[tokio::test]
async fn random_changes_and_ranges_match_a_set_of_short_keys() {
    run(6000, 14, seed()).await;
}

#[tokio::test]
async fn random_changes_and_ranges_match_a_set_of_long_keys() {
    run(2500, 1024, seed()).await;
}

#[tokio::test]
async fn changes_within_one_plan_see_each_other_and_cancel_out() {
    let fixture = Fixture::new();
    let mut planner = fixture.planner();
    assert_eq!(planner.insert(b"a", &[]).await.unwrap(), Outcome::Changed);
    assert_eq!(planner.insert(b"a", &[]).await.unwrap(), Outcome::Unchanged);
    assert_eq!(planner.insert(b"a", b"other payload").await.unwrap(), Outcome::Changed);
    assert_eq!(planner.remove(b"a").await.unwrap(), Outcome::Changed);
    assert_eq!(planner.remove(b"a").await.unwrap(), Outcome::Unchanged);
    let mut batch = Batch::new();
    planner.finish(&mut batch).await.unwrap();
    assert_eq!(batch.size(), 0);
    fixture.store.commit(batch).await.unwrap();
    assert!(fixture.records().await.is_empty());
}

#[tokio::test]
async fn a_payload_is_kept_replaced_and_returned() {
    let fixture = Fixture::new();
    for payload in [&b"first"[..], b"second", &[7; 512]] {
        for number in 0..60 {
            let mut planner = fixture.planner();
            planner.insert(&numbered(number), payload).await.unwrap();
            let mut batch = Batch::new();
            planner.finish(&mut batch).await.unwrap();
            fixture.store.commit(batch).await.unwrap();
        }
        let found = fixture.index().range(&PARTITION, EVERYTHING, Direction::Forward, 100).await.unwrap();
        assert_eq!(found.len(), 60);
        assert!(found.iter().all(|entry| entry.payload() == payload));
    }
    fixture.check().await;
}

#[tokio::test]
async fn one_plan_can_fill_and_empty_a_partition_of_several_levels() {
    let fixture = Fixture::new();
    let keys: Vec<Vec<u8>> = (0..20_000).map(numbered).collect();
    let all: Vec<(&[u8], bool)> = keys.iter().map(|key| (&key[..], true)).collect();
    fixture.change(&all).await;
    let shape = fixture.check().await;
    assert_eq!((shape.keys.len(), shape.levels), (20_000, 3));
    let none: Vec<(&[u8], bool)> = keys.iter().rev().map(|key| (&key[..], false)).collect();
    fixture.change(&none).await;
    assert!(fixture.records().await.is_empty());
}

#[tokio::test]
async fn keys_and_payloads_out_of_bounds_are_refused() {
    let fixture = Fixture::new();
    let mut planner = fixture.planner();
    for length in [0, MAX_KEY_BYTES + 1] {
        let error = planner.insert(&vec![1; length], &[]).await.err();
        assert!(matches!(error, Some(IndexError::KeyLength { bytes }) if bytes == length));
        let error = planner.remove(&vec![1; length]).await.err();
        assert!(matches!(error, Some(IndexError::KeyLength { bytes }) if bytes == length));
    }
    let error = planner.insert(b"a", &[0; MAX_PAYLOAD_BYTES + 1]).await.err();
    assert!(matches!(error, Some(IndexError::PayloadLength { .. })));
    assert_eq!(planner.insert(&[1; MAX_KEY_BYTES], &[0; MAX_PAYLOAD_BYTES]).await.unwrap(), Outcome::Changed);
}

#[tokio::test]
async fn partitions_and_indexes_keep_apart_and_are_found_in_token_order() {
    let fixture = Fixture::new();
    let index = fixture.index();
    let tokens = [[0; 16], [7; 16], [0xFF; 16]];
    for (token, place) in tokens.iter().zip([index, index, index.secondary(9)]) {
        let mut batch = Batch::new();
        place.insert(token, &token[..1], &mut batch).await.unwrap();
        fixture.store.commit(batch).await.unwrap();
    }
    let next = |from| async move { index.next_partition(from).await.unwrap() };
    assert_eq!(next(Bound::Unbounded).await, Some([0; 16]));
    assert_eq!(next(Bound::Included(&[0; 16])).await, Some([0; 16]));
    assert_eq!(next(Bound::Excluded(&[0; 16])).await, Some([7; 16]));
    assert_eq!(next(Bound::Excluded(&[7; 16])).await, None);
    assert_eq!(next(Bound::Included(&[0xFF; 16])).await, None);
    assert_eq!(next(Bound::Excluded(&[0xFF; 16])).await, None);
    let other = index.secondary(9);
    assert_eq!(other.next_partition(Bound::Unbounded).await.unwrap(), Some([0xFF; 16]));
    assert!(other.range(&[0; 16], EVERYTHING, Direction::Forward, 9).await.unwrap().is_empty());
}
