//! Leases: what an answer that comes late is worth, and which ends are counted.

use std::sync::atomic::Ordering;

use tokio::task::JoinHandle;

use super::*;

/// Regression: KMS's silence about a question asked before changes were missed went on to extend the lease after them.
#[tokio::test(start_paused = true)]
async fn a_silence_that_is_older_than_a_doubt_extends_nothing() {
    let world = Arc::new(world().await);
    world.create(customer("k1")).await;
    world.put(&root(), "A", "1").await.unwrap();
    tokio::time::sleep(LEASE).await;
    let lose = world.kms.hold_next_unwrapping_and_lose_its_answer();
    let reader = Arc::clone(&world);
    let reading = tokio::spawn(async move { reader.get(&root(), "A", "1").await });
    tokio::time::sleep(Duration::from_millis(1)).await;
    world.tables.missed_changes();
    tokio::time::sleep(Duration::from_millis(1)).await;
    world.kms.set_state("k1", Some(KeyState::Disabled));
    lose.send(()).unwrap();
    assert_eq!(kind(reading.await.unwrap()), Kind::Precondition, "KMS was asked again, and refused");
}

/// A write in a task of its own.
fn writing(
    world: &Arc<World>,
    caller: Caller,
    title: &'static str,
) -> JoinHandle<Result<Option<Item>, TableError>> {
    let world = Arc::clone(world);
    tokio::spawn(async move { world.put(&caller, "A", title).await })
}

/// Regression: a writer that waited for its turn used the right that it had when it came.
#[tokio::test(start_paused = true)]
async fn a_right_that_ended_while_its_holder_waited_for_its_turn_is_proven_again() {
    let (world, store) = gated_world().await;
    let world = Arc::new(world);
    world.create(customer("k1")).await;
    world.put(&root(), "A", "0").await.unwrap();
    let bob = user("bob");
    world.get(&bob, "A", "0").await.unwrap();
    let mut first = store.hold_next_commit();
    let write = |caller, title| writing(&world, caller, title);
    let holding = write(root(), "1");
    first.reached().await;
    let waiting = write(bob.clone(), "2");
    tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
    world.kms.deny(bob.principal.arn.as_str());
    first.release();
    holding.await.unwrap().unwrap();
    assert_eq!(kind(waiting.await.unwrap()), Kind::Denied);
    assert!(world.get(&root(), "A", "2").await.unwrap().is_none());
}

/// Regression: a writer whose right had ended while it waited for its turn asked KMS with the turn in hand, and turns are
/// striped over all tables.
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_the_turn_of_a_writer_that_waits_for_kms() {
    let (world, store) = gated_world().await;
    let world = Arc::new(world);
    world.create(customer("k1")).await;
    world.put(&root(), "A", "0").await.unwrap();
    let bob = user("bob");
    world.get(&bob, "A", "0").await.unwrap();
    let write = |caller, title| writing(&world, caller, title);
    let mut first = store.hold_next_commit();
    let holding = write(root(), "1");
    first.reached().await;
    let asking = write(bob, "2");
    tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
    let answer = world.kms.hold_next_unwrapping();
    first.release();
    holding.await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let other = tokio::time::timeout(Duration::from_secs(1), world.put(&root(), "A", "3")).await;
    other.expect("the turn is free").unwrap();
    answer.send(()).unwrap();
    asking.await.unwrap().unwrap();
    assert!(world.get(&root(), "A", "2").await.unwrap().is_some());
}

/// Regression: only what a change ended, or a check of the key, was counted.
#[tokio::test(start_paused = true)]
async fn a_lease_that_ends_with_a_refusal_of_its_renewal_is_counted() {
    let world = world().await;
    world.create(customer("k1")).await;
    world.put(&root(), "A", "1").await.unwrap();
    let revoked = || world.tables.counters().leases_revoked.load(Ordering::Relaxed);
    let stranger = user("stranger");
    world.kms.deny(stranger.principal.arn.as_str());
    assert_eq!(kind(world.get(&stranger, "A", "1").await), Kind::Denied);
    assert_eq!(revoked(), 0, "who never had a lease loses none");

    // Ahead of its end, while requests go on; and at its end, by a request that waits for the answer.
    let users = [(user("ahead"), LEASE.mul_f64(0.8)), (user("late"), LEASE)];
    for (at, (bob, used_after)) in (1..).zip(users) {
        world.get(&bob, "A", "1").await.unwrap();
        world.kms.deny(bob.principal.arn.as_str());
        tokio::time::sleep(used_after).await;
        let outcome = world.get(&bob, "A", "1").await;
        assert_eq!(outcome.is_ok(), used_after < LEASE);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(kind(world.get(&bob, "A", "1").await), Kind::Denied);
        assert_eq!(revoked(), at);
    }
}
