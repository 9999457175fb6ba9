//! Loads of twenty thousand keys in every order: the shape that comes out of them, and what is left when all are
//! gone.

use super::*;

const COUNT: usize = 20_000;

async fn load(order: impl Iterator<Item = usize>) -> Fixture {
    let fixture = Fixture::new();
    for number in order {
        assert_eq!(fixture.insert(&numbered(number)).await, Outcome::Changed);
    }
    fixture
}

async fn holds_all(fixture: &Fixture) -> Shape {
    let shape = fixture.check().await;
    let expected: Vec<Vec<u8>> = (0..COUNT).map(numbered).collect();
    assert!(shape.keys == expected && fixture.all_keys().await == expected);
    let backward = fixture.keys(EVERYTHING, Direction::Backward, usize::MAX).await;
    assert!(backward.iter().rev().eq(&expected));
    shape
}

async fn empties(fixture: &Fixture, order: impl Iterator<Item = usize>) {
    for number in order {
        assert_eq!(fixture.remove(&numbered(number)).await, Outcome::Changed);
    }
    assert!(fixture.records().await.is_empty(), "records are left of an empty partition");
    assert!(fixture.all_keys().await.is_empty());
}

fn shuffled(seed: u64) -> Vec<usize> {
    let mut random = Random::new(seed);
    let mut order: Vec<usize> = (0..COUNT).collect();
    for at in (1..COUNT).rev() {
        order.swap(at, random.below(at + 1));
    }
    order
}

#[tokio::test]
async fn ascending_keys_fill_every_leaf_but_the_last() {
    let fixture = load(0..COUNT).await;
    let shape = holds_all(&fixture).await;
    assert!(shape.leaf_bases.iter().skip(1).all(|keys| *keys == LEAF_KEYS));
    assert_eq!(shape.levels, 3);
    // As a queue: the oldest first.
    empties(&fixture, 0..COUNT).await;
}

#[tokio::test]
async fn descending_keys_fill_every_leaf_but_the_first() {
    let fixture = load((0..COUNT).rev()).await;
    let shape = holds_all(&fixture).await;
    assert!(shape.leaf_bases.iter().rev().skip(1).all(|keys| *keys == LEAF_KEYS));
    empties(&fixture, (0..COUNT).rev()).await;
}

#[tokio::test]
async fn random_keys_fill_leaves_to_two_thirds_and_leave_nothing_behind() {
    let fixture = load(shuffled(seed()).into_iter()).await;
    let shape = holds_all(&fixture).await;
    let fill = 100 * COUNT / (shape.leaf_bases.len() * LEAF_KEYS);
    assert!((60..=80).contains(&fill), "leaves are filled to {fill} %");
    empties(&fixture, shuffled(seed()).into_iter()).await;
}

#[tokio::test]
async fn keys_that_are_there_change_nothing() {
    let fixture = load(0..1000).await;
    let before = fixture.records().await;
    for number in 0..1000 {
        assert_eq!(fixture.insert(&numbered(number)).await, Outcome::Unchanged);
        assert_eq!(fixture.remove(&numbered(1000 + number)).await, Outcome::Unchanged);
    }
    assert!(fixture.records().await == before);
}

#[tokio::test]
async fn a_partition_that_lost_most_of_its_keys_is_not_left_in_many_small_leaves() {
    let fixture = load(0..COUNT).await;
    let mut random = Random::new(seed());
    let mut left = 0;
    for number in 0..COUNT {
        match random.chance(95) {
            true => {
                fixture.remove(&numbered(number)).await;
            }
            false => left += 1,
        }
    }
    let shape = fixture.check().await;
    assert_eq!(shape.keys.len(), left);
    assert!(shape.leaf_bases.len() <= 3 * left.div_ceil(LEAF_KEYS), "{} leaves", shape.leaf_bases.len());
}

#[tokio::test]
async fn keys_of_every_length_fit() {
    let fixture = Fixture::new();
    let keys: BTreeSet<Vec<u8>> =
        (1..=1024).map(|length| vec![u8::try_from(length % 251).unwrap(); length]).collect();
    for key in &keys {
        fixture.insert(key).await;
    }
    assert!(fixture.check().await.keys.iter().eq(&keys));
    for key in &keys {
        fixture.remove(key).await;
    }
    assert!(fixture.records().await.is_empty());
}

#[tokio::test]
async fn the_longest_keys_with_long_common_prefixes_make_a_deep_tree_that_works() {
    let fixture = Fixture::new();
    let key = |number: usize| [&[0xFE; MAX_KEY_BYTES - 8][..], &numbered(number)[16..]].concat();
    for number in 0..1200 {
        fixture.insert(&key(number)).await;
    }
    let shape = fixture.check().await;
    assert!(shape.keys.len() == 1200 && shape.levels >= 4, "{} levels", shape.levels);
    for number in (0..1200).rev() {
        fixture.remove(&key(number)).await;
    }
    assert!(fixture.records().await.is_empty());
}

#[tokio::test]
async fn no_key_is_in_the_store_in_clear() {
    let fixture = load(0..3000).await;
    for entry in fixture.records().await {
        for bytes in [&entry.key, &entry.value] {
            assert!(!bytes.windows(6).any(|window| window == b"canary"));
            assert!(!bytes.windows(6).any(|window| window == b"000012"));
        }
    }
}
