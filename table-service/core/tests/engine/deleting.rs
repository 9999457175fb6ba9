//! DeleteTable: whatever state the table's key is in, and whoever is about to use the table.

use super::*;

/// Regression: a switch that waited for a silent KMS made its table undeletable for as long as the silence lasted.
#[tokio::test(start_paused = true)]
async fn a_table_whose_switch_waits_for_a_silent_kms_can_be_deleted() {
    let world = world().await;
    world.create(customer("k1")).await;
    world.put(&root(), "A", "1").await.unwrap();
    world.kms.set_stuck(true);
    world.switch(customer("k2")).await.unwrap();
    world.kms.set_silent(true);
    let deleted = world.tables.delete_table(&root(), "Music").await.unwrap();
    assert_eq!(deleted.status, TableStatus::Deleting);
    assert_eq!(kind(world.get(&root(), "A", "1").await), Kind::NotFound);
    assert_eq!((world.kms.grants("k1"), world.kms.grants("k2")), (2, 2), "nobody could be asked");
    tokio::time::sleep(Duration::from_secs(60)).await;

    // What is left to do survives a restart, and is done when KMS is back.
    let again = World { tables: open(&world.kms, &world.store).await, ..world };
    again.tables.start().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    again.kms.set_silent(false);
    again.kms.set_stuck(false);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!((again.kms.grants("k1"), again.kms.grants("k2")), (0, 0));
    assert_eq!(again.store.scan(KeyRange::all(), Limit::NONE, Direction::Forward).await.unwrap(), []);
}

/// The one who deletes has committed and not yet said so when another has already made a new table of that name.
#[tokio::test(start_paused = true)]
async fn a_delete_does_not_remove_a_newer_table_of_the_same_name() {
    let (world, store) = gated_world().await;
    let mut creating = store.hold_next_commit();
    let tables = world.tables.clone();
    let created = tokio::spawn(async move { tables.create_table(&root(), music(None)).await });
    creating.reached().await;
    let old = world.create(None).await.id;
    let mut deleting = store.hold_next_answer();
    let tables = world.tables.clone();
    let deleted = tokio::spawn(async move { tables.delete_table(&root(), "Music").await });
    deleting.reached().await;
    creating.release();
    let new = created.await.unwrap().unwrap().id;
    deleting.release();
    assert_eq!(deleted.await.unwrap().unwrap().id, old);
    assert_eq!(world.describe().id, new);
    world.put(&root(), "A", "1").await.unwrap();
}

/// A page that was being read while the table was swept would be a part that looks like the whole.
#[tokio::test(start_paused = true)]
async fn a_page_of_a_table_that_is_deleted_meanwhile_is_no_page() {
    for sorted in [true, false] {
        for scan in [true, false] {
            let (world, store) = gated_world().await;
            let request = if sorted { music(None) } else { unsorted(music(None)) };
            world.tables.create_table(&root(), request).await.unwrap();
            world.put(&root(), "A", "1").await.unwrap();
            let mut reading = store.hold_next_read();
            let tables = world.tables.clone();
            let page = tokio::spawn(async move {
                match scan {
                    true => tables.scan(&root(), scan_of("Music")).await,
                    false => tables.query(&root(), query_of("Music", "A")).await,
                }
            });
            reading.reached().await;
            world.tables.delete_table(&root(), "Music").await.unwrap();
            tokio::time::sleep(Duration::from_secs(10)).await;
            reading.release();
            let outcome = page.await.unwrap();
            assert_eq!(outcome.unwrap_err().kind(), Kind::NotFound, "scan {scan}, sorted {sorted}");
        }
    }
}

/// Regression: what is not there any more because its table is swept was taken for deleted, and that for a success.
#[tokio::test(start_paused = true)]
async fn deleting_an_absent_item_of_a_table_that_is_deleted_meanwhile_is_no_success() {
    let (world, store) = gated_world().await;
    world.create(None).await;
    let mut reading = store.hold_next_read();
    let tables = world.tables.clone();
    let request = DeleteItem { table_name: "Music".to_owned(), key: song("A", "1"), ..Default::default() };
    let deleted = tokio::spawn(async move { tables.delete_item(&root(), request).await });
    reading.reached().await;
    world.tables.delete_table(&root(), "Music").await.unwrap();
    reading.release();
    assert_eq!(kind(deleted.await.unwrap()), Kind::NotFound);
}

/// Regression: what a full disk kept from being swept was swept by the next start only.
#[tokio::test(start_paused = true)]
async fn sweeping_goes_on_when_there_is_space_again() {
    let (world, store) = gated_world().await;
    world.create(customer("k1")).await;
    world.put(&root(), "A", "1").await.unwrap();
    let mut deleting = store.hold_next_answer();
    let tables = world.tables.clone();
    let deleted = tokio::spawn(async move { tables.delete_table(&root(), "Music").await });
    deleting.reached().await;
    store.set_full(true);
    deleting.release();
    deleted.await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let left = async || world.store.scan(KeyRange::all(), Limit::NONE, Direction::Forward).await.unwrap();
    assert!(!left().await.is_empty());
    store.set_full(false);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(left().await, []);
    assert_eq!(world.kms.grants("k1"), 0);
}
