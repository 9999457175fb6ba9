//! What a large table takes, and that a switch does not see how large it is.

use std::time::{Duration, Instant};

use tests::{Encryption, Kms, Tables};

use crate::Options;
use crate::report;
use crate::server::{Home, Server};
use crate::work;

/// Switches of each table.
const SWITCHES: usize = 9;
const ITEM_BYTES: usize = 300;

pub(crate) async fn measure(options: &Options) {
    let home = Home::new();
    let server = Server::pair(tests::binary("keystead"), &home).await;
    let address = server.address("table.keystead");
    let (channel, tables) = (tests::channel(address), Tables::new(address, None));
    tables.create(work::table("Small"), &Encryption::Owned).await;
    tables.create(work::table("Large"), &Encryption::Owned).await;
    work::fill(&channel, "Small", 100, ITEM_BYTES).await;
    let began = Instant::now();
    let count = u64::try_from(options.million).expect("a count");
    work::fill(&channel, "Large", count, ITEM_BYTES).await;
    let took = began.elapsed().as_secs_f64();
    let name = |what: &str| format!("{what} at {count} items of {ITEM_BYTES} bytes");
    report::figure(&name("items written in batches of 25, 16 at once"), "items_s", &[count as f64 / took]);
    report::figure(&name("memory"), "mb", &[server.memory() as f64 / 1e6]);
    report::figure(&name("disk"), "mb", &[home.bytes() as f64 / 1e6]);

    let key = Kms::new(server.address("kms.keystead"), None).customer_key().await.key_id;
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for turn in 0..SWITCHES {
        let to = if turn % 2 == 0 { Encryption::Customer(key.clone()) } else { Encryption::Owned };
        small.push(tables.switch("Small", &to).await.as_secs_f64() * 1e3);
        large.push(tables.switch("Large", &to).await.as_secs_f64() * 1e3);
    }
    let small = report::figure("switch at 100 items", "ms", &small);
    let large = report::figure(&format!("switch at {count} items"), "ms", &large);
    report::figure("switch, large to small", "ratio", &[large / small]);
    server.stop();

    let server = Server::pair(tests::binary("keystead"), &home).await;
    report::figure(&name("ready"), "ms", &[server.ready_after.as_secs_f64() * 1e3]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    report::figure(&name("memory after a restart"), "mb", &[server.memory() as f64 / 1e6]);
    server.stop();
}
