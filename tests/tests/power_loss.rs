//! Promise: nothing lost. The disk under acknowledged writes stops without flushing anything, as in a power cut: no
//! acknowledged write is missing, no item is torn, no table is stuck, and every data directory opens.
//!
//! Needs root. `KEYSTEAD_POWER_LOSS_ROUNDS=50 cargo test -p tests --test power_loss -- --nocapture` runs more rounds.

use std::time::Duration;

use proto::table::ScalarAttributeType::S;
use tests::{Client, Dice, Disk, Encryption, Fleet, Settings, Stack, Weight, table, within};

const ROUNDS: usize = 5;
/// A disk for so many rounds: young files are where directory entries and lengths are lost.
const ROUNDS_PER_DISK: usize = 5;
const DISK_MEBIBYTES: u64 = 1536;
const CLIENTS: usize = 8;
/// How many of them write batches of up to 10 MB.
const HEAVY_CLIENTS: usize = 1;

fn rounds() -> usize {
    std::env::var("KEYSTEAD_POWER_LOSS_ROUNDS")
        .map_or(ROUNDS, |text| text.parse().expect("a number of rounds"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_power_cuts() {
    let mut dice = Dice::new("power-loss");
    let (mut left, mut cuts, mut operations) = (rounds(), 0, 0);
    while left > 0 {
        let Some(mut disk) = Disk::new(DISK_MEBIBYTES) else { return };
        let mut stack = Stack::together_with(Settings::default().within(disk.path())).await;
        let key = stack.kms().customer_key().await.arn;
        let kinds = [Encryption::Customer(key), Encryption::Owned];
        stack.tables().create(table("Load", ("pk", S), Some(("sk", S))), &kinds[0]).await;
        let mut clients: Vec<Client> = (0..CLIENTS)
            .map(|number| {
                let weight = if number < HEAVY_CLIENTS { Weight::HEAVY } else { Weight::LIGHT };
                Client::new(stack.tables(), "Load", &format!("client-{number}"), dice.fork()).weighing(weight)
            })
            .collect();
        for round in 0..left.min(ROUNDS_PER_DISK) {
            let fleet = Fleet::resume(clients);
            let (tables, to) = (stack.tables(), kinds[(round + 1) % kinds.len()].clone());
            let switching = tokio::spawn(async move { tables.ask_switch("Load", &to).await });
            tokio::time::sleep(Duration::from_millis(300 + dice.below(1_700))).await;
            // A power cut stops the services and the disk at once. Here it takes a moment to stop the file system, and a sync
            // that runs meanwhile may return as if it had succeeded: so whoever could acknowledge it is stopped first.
            stack.freeze();
            disk.cut_power();
            stack.kill().await;
            // It was answered or cut off, and is finished or not begun.
            let _ = switching.await;
            clients = fleet.halt().await.into_iter().map(|(client, _)| client).collect();
            disk.remount().await;
            stack.start().await;
            for client in &mut clients {
                client.reconnect(stack.tables());
                client.verify().await.expect("everything reads after a power cut");
            }
            within("the switch resumes", Duration::from_secs(30), stack.tables().unpending("Load")).await;
            cuts += 1;
        }
        left = left.saturating_sub(ROUNDS_PER_DISK);
        operations += clients.iter().map(|client| client.operations).sum::<u64>();
        stack.kill().await;
    }
    println!("{cuts} power cuts, {operations} checked item operations");
}
