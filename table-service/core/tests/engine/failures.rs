//! Every call of the store fails once, in every operation that writes: what it wrote is there whole or not at all, and the sort
//! index says what the items say.

use std::collections::BTreeSet;

use super::*;

/// So many items that the next ones divide a leaf of the index.
const ITEMS: usize = 143;

fn numbered(number: usize) -> String {
    format!("{number:04}")
}

fn words(words: &str) -> raw::Value {
    raw::Value::S(words.to_owned())
}

/// Puts an item that is not there, replaces one, changes one, makes one by changing it, deletes one, and writes many in one batch.
/// Each with the titles that it writes.
enum Write {
    Put(usize),
    Update(usize),
    Delete(usize),
    Batch { puts: std::ops::Range<usize>, deletes: std::ops::Range<usize> },
}

const WRITES: [Write; 7] = [
    Write::Put(ITEMS),
    Write::Put(3),
    Write::Update(4),
    Write::Update(ITEMS + 1),
    Write::Delete(5),
    Write::Batch { puts: ITEMS..ITEMS + 20, deletes: 0..0 },
    Write::Batch { puts: ITEMS..ITEMS + 10, deletes: 20..35 },
];

impl Write {
    async fn make(&self, world: &World) -> Result<(), TableError> {
        let table_name = "Music".to_owned();
        match self {
            Self::Put(number) => {
                let mut item = song("A", &numbered(*number));
                item.insert("Words".to_owned(), words("other ones"));
                let request = PutItem { table_name, item, ..Default::default() };
                world.tables.put_item(&root(), request).await.map(drop)
            }
            Self::Update(number) => {
                let request = UpdateItem {
                    table_name,
                    key: song("A", &numbered(*number)),
                    update_expression: Some("SET Copied = if_not_exists(Words, :w)".to_owned()),
                    conditional: Conditional {
                        expression_attribute_values: Some([(":w".to_owned(), words("none"))].into()),
                        ..Default::default()
                    },
                    ..Default::default()
                };
                world.tables.update_item(&root(), request).await.map(drop)
            }
            Self::Delete(number) => {
                let key = song("A", &numbered(*number));
                let request = DeleteItem { table_name, key, ..Default::default() };
                world.tables.delete_item(&root(), request).await.map(drop)
            }
            Self::Batch { puts, deletes } => {
                let puts = puts.clone().map(|number| WriteRequest::Put(song("A", &numbered(number))));
                let deletes =
                    deletes.clone().map(|number| WriteRequest::Delete(song("A", &numbered(number))));
                let requests = puts.chain(deletes).collect();
                let request =
                    BatchWriteItem { request_items: [(table_name, requests)].into(), ..Default::default() };
                world.tables.batch_write_item(&root(), request).await.map(drop)
            }
        }
    }
}

/// All items in order, which are also those that are there by key.
async fn everything(world: &World) -> Vec<Item> {
    let items = world.tables.query(&root(), query_of("Music", "A")).await.unwrap().items;
    let titles: BTreeSet<_> = items.iter().map(title).collect();
    assert!(items.iter().map(title).eq(titles.iter().cloned()), "out of order");
    for number in 0..ITEMS + 25 {
        let item = world.get(&root(), "A", &numbered(number)).await.unwrap();
        assert_eq!(item.is_some(), titles.contains(&numbered(number)), "{number}: not as the index has it");
    }
    items
}

/// The same store, after the service has died and started again.
async fn reopened(world: World) -> World {
    let tables = open(&world.kms, &world.store).await;
    tables.watch_started();
    World { tables, ..world }
}

async fn furnished() -> (World, Arc<GatedStore>) {
    let (world, gate) = gated_world().await;
    world.create(None).await;
    for number in 0..ITEMS {
        world.put(&root(), "A", &numbered(number)).await.unwrap();
    }
    (world, gate)
}

#[tokio::test(start_paused = true)]
async fn whichever_call_of_the_store_fails_a_write_is_there_whole_or_not_at_all() {
    for (number, write) in WRITES.iter().enumerate() {
        let (world, _) = furnished().await;
        let before = everything(&world).await;
        write.make(&world).await.unwrap();
        let after = everything(&world).await;
        assert!(before != after, "write {number} changes nothing");
        for made in [false, true] {
            let mut call = 1;
            loop {
                let (world, gate) = furnished().await;
                gate.fail_call(call, made);
                let answer = write.make(&world).await;
                if gate.forget_failure() {
                    answer.unwrap();
                    assert!(call > 2, "write {number} makes {call} calls");
                    break;
                }
                assert_eq!(kind(answer), Kind::Unavailable, "write {number}, call {call}");
                let world = reopened(world).await;
                let found = everything(&world).await;
                // Only a commit can have been made all the same, and there is one.
                assert!(found == before || (made && found == after), "write {number}, call {call}");
                write.make(&world).await.unwrap();
                assert!(everything(&world).await == after, "write {number}, after call {call}");
                call += 1;
            }
        }
    }
}
