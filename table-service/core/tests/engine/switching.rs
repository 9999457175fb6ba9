//! Key switches: one worker at a time, and only switches that this service began.

use store::Batch;

use super::fake_kms::Call;
use super::*;

#[tokio::test(start_paused = true)]
async fn one_worker_carries_out_a_switch_however_often_it_is_poked() {
    let world = world().await;
    world.create(customer("k1")).await;
    world.kms.set_stuck(true);
    world.switch(customer("k2")).await.unwrap();
    let another = world.switch(customer("k1")).await.unwrap_err();
    assert_eq!(another.reason(), "ResourceInUseException");
    assert_eq!(
        another.public_message(),
        "Attempt to change a resource which is still in use: Server-Side Encryption is still being updated"
    );
    for n in 0..100 {
        let request = UpdateTable {
            table_name: "Music".to_owned(),
            deletion_protection: Some(n % 2 == 0),
            ..Default::default()
        };
        world.tables.update_table(&root(), request).await.unwrap();
    }
    let before = world.kms.calls();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let calls = world.kms.calls() - before;
    // Two calls in each attempt, and attempts five seconds apart once the first seconds are over.
    assert!((20..60).contains(&calls), "{calls} calls");
    world.kms.set_stuck(false);
    assert_eq!(world.settled().await.sse.unwrap().key_arn, Some(arn("k2")));
}

/// Whoever can write to the store can ask for a switch, but cannot prove that it was asked for.
#[tokio::test(start_paused = true)]
async fn a_pending_switch_that_was_altered_is_not_carried_out() {
    type Alter = fn(&mut Vec<u8>);
    let other_key: Alter = |record| {
        let target = arn("k2");
        let at = record.windows(target.len()).position(|window| window == target.as_bytes()).unwrap();
        record[at + target.len() - 1] = b'3';
    };
    let other_proof: Alter = |record| {
        // The proof ends where the last two members begin, each of which is one byte: no mark, and no spent grants.
        let at = record.len() - 3;
        record[at] ^= 1;
    };
    for alter in [other_key, other_proof] {
        let world = world_with(&["k1", "k2", "k3"]).await;
        let elsewhere = CreateTable { table_name: "Elsewhere".to_owned(), ..music(customer("k3")) };
        world.tables.create_table(&root(), elsewhere).await.unwrap();
        world.create(customer("k1")).await;
        world.put(&root(), "A", "1").await.unwrap();
        world.kms.set_stuck(true);
        world.switch(customer("k2")).await.unwrap();
        let stored = world.store.get(b"tMusic").await.unwrap().unwrap();
        let mut altered = stored.to_vec();
        alter(&mut altered);
        let mut batch = Batch::new();
        batch.put(b"tMusic".to_vec(), altered);
        world.store.commit(batch).await.unwrap();
        let again = World { tables: open(&world.kms, &world.store).await, ..world };
        again.kms.set_stuck(false);
        again.tables.start().await.unwrap();
        assert_eq!(again.settled().await.sse.unwrap().key_arn, Some(arn("k1")));
        assert!(again.get(&root(), "A", "1").await.unwrap().is_some());
    }
}

/// Regression: a switch that met a full disk stopped until the next start, with its table UPDATING.
#[tokio::test(start_paused = true)]
async fn a_switch_goes_on_when_there_is_space_again() {
    let (world, store) = gated_world().await;
    world.create(customer("k1")).await;
    world.put(&root(), "A", "1").await.unwrap();
    world.kms.set_stuck(true);
    world.switch(customer("k2")).await.unwrap();
    store.set_full(true);
    world.kms.set_stuck(false);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.describe().sse.unwrap().status, SseStatus::Updating);
    assert!(world.get(&root(), "A", "1").await.unwrap().is_some(), "reads go on");
    store.set_full(false);
    assert_eq!(world.settled().await.sse.unwrap().key_arn, Some(arn("k2")));
    assert!(world.get(&root(), "A", "1").await.unwrap().is_some());
}

/// Regression: whoever may not use the table's key could read the table after moving it to another one.
#[tokio::test(start_paused = true)]
async fn whoever_may_not_use_the_present_key_moves_no_table_away_from_it() {
    for present in [customer("k1"), managed()] {
        let world = world().await;
        world.create(present.clone()).await;
        world.put(&root(), "A", "1").await.unwrap();
        let bob = user("bob");
        world.kms.deny(bob.principal.arn.as_str());
        for to in [owned(), customer("k2")] {
            let request =
                UpdateTable { table_name: "Music".to_owned(), sse_specification: to, ..Default::default() };
            let error = world.tables.update_table(&bob, request).await.unwrap_err();
            assert_eq!((error.kind(), error.reason()), (Kind::Denied, "AccessDeniedException"), "{error}");
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(kind(world.get(&bob, "A", "1").await), Kind::Denied);
        world.kms.allow(bob.principal.arn.as_str());
        assert!(world.get(&bob, "A", "1").await.unwrap().is_some());
    }
}

/// A right that ends between its proof and the commit of the switch does not count.
#[tokio::test(start_paused = true)]
async fn a_right_that_ends_while_a_switch_is_prepared_starts_none() {
    let world = Arc::new(world().await);
    world.create(customer("k1")).await;
    let bob = user("bob");
    let held = world.kms.hold_next_answer(Call::Unwrap);
    let asking = tokio::spawn({
        let (world, bob) = (Arc::clone(&world), bob.clone());
        async move {
            let request = UpdateTable {
                table_name: "Music".to_owned(),
                sse_specification: customer("k2"),
                ..Default::default()
            };
            world.tables.update_table(&bob, request).await
        }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.kms.deny_key(bob.principal.arn.as_str(), "k1");
    world.tables.key_changed(&arn("k1"));
    drop(held);
    assert_eq!(asking.await.unwrap().unwrap_err().kind(), Kind::Denied);
    assert_eq!(world.describe().sse.unwrap().key_arn, Some(arn("k1")));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.kms.grants("k2"), 0, "what was granted for it is given back");
}

/// What a switch reads does not depend on what the table holds; that it writes no item is told by the store's counters.
#[tokio::test(start_paused = true)]
async fn a_switch_reads_as_much_of_a_large_table_as_of_a_small_one() {
    let mut reads = Vec::new();
    for items in [1, 1_000] {
        let (world, store) = gated_world().await;
        world.create(customer("k1")).await;
        for n in 0..items {
            world.put(&root(), "A", &n.to_string()).await.unwrap();
        }
        let before = store.reads();
        world.switch(customer("k2")).await.unwrap();
        world.settled().await;
        reads.push(store.reads() - before);
    }
    assert!(reads[0] == reads[1] && reads[0] < 10, "{reads:?}");
}
