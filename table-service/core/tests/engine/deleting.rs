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
