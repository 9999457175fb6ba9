//! Two plans made side by side on the same state: which may both commit, and which may not.

use super::*;

type Plan = Vec<(Vec<u8>, bool)>;

/// Keys with even numbers, 128 in each of three leaves without deltas.
async fn three_leaves() -> Fixture {
    let fixture = Fixture::new();
    let keys: Vec<Vec<u8>> = (0..384).map(|number| numbered(2 * number)).collect();
    fixture.change(&keys.iter().map(|key| (&key[..], true)).collect::<Vec<_>>()).await;
    assert_eq!(fixture.check().await.leaf_bases, [128; 3]);
    fixture
}

fn plan(numbers: impl IntoIterator<Item = usize>, inserted: bool) -> Plan {
    numbers.into_iter().map(|number| (numbered(number), inserted)).collect()
}

/// One new key: a delta.
fn small_change(leaf: usize) -> Plan {
    plan([256 * leaf + 1], true)
}

/// More new keys than there are slots, in a leaf that is full: a division.
fn division(leaf: usize) -> Plan {
    plan((0..17).map(|nth| 256 * leaf + 101 + 2 * nth), true)
}

/// All keys of a leaf: it goes, and the leaf before it takes over its range.
fn removal(leaf: usize) -> Plan {
    plan((0..128).map(|nth| 256 * leaf + 2 * nth), false)
}

async fn planned(fixture: &Fixture<Shared>, plan: &Plan) -> Batch {
    let mut planner = fixture.planner();
    for (key, inserted) in plan {
        match inserted {
            true => planner.insert(key, &[]).await.unwrap(),
            false => planner.remove(key).await.unwrap(),
        };
    }
    let mut batch = Batch::new();
    planner.finish(&mut batch).await.unwrap();
    batch
}

/// Whether two plans, made on the same state, both commit, in whichever order.
async fn both_commit(fixture: &Fixture, one: &Plan, other: &Plan) -> bool {
    let answer = second_commits(fixture, one, other).await;
    assert_eq!(second_commits(fixture, other, one).await, answer);
    answer
}

/// Plans both, then commits both; answers whether the second commits. The tree must hold either way.
async fn second_commits(fixture: &Fixture, first: &Plan, second: &Plan) -> bool {
    let mut expected: BTreeSet<Vec<u8>> = fixture.check().await.keys.into_iter().collect();
    let fixture = Fixture::of_process(2, Shared::holding(&fixture.records().await).await);
    let first_batch = planned(&fixture, first).await;
    let second_batch = planned(&fixture, second).await;
    fixture.store.commit(first_batch).await.unwrap();
    let outcome = fixture.store.commit(second_batch).await;
    let committed = if outcome.is_ok() { vec![first, second] } else { vec![first] };
    for (key, inserted) in committed.into_iter().flatten() {
        match inserted {
            true => expected.insert(key.clone()),
            false => expected.remove(key),
        };
    }
    assert!(fixture.check().await.keys.iter().eq(&expected), "a commit undid another");
    outcome.is_ok()
}

#[tokio::test]
async fn changes_of_different_leaves_do_not_disturb_each_other() {
    let fixture = three_leaves().await;
    for (one, other) in [
        (small_change(0), small_change(2)),
        (division(0), small_change(1)),
        (removal(1), small_change(2)),
        (plan([0], true), plan([256], false)),
    ] {
        assert!(both_commit(&fixture, &one, &other).await);
    }
}

#[tokio::test]
async fn changes_of_one_leaf_or_one_parent_exclude_each_other() {
    let fixture = three_leaves().await;
    let all_but_the_second: Plan = removal(0).into_iter().chain(removal(2)).collect();
    for (one, other) in [
        // Both want the same slot.
        (small_change(1), plan([301], true)),
        (division(1), small_change(1)),
        // Both change the root.
        (division(0), division(2)),
        (removal(1), division(2)),
        // The leaf that takes over, and the leaf that goes.
        (removal(1), small_change(0)),
        (removal(1), small_change(1)),
        (removal(0), small_change(1)),
        // The last leaf becomes the root.
        (all_but_the_second, small_change(1)),
    ] {
        assert!(!both_commit(&fixture, &one, &other).await);
    }
}

#[tokio::test]
async fn a_tree_is_made_grown_and_removed_once() {
    let fixture = Fixture::new();
    assert!(!both_commit(&fixture, &plan([1], true), &plan([2], true)).await);
    assert!(!both_commit(&fixture, &plan(0..200, true), &plan([2], true)).await);
    // One leaf, of several keys with and without deltas, and of one key.
    for numbers in [0..100, 0..1] {
        let keys: Vec<Vec<u8>> = numbers.clone().map(numbered).collect();
        let fixture = Fixture::new();
        fixture.change(&keys.iter().map(|key| (&key[..], true)).collect::<Vec<_>>()).await;
        for _ in 0..2 {
            let grown = plan(200..300, true);
            assert!(!both_commit(&fixture, &grown, &plan([500], true)).await);
            let none = plan(numbers.clone().chain([499]), false);
            assert!(!both_commit(&fixture, &none, &plan([500], true)).await);
            fixture.insert(&numbered(499)).await;
        }
    }
}

/// A plan that finds everything as asked writes nothing, and relies on it all the same.
#[tokio::test]
async fn what_is_left_as_it_is_must_still_be_so() {
    let (three, none) = (three_leaves().await, Fixture::new());
    for (fixture, number, is_there) in [(&three, 256, true), (&three, 257, false), (&none, 1, false)] {
        let (as_it_is, otherwise) = (plan([number], is_there), plan([number], !is_there));
        assert!(second_commits(fixture, &as_it_is, &otherwise).await);
        assert!(!second_commits(fixture, &otherwise, &as_it_is).await);
    }
}
