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
