//! Promise: live key switches. Under a mixed load, between all three kinds of key, no request fails, nothing is lost
//! or stale, and the work of a switch does not grow with the table. That work is judged in commits and bytes, which are the
//! same on every machine; how long it took, and the ratio, is printed and judged by whoever reads it.

use std::time::{Duration, Instant};

use proto::table::ScalarAttributeType::S;
use tests::item::{attributes, n, s};
use tests::{Dice, Door, Encryption, Fleet, Settings, Stack, Tables, partition_only, table, within};

const SWITCHES: usize = 200;
const CLIENTS: usize = 16;

tests::through_each_door! { two_hundred_switches_under_sixteen_clients }

async fn two_hundred_switches_under_sixteen_clients(door: Door) {
    let mut dice = Dice::new("switch_under_load");
    let stack = Stack::together_with(Settings::through(door)).await;
    let tables = stack.tables();
    let keys = [stack.kms().customer_key().await, stack.kms().customer_key().await];
    let kinds = [
        Encryption::Owned,
        Encryption::Managed,
        Encryption::Customer(keys[0].arn.clone()),
        Encryption::Customer(keys[1].arn.clone()),
    ];
    tables.create(table("Load", ("pk", S), Some(("sk", S))), &kinds[0]).await;
    let mut fleet = Fleet::launch(&tables, "Load", CLIENTS, &mut dice);

    let start = Instant::now();
    let mut current = 0;
    for _ in 0..SWITCHES {
        // Every kind but the current one: `{enabled: false}` on a default table is not a switch but an error.
        current = (current + 1 + dice.index(kinds.len() - 1)) % kinds.len();
        tables.switch("Load", &kinds[current]).await;
        fleet.assert_flying().await;
    }
    let elapsed = start.elapsed();
    let clients = within("the load ends", Duration::from_secs(120), fleet.land()).await;
    let operations: u64 = clients.iter().map(|client| client.operations).sum();
    println!("{SWITCHES} switches in {elapsed:?} under {operations} checked item operations");
    assert!(operations > 1_000, "the load did work: {operations}");
}

async fn fill(tables: &Tables, name: &str, items: usize) {
    let mut filling = tokio::task::JoinSet::new();
    let numbers: Vec<usize> = (0..items).collect();
    for part in numbers.chunks(items.div_ceil(16)) {
        let (tables, name, part) = (tables.clone(), name.to_owned(), part.to_vec());
        filling.spawn(async move {
            for batch in part.chunks(25) {
                let items = batch
                    .iter()
                    .map(|number| attributes([("pk", s(format!("p{number}"))), ("v", n(number))]))
                    .collect();
                tables.put_batch(&name, items).await.expect("the batch is written");
            }
        });
    }
    filling.join_all().await;
}

async fn median_switch(tables: &Tables, name: &str, kinds: &[Encryption; 2]) -> Duration {
    let mut times = Vec::new();
    for round in 0..15 {
        times.push(tables.switch(name, &kinds[round % 2]).await);
    }
    times.sort();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_costs_the_same_for_100_and_for_100_000_items() {
    let stack = Stack::together().await;
    let tables = stack.tables();
    let kinds = [Encryption::Managed, Encryption::Customer(stack.kms().customer_key().await.arn)];
    let (mut costs, mut medians) = (Vec::new(), Vec::new());
    for (name, items) in [("Small", 100), ("Large", 100_000)] {
        tables.create(partition_only(name), &Encryption::Owned).await;
        fill(&tables, name, items).await;
        let before = stack.table_metrics().await;
        let median = median_switch(&tables, name, &kinds).await;
        let after = stack.table_metrics().await;
        println!("{name}: {items} items, a switch takes {median:?} (median of 15)");
        medians.push(median);
        let written = |metric: &str| {
            assert!(after.has(metric), "there is no metric {metric}");
            after.sum(metric, &[]) - before.sum(metric, &[])
        };
        costs.push((written("keystead_store_commits_total"), written("keystead_store_bytes_written_total")));
    }
    println!("commits and bytes of 15 switches, small and large: {costs:?}");
    println!("time of a switch, large to small: {:.2}", medians[1].div_duration_f64(medians[0]));
    let [(small_commits, small_bytes), (large_commits, large_bytes)] = costs[..] else { unreachable!() };
    assert!(large_commits <= small_commits * 1.2, "{costs:?}");
    assert!(large_bytes <= small_bytes * 1.2, "{costs:?}");
}
