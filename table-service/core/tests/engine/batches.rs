//! Batches: what they refuse as a whole, and what they leave for the next one.

use super::*;

const DUPLICATES: &str = "Provided list of item keys contains duplicates";
const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/Music";

#[tokio::test(start_paused = true)]
async fn a_table_named_by_name_and_by_arn_is_one_table_to_a_batch() {
    let world = world().await;
    world.create(None).await;
    let both = ["Music", ARN];
    let keys = |title: &str| KeysAndAttributes { keys: vec![song("A", title)], ..Default::default() };
    let get = |second: &str| BatchGetItem {
        request_items: [(both[0].to_owned(), keys("1")), (both[1].to_owned(), keys(second))].into(),
        ..Default::default()
    };
    let error = world.tables.batch_get_item(&root(), get("1")).await.unwrap_err();
    assert_eq!(error.public_message(), DUPLICATES);

    let write = |second: WriteRequest| BatchWriteItem {
        request_items: [
            (both[0].to_owned(), vec![WriteRequest::Put(song("A", "1"))]),
            (both[1].to_owned(), vec![second]),
        ]
        .into(),
        ..Default::default()
    };
    for second in [WriteRequest::Put(song("A", "1")), WriteRequest::Delete(song("A", "1"))] {
        let error = world.tables.batch_write_item(&root(), write(second)).await.unwrap_err();
        assert_eq!(error.public_message(), DUPLICATES);
    }
    assert_eq!(world.get(&root(), "A", "1").await.unwrap(), None, "nothing of a refused batch is written");

    world.tables.batch_write_item(&root(), write(WriteRequest::Put(song("A", "2")))).await.unwrap();
    let found = world.tables.batch_get_item(&root(), get("2")).await.unwrap().responses;
    assert_eq!(
        found.into_iter().map(|(name, items)| (name, items.len())).collect::<Vec<_>>(),
        [("Music".to_owned(), 1), (ARN.to_owned(), 1)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_table_whose_key_may_not_be_used_keeps_a_batch_from_being_made_in_part() {
    let world = world().await;
    world.create(None).await;
    for name in ["After", "Zebra"] {
        let request = CreateTable { table_name: name.to_owned(), ..music(customer("k1")) };
        world.tables.create_table(&root(), request).await.unwrap();
    }
    world.kms.set_state("k1", Some(KeyState::Disabled));
    world.tables.key_changed(&arn("k1"));
    for other in ["After", "Zebra"] {
        let puts = |name: &str| (name.to_owned(), vec![WriteRequest::Put(song("A", "1"))]);
        let request =
            BatchWriteItem { request_items: [puts("Music"), puts(other)].into(), ..Default::default() };
        let error = world.tables.batch_write_item(&root(), request).await.unwrap_err();
        assert!(error.public_message().starts_with("KMS key disabled error: "), "{error}");
        assert_eq!(world.get(&root(), "A", "1").await.unwrap(), None);
    }
}

/// A table about which KMS is silent must not make the others wait behind it, and who is refused for several reasons is told the
/// same one each time.
#[tokio::test(start_paused = true)]
async fn a_batch_asks_about_all_of_its_keys_at_once_and_tells_the_first_refusal() {
    let world = world_with(&["k1", "k2"]).await;
    for (name, key) in [("First", "k1"), ("Second", "k2")] {
        let request = CreateTable { table_name: name.to_owned(), ..music(customer(key)) };
        world.tables.create_table(&root(), request).await.unwrap();
    }
    for (key, state) in [("k1", KeyState::Disabled), ("k2", KeyState::PendingDeletion)] {
        world.kms.set_state(key, Some(state));
        world.tables.key_changed(&arn(key));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    for is_write in [true, false] {
        let (tables, both) = (world.tables.clone(), ["First", "Second"].map(str::to_owned));
        let release = world.kms.hold_next_unwrapping();
        let before = world.kms.calls();
        let batch = tokio::spawn(async move {
            if is_write {
                let put = || vec![WriteRequest::Put(song("A", "1"))];
                let request_items = both.into_iter().map(|name| (name, put())).collect();
                let request = BatchWriteItem { request_items, ..Default::default() };
                return tables.batch_write_item(&root(), request).await.map(drop);
            }
            let keys = || KeysAndAttributes { keys: vec![song("A", "1")], ..Default::default() };
            let request_items = both.into_iter().map(|name| (name, keys())).collect();
            let request = BatchGetItem { request_items, ..Default::default() };
            tables.batch_get_item(&root(), request).await.map(drop)
        });
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(world.kms.calls() > before, "the second key is asked about while the first has no answer");
        drop(release);
        let error = batch.await.unwrap().unwrap_err();
        assert!(error.public_message().starts_with("KMS key disabled error: "), "{error}");
    }
}

/// A flush for each write of a partition would make the last wait for all others.
#[tokio::test(start_paused = true)]
async fn the_writes_to_a_partition_are_made_in_one_commit() {
    let (world, store) = gated_world().await;
    world.create(None).await;
    let put = |artist: &str, title: &str| WriteRequest::Put(song(artist, title));
    let delete = |artist: &str, title: &str| WriteRequest::Delete(song(artist, title));
    let write = async |requests: Vec<WriteRequest>| {
        let before = store.commits();
        let request =
            BatchWriteItem { request_items: [("Music".to_owned(), requests)].into(), ..Default::default() };
        assert!(world.tables.batch_write_item(&root(), request).await.unwrap().unprocessed.is_empty());
        store.commits() - before
    };
    let titles = async |artist: &str| {
        let found = world.tables.query(&root(), query_of("Music", artist)).await.unwrap();
        let text = |item: &Item| match item.get("SongTitle") {
            Some(AttributeValue::S(title)) => title.to_string(),
            _ => panic!("a song has a title"),
        };
        found.items.iter().map(text).collect::<Vec<_>>()
    };
    let all: Vec<_> = (10..35).map(|number| number.to_string()).collect();
    assert_eq!(write(all.iter().rev().map(|title| put("A", title)).collect()).await, 1);
    let found = titles("A").await;
    assert!(found.len() == 25 && found.is_sorted(), "{found:?}");

    // New, there already, gone, never there: and another partition, in a commit of its own.
    let mixed = vec![put("A", "35"), put("A", "10"), delete("A", "11"), delete("A", "99"), put("B", "1")];
    assert_eq!(write(mixed).await, 2);
    let found = titles("A").await;
    assert!(found.len() == 25 && found.is_sorted(), "{found:?}");
    assert!(found.iter().all(|title| title != "11") && found.last().unwrap() == "35");
    assert_eq!(titles("B").await.len(), 1);

    assert_eq!(write(vec![delete("A", "98"), delete("A", "99")]).await, 0, "there is nothing to be done");
}
