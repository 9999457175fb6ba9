//! Checks of a table's key: who shares which, and that none is missed.

use super::fake_kms::Call;
use super::*;

const MOMENT: Duration = Duration::from_millis(1);

/// Waiters for a check of the key share its outcome, be they many or one: a silent KMS holds up all of their requests once,
/// not each in turn. Regression: one principal's requests queue at its gate, and each asked when its turn came.
#[tokio::test(start_paused = true)]
async fn a_marked_table_is_checked_once_for_all_who_wait() {
    let many: fn(i32) -> Caller = |n| user(&format!("u{n}"));
    let one: fn(i32) -> Caller = |_| user("u");
    for (caller, silent) in [(many, false), (many, true), (one, false), (one, true)] {
        let world = Arc::new(world().await);
        world.create(customer("k1")).await;
        world.kms.set_state("k1", Some(KeyState::Disabled));
        world.tables.key_changed(&arn("k1"));
        tokio::time::sleep(MOMENT).await;
        assert_eq!(world.describe().status, TableStatus::Inaccessible);
        let before = world.kms.calls();
        let release = world.kms.hold_next_unwrapping();
        world.kms.set_silent(silent);
        let mut waiters = tokio::task::JoinSet::new();
        for n in 0..50 {
            let world = Arc::clone(&world);
            waiters.spawn(async move { world.get(&caller(n), "A", "1").await });
        }
        tokio::time::sleep(MOMENT).await;
        release.send(()).unwrap();
        while let Some(outcome) = waiters.join_next().await {
            let expected = if silent { Kind::Unavailable } else { Kind::Precondition };
            assert_eq!(kind(outcome.unwrap()), expected);
        }
        assert_eq!(world.kms.calls() - before, 1);
    }
}

/// Regression: a check that had asked before the news came answered for the one that the news asked for.
#[tokio::test(start_paused = true)]
async fn news_is_not_answered_by_a_check_that_began_before_it() {
    let world = world().await;
    world.create(customer("k1")).await;
    let release = world.kms.hold_next_answer(Call::Unwrap);
    world.tables.key_changed(&arn("k1"));
    tokio::time::sleep(MOMENT).await;
    world.kms.set_state("k1", Some(KeyState::Disabled));
    world.tables.key_changed(&arn("k1"));
    tokio::time::sleep(MOMENT).await;
    release.send(()).unwrap();
    tokio::time::sleep(MOMENT).await;
    assert_eq!(world.describe().status, TableStatus::Inaccessible);
}

/// Regression: news of the new key, before the table was under it, was no news of the table's key; and later there was none.
#[tokio::test(start_paused = true)]
async fn a_key_that_changes_while_a_table_moves_to_it_is_checked() {
    let world = world().await;
    world.create(customer("k1")).await;
    let release = world.kms.hold_next_answer(Call::Generate);
    world.switch(customer("k2")).await.unwrap();
    tokio::time::sleep(MOMENT).await;
    world.kms.set_state("k2", Some(KeyState::Disabled));
    world.tables.key_changed(&arn("k2"));
    release.send(()).unwrap();
    tokio::time::sleep(MOMENT).await;
    let table = world.describe();
    assert_eq!(table.sse.unwrap().key_arn, Some(arn("k2")));
    assert_eq!(table.status, TableStatus::Inaccessible);
}

/// Regression: a table whose key was back could not be read while the disk was full, because its mark could not be removed.
#[tokio::test(start_paused = true)]
async fn a_key_that_is_back_heals_its_table_on_a_full_disk_too() {
    let (world, store) = gated_world().await;
    world.create(customer("k1")).await;
    world.put(&root(), "A", "1").await.unwrap();
    world.kms.set_state("k1", Some(KeyState::Disabled));
    world.tables.key_changed(&arn("k1"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.describe().status, TableStatus::Inaccessible);
    store.set_full(true);
    world.kms.set_state("k1", Some(KeyState::Enabled));
    world.tables.key_changed(&arn("k1"));
    assert!(world.get(&root(), "A", "1").await.unwrap().is_some());
    assert_eq!(world.describe().status, TableStatus::Active);
    store.set_full(false);
    world.tables.key_changed(&arn("k1"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let again = World { tables: open(&world.kms, &world.store).await, ..self::world().await };
    assert_eq!(again.describe().status, TableStatus::Active, "the store has it too, once there is space");

    store.set_full(true);
    world.kms.set_state("k1", Some(KeyState::Disabled));
    world.tables.key_changed(&arn("k1"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.describe().status, TableStatus::Inaccessible);
    let error = world.get(&root(), "A", "1").await.unwrap_err();
    assert!(error.public_message().starts_with("KMS key disabled"), "{error}");
}
