//! The order of sort keys of every type, through Query: whole, in pages of any length, in both directions, under every range
//! and with filters; and while what a page has ended with is deleted.

use std::collections::BTreeSet;

use proptest::collection::btree_set;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use super::ask;
use super::draw::{Place, Query as AnyQuery, Reading};
use super::play::created;
use super::syntax::{Comparator, Condition, Operand, Parts, Path, Range, Test};
use super::table::{Key, LAYOUTS, key_value};
use super::value::{Value, of_item};

/// So many cases for each type.
const CASES: u32 = 4;

/// Numbers of every magnitude, many of them close to one another.
fn any_number() -> impl Strategy<Value = Value> {
    let digits = prop_oneof!["[1-9][0-9]{0,37}", "[1-9]", "1[0-9]0{0,20}[0-9]"];
    let magnitude = prop_oneof![-130_i64..=125, -2_i64..=2, select(vec![-130, 125])];
    let number = (any::<bool>(), digits, magnitude).prop_map(|(is_negative, digits, magnitude)| {
        let exponent = magnitude + 1 - i64::try_from(digits.len()).unwrap();
        format!("{}{digits}e{exponent}", if is_negative { "-" } else { "" })
    });
    prop_oneof![30 => number, 1 => Just("0".to_owned())].prop_map(|text| Value::N(text.parse().unwrap()))
}

/// Texts that begin alike, and letters whose order is another one in UTF-16.
fn any_text() -> impl Strategy<Value = Value> {
    "[a\\x00\\x01é\\u{7FF}\\u{FFFF}\\u{10000}\\u{10FFFF}]{1,5}".prop_map(Value::S)
}

fn any_bytes() -> impl Strategy<Value = Value> {
    let byte = prop_oneof![3 => select(vec![0_u8, 1, 127, 128, 255]), 1 => any::<u8>()];
    proptest::collection::vec(byte, 1..6).prop_map(Value::B)
}

/// A partition of one of the tables, its items in order.
struct Shelf {
    world: Arc<World>,
    table: usize,
    hash: Value,
    keys: Vec<Value>,
}

impl Shelf {
    async fn open(table: usize, keys: BTreeSet<Value>) -> Self {
        let layout = &LAYOUTS[table];
        let world = Arc::new(world().await);
        world.tables.create_table(&root(), created(layout)).await.unwrap();
        let shelf = Self { world, table, hash: key_value(layout.hash, 0), keys: keys.into_iter().collect() };
        // In another order than theirs.
        let numbered: Vec<_> = shelf.keys.iter().enumerate().collect();
        let (even, odd): (Vec<_>, Vec<_>) = numbered.into_iter().partition(|(number, _)| number % 2 == 0);
        for (number, key) in odd.into_iter().rev().chain(even) {
            let attributes = [("a".to_owned(), Value::N(u64::from(number % 3 == 0).into()))].into();
            let request = ask::batch_write([(layout.name, &shelf.key(key), Some(&attributes))]);
            shelf.world.tables.batch_write_item(&root(), request).await.unwrap();
        }
        shelf
    }

    fn key(&self, range: &Value) -> Key {
        (self.hash.clone(), Some(range.clone()))
    }

    /// What a query is to find, in its order.
    fn expected(&self, query: &AnyQuery) -> Vec<Value> {
        let mut found: Vec<_> = self
            .keys
            .iter()
            .enumerate()
            .filter(|(_, key)| query.range.as_ref().is_none_or(|range| range.holds(key)))
            .filter(|(number, _)| matches!(query.reading.filter, Condition::None) || number % 3 == 0)
            .map(|(_, key)| key.clone())
            .collect();
        if query.backward {
            found.reverse();
        }
        found
    }

    /// What a query finds, page by page; between two pages something may happen to the key that the last one ended with.
    async fn found(&self, query: &AnyQuery, mut between: impl AsyncFnMut(&Value)) -> Vec<Value> {
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let request = query.asked(LAYOUTS[self.table].name, &self.key(&self.keys[0]), start.as_ref());
            let page = self.world.tables.query(&root(), request).await.unwrap();
            assert!(query.reading.limit.is_none_or(|limit| page.scanned_count <= limit));
            found.extend(page.items.iter().map(|item| of_item(item).remove("range").unwrap()));
            let Some(last) = page.last_evaluated_key else { return found };
            let last = of_item(&last).remove("range").unwrap();
            between(&last).await;
            start = Some(self.key(&last));
        }
    }

    async fn check(&self, query: AnyQuery) {
        assert_eq!(self.found(&query, async |_| {}).await, self.expected(&query), "{query:?}");
    }

    async fn delete(world: &World, table: usize, key: &Key) {
        let request = ask::batch_write([(LAYOUTS[table].name, key, None)]);
        world.tables.batch_write_item(&root(), request).await.unwrap();
    }
}

/// A query of the whole partition.
fn query(table: usize, backward: bool, limit: Option<usize>) -> AnyQuery {
    let reading =
        Reading { filter: Condition::None, parts: Parts::All, limit, counts: false, consistent: false };
    let place = Place { table, hash: 0, range: 0 };
    AnyQuery { place, range: None, backward, reading, style: 0, is_old: false }
}

/// A third of the items.
fn filter() -> Condition {
    let one = Value::N(1.into());
    Condition::Expression(Test::Compare(Operand::Path(Path::to("a")), Comparator::Equal, Operand::Value(one)))
}

/// Every range that has these two for its bounds.
fn ranges(one: &Value, other: &Value) -> Vec<Range> {
    use Comparator::{AtLeast, AtMost, Equal, Greater, Less};
    let (low, high) = if one <= other { (one, other) } else { (other, one) };
    let mut ranges = vec![Range::Between(low.clone(), high.clone())];
    ranges.extend([Equal, Less, AtMost, Greater, AtLeast].map(|op| Range::Compare(op, one.clone())));
    match one {
        Value::S(text) => {
            ranges.extend(text.chars().next().map(|first| Range::Begins(Value::S(first.to_string()))))
        }
        Value::B(bytes) => ranges.push(Range::Begins(Value::B(bytes[..1].to_vec()))),
        _ => {}
    }
    ranges
}

async fn in_order(table: usize, keys: BTreeSet<Value>, others: [Value; 2]) {
    let shelf = Shelf::open(table, keys).await;
    let count = shelf.keys.len();
    for backward in [false, true] {
        for limit in [None, Some(1), Some(7), Some(count - 1), Some(count), Some(count + 1)] {
            shelf.check(query(table, backward, limit)).await;
            let mut filtered = query(table, backward, limit);
            filtered.reading.filter = filter();
            shelf.check(filtered).await;
        }
        let (inside, [outside, other]) = (&shelf.keys[count / 3], &others);
        for range in ranges(inside, outside).into_iter().chain(ranges(outside, other)) {
            for limit in [None, Some(5)] {
                shelf.check(AnyQuery { range: Some(range.clone()), ..query(table, backward, limit) }).await;
            }
        }
    }
    with_deletions(&shelf).await;
}

/// The key with which a page has ended is deleted before the next page is read, and while that is read the one behind it: that one
/// may be found or not, and all others are found once and in order.
async fn with_deletions(shelf: &Shelf) {
    let query = query(shelf.table, false, Some(6));
    let mut writers = tokio::task::JoinSet::new();
    let mut unsure = BTreeSet::new();
    let found = shelf
        .found(&query, async |last| {
            Shelf::delete(&shelf.world, shelf.table, &shelf.key(last)).await;
            if let Some(next) = shelf.keys.iter().find(|key| *key > last) {
                unsure.insert(next.clone());
                let (world, table, key) = (Arc::clone(&shelf.world), shelf.table, shelf.key(next));
                writers.spawn(async move { Shelf::delete(&world, table, &key).await });
            }
        })
        .await;
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    assert!(found.is_sorted_by(|one, other| one < other));
    let sure = |keys: &[Value]| keys.iter().filter(|key| !unsure.contains(key)).cloned().collect::<Vec<_>>();
    assert_eq!(sure(&found), sure(&shelf.keys));
}

fn check(table: usize, keys: BTreeSet<Value>, others: [Value; 2]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(in_order(table, keys, others));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_are_in_order(keys in btree_set(any_number(), 40..150), others in [any_number(), any_number()]) {
        check(0, keys, others);
    }

    #[test]
    fn texts_are_in_order(keys in btree_set(any_text(), 40..150), others in [any_text(), any_text()]) {
        check(1, keys, others);
    }

    #[test]
    fn byte_strings_are_in_order(keys in btree_set(any_bytes(), 40..150), others in [any_bytes(), any_bytes()]) {
        check(2, keys, others);
    }
}
