//! A deleted table's secret is destroyed, whatever fails on the way, and without it nothing of the table opens.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use store::{Batch, Entry, Secret, SecretId, StoreError};

use super::*;

/// The secrets of `inner`, on a disk that can refuse.
struct Stubborn {
    inner: Arc<MemoryStore>,
    refuses: AtomicBool,
}

impl Stubborn {
    fn check(&self) -> Result<(), StoreError> {
        if self.refuses.load(Ordering::SeqCst) { Err(StoreError::DiskFull) } else { Ok(()) }
    }
}

#[async_trait]
impl Effaceable for Stubborn {
    async fn keep(&self, id: SecretId, secret: Secret) -> Result<(), StoreError> {
        self.check()?;
        self.inner.keep(id, secret).await
    }

    fn recall(&self, id: SecretId) -> Result<Option<Secret>, StoreError> {
        self.inner.recall(id)
    }

    async fn efface(&self, id: SecretId) -> Result<(), StoreError> {
        self.check()?;
        self.inner.efface(id).await
    }

    fn secrets(&self) -> Vec<SecretId> {
        self.inner.secrets()
    }
}

async fn stubborn() -> (World, Arc<Stubborn>) {
    let kms = Arc::new(FakeKms::new(&["k1", "k2"]));
    let store = Arc::new(MemoryStore::new());
    let secrets = Arc::new(Stubborn { inner: store.clone(), refuses: AtomicBool::new(false) });
    let tables = open_through(&kms, store.clone(), secrets.clone()).await;
    tables.watch_started();
    (World { tables, kms, store }, secrets)
}

async fn records(store: &MemoryStore) -> Vec<Entry> {
    store.scan(KeyRange::all(), Limit::NONE, Direction::Forward).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_secret_goes_with_the_table_and_a_new_one_has_its_own() {
    let world = world().await;
    world.create(None).await;
    let first = world.store.secrets();
    world.tables.delete_table(&root(), "Music").await.unwrap();
    assert!(world.store.secrets().is_empty(), "gone before the answer");
    world.create(None).await;
    let second = world.store.secrets();
    assert!(first.len() == 1 && second.len() == 1 && first != second);
    world.put(&root(), "A", "1").await.unwrap();
}

/// What the store's files may still hold of a table is worth nothing, although the KMS key is as it was.
#[tokio::test(start_paused = true)]
async fn records_that_come_back_without_their_secret_do_not_open() {
    let world = world().await;
    world.create(customer("k1")).await;
    world.put(&root(), "A", "1").await.unwrap();
    let before = records(&world.store).await;
    world.tables.delete_table(&root(), "Music").await.unwrap();
    let mut batch = Batch::new();
    for entry in before {
        batch.put(entry.key, entry.value);
    }
    world.store.commit(batch).await.unwrap();
    let again = World { tables: open(&world.kms, &world.store).await, ..world };
    assert_eq!(kind(again.get(&root(), "A", "1").await), Kind::DataLoss);
    assert!(again.tables.delete_table(&root(), "Music").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_switch_keeps_the_secret() {
    let world = world().await;
    world.create(None).await;
    let before = world.store.secrets();
    world.put(&root(), "A", "1").await.unwrap();
    world.switch(customer("k1")).await.unwrap();
    world.settled().await;
    assert_eq!(world.store.secrets(), before);
    let again = World { tables: open(&world.kms, &world.store).await, ..world };
    assert!(again.get(&root(), "A", "1").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_could_not_be_destroyed_is_tried_again() {
    let (world, secrets) = stubborn().await;
    world.create(None).await;
    secrets.refuses.store(true, Ordering::SeqCst);
    world.tables.delete_table(&root(), "Music").await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(secrets.secrets().len(), 1);
    secrets.refuses.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(secrets.secrets().is_empty());
    assert!(records(&world.store).await.is_empty(), "and then the rest is swept");
}

/// The process dies after the commit that deletes the table; and before the commit that would have made one.
#[tokio::test(start_paused = true)]
async fn a_start_destroys_the_secrets_of_tables_that_are_not_there() {
    let (world, secrets) = stubborn().await;
    world.create(None).await;
    secrets.refuses.store(true, Ordering::SeqCst);
    world.tables.delete_table(&root(), "Music").await.unwrap();
    world.store.keep([9; 16], Secret::new([9; 32])).await.unwrap();
    let again = World { tables: open(&world.kms, &world.store).await, ..world };
    assert!(again.store.secrets().is_empty());
    again.create(None).await;
    open(&again.kms, &again.store).await;
    assert_eq!(again.store.secrets().len(), 1, "and of no other");
}

#[tokio::test(start_paused = true)]
async fn without_a_secret_there_is_no_table() {
    let (world, secrets) = stubborn().await;
    secrets.refuses.store(true, Ordering::SeqCst);
    assert!(world.tables.create_table(&root(), music(customer("k1"))).await.is_err());
    secrets.refuses.store(false, Ordering::SeqCst);
    world.create(customer("k1")).await;
    assert_eq!(secrets.secrets().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_did_not_come_to_be_leaves_neither_secret_nor_grant() {
    let (world, store) = gated_world().await;
    store.set_full(true);
    assert!(world.tables.create_table(&root(), music(customer("k1"))).await.is_err());
    assert_eq!((world.store.secrets(), world.kms.grants("k1")), (Vec::new(), 0));
    store.set_full(false);

    // Somebody else takes the name.
    let mut creating = store.hold_next_commit();
    let tables = world.tables.clone();
    let lost = tokio::spawn(async move { tables.create_table(&root(), music(customer("k1"))).await });
    creating.reached().await;
    world.create(None).await;
    creating.release();
    assert!(matches!(lost.await.unwrap(), Err(TableError::TableExists { .. })));
    assert_eq!((world.store.secrets().len(), world.kms.grants("k1")), (1, 0));
}
