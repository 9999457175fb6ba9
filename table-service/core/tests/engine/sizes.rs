//! 409,600 bytes and not one more, on every way by which an item comes to be.

use table_core::expr::legacy::{AttributeAction, AttributeValueUpdate};
use table_core::limits::MAX_ITEM_BYTES;

use super::*;

const PUT: &str = "Item size has exceeded the maximum allowed size";
const UPDATE: &str = "Item size to update has exceeded the maximum allowed size";

/// `Artist` and `SongTitle`, a byte each, and the number 1500, which weighs 2 however it is written.
const BESIDE: usize = (6 + 1) + (9 + 1) + (1 + 2);

fn text(length: usize) -> raw::Value {
    raw::Value::S("x".repeat(length))
}

fn number() -> raw::Value {
    raw::Value::N("0001.50000e3".to_owned())
}

fn item(more: impl IntoIterator<Item = (&'static str, raw::Value)>) -> raw::Map {
    let more = more.into_iter().map(|(name, value)| (name.to_owned(), value));
    song("A", "1").into_iter().chain([("n".to_owned(), number())]).chain(more).collect()
}

/// What writes an item that is as long as it is told to be, beside the key and `n`.
type Way = fn(usize) -> Request;

enum Request {
    Put(PutItem),
    Batch(BatchWriteItem),
    Update(UpdateItem),
}

fn update(text: &str, values: impl IntoIterator<Item = (&'static str, raw::Value)>) -> Request {
    let values: raw::Map = values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Request::Update(UpdateItem {
        table_name: "Music".to_owned(),
        key: song("A", "1"),
        update_expression: Some(text.to_owned()),
        conditional: Conditional { expression_attribute_values: Some(values), ..Default::default() },
        ..Default::default()
    })
}

fn attribute(name: &str, action: AttributeAction, value: raw::Value) -> (String, AttributeValueUpdate) {
    (name.to_owned(), AttributeValueUpdate { value: Some(value), action: Member::Known(action) })
}

fn by_attribute(action: AttributeAction, name: &str, value: raw::Value) -> Request {
    let number = attribute("n", AttributeAction::Put, number());
    Request::Update(UpdateItem {
        table_name: "Music".to_owned(),
        key: song("A", "1"),
        attribute_updates: Some([number, attribute(name, action, value)].into()),
        ..Default::default()
    })
}

/// What is there before.
type Before = fn() -> raw::Map;

/// Each with how it is refused, and what it needs.
const WAYS: [(&str, Way, Before); 11] = [
    (PUT, |rest| Request::Put(put(rest)), || item([])),
    (PUT, |rest| Request::Batch(batch(vec![WriteRequest::Put(put(rest).item)])), || item([])),
    (
        PUT,
        |rest| {
            let other = WriteRequest::Put(song("A", "2"));
            Request::Batch(batch(vec![other, WriteRequest::Put(put(rest).item)]))
        },
        || item([]),
    ),
    (
        UPDATE,
        |rest| update("SET f = :f, n = :n", [(":f", text(rest - 1)), (":n", number())]),
        || song("A", "1"),
    ),
    (UPDATE, |rest| update("SET f = if_not_exists(g, :f)", [(":f", text(rest - 1))]), || item([])),
    (
        UPDATE,
        |rest| update("SET f = list_append(f, :f)", [(":f", raw::Value::L(vec![text(rest - 5)]))]),
        || item([("f", raw::Value::L(vec![]))]),
    ),
    (
        UPDATE,
        |rest| update("SET f[7] = :f", [(":f", text(rest - 5))]),
        || item([("f", raw::Value::L(vec![]))]),
    ),
    (
        UPDATE,
        |rest| update("SET f.g = :f", [(":f", text(rest - 6))]),
        || item([("f", raw::Value::M([].into()))]),
    ),
    (
        UPDATE,
        |rest| update("ADD f :f", [(":f", raw::Value::Ss(vec!["x".repeat(rest - 2)]))]),
        || item([("f", raw::Value::Ss(vec!["y".to_owned()]))]),
    ),
    (UPDATE, |rest| by_attribute(AttributeAction::Put, "f", text(rest - 1)), || song("A", "1")),
    (
        UPDATE,
        |rest| by_attribute(AttributeAction::Add, "f", raw::Value::L(vec![text(rest - 5)])),
        || item([("f", raw::Value::L(vec![]))]),
    ),
];

fn put(rest: usize) -> PutItem {
    PutItem { table_name: "Music".to_owned(), item: item([("f", text(rest - 1))]), ..Default::default() }
}

fn batch(requests: Vec<WriteRequest>) -> BatchWriteItem {
    BatchWriteItem { request_items: [("Music".to_owned(), requests)].into(), ..Default::default() }
}

impl World {
    async fn ask(&self, request: Request) -> Result<(), TableError> {
        match request {
            Request::Put(request) => self.tables.put_item(&root(), request).await.map(drop),
            Request::Batch(request) => self.tables.batch_write_item(&root(), request).await.map(drop),
            Request::Update(request) => self.tables.update_item(&root(), request).await.map(drop),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_has_409600_bytes_at_most_by_whatever_way() {
    let world = world().await;
    world.create(None).await;
    for (number, (refusal, way, before)) in WAYS.into_iter().enumerate() {
        let start = || PutItem { table_name: "Music".to_owned(), item: before(), ..Default::default() };
        world.ask(Request::Put(start())).await.unwrap();
        let was = world.get(&root(), "A", "1").await.unwrap();
        let error = world.ask(way(MAX_ITEM_BYTES - BESIDE + 1)).await.unwrap_err();
        assert_eq!(
            (error.reason(), &*error.public_message()),
            ("ValidationException", refusal),
            "way {number}"
        );
        assert_eq!(world.get(&root(), "A", "1").await.unwrap(), was, "way {number}");
        assert_eq!(world.get(&root(), "A", "2").await.unwrap(), None, "way {number}");
        world.ask(way(MAX_ITEM_BYTES - BESIDE)).await.unwrap();
        let item = world.get(&root(), "A", "1").await.unwrap().unwrap();
        assert_eq!(item.size(), MAX_ITEM_BYTES, "way {number}");
        let other = DeleteItem { table_name: "Music".to_owned(), key: song("A", "2"), ..Default::default() };
        world.tables.delete_item(&root(), other).await.unwrap();
    }
}

/// A copy of what is there counts like what is sent.
#[tokio::test(start_paused = true)]
async fn what_an_update_copies_counts() {
    let world = world().await;
    world.create(None).await;
    let half = (MAX_ITEM_BYTES - BESIDE) / 2;
    let start = PutItem { item: item([("f", text(half - 1))]), ..put(1) };
    world.tables.put_item(&root(), start).await.unwrap();
    let error = world.ask(update("SET g = f, h = :h", [(":h", text(1))])).await.unwrap_err();
    assert_eq!(error.public_message(), UPDATE);
    let copy = UpdateItem {
        table_name: "Music".to_owned(),
        key: song("A", "1"),
        update_expression: Some("SET g = f".to_owned()),
        ..Default::default()
    };
    world.tables.update_item(&root(), copy).await.unwrap();
}
