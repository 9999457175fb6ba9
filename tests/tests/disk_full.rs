//! A full disk: writes are refused in words, reads go on, and with space again writes go on too, without a restart and
//! after one. Nothing that was acknowledged is lost. Needs root, for a small disk of its own.

use std::fs::{self, File};

use tests::item::{attributes, n, s};
use tests::{Disk, Encryption, Refusal as _, Refused, Settings, Stack, Tables, table};

const DISK_MEBIBYTES: u64 = 256;
/// What the store keeps free is 32 MiB; a filler that leaves less than that fills the disk for it.
const LEFT_BYTES: u64 = 16 << 20;

async fn put(tables: &Tables, number: usize) -> Result<(), Refused> {
    let text = "x".repeat(200_000);
    tables
        .put(
            "Load",
            attributes([("pk", s(format!("key-{number}"))), ("number", n(number)), ("text", s(text))]),
        )
        .await
}

async fn assert_all_there(tables: &Tables, written: usize) {
    for number in 0..written {
        let key = attributes([("pk", s(format!("key-{number}")))]);
        let item =
            tables.get("Load", key).await.expect("reads go on").expect("an acknowledged write is there");
        assert_eq!(tests::item::number(&item, "number"), u64::try_from(number).expect("a number"));
    }
}

fn assert_is_full(refused: &Refused) {
    refused.assert_is(
        "ServiceUnavailable",
        "The service's disk is full: nothing can be written until there is space. Reads go on.",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_nothing_else() {
    let Some(disk) = Disk::new(DISK_MEBIBYTES) else { return };
    let mut stack = Stack::together_with(Settings::default().within(disk.path())).await;
    let tables = stack.tables();
    let key = stack.kms().customer_key().await.arn;
    let request = table("Load", ("pk", proto::table::ScalarAttributeType::S), None);
    tables.create(request, &Encryption::Customer(key.clone())).await;

    // Somebody else fills it.
    let mut written = 0;
    for _ in 0..20 {
        put(&tables, written).await.expect("there is space");
        written += 1;
    }
    let filler = disk.path().join("filler");
    let length = disk.free() - LEFT_BYTES;
    rustix::fs::fallocate(
        File::create(&filler).expect("a file"),
        rustix::fs::FallocateFlags::empty(),
        0,
        length,
    )
    .expect("there is space for the filler");
    for _ in 0..3 {
        assert_is_full(&put(&tables, written).await.refused());
    }
    assert_all_there(&tables, written).await;
    stack.kms().describe(&key).await.expect("KMS reads go on");
    fs::remove_file(&filler).expect("the filler is removed");
    put(&tables, written).await.expect("writes go on without a restart");
    written += 1;

    // The writes themselves fill it.
    let refused = loop {
        match put(&tables, written).await {
            Ok(()) => written += 1,
            Err(refused) => break refused,
        }
        assert!(written < 2_000, "a disk of {DISK_MEBIBYTES} MiB cannot hold this");
    };
    assert_is_full(&refused);
    assert_all_there(&tables, written).await;
    // A start needs no more room than there is.
    stack.kill().await;
    stack.start().await;
    assert_all_there(&stack.tables(), written).await;
    assert_is_full(&put(&stack.tables(), written).await.refused());
    println!("{written} writes of 200 KB, all there");
    stack.kill().await;
}
