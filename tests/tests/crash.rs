//! Promise: nothing lost. `kill -9` at random moments - during acknowledged writes, during start, during key switches -
//! loses no acknowledged write, leaves no item torn, no table stuck and no data directory that does not open.

use std::time::Duration;

use proto::table::ScalarAttributeType::S;
use tests::{Client, Dice, Door, Encryption, Fleet, Refused, Settings, Stack, table, within};
use tonic::Code;

tests::through_each_door! {
    acknowledged_writes_survive_kills_under_load
    kills_during_start_leave_a_directory_that_opens
    kills_during_switches_leave_no_table_stuck
}

/// Together more than 100 rounds, through each door.
const ROUNDS_WRITING: usize = 40;
const ROUNDS_STARTING: usize = 40;
const ROUNDS_SWITCHING: usize = 40;
const CLIENTS: usize = 6;
/// Somewhat longer than a start takes, so that kills fall before, into and behind each part of it.
const START_MS: u64 = 150;

/// A random time of up to `limit` milliseconds, in microseconds.
fn moment(dice: &mut Dice, limit_ms: u64) -> Duration {
    Duration::from_micros(dice.below(limit_ms * 1_000))
}

/// Requests that were under way when the service was killed fail, and fail as an outage; none is refused.
fn assert_cut_off(results: &[Result<(), Refused>]) {
    for refused in results.iter().filter_map(|result| result.as_ref().err()) {
        let cut_off =
            matches!(refused.code, Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal);
        assert!(cut_off && refused.reason.is_empty(), "refused instead of cut off: {refused:?}");
    }
}

/// Kills the services under the fleet, starts them again and has every client check what it wrote.
async fn crash_and_verify(stack: &mut Stack, fleet: Fleet) -> Vec<Client> {
    stack.kill().await;
    let (mut clients, results): (Vec<_>, Vec<_>) = fleet.halt().await.into_iter().unzip();
    assert_cut_off(&results);
    stack.start().await;
    for client in &mut clients {
        client.reconnect(stack.tables());
        client.verify().await.expect("everything reads after a crash");
    }
    clients
}

fn operations(clients: &[Client]) -> u64 {
    clients.iter().map(|client| client.operations).sum()
}

async fn acknowledged_writes_survive_kills_under_load(door: Door) {
    let mut dice = Dice::new("crash/writing");
    let mut stack = Stack::together_with(Settings::through(door)).await;
    let kind = Encryption::Customer(stack.kms().customer_key().await.arn);
    stack.tables().create(table("Load", ("pk", S), Some(("sk", S))), &kind).await;
    let mut clients: Vec<Client> = (0..CLIENTS)
        .map(|number| Client::new(stack.tables(), "Load", &format!("client-{number}"), dice.fork()))
        .collect();
    for _ in 0..ROUNDS_WRITING {
        let fleet = Fleet::resume(clients);
        tokio::time::sleep(moment(&mut dice, 300)).await;
        clients = crash_and_verify(&mut stack, fleet).await;
    }
    println!("{ROUNDS_WRITING} kills, {} checked item operations", operations(&clients));
    stack.stop().await;
}

async fn kills_during_start_leave_a_directory_that_opens(door: Door) {
    let mut dice = Dice::new("crash/starting");
    let mut stack = Stack::together_with(Settings::through(door)).await;
    let kind = Encryption::Customer(stack.kms().customer_key().await.arn);
    stack.tables().create(table("Load", ("pk", S), Some(("sk", S))), &kind).await;
    let mut fleet = Fleet::launch(&stack.tables(), "Load", CLIENTS, &mut dice);
    let mut starts = 0;
    while starts < ROUNDS_STARTING {
        tokio::time::sleep(moment(&mut dice, 50)).await;
        stack.kill().await;
        let (mut clients, results): (Vec<_>, Vec<_>) = fleet.halt().await.into_iter().unzip();
        assert_cut_off(&results);
        for _ in 0..4 {
            let delay = moment(&mut dice, START_MS);
            stack.start_and_kill(delay).await;
            starts += 1;
        }
        stack.start().await;
        for client in &mut clients {
            client.reconnect(stack.tables());
            client.verify().await.expect("everything reads after kills during start");
        }
        fleet = Fleet::resume(clients);
    }
    let clients = fleet.land().await;
    println!("{starts} starts killed, {} checked item operations", operations(&clients));
}

/// The very first start makes keys and directories; killed anywhere, the next one must finish the work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_during_the_first_start_leave_a_directory_that_opens() {
    let mut dice = Dice::new("crash/first-start");
    for _ in 0..8 {
        let mut stack = Stack::together_unstarted(Settings::default());
        for _ in 0..3 {
            let delay = moment(&mut dice, START_MS);
            stack.start_and_kill(delay).await;
        }
        stack.start().await;
        let kind = Encryption::Customer(stack.kms().customer_key().await.arn);
        stack.tables().create(table("Load", ("pk", S), Some(("sk", S))), &kind).await;
        stack.kill().await;
        stack.start().await;
        stack.tables().settled("Load", &kind).await;
    }
}

async fn kills_during_switches_leave_no_table_stuck(door: Door) {
    let mut dice = Dice::new("crash/switching");
    let mut stack = Stack::together_with(Settings::through(door)).await;
    let keys = [stack.kms().customer_key().await.arn, stack.kms().customer_key().await.arn];
    let kinds = [
        Encryption::Owned,
        Encryption::Managed,
        Encryption::Customer(keys[0].clone()),
        Encryption::Customer(keys[1].clone()),
    ];
    stack.tables().create(table("Load", ("pk", S), Some(("sk", S))), &kinds[0]).await;
    let mut clients: Vec<Client> = (0..CLIENTS)
        .map(|number| Client::new(stack.tables(), "Load", &format!("client-{number}"), dice.fork()))
        .collect();
    let (mut finished, mut undone) = (0, 0);
    let mut current = 0;
    for _ in 0..ROUNDS_SWITCHING {
        let fleet = Fleet::resume(clients);
        let next = (current + 1 + dice.index(kinds.len() - 1)) % kinds.len();
        let tables = stack.tables();
        let wanted = kinds[next].clone();
        let mut asked = tokio::spawn(async move { tables.ask_switch("Load", &wanted).await });
        // Half the kills while the request is under way, half while the worker is at the switch, or just done.
        let answered = if dice.chance(50) { Some((&mut asked).await.expect("the task ends")) } else { None };
        tokio::time::sleep(moment(&mut dice, 20)).await;
        clients = crash_and_verify(&mut stack, fleet).await;

        let answer = match answered {
            Some(answer) => answer,
            None => asked.await.expect("the task ends"),
        };
        let table =
            within("the switch resumes", Duration::from_secs(30), stack.tables().unpending("Load")).await;
        let is = |kind: &Encryption| match (kind, &table.sse_description) {
            (Encryption::Owned, None) => true,
            (Encryption::Customer(arn), Some(sse)) => sse.kms_master_key_arn == *arn,
            (Encryption::Managed, Some(sse)) => !keys.contains(&sse.kms_master_key_arn),
            _ => false,
        };
        if is(&kinds[next]) {
            current = next;
            finished += 1;
        } else {
            assert!(answer.is_err(), "an answered switch is not forgotten");
            assert!(is(&kinds[current]), "neither the old nor the new key: {table:?}");
            undone += 1;
        }
        // The table takes another switch, and serves.
        for client in &mut clients {
            client.verify().await.expect("everything reads after the switch");
        }
    }
    println!(
        "{ROUNDS_SWITCHING} kills: {finished} switches took place, {undone} had not begun; {} checked item operations",
        operations(&clients)
    );
    let next = (current + 1) % kinds.len();
    stack.tables().switch("Load", &kinds[next]).await;
}
