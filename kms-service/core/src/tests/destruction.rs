//! A destroyed key's secret is destroyed with it, whatever fails on the way, and no other key's is.

use std::sync::atomic::Ordering;

use store::Effaceable as _;

use crate::{OpenError, testing::*};

async fn doomed(world: &World) -> String {
    let key = world.key().await.arn;
    world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap();
    key
}

#[tokio::test]
async fn the_secret_goes_with_the_key_and_the_others_stay() {
    let mut world = World::new().await;
    let kept = world.key().await;
    let blob = world.seal(&kept.arn, b"kept", context(&[])).await;
    let sealed = world.store.entries().await;
    doomed(&world).await;
    world.clock.advance_days(7);
    assert_eq!(world.store.secrets().len(), 2);
    world.kms.run_upkeep().await.unwrap();
    assert_eq!(world.store.secrets().len(), 1);
    world.restart().await;
    assert!(world.open(&root(), &blob, context(&[])).await.is_ok());
    assert!(world.store.entries().await.len() <= sealed.len());
}

/// What the files may still hold is worth nothing: put back where it was, it does not open with the right root key.
#[tokio::test]
async fn records_that_come_back_without_their_secret_do_not_open() {
    let world = World::new().await;
    doomed(&world).await;
    let before = world.store.entries().await;
    world.clock.advance_days(7);
    world.kms.run_upkeep().await.unwrap();
    for entry in before {
        world.store.tamper(|batch| batch.put(entry.key.clone(), entry.value.clone())).await;
    }
    match world.reopened().await.map(drop) {
        Err(OpenError::Damaged { what }) => assert!(what.starts_with("material of key"), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_secret_that_could_not_be_destroyed_is_destroyed_by_the_next_round() {
    let world = World::new().await;
    doomed(&world).await;
    world.clock.advance_days(7);
    world.store.secrets_fail.store(true, Ordering::SeqCst);
    assert!(world.kms.run_upkeep().await.is_err());
    assert_eq!(world.store.secrets().len(), 1);
    world.store.secrets_fail.store(false, Ordering::SeqCst);
    world.kms.run_upkeep().await.unwrap();
    assert!(world.store.secrets().is_empty());
}

/// The process dies after the commit that destroys the key, before its secret is overwritten.
#[tokio::test]
async fn a_start_finishes_what_a_crash_left() {
    let mut world = World::new().await;
    doomed(&world).await;
    world.clock.advance_days(7);
    world.store.secrets_fail.store(true, Ordering::SeqCst);
    assert!(world.kms.run_upkeep().await.is_err());
    world.store.secrets_fail.store(false, Ordering::SeqCst);
    world.restart().await;
    world.kms.run_upkeep().await.unwrap();
    assert!(world.store.secrets().is_empty());
}

#[tokio::test]
async fn a_key_that_did_not_come_to_be_leaves_no_secret() {
    let world = World::new().await;
    world.store.fail(0, Failure::Before, false);
    assert!(world.kms.create_key(&root(), create_key()).await.is_err());
    assert_eq!(world.store.secrets().len(), 1);
    world.kms.run_upkeep().await.unwrap();
    assert!(world.store.secrets().is_empty());

    world.store.secrets_fail.store(true, Ordering::SeqCst);
    let commits = world.store.commits();
    assert!(world.kms.create_key(&root(), create_key()).await.is_err());
    assert_eq!(world.store.commits(), commits, "without a secret there is no key");
    world.store.secrets_fail.store(false, Ordering::SeqCst);
    world.key().await;
}
