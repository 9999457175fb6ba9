//! Damaged records of tables: what they cost, and what they must not cost.

use std::sync::Mutex;

use bytes::Bytes;
use store::Batch;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

use super::*;

const TEXT: &str = "A stored record failed its authenticity check";

#[track_caller]
fn assert_damaged<T: std::fmt::Debug>(what: &str, outcome: Result<T, TableError>) {
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.public_message().as_ref()), (Kind::DataLoss, TEXT), "{what}");
}

async fn only(store: &MemoryStore, prefix: &[u8]) -> store::Entry {
    store.scan(KeyRange::prefix(prefix), Limit::NONE, Direction::Forward).await.unwrap().remove(0)
}

async fn put(store: &MemoryStore, key: &Bytes, value: Option<Vec<u8>>) {
    let mut batch = Batch::new();
    match value {
        Some(value) => batch.put(key.clone(), value),
        None => batch.delete(key.clone()),
    };
    store.commit(batch).await.unwrap();
}

/// Every operation on Music answers that it is damaged.
async fn assert_every_operation_says_so(world: &World) {
    let (tables, root, name) = (&world.tables, root(), || "Music".to_owned());
    assert_damaged("PutItem", world.put(&root, "A", "1").await);
    assert_damaged("GetItem", world.get(&root, "A", "1").await);
    let request = DeleteItem { table_name: name(), key: song("A", "1"), ..Default::default() };
    assert_damaged("DeleteItem", tables.delete_item(&root, request).await);
    assert_damaged("Query", tables.query(&root, query_of("Music", "A")).await);
    assert_damaged("Scan", tables.scan(&root, scan_of("Music")).await);
    let asked = KeysAndAttributes { keys: vec![song("A", "1")], ..Default::default() };
    let request = BatchGetItem { request_items: [(name(), asked)].into(), ..Default::default() };
    assert_damaged("BatchGetItem", tables.batch_get_item(&root, request).await);
    let write = WriteRequest::Put(song("A", "1"));
    let request = BatchWriteItem { request_items: [(name(), vec![write])].into(), ..Default::default() };
    assert_damaged("BatchWriteItem", tables.batch_write_item(&root, request).await);
    assert_damaged("DescribeTable", tables.describe_table(&root, "Music"));
    assert_damaged("UpdateTable", world.switch(customer("k2")).await);
    assert_damaged("DeleteTable", tables.delete_table(&root, "Music").await);
    let error = tables.create_table(&root, music(None)).await.unwrap_err();
    assert_eq!(error.public_message(), "Table already exists: Music");
}

/// Regression: the start failed as a whole.
#[tokio::test(start_paused = true)]
async fn one_damaged_table_costs_no_other_and_loses_nothing() {
    let world = world().await;
    world.create(customer("k1")).await;
    world.put(&root(), "A", "1").await.unwrap();
    world
        .tables
        .create_table(&root(), CreateTable { table_name: "Films".to_owned(), ..music(None) })
        .await
        .unwrap();
    let record = only(&world.store, b"tMusic").await;
    let other = only(&world.store, b"tFilms").await;
    let id = world.describe().id.replace('-', "");
    let rings = world.store.scan(KeyRange::prefix(*b"k"), Limit::NONE, Direction::Forward).await.unwrap();
    let hex = |key: &[u8]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let ring = rings.into_iter().find(|ring| hex(&ring.key[1..]) == id).unwrap();
    let mut newer = record.value.to_vec();
    newer[0] = 9;
    let damages = [
        ("cut record", &record, Some(record.value[..20].to_vec())),
        ("empty record", &record, Some(Vec::new())),
        ("record of another version", &record, Some(newer)),
        ("record of another table", &record, Some(other.value.to_vec())),
        ("no keyring", &ring, None),
        ("cut keyring", &ring, Some(ring.value[..20].to_vec())),
    ];
    let mut world = world;
    for (what, entry, damage) in damages {
        put(&world.store, &entry.key, damage).await;
        let errors = Errors::default();
        let logged = tracing::subscriber::set_default(errors.clone());
        world.tables = open(&world.kms, &world.store).await;
        world.tables.start().await.unwrap();
        drop(logged);
        assert_eq!(*errors.0.lock().unwrap(), ["tMusic"], "{what}");

        assert_every_operation_says_so(&world).await;
        let names = world.tables.list_tables(&root(), ListTables::default()).await.unwrap().table_names;
        assert_eq!(names, ["Films", "Music"], "{what}");
        let request = PutItem { table_name: "Films".to_owned(), item: song("B", "2"), ..Default::default() };
        world.tables.put_item(&root(), request).await.unwrap();

        put(&world.store, &entry.key, Some(entry.value.to_vec())).await;
        world.tables = open(&world.kms, &world.store).await;
        assert!(world.get(&root(), "A", "1").await.unwrap().is_some(), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_damaged_record_of_a_deleted_table_does_not_stop_the_start() {
    let world = world().await;
    world.create(None).await;
    put(&world.store, &Bytes::from_static(b"d0123456789abcdef"), Some(vec![7])).await;
    let again = World { tables: open(&world.kms, &world.store).await, ..world };
    again.tables.start().await.unwrap();
    again.put(&root(), "A", "1").await.unwrap();
}

/// The store keys that were logged at ERROR.
#[derive(Clone, Default)]
struct Errors(Arc<Mutex<Vec<String>>>);

impl Subscriber for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

impl Visit for Errors {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "store_key" {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}
