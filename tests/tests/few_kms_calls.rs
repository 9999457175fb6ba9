//! Promise: fast. The number of KMS calls does not grow with the number of items: 100,000 item operations on one table
//! make at most two calls for each principal, counted by the key-management service itself.

use std::collections::HashMap;

use proto::table::{BatchGetItemRequest, KeysAndAttributes};
use tests::item::{attributes, listed, n, s};
use tests::{Door, Encryption, PERMISSIVE, Principals, Settings, Stack, Tables, partition_only};
use tokio::task::JoinSet;

/// For each of two principals: 20,000 written in batches, 20,000 read in batches, 10,000 one by one.
const BATCHED: usize = 20_000;
const SINGLE: usize = 5_000;
const TASKS: usize = 8;

fn key(number: usize) -> tests::item::Attributes {
    attributes([("pk", s(format!("item-{number}")))])
}

fn item(number: usize) -> tests::item::Attributes {
    attributes([("pk", s(format!("item-{number}"))), ("v", n(number))])
}

/// Writes and reads every item of one principal; gives the number of item operations.
async fn work(tables: Tables) -> usize {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let tables = tables.clone();
        tasks.spawn(async move {
            let mut operations = 0;
            let mine: Vec<usize> = (task..BATCHED).step_by(TASKS).collect();
            for batch in mine.chunks(25) {
                let items = batch.iter().map(|number| item(*number)).collect();
                tables.put_batch("Busy", items).await.expect("the batch is written");
                operations += batch.len();
            }
            for batch in mine.chunks(100) {
                let keys = batch.iter().map(|number| listed(key(*number))).collect();
                let wanted = KeysAndAttributes { keys, ..Default::default() };
                let request_items = HashMap::from([("Busy".to_owned(), wanted)]);
                let answer = tables
                    .batch_get_item(BatchGetItemRequest { request_items, ..Default::default() })
                    .await
                    .expect("read");
                assert_eq!(answer.responses["Busy"].items.len(), batch.len());
                operations += batch.len();
            }
            for number in (task..SINGLE).step_by(TASKS) {
                tables.put("Busy", item(number)).await.expect("the item is written");
                let found = tables.get("Busy", key(number)).await.expect("the item is read");
                assert_eq!(found, Some(item(number)));
                operations += 2;
            }
            operations
        });
    }
    tasks.join_all().await.into_iter().sum()
}

tests::through_each_door! { a_hundred_thousand_item_operations_make_at_most_two_kms_calls_for_each_principal }

async fn a_hundred_thousand_item_operations_make_at_most_two_kms_calls_for_each_principal(door: Door) {
    let principals = Principals::new().with("alice", PERMISSIVE).with("bob", PERMISSIVE);
    let mut settings = Settings::knowing(principals);
    settings.door = door;
    let stack = Stack::apart(settings).await;
    let key = stack.kms().customer_key().await;
    stack.tables().create(partition_only("Busy"), &Encryption::Customer(key.arn)).await;

    let before = stack.kms_metrics().await;
    let (alice, bob) = tokio::join!(work(stack.tables_as("alice")), work(stack.tables_as("bob")));
    let after = stack.kms_metrics().await;
    let calls = |labels: &[(&str, &str)]| {
        after.sum("keystead_rpc_total", labels) - before.sum("keystead_rpc_total", labels)
    };
    println!("{} item operations, {} KMS calls", alice + bob, calls(&[]));
    assert_eq!(alice + bob, 100_000);
    assert!(calls(&[]) <= 4.0, "two principals made {} calls", calls(&[]));
    assert!(calls(&[("method", "Decrypt")]) >= 2.0, "each principal proves its right once");
}
