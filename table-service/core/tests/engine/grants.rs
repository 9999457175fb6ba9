//! Grants: made once, given back once, and never made without anybody knowing.

use super::*;

/// Regression: a grant whose answer was lost stayed on the key for ever.
#[tokio::test(start_paused = true)]
async fn a_grant_whose_answer_was_lost_is_asked_for_again_under_its_name() {
    let world = world().await;
    world.kms.lose_grant_answers(1);
    world.create(customer("k1")).await;
    assert_eq!(world.kms.grants("k1"), 2);
    world.tables.delete_table(&root(), "Music").await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(world.kms.grants("k1"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_grant_is_asked_for_twice_and_no_more() {
    let world = world().await;
    world.kms.lose_grant_answers(usize::MAX);
    let before = world.kms.calls();
    let error = world.tables.create_table(&root(), music(customer("k1"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert_eq!(world.kms.calls() - before, 3, "one look at the key, and two attempts");
    assert_eq!(world.kms.grants("k1"), 1, "by the same name");
}

/// The table may be there after a restart, and then it needs its grants.
#[tokio::test(start_paused = true)]
async fn grants_outlive_a_commit_of_unknown_effect() {
    let (world, store) = gated_world().await;
    store.lose_next_answer();
    let error = world.tables.create_table(&root(), music(customer("k1"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.kms.grants("k1"), 2);
    let again = World { tables: open(&world.kms, &world.store).await, ..world };
    again.tables.start().await.unwrap();
    again.put(&root(), "A", "1").await.unwrap();
    assert_eq!(again.settled().await.status, TableStatus::Active);
}

/// An attempt to switch that KMS refuses the service makes new grants on the present key. The old ones may be there all the
/// same, so they are given back; whether the switch itself succeeds makes no difference.
#[tokio::test(start_paused = true)]
async fn the_grants_that_a_repair_replaces_are_given_back() {
    for usable in [true, false] {
        let world = world().await;
        world.create(customer("k1")).await;
        if !usable {
            world.kms.set_state("k2", Some(KeyState::Disabled));
        }
        world.kms.refuse_service_once();
        assert_eq!(world.switch(customer("k2")).await.is_ok(), usable);
        world.settled().await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        let left = (world.kms.grants("k1"), world.kms.grants("k2"));
        assert_eq!(left, if usable { (0, 2) } else { (2, 0) });
    }
}
