//! One test for each thing that sled does wrong and the engine puts right; each fails without its remedy.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use bytes::Bytes;
use store::{Batch, CommitError, Direction, KeyRange, Limit, OpenError, SledConfig, SledStore, Store};
use tempfile::TempDir;
use tokio::task::JoinSet;

struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    fn try_open(&self) -> Result<SledStore, OpenError> {
        SledStore::open(&SledConfig::new(self.path()))
    }

    fn open(&self) -> SledStore {
        self.try_open().unwrap()
    }

    /// sled's own directory.
    fn sled(&self) -> PathBuf {
        self.path().join("data/sled")
    }
}

async fn put(store: &SledStore, key: impl Into<Bytes>, value: impl Into<Bytes>) {
    let mut batch = Batch::new();
    batch.put(key, value);
    store.commit(batch).await.unwrap();
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Without `durable-sync` the C library's function is called, and `open` refuses: see `probe_sync`.
#[tokio::test]
async fn a_commit_syncs_through_the_replacement() {
    let place = Place::new();
    let store = place.open();
    let before = durable_sync::calls();
    put(&store, "key", "value").await;
    assert!(durable_sync::calls() > before || !durable_sync::IS_NEEDED);
}

#[tokio::test]
async fn a_snapshot_cut_short_by_a_kill_does_not_brick_the_store() {
    let place = Place::new();
    let store = place.open();
    put(&store, "key", "value").await;
    drop(store);
    // Names sort after every real snapshot; nothing written, something written, all but the end written.
    let real = names(&place.sled()).into_iter().find(|name| name.starts_with("snap.")).unwrap();
    let whole = fs::read(place.sled().join(real)).unwrap();
    for (name, content) in [
        ("FFFFFFFFFFFFFFF0", &whole[..0]),
        ("FFFFFFFFFFFFFFF1", &whole[..5]),
        ("FFFFFFFFFFFFFFF2", &whole[..whole.len() - 1]),
    ] {
        fs::write(place.sled().join(format!("snap.{name}.generating")), content).unwrap();
        let store = place.open();
        assert_eq!(store.get(b"key").await.unwrap().unwrap(), "value");
        drop(store);
        assert!(!names(&place.sled()).iter().any(|name| name.ends_with(".generating")));
    }
}

#[tokio::test]
async fn a_database_that_opens_empty_is_refused() {
    let place = Place::new();
    put(&place.open(), "key", "value").await;
    // What a power cut did to sled: the log is gone, and sled starts anew without a word.
    fs::remove_dir_all(place.sled()).unwrap();
    assert!(matches!(place.try_open(), Err(OpenError::SentinelLost(_))));
    // Nor does a second try mend it.
    assert!(matches!(place.try_open(), Err(OpenError::SentinelLost(_))));
}

#[tokio::test]
async fn a_store_whose_making_was_interrupted_is_made_anew() {
    let place = Place::new();
    fs::create_dir_all(place.path().join("data.new/sled/blobs")).unwrap();
    // Taken for a database, this would fail to open, for ever.
    fs::write(place.path().join("data.new/sled/conf"), [0xEE; 64]).unwrap();
    let store = place.open();
    put(&store, "key", "value").await;
    drop(store);
    assert_eq!(place.open().get(b"key").await.unwrap().unwrap(), "value");
    assert!(!place.path().join("data.new").exists());
}

#[test]
fn a_second_opener_is_refused_until_the_first_is_gone() {
    let place = Place::new();
    let store = place.open();
    assert!(matches!(place.try_open(), Err(OpenError::Locked(_))));
    drop(store);
    place.open();
}

#[test]
fn a_newer_or_unknown_format_is_refused_untouched() {
    let place = Place::new();
    drop(place.open());
    let marker = place.path().join("data/FORMAT");
    assert_eq!(fs::read_to_string(&marker).unwrap(), "keystead-store 1\n");
    fs::write(&marker, "keystead-store 2\n").unwrap();
    assert!(matches!(place.try_open(), Err(OpenError::NewerFormat { found: 2, known: 1 })));
    for unknown in ["", "keystead-store", "keystead-store one\n", "something else 1\n"] {
        fs::write(&marker, unknown).unwrap();
        assert!(matches!(place.try_open(), Err(OpenError::UnknownFormat(_))), "{unknown:?}");
    }
    fs::remove_file(&marker).unwrap();
    assert!(matches!(place.try_open(), Err(OpenError::UnknownFormat(_))));
    fs::write(&marker, "keystead-store 1\n").unwrap();
    place.open();
}

/// sled never syncs the files under `blobs`.
#[tokio::test]
async fn no_value_goes_to_a_file_that_is_never_synced() {
    let place = Place::new();
    let store = place.open();
    // Pages full of large items, and of the largest records, written and overwritten, alone and all at once.
    for round in 0..3_u8 {
        let mut batch = Batch::new();
        for key in 0..100_u8 {
            batch.put([&[key][..], &[0; 64]].concat(), vec![round ^ key; 64 * 1024]);
        }
        store.commit(batch).await.unwrap();
        for key in 0..100_u8 {
            put(&store, [&[key][..], &[0; 64]].concat(), vec![round; 64 * 1024 - usize::from(key)]).await;
        }
        for item in 0..12_u8 {
            put(&store, [&b"item"[..], &[item]].concat(), vec![round; 400 * 1024]).await;
        }
        assert_eq!(names(&place.sled().join("blobs")), [""; 0]);
    }
    drop(store);
    let store = place.open();
    assert_eq!(store.get(b"item\x07").await.unwrap().unwrap(), vec![2; 400 * 1024]);
    assert_eq!(names(&place.sled().join("blobs")), [""; 0]);
}

/// A flush for each caller would do a tenth of the work, and 16 callers of sled's `flush_async` hang.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_callers_share_flushes() {
    const CALLERS: u64 = 64;
    const ROUNDS: u64 = 40;
    let place = Place::new();
    let store = Arc::new(place.open());
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let store = Arc::clone(&store);
        callers.spawn(async move {
            for round in 0..ROUNDS {
                put(&store, format!("{caller}/{round}"), vec![7; 1000]).await;
            }
        });
    }
    let finished = tokio::time::timeout(Duration::from_secs(60), callers.join_all());
    finished.await.expect("64 callers finish");
    let stats = store.stats();
    assert_eq!(stats.commits, CALLERS * ROUNDS);
    assert_eq!((stats.conflicts, stats.keys_written), (0, CALLERS * ROUNDS));
    assert!(stats.merged.count() * 4 < stats.commits && stats.largest_merge > 8, "{stats:?}");
}

/// A flush with nothing to write costs 4 ms, and a conflict has nothing to write.
#[tokio::test]
async fn conflicts_and_questions_do_not_touch_the_disk() {
    let place = Place::new();
    let store = place.open();
    put(&store, "key", "value").await;
    let before = store.stats();
    let mut conflicting = Batch::new();
    conflicting.expect_absent("key").put("key", "other");
    assert!(matches!(store.commit(conflicting).await, Err(CommitError::Conflict)));
    let mut question = Batch::new();
    question.expect_value("key", "value");
    store.commit(question).await.unwrap();
    store.commit(Batch::new()).await.unwrap();
    let after = store.stats();
    assert_eq!((after.merged, after.conflicts, after.commits), (before.merged, 1, before.commits + 1));
}

/// What is queued when the store is dropped is written, even if its callers went away.
#[tokio::test]
async fn dropping_the_store_writes_what_is_queued() {
    let place = Place::new();
    let store = place.open();
    for key in 0..50_u8 {
        let mut batch = Batch::new();
        batch.put(vec![key], "value");
        // Polled once, so that it is queued, and abandoned.
        let _ = store.commit(batch).as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    drop(store);
    let entries = place.open().scan(KeyRange::all(), Limit::NONE, Direction::Forward).await.unwrap();
    assert_eq!(entries.len(), 50);
}
