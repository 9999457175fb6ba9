//! When the disk refuses a write, the store stops, says why, and is whole again when it is opened next.
//!
//! The test binary starts itself again under a file size limit, so that a real write fails in the middle of a load.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{env, process::Command};

use store::{Batch, CommitError, Direction, KeyRange, Limit, SledConfig, SledStore, Store, StoreError};

const VICTIM: &str = "KEYSTEAD_TEST_DISK_VICTIM";

#[tokio::test]
async fn a_refused_write_poisons_the_store_until_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    drop(SledStore::open(&SledConfig::new(&path)).unwrap());
    // 24 MiB in POSIX units of 512 bytes (some shells count 1024, for twice that); the signal would kill the process.
    let script = r#"trap "" XFSZ; ulimit -f 49152; exec "$0" --exact victim --nocapture"#;
    let output =
        Command::new("sh").args(["-c", script]).arg(env::current_exe().unwrap()).env(VICTIM, &path).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let acknowledged: usize =
        said.lines().find_map(|line| line.split_once("acknowledged ")).unwrap().1.parse().unwrap();

    let store = SledStore::open(&SledConfig::new(&path)).unwrap();
    store.check().unwrap();
    let entries = store.scan(KeyRange::all(), Limit::NONE, Direction::Forward).await.unwrap();
    // The failed commit is whole or absent.
    assert!(
        entries.len() == 2 * acknowledged || entries.len() == 2 * (acknowledged + 1),
        "{}",
        entries.len()
    );
    let mut batch = Batch::new();
    batch.put("again", "works");
    store.commit(batch).await.unwrap();
}

#[tokio::test]
async fn victim() {
    let Some(path) = env::var_os(VICTIM) else { return };
    let store = SledStore::open(&SledConfig::new(path)).unwrap();
    let mut acknowledged = 0_u32;
    let error = loop {
        let mut batch = Batch::new();
        batch
            .put(format!("{acknowledged}/a"), vec![1; 50_000])
            .put(format!("{acknowledged}/b"), vec![2; 50_000]);
        match store.commit(batch).await {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(acknowledged < 10_000, "the limit is not in effect");
    };
    println!("acknowledged {acknowledged}");
    assert!(matches!(error, CommitError::Store(StoreError::Io(_))), "{error:?}");

    // Poisoned from here on, with the cause, for everyone.
    let poisoned = |error: StoreError| match error {
        StoreError::Poisoned { cause } => assert!(cause.contains("disk"), "{cause}"),
        other => panic!("{other:?}"),
    };
    poisoned(store.check().unwrap_err());
    poisoned(store.get(b"0/a").await.unwrap_err());
    poisoned(store.scan(KeyRange::all(), Limit::NONE, Direction::Forward).await.unwrap_err());
    poisoned(store.size_on_disk().unwrap_err());
    let mut batch = Batch::new();
    batch.put("key", "value");
    match store.commit(batch).await {
        Err(CommitError::Store(error)) => poisoned(error),
        other => panic!("{other:?}"),
    }
}

/// Below the reserve a commit is refused whole, and everything else goes on; with space again, so do commits.
#[tokio::test]
async fn without_space_commits_are_refused_and_reads_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let config = SledConfig::new(directory.path().join("store"));
    let store = SledStore::open(&config).unwrap();
    let mut batch = Batch::new();
    batch.put("key", "value");
    store.commit(batch.clone()).await.unwrap();
    drop(store);

    let full = SledConfig { reserve_bytes: u64::MAX, ..config.clone() };
    let store = SledStore::open(&full).unwrap();
    let mut another = Batch::new();
    another.put("other", "value");
    let refused = store.commit(another.clone()).await.unwrap_err();
    assert!(matches!(refused, CommitError::Store(StoreError::DiskFull)) && refused.changed_nothing());
    store.check().unwrap();
    assert_eq!(store.get(b"key").await.unwrap().unwrap(), "value");
    assert_eq!(store.get(b"other").await.unwrap(), None);
    drop(store);

    let store = SledStore::open(&config).unwrap();
    store.commit(another).await.unwrap();
    assert!(store.get(b"other").await.unwrap().is_some());
}

/// Looking at the files is not using them: what fails there, such as for want of a file descriptor, ends nothing.
#[tokio::test]
async fn a_size_that_cannot_be_told_is_no_failure_of_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let store = SledStore::open(&SledConfig::new(directory.path().join("store"))).unwrap();
    let looked_at = directory.path().join("store/data/sled/blobs");
    let hidden = directory.path().join("hidden");
    std::fs::rename(&looked_at, &hidden).unwrap();
    assert!(matches!(store.size_on_disk(), Err(StoreError::Io(_))));
    store.check().unwrap();
    let mut batch = Batch::new();
    batch.put("key", "value");
    store.commit(batch).await.unwrap();
    std::fs::rename(&hidden, &looked_at).unwrap();
    assert!(store.size_on_disk().unwrap() > 0);
}
