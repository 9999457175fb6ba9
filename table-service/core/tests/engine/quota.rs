//! AWS's quota of key changes, on a clock that the test turns.

use std::sync::atomic::{AtomicI64, Ordering};

use table_core::clock::Clock;

use super::*;

const HOUR: i64 = 60 * 60 * 1000;

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn unix_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl TestClock {
    fn turn(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

async fn reopened(world: World, clock: &Arc<TestClock>, has_quota: bool) -> World {
    let ports = Ports {
        store: world.store.clone(),
        effaceable: world.store.clone(),
        kms: world.kms.clone(),
        entropy: Arc::new(OsEntropy),
        clock: clock.clone(),
    };
    let config = Config { has_sse_change_quota: has_quota, ..config() };
    let tables = Tables::open(config, ports).await.unwrap();
    tables.watch_started();
    World { tables, ..world }
}

async fn world_with_quota() -> (World, Arc<TestClock>) {
    let clock = Arc::new(TestClock(AtomicI64::new(1_791_501_904_500)));
    let world = reopened(world().await, &clock, true).await;
    (world, clock)
}

async fn switched(world: &World, sse: Option<SseSpecification>) {
    world.switch(sse).await.unwrap();
    world.settled().await;
}

#[tokio::test(start_paused = true)]
async fn after_four_changes_each_waits_and_only_the_owned_key_does_not() {
    let (world, clock) = world_with_quota().await;
    world.create(customer("k1")).await;
    for sse in [customer("k2"), customer("k1"), managed(), managed()] {
        switched(&world, sse).await;
    }
    let refused = |error: TableError| (error.kind(), error.reason(), error.public_message().into_owned());
    let (kind, reason, text) = refused(world.switch(customer("k2")).await.unwrap_err());
    assert_eq!((kind, reason), (Kind::Exhausted, "LimitExceededException"));
    assert_eq!(
        text,
        "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at \
         2026-10-09T23:25:04.500Z. After the first 4 change, each subsequent change in the same window can be performed at \
         most once every 21600 seconds. Number of updates today: 4. Last change at 2026-10-08T23:25:04.500Z. Next changes \
         can be made at 2026-10-09T05:25:04.500Z."
    );
    assert_eq!(world.describe().sse.unwrap().status, SseStatus::Enabled, "nothing has begun");
    clock.turn(HOUR);
    switched(&world, owned()).await;
    let (_, _, text) = refused(world.switch(managed()).await.unwrap_err());
    assert!(text.contains("Number of updates today: 5. Last change at 2026-10-09T00:25:04.500Z."), "{text}");
    clock.turn(6 * HOUR);
    switched(&world, managed()).await;
    clock.turn(24 * HOUR);
    for sse in [customer("k1"), customer("k2"), customer("k1"), managed()] {
        switched(&world, sse).await;
    }
    assert_eq!(refused(world.switch(managed()).await.unwrap_err()).1, "LimitExceededException");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_does_not_count_and_what_is_wrong_in_itself_comes_first() {
    let (world, _clock) = world_with_quota().await;
    world.create(customer("k1")).await;
    let text = async |sse| world.switch(sse).await.unwrap_err().public_message().into_owned();
    for _ in 0..10 {
        assert!(text(customer("k9")).await.starts_with("KMS validation error: "));
        assert!(text(customer(&arn("k1"))).await.contains("already encrypted with given KMSMasterKeyId"));
    }
    for sse in [customer("k2"), customer("k1"), customer("k2"), customer("k1")] {
        switched(&world, sse).await;
    }
    // The key is asked for last: AWS names the quota even when there is no such key.
    assert!(text(customer("k9")).await.starts_with("Subscriber limit exceeded: "));
    assert!(text(customer(&arn("k1"))).await.contains("already encrypted with given KMSMasterKeyId"));
    let with_protection = UpdateTable {
        table_name: "Music".to_owned(),
        sse_specification: managed(),
        deletion_protection: Some(true),
        ..Default::default()
    };
    let error = world.tables.update_table(&root(), with_protection).await.unwrap_err();
    assert!(error.public_message().contains("must be the only operation"));
}

#[tokio::test(start_paused = true)]
async fn changes_are_counted_across_restarts_and_without_the_quota_too() {
    let (world, clock) = world_with_quota().await;
    let world = reopened(world, &clock, false).await;
    world.create(None).await;
    for n in 0..6 {
        switched(&world, customer(if n % 2 == 0 { "k1" } else { "k2" })).await;
    }
    let world = reopened(world, &clock, true).await;
    let error = world.switch(customer("k1")).await.unwrap_err();
    assert!(error.public_message().contains("Number of updates today: 6."));
    // A table that takes its place has no past.
    world.tables.delete_table(&root(), "Music").await.unwrap();
    world.create(customer("k1")).await;
    switched(&world, customer("k2")).await;
}
