//! Effaceable storage on every engine, and what is left of a destroyed secret on the disk.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use store::{
    Effaceable, MemoryStore, OpenError, Secret, SecretId, SledConfig, SledStore, Store as _, StoreError,
};

fn id(number: u8) -> SecretId {
    [number; 16]
}

/// A secret that no other bytes on the disk look like.
fn secret(number: u8) -> Secret {
    let mut bytes = *b"0-marker-that-no-file-has-else!!";
    bytes[0] = number;
    Secret::new(bytes)
}

fn open(path: &Path) -> SledStore {
    SledStore::open(&SledConfig::new(path)).unwrap()
}

fn file(path: &Path) -> PathBuf {
    path.join("data/effaceable")
}

/// Every byte of every file below `path`.
fn bytes_below(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap().path();
        bytes.extend(if entry.is_dir() { bytes_below(&entry) } else { fs::read(entry).unwrap() });
    }
    bytes
}

fn is_below(path: &Path, secret: &Secret) -> bool {
    bytes_below(path).windows(secret.len()).any(|window| window == secret.as_slice())
}

async fn keeps_replaces_and_effaces(store: &dyn Effaceable) {
    assert!(store.secrets().is_empty());
    assert!(store.recall(id(1)).unwrap().is_none());
    store.efface(id(1)).await.unwrap();
    store.keep(id(1), secret(1)).await.unwrap();
    store.keep(id(2), secret(2)).await.unwrap();
    assert_eq!(store.recall(id(1)).unwrap(), Some(secret(1)));
    store.keep(id(1), secret(3)).await.unwrap();
    assert_eq!(store.recall(id(1)).unwrap(), Some(secret(3)));
    store.efface(id(1)).await.unwrap();
    assert!(store.recall(id(1)).unwrap().is_none());
    assert_eq!(store.recall(id(2)).unwrap(), Some(secret(2)));
    assert_eq!(store.secrets(), [id(2)]);
}

#[tokio::test]
async fn every_engine_keeps_replaces_and_effaces() {
    keeps_replaces_and_effaces(&MemoryStore::new()).await;
    let directory = tempfile::tempdir().unwrap();
    keeps_replaces_and_effaces(&open(&directory.path().join("store"))).await;
}

#[tokio::test]
async fn nothing_of_a_destroyed_secret_is_left_in_any_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = open(&path);
    for number in 1..=3 {
        store.keep(id(number), secret(number)).await.unwrap();
        assert!(is_below(&path, &secret(number)), "else this test would see nothing");
    }
    store.keep(id(1), secret(9)).await.unwrap();
    store.efface(id(2)).await.unwrap();
    for gone in [secret(1), secret(2)] {
        assert!(!is_below(&path, &gone));
    }
    drop(store);
    let store = open(&path);
    let mut left = store.secrets();
    left.sort_unstable();
    assert_eq!(left, [id(1), id(3)]);
    assert_eq!(store.recall(id(1)).unwrap(), Some(secret(9)));
    assert_eq!(store.recall(id(3)).unwrap(), Some(secret(3)));
    assert_eq!(fs::metadata(file(&path)).unwrap().permissions().mode() & 0o7777, 0o600);
}

#[tokio::test]
async fn slots_are_used_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = open(&path);
    for _ in 0..10 {
        store.keep(id(1), secret(1)).await.unwrap();
        store.keep(id(2), secret(2)).await.unwrap();
        store.efface(id(1)).await.unwrap();
        store.efface(id(2)).await.unwrap();
    }
    assert_eq!(fs::metadata(file(&path)).unwrap().size(), 3 * 64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_callers_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = Arc::new(open(&path));
    let calls = (1..=64).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            store.keep(id(number), secret(number)).await.unwrap();
            if number % 2 == 0 {
                store.efface(id(number)).await.unwrap();
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    drop(Arc::into_inner(store).unwrap());
    let store = open(&path);
    for number in 1..=64 {
        let expected = (number % 2 == 1).then(|| secret(number));
        assert_eq!(store.recall(id(number)).unwrap(), expected, "{number}");
    }
}

/// A kill while a slot is added can leave part of it; one while a slot is overwritten, its end.
#[tokio::test]
async fn what_a_crash_left_half_done_is_finished_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = open(&path);
    store.keep(id(1), secret(1)).await.unwrap();
    store.keep(id(2), secret(2)).await.unwrap();
    drop(store);
    let mut bytes = fs::read(file(&path)).unwrap();
    bytes[64..80].fill(0);
    bytes.extend([7; 40]);
    fs::write(file(&path), bytes).unwrap();
    let store = open(&path);
    assert_eq!(store.secrets(), [id(2)]);
    assert!(!is_below(&path, &secret(1)), "the overwriting is finished");
    store.keep(id(3), secret(3)).await.unwrap();
    store.keep(id(4), secret(4)).await.unwrap();
    drop(store);
    let store = open(&path);
    for number in 2..=4 {
        assert_eq!(store.recall(id(number)).unwrap(), Some(secret(number)));
    }
}

#[tokio::test]
async fn a_file_that_is_missing_or_foreign_refuses_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    drop(open(&path));
    let good = fs::read(file(&path)).unwrap();
    let newer = [b"keystead-effaceable 2\n".as_slice(), &[0; 42]].concat();
    for bad in [Vec::new(), good[..63].to_vec(), vec![0; 64], newer] {
        fs::write(file(&path), bad).unwrap();
        let outcome = SledStore::open(&SledConfig::new(&path)).map(drop);
        assert!(matches!(outcome, Err(OpenError::Database(StoreError::Corrupt { .. }))), "{outcome:?}");
    }
    fs::remove_file(file(&path)).unwrap();
    assert!(SledStore::open(&SledConfig::new(&path)).is_err());
    fs::write(file(&path), good).unwrap();
    open(&path).check().unwrap();
}

#[tokio::test]
async fn zeros_name_no_secret() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("store"));
    assert!(store.keep([0; 16], secret(1)).await.is_err());
    assert!(store.secrets().is_empty());
}
