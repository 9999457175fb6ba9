//! Records that are altered, moved, swapped, cut short, removed or put back: what is noticed, and that it names
//! nothing.

use super::*;

/// A tree with an inner root, several leaves, and deltas of current and past epochs. Key numbers are even.
async fn tree() -> Fixture {
    let fixture = Fixture::new();
    let mut random = Random::new(7);
    let mut order: Vec<usize> = (0..300).map(|number| 2 * number).collect();
    for at in (1..order.len()).rev() {
        order.swap(at, random.below(at + 1));
    }
    for number in order {
        fixture.insert(&numbered(number)).await;
    }
    fixture
}

impl Fixture {
    async fn put(&self, key: &[u8], value: impl Into<Bytes>) {
        let mut batch = Batch::new();
        batch.put(Bytes::copy_from_slice(key), value);
        self.store.commit(batch).await.unwrap();
    }

    async fn delete(&self, key: &[u8]) {
        let mut batch = Batch::new();
        batch.delete(Bytes::copy_from_slice(key));
        self.store.commit(batch).await.unwrap();
    }

    /// Whether a full read notices tampering; what it says may not depend on anything.
    async fn notices(&self) -> bool {
        let cache = IndexCache::new(0);
        let index = SortIndex::new(&self.store, &self.ring, &cache, TABLE, &self.entropy);
        match index.range(&PARTITION, EVERYTHING, Direction::Forward, usize::MAX).await {
            Ok(_) => false,
            Err(error) => {
                assert!(matches!(error, IndexError::Inauthentic));
                assert_eq!(error.to_string(), "a record of the sort index did not authenticate");
                assert_eq!(format!("{error:?}"), "Inauthentic");
                true
            }
        }
    }

    /// The record of every node, and of every delta of a leaf's present epoch by node.
    async fn nodes(&self) -> Vec<(Entry, Vec<Entry>)> {
        let mut nodes: Vec<(Entry, Vec<Entry>)> = Vec::new();
        for entry in self.records().await {
            match entry.key.last() {
                Some(0) => nodes.push((entry, Vec::new())),
                _ => nodes.last_mut().unwrap().1.push(entry),
            }
        }
        for (node, deltas) in &mut nodes {
            let id = NodeId(u64::from_be_bytes(node.key[37..45].try_into().unwrap()));
            if let Found::Leaf(leaf) = self.tree().read(id).await.unwrap() {
                deltas.truncate(leaf.deltas());
            }
        }
        nodes
    }
}

#[tokio::test]
async fn a_byte_changed_anywhere_is_noticed() {
    let fixture = tree().await;
    assert!(!fixture.notices().await);
    let records = fixture.records().await;
    assert!(records.iter().filter(|entry| entry.key.last() == Some(&0)).count() >= 4);
    for entry in records {
        for at in 0..entry.value.len() {
            let mut altered = entry.value.to_vec();
            altered[at] ^= 1 << (at % 8);
            fixture.put(&entry.key, altered).await;
            assert!(fixture.notices().await, "byte {at}");
        }
        fixture.put(&entry.key, entry.value).await;
    }
    assert!(!fixture.notices().await);
}

#[tokio::test]
async fn a_record_cut_short_or_lengthened_is_noticed() {
    let fixture = tree().await;
    for entry in fixture.records().await {
        for length in [0, 1, 5, 17, 32, 33, entry.value.len() / 2, entry.value.len() - 1] {
            fixture.put(&entry.key, entry.value.slice(..length)).await;
            assert!(fixture.notices().await, "{length} bytes");
        }
        fixture.put(&entry.key, [&entry.value[..], &[0]].concat()).await;
        assert!(fixture.notices().await);
        fixture.put(&entry.key, entry.value).await;
    }
    assert!(!fixture.notices().await);
}

#[tokio::test]
async fn records_that_change_places_are_noticed() {
    let fixture = tree().await;
    let records = fixture.records().await;
    for (one, other) in records.iter().zip(records.iter().skip(1)) {
        fixture.put(&one.key, other.value.clone()).await;
        fixture.put(&other.key, one.value.clone()).await;
        assert!(fixture.notices().await);
        fixture.put(&one.key, one.value.clone()).await;
        fixture.put(&other.key, other.value.clone()).await;
    }
    // One alone, into a slot of another leaf, a slot of its own leaf, and a slot that no leaf has.
    let nodes = fixture.nodes().await;
    let (leaf, deltas) = nodes.iter().find(|(_, deltas)| deltas.len() > 1).unwrap();
    for (node, _) in &nodes {
        for slot in [1, 5, 17, 255] {
            let key = [&node.key[..45], &[slot]].concat();
            let before = fixture.store.get(&key).await.unwrap();
            if key == deltas[0].key {
                continue;
            }
            fixture.put(&key, deltas[0].value.clone()).await;
            assert!(fixture.notices().await, "slot {slot}");
            match before {
                Some(value) => fixture.put(&key, value).await,
                None => fixture.delete(&key).await,
            }
        }
    }
    assert!(leaf.key.starts_with(b"l") && !fixture.notices().await);
}

#[tokio::test]
async fn a_tree_does_not_open_in_another_partition_index_or_table() {
    let fixture = tree().await;
    let records = fixture.records().await;
    for at in [1, 20, 21] {
        let other = Fixture::new();
        for entry in &records {
            let mut key = entry.key.to_vec();
            key[at] ^= 1;
            other.put(&key, entry.value.clone()).await;
        }
        let (mut table, mut partition) = (TABLE, PARTITION);
        let mut index = BASE_INDEX;
        match at {
            1 => table[0] ^= 1,
            20 => index ^= 1,
            _ => partition[0] ^= 1,
        }
        let moved = SortIndex::new(&other.store, &other.ring, &other.cache, table, &other.entropy);
        let read = moved.secondary(index).range(&partition, EVERYTHING, Direction::Forward, 1).await;
        assert!(matches!(read, Err(IndexError::Inauthentic)));
        let write = moved.secondary(index).insert(&partition, b"key", &mut Batch::new()).await;
        assert!(matches!(write, Err(IndexError::Inauthentic)));
    }
}

#[tokio::test]
async fn a_missing_record_is_noticed_unless_it_is_the_last_change() {
    let fixture = tree().await;
    for (node, deltas) in fixture.nodes().await {
        fixture.delete(&node.key).await;
        assert!(fixture.notices().await);
        fixture.put(&node.key, node.value).await;
        let last = deltas.len().saturating_sub(1);
        for delta in deltas.into_iter().take(last) {
            fixture.delete(&delta.key).await;
            assert!(fixture.notices().await);
            fixture.put(&delta.key, delta.value).await;
        }
    }
    assert!(!fixture.notices().await);
}

#[tokio::test]
async fn a_delta_of_a_past_epoch_is_ignored() {
    let fixture = Fixture::new();
    let first: Vec<Vec<u8>> = (0..30).map(numbered).collect();
    fixture.change(&first.iter().map(|key| (&key[..], true)).collect::<Vec<_>>()).await;
    for number in 30..46 {
        fixture.insert(&numbered(number)).await;
    }
    let past: Vec<Entry> = fixture.nodes().await.remove(0).1;
    assert_eq!(past.len(), 16);
    // The next change writes a new base; four more are deltas of it.
    for number in 46..51 {
        fixture.insert(&numbered(number)).await;
    }
    assert_eq!(fixture.nodes().await[0].1.len(), 4);
    let expected: Vec<Vec<u8>> = (0..51).map(numbered).collect();
    assert!(fixture.all_keys().await == expected);
    // What is left in the slots of the past epoch says nothing, whether it stays, goes or is put back.
    for old in &past[4..] {
        fixture.delete(&old.key).await;
        assert!(fixture.all_keys().await == expected);
        fixture.put(&old.key, old.value.clone()).await;
        assert!(fixture.all_keys().await == expected);
    }
    // Over a present delta that is not the last it leaves a gap.
    let present = fixture.store.get(&past[1].key).await.unwrap().unwrap();
    fixture.put(&past[1].key, past[1].value.clone()).await;
    assert!(fixture.notices().await);
    fixture.put(&past[1].key, present).await;
    assert!(fixture.all_keys().await == expected);
}

#[tokio::test]
async fn a_node_from_before_a_division_is_noticed_by_readers_and_writers() {
    let fixture = tree().await;
    let before = fixture.nodes().await;
    for number in 0..600 {
        fixture.insert(&numbered(number)).await;
    }
    let expected = fixture.all_keys().await;
    let mut put_back = 0;
    for (old, _) in before {
        let now = fixture.store.get(&old.key).await.unwrap().unwrap();
        if now == old.value {
            continue;
        }
        fixture.put(&old.key, old.value).await;
        assert!(fixture.notices().await);
        let mut failures = 0;
        for number in 0..600 {
            let cache = IndexCache::new(0);
            let index = SortIndex::new(&fixture.store, &fixture.ring, &cache, TABLE, &fixture.entropy);
            let outcome = index.remove(&PARTITION, &numbered(number), &mut Batch::new()).await;
            failures += usize::from(matches!(outcome, Err(IndexError::Inauthentic)));
        }
        assert!(failures > 0);
        fixture.put(&old.key, now).await;
        put_back += 1;
    }
    assert!(put_back >= 3);
    assert!(fixture.all_keys().await == expected);
}

#[tokio::test]
async fn records_of_every_generation_open_until_its_key_is_gone() {
    let mut fixture = tree().await;
    fixture.ring.0.push(DataKey::generate(&fixture.entropy));
    assert!(!fixture.notices().await);
    for number in 0..40 {
        fixture.insert(&numbered(2 * number + 1)).await;
    }
    let newest = fixture.records().await.iter().filter(|entry| entry.value[1..5] == [0, 0, 0, 2]).count();
    assert!(newest >= 10, "new records are sealed under the newest generation");
    assert_eq!(fixture.check().await.keys.len(), 340);
    fixture.ring.0[0] = DataKey::generate(&fixture.entropy);
    assert!(fixture.notices().await);
    fixture.ring.0.clear();
    let only = DataKey::generate(&fixture.entropy);
    fixture.ring.0.push(only);
    assert!(fixture.notices().await);
}

#[tokio::test]
async fn the_cache_stays_within_its_bound_and_is_not_needed() {
    for max_bytes in [0, 2_000, 50_000, CACHE_BYTES] {
        let mut fixture = tree().await;
        fixture.cache = IndexCache::new(max_bytes);
        for partition in 0..40 {
            let mut planner = fixture.index().planner(&[partition; 16]);
            for number in 0..300 {
                planner.insert(&numbered(number), &[]).await.unwrap();
            }
            let mut batch = Batch::new();
            planner.finish(&mut batch).await.unwrap();
            fixture.store.commit(batch).await.unwrap();
            for _ in 0..2 {
                let index = fixture.index();
                let found = index.range(&[partition; 16], EVERYTHING, Direction::Forward, 999).await.unwrap();
                assert_eq!(found.len(), 300);
                assert!(fixture.cache.held_bytes() <= max_bytes);
            }
        }
        assert_eq!(fixture.cache.held_bytes() == 0, max_bytes == 0);
    }
}
