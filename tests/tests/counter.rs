//! Promise: an update is one step. However many clients count on one item at once, every one of their counts is in the end.

use proto::table::UpdateItemRequest;
use tests::item::{attributes, n, number, s};
use tests::{Door, Encryption, Settings, Stack, partition_only};
use tokio::task::JoinSet;

const CLIENTS: u64 = 16;
const COUNTS: u64 = 1_000;

tests::through_each_door! { sixteen_clients_count_to_sixteen_thousand }

async fn sixteen_clients_count_to_sixteen_thousand(door: Door) {
    let stack = Stack::together_with(Settings::through(door)).await;
    let tables = stack.tables();
    tables.create(partition_only("Counters"), &Encryption::Owned).await;
    let key = || attributes([("pk", s("counter"))]);
    let mut item = key();
    item.insert("n".to_owned(), n(0));
    tables.put("Counters", item).await.expect("written");
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (tables, key) = (stack.tables(), key());
        clients.spawn(async move {
            for _ in 0..COUNTS {
                let request = UpdateItemRequest {
                    table_name: "Counters".to_owned(),
                    key: key.clone(),
                    update_expression: "SET n = n + :one".to_owned(),
                    expression_attribute_values: attributes([(":one", n(1))]),
                    ..Default::default()
                };
                tables.update_item(request).await.expect("it is counted");
            }
        });
    }
    clients.join_all().await;
    let found = tables.get("Counters", key()).await.expect("read").expect("the counter is there");
    assert_eq!(number(&found, "n"), CLIENTS * COUNTS);
}
