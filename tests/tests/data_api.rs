//! The data plane as a client sees it: every attribute type, exact numbers, queries in both directions and in pages,
//! scans in segments, batches, table lists. Under the hood sort keys are sealed, so their order is worth proving.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proto::table::ScalarAttributeType::{B, N, S};
use proto::table::{
    AttributeValue, BatchGetItemRequest, BatchWriteItemRequest, DeleteItemRequest, DeleteRequest,
    KeysAndAttributes, ListTablesRequest, PutItemRequest, PutRequest, QueryRequest, ScalarAttributeType,
    ScanRequest, UpdateTableRequest, WriteRequest, WriteRequests, attribute_value, write_request,
};
use tests::item::{Attributes, attributes, b, bool, bs, l, listed, m, n, nested, ns, null, s, ss, text};
use tests::{Dice, Encryption, Refusal, Stack, Tables, partition_only, table};
use tokio::task::JoinSet;

async fn started(name: &str, range: Option<ScalarAttributeType>) -> (Stack, Tables) {
    let stack = Stack::together().await;
    let tables = stack.tables();
    let request = table(name, ("pk", S), range.map(|kind| ("sk", kind)));
    tables.create(request, &Encryption::Customer(stack.kms().customer_key().await.arn)).await;
    (stack, tables)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attribute_type_comes_back_as_it_went() {
    let (stack, tables) = started("Types", None).await;
    let item = attributes([
        ("pk", s("all")),
        ("string", s("ä \u{0} \u{10FFFF} text")),
        ("empty string", s("")),
        ("number", n("-12345678901234567890123456789012345678")),
        ("bytes", b((0..=255).collect::<Vec<u8>>())),
        ("empty bytes", b("")),
        ("strings", ss(["a", "b", ""])),
        ("numbers", ns(["1", "-2.5", "1000000"])),
        ("byte strings", bs([b"\x00", b"\xFF\xFE", b""])),
        ("list", l([s("a"), n(1), l([]), null()])),
        ("map", m([("inner", m([("deep", bool(false))])), (" ", s("a space"))])),
        ("null", null()),
        ("true", bool(true)),
        ("nested", nested(31, s("bottom"))),
        ("name with spaces, \u{1F600} and .dots[0]", s("fine")),
    ]);
    tables.put("Types", item.clone()).await.expect("written");
    let key = || attributes([("pk", s("all"))]);
    let found = tables.get("Types", key()).await.expect("read").expect("there");
    assert_same_item(&found, &item);
    let stack = stack.stop().await.start().await;
    let found = stack.tables().get("Types", key()).await.expect("read").expect("there");
    assert_same_item(&found, &item);
}

/// Equal but for the order of set members, which sets do not have.
#[track_caller]
fn assert_same_item(left: &Attributes, right: &Attributes) {
    let sorted = |item: &Attributes| -> BTreeMap<String, String> {
        let show = |value: &AttributeValue| match &value.value {
            Some(attribute_value::Value::Ss(set)) => {
                format!("{:?}", set.values.iter().collect::<BTreeSet<_>>())
            }
            Some(attribute_value::Value::Ns(set)) => {
                format!("{:?}", set.values.iter().collect::<BTreeSet<_>>())
            }
            Some(attribute_value::Value::Bs(set)) => {
                format!("{:?}", set.values.iter().collect::<BTreeSet<_>>())
            }
            _ => String::new(),
        };
        item.iter().map(|(name, value)| (name.clone(), show(value))).collect()
    };
    assert_eq!(sorted(left), sorted(right));
    let is_set = |value: &AttributeValue| {
        use attribute_value::Value::{Bs, Ns, Ss};
        matches!(value.value, Some(Ss(_) | Ns(_) | Bs(_)))
    };
    for (name, value) in right {
        assert!(is_set(value) || left[name] == *value, "{name} differs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_exact_and_normalized() {
    let (_stack, tables) = started("Numbers", None).await;
    let cases = [
        ("0", "0"),
        ("-0", "0"),
        ("0e125", "0"),
        ("007", "7"),
        ("0042.1200", "42.12"),
        ("+5", "5"),
        ("1E2", "100"),
        ("1e-2", "0.01"),
        ("-1.50E+1", "-15"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
        ("99999999999999999999999999999999999999E87", &format!("{}{}", "9".repeat(38), "0".repeat(87))),
        ("1E125", &format!("1{}", "0".repeat(125))),
        ("1E-130", &format!("0.{}1", "0".repeat(129))),
    ];
    for (written, expected) in cases {
        let item = attributes([
            ("pk", s(written)),
            ("v", n(written)),
            ("set", ns([written])),
            ("list", l([n(written)])),
        ]);
        tables.put("Numbers", item).await.unwrap_or_else(|refused| panic!("{written}: {refused:?}"));
        let found =
            tables.get("Numbers", attributes([("pk", s(written))])).await.expect("read").expect("there");
        assert_eq!(text(&found, "v"), expected, "{written}");
        assert_eq!(found["set"], ns([expected]), "{written}");
        assert_eq!(found["list"], l([n(expected)]), "{written}");
    }
}

/// Two spellings of a number are one key.
#[tokio::test(flavor = "multi_thread")]
async fn equal_numbers_are_the_same_key() {
    let stack = Stack::together().await;
    let tables = stack.tables();
    tables.create(table("Keys", ("pk", N), Some(("sk", N))), &Encryption::Owned).await;
    let key = |left: &str, right: &str| attributes([("pk", n(left)), ("sk", n(right))]);
    tables.put("Keys", key("1.0", "0.50")).await.expect("written");
    assert_eq!(tables.get("Keys", key("1", "5e-1")).await.expect("read"), Some(key("1", "0.5")));
    tables.put("Keys", key("1e0", ".5")).await.expect("written");
    let request = ScanRequest { table_name: "Keys".to_owned(), ..Default::default() };
    assert_eq!(tables.scan_all(request).await.expect("read").len(), 1);
    tables.delete("Keys", key("10e-1", "0.5")).await.expect("deleted");
    assert_eq!(tables.get("Keys", key("1", "0.5")).await.expect("read"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn put_get_delete_and_what_was_there_before() {
    let (_stack, tables) = started("Basics", Some(S)).await;
    let key = || attributes([("pk", s("p")), ("sk", s("k"))]);
    let item = |v: u32| {
        let mut item = key();
        item.insert("v".to_owned(), n(v));
        item
    };
    let put = |v: u32| PutItemRequest {
        table_name: "Basics".to_owned(),
        item: item(v),
        return_values: "ALL_OLD".to_owned(),
        ..Default::default()
    };
    let delete = || DeleteItemRequest {
        table_name: "Basics".to_owned(),
        key: key(),
        return_values: "ALL_OLD".to_owned(),
        ..Default::default()
    };
    assert_eq!(tables.get("Basics", key()).await.expect("read"), None);
    assert_eq!(
        tables.delete_item(delete()).await.expect("nothing to delete is fine").attributes,
        attributes([])
    );
    assert_eq!(tables.put_item(put(1)).await.expect("written").attributes, attributes([]));
    assert_eq!(tables.put_item(put(2)).await.expect("written").attributes, item(1));
    assert_eq!(tables.get("Basics", key()).await.expect("read"), Some(item(2)));
    assert_eq!(tables.delete_item(delete()).await.expect("deleted").attributes, item(2));
    assert_eq!(tables.get("Basics", key()).await.expect("read"), None);
    // A key alone is an item.
    tables.put("Basics", key()).await.expect("written");
    assert_eq!(tables.get("Basics", key()).await.expect("read"), Some(key()));
    let wrong = PutItemRequest { return_values: "ALL_NEW".to_owned(), ..put(3) };
    tables.put_item(wrong).await.refused().assert_says("ValidationException", "");
}

/// Sort keys of one type, in the order AWS gives them.
fn sort_keys(kind: ScalarAttributeType) -> Vec<AttributeValue> {
    match kind {
        // UTF-8 byte order: capitals first, then lower case, then what is beyond ASCII.
        S => [
            "\u{0}",
            " ",
            "1",
            "10",
            "2",
            "A",
            "AB",
            "B",
            "Z",
            "a",
            "aa",
            "ab",
            "b",
            "z",
            "ä",
            "\u{FFFF}",
            "\u{10000}",
        ]
        .map(s)
        .into(),
        N => [
            "-9.9E125", "-1E100", "-1000", "-10", "-9.5", "-1", "-0.5", "-1E-130", "0", "1E-130", "0.1",
            "0.5", "1", "1.5", "2", "9", "10", "11", "99.999", "100", "1E38", "1E100", "9.9E125",
        ]
        .map(n)
        .into(),
        _ => [
            &[0x00][..],
            &[0x00, 0x00],
            &[0x00, 0x01],
            &[0x01],
            &[0x7F],
            &[0x7F, 0xFF],
            &[0x80],
            &[0xFE, 0x00],
            &[0xFF],
            &[0xFF, 0x00],
            &[0xFF, 0xFF],
        ]
        .map(b)
        .into(),
    }
}

struct Condition {
    expression: &'static str,
    holds: fn(usize, usize, usize) -> bool,
}

/// Every comparison, against every pair of keys: `holds(at, low, high)` for positions in the sorted keys.
const CONDITIONS: [Condition; 7] = [
    Condition { expression: "pk = :p", holds: |_, _, _| true },
    Condition { expression: "pk = :p AND sk = :low", holds: |at, low, _| at == low },
    Condition { expression: "pk = :p AND sk < :low", holds: |at, low, _| at < low },
    Condition { expression: "sk <= :low and pk = :p", holds: |at, low, _| at <= low },
    Condition { expression: "(pk = :p) AND (sk > :low)", holds: |at, low, _| at > low },
    Condition { expression: ":low <= #sk AND #pk = :p", holds: |at, low, _| at >= low },
    Condition {
        expression: "pk = :p AND sk BETWEEN :low AND :high",
        holds: |at, low, high| low <= at && at <= high,
    },
];

async fn assert_conditions(kind: ScalarAttributeType) {
    let (_stack, tables) = started("Sorted", Some(kind)).await;
    let mut dice = Dice::new("data_api/conditions");
    let keys = sort_keys(kind);
    let item = |at: usize| attributes([("pk", s("p")), ("sk", keys[at].clone()), ("at", n(at))]);
    // Written in a random order, between neighbours that must not be seen.
    let mut order: Vec<usize> = (0..keys.len()).collect();
    for at in 0..order.len() {
        let other = dice.index(order.len());
        order.swap(at, other);
    }
    for at in order {
        tables.put("Sorted", item(at)).await.expect("written");
        for neighbour in ["o", "q", "pp"] {
            let mut item = item(at);
            item.insert("pk".to_owned(), s(neighbour));
            tables.put("Sorted", item).await.expect("written");
        }
    }
    for low in 0..keys.len() {
        let high = low + dice.index(keys.len() - low);
        for Condition { expression, holds } in &CONDITIONS {
            let mut values = attributes([(":p", s("p"))]);
            if expression.contains(":low") {
                values.insert(":low".to_owned(), keys[low].clone());
            }
            if expression.contains(":high") {
                values.insert(":high".to_owned(), keys[high].clone());
            }
            let names: HashMap<String, String> = ["pk", "sk"]
                .iter()
                .filter(|name| expression.contains(&format!("#{name}")))
                .map(|name| (format!("#{name}"), (*name).to_owned()))
                .collect();
            let mut expected: Vec<String> =
                (0..keys.len()).filter(|at| holds(*at, low, high)).map(|at| at.to_string()).collect();
            for forward in [true, false] {
                for limit in [None, Some(1), Some(3)] {
                    let request = QueryRequest {
                        table_name: "Sorted".to_owned(),
                        key_condition_expression: (*expression).to_owned(),
                        expression_attribute_names: names.clone(),
                        expression_attribute_values: values.clone(),
                        scan_index_forward: Some(forward),
                        limit,
                        ..Default::default()
                    };
                    let found =
                        tables.query_all(request).await.unwrap_or_else(|r| panic!("{expression}: {r:?}"));
                    let found: Vec<String> = found.iter().map(|item| text(item, "at")).collect();
                    assert_eq!(
                        found, expected,
                        "{expression}, {low}..{high}, forward {forward}, limit {limit:?}"
                    );
                }
                expected.reverse();
            }
        }
    }
}

/// Regression: of many writers to one item, those who wanted to know what was there lost every race against those who did
/// not, and were refused.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_the_old_item_gets_through_among_many_who_do_not() {
    let (_stack, tables) = started("Hot", None).await;
    let item = |writer: usize| attributes([("pk", s("hot")), ("writer", n(writer))]);
    let over = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let (tables, over) = (tables.clone(), Arc::clone(&over));
        writers.spawn(async move {
            while !over.load(Ordering::SeqCst) {
                tables.put("Hot", item(writer)).await.expect("nothing stands against a put");
            }
        });
    }
    for _ in 0..200 {
        let put = PutItemRequest {
            table_name: "Hot".to_owned(),
            item: item(16),
            return_values: "ALL_OLD".to_owned(),
            ..Default::default()
        };
        tables.put_item(put).await.expect("nothing stands against a put that asks for the old item");
    }
    over.store(true, Ordering::SeqCst);
    writers.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn string_sort_keys_are_ordered_by_bytes() {
    assert_conditions(S).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn number_sort_keys_are_ordered_by_value() {
    assert_conditions(N).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_sort_keys_are_ordered_by_unsigned_bytes() {
    assert_conditions(B).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn begins_with_finds_every_prefix() {
    let (_stack, tables) = started("Prefix", Some(S)).await;
    let words = ["a", "ab", "abc", "abd", "ac", "b", "ba", "\u{10FFFF}", "\u{10FFFF}\u{10FFFF}", "z"];
    for word in words {
        tables.put("Prefix", attributes([("pk", s("p")), ("sk", s(word))])).await.expect("written");
    }
    for prefix in ["a", "ab", "abc", "abcd", "b", "\u{10FFFF}", "zz"] {
        for forward in [true, false] {
            let request = QueryRequest {
                table_name: "Prefix".to_owned(),
                key_condition_expression: "pk = :p and begins_with(sk, :x)".to_owned(),
                expression_attribute_values: attributes([(":p", s("p")), (":x", s(prefix))]),
                scan_index_forward: Some(forward),
                limit: Some(2),
                ..Default::default()
            };
            let found = tables.query_all(request).await.expect("read");
            let found: Vec<String> = found.iter().map(|item| text(item, "sk")).collect();
            let mut expected: Vec<String> =
                words.iter().filter(|word| word.starts_with(prefix)).map(|word| (*word).to_owned()).collect();
            expected.sort();
            if !forward {
                expected.reverse();
            }
            assert_eq!(found, expected, "{prefix}, forward {forward}");
        }
    }
}

/// Many keys in one partition - written ascending, descending and at random, with deletions - against a model.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_partition_is_a_sorted_map() {
    let (stack, tables) = started("Large", Some(N)).await;
    let mut dice = Dice::new("data_api/large");
    let mut model = BTreeSet::new();
    let mut writes: Vec<u64> = (0..1_000).chain((2_000..3_000).rev()).collect();
    writes.extend(std::iter::repeat_with(|| 10_000 + dice.below(100_000)).take(1_500));
    let item = |number: u64| attributes([("pk", s("p")), ("sk", n(number)), ("v", s("x".repeat(20)))]);
    for batch in writes.chunks(25) {
        let unique: BTreeSet<u64> = batch.iter().copied().collect();
        model.extend(&unique);
        tables.put_batch("Large", unique.into_iter().map(item).collect()).await.expect("written");
    }
    let doomed: Vec<u64> = model.iter().copied().filter(|number| number % 3 == 0).collect();
    for batch in doomed.chunks(25) {
        let requests = batch
            .iter()
            .map(|number| {
                let key = attributes([("pk", s("p")), ("sk", n(number))]);
                WriteRequest { request: Some(write_request::Request::DeleteRequest(DeleteRequest { key })) }
            })
            .collect();
        let request_items = HashMap::from([("Large".to_owned(), WriteRequests { requests })]);
        tables
            .batch_write_item(BatchWriteItemRequest { request_items, ..Default::default() })
            .await
            .expect("deleted");
    }
    model.retain(|number| number % 3 != 0);

    let check = async |tables: &Tables| {
        for (low, high) in [(0, u64::MAX), (500, 2_500), (999, 999), (1_001, 1_999), (10_000, 60_000)] {
            for forward in [true, false] {
                for limit in [None, Some(100), Some(7)] {
                    let request = QueryRequest {
                        table_name: "Large".to_owned(),
                        key_condition_expression: "pk = :p AND sk BETWEEN :low AND :high".to_owned(),
                        expression_attribute_values: attributes([
                            (":p", s("p")),
                            (":low", n(low)),
                            (":high", n(high)),
                        ]),
                        scan_index_forward: Some(forward),
                        limit,
                        ..Default::default()
                    };
                    // Small pages over everything would only repeat what the others show.
                    if limit == Some(7) && high - low > 5_000 {
                        continue;
                    }
                    let found = tables.query_all(request).await.expect("read");
                    let found: Vec<u64> = found.iter().map(|item| tests::item::number(item, "sk")).collect();
                    let mut expected: Vec<u64> = model.range(low..=high).copied().collect();
                    if !forward {
                        expected.reverse();
                    }
                    assert_eq!(found, expected, "{low}..={high}, forward {forward}, limit {limit:?}");
                }
            }
        }
    };
    check(&tables).await;
    let stack = stack.stop().await.start().await;
    check(&stack.tables()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_ends_at_its_limit_or_at_one_megabyte() {
    let (_stack, tables) = started("Pages", Some(N)).await;
    for number in 0..12 {
        let item = attributes([("pk", s("p")), ("sk", n(number)), ("v", s("x".repeat(300_000)))]);
        tables.put("Pages", item).await.expect("written");
    }
    let base = QueryRequest {
        table_name: "Pages".to_owned(),
        key_condition_expression: "pk = :p".to_owned(),
        expression_attribute_values: attributes([(":p", s("p"))]),
        ..Default::default()
    };
    // 1 MB of items of 300 KB: the page ends with the item that crosses the megabyte.
    let page = tables.query(base.clone()).await.expect("read");
    assert!([3, 4].contains(&page.count), "{}", page.count);
    let last = page.count - 1;
    assert_eq!(page.last_evaluated_key, attributes([("pk", s("p")), ("sk", n(last))]));
    assert_eq!(tables.query_all(base.clone()).await.expect("read").len(), 12);
    let scan = ScanRequest { table_name: "Pages".to_owned(), ..Default::default() };
    assert_eq!(tables.scan(scan.clone()).await.expect("read").count, page.count);
    assert_eq!(tables.scan_all(scan).await.expect("read").len(), 12);
    // COUNT counts what the page would have held.
    let counted =
        tables.query(QueryRequest { select: "COUNT".to_owned(), ..base.clone() }).await.expect("read");
    assert_eq!((counted.items.len(), counted.count, counted.scanned_count), (0, page.count, page.count));
    // A limit that is just met still gives a key to go on from; the page after it is empty.
    let met = tables.query(QueryRequest { limit: Some(2), ..base.clone() }).await.expect("read");
    assert_eq!((met.count, met.last_evaluated_key), (2, attributes([("pk", s("p")), ("sk", n(1))])));
    let beyond = QueryRequest { exclusive_start_key: attributes([("pk", s("p")), ("sk", n(99))]), ..base };
    let beyond = tables.query(beyond).await.expect("a key that does not exist is a place to start from");
    assert_eq!((beyond.count, beyond.last_evaluated_key.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_in_segments_and_pages_see_each_item_once() {
    let (_stack, tables) = started("Scanned", Some(N)).await;
    let mut all = BTreeSet::new();
    let mut items = Vec::new();
    for partition in 0..60 {
        for sort in 0..=(partition % 5) {
            let item = attributes([("pk", s(format!("partition {partition}"))), ("sk", n(sort))]);
            all.insert((text(&item, "pk"), text(&item, "sk")));
            items.push(item);
        }
    }
    for batch in items.chunks(25) {
        tables.put_batch("Scanned", batch.to_vec()).await.expect("written");
    }
    for total_segments in [None, Some(1), Some(2), Some(7), Some(1_000_000)] {
        for limit in [None, Some(1), Some(13)] {
            let segments: Vec<Option<i32>> = match total_segments {
                None => vec![None],
                // Of a million segments nearly all are empty; a few must still not repeat what others hold.
                Some(1_000_000) => [0, 1, 499_999, 999_999].map(Some).into(),
                Some(total) => (0..total).map(Some).collect(),
            };
            let mut seen = BTreeSet::new();
            for segment in segments {
                let request = ScanRequest {
                    table_name: "Scanned".to_owned(),
                    segment,
                    total_segments,
                    limit,
                    ..Default::default()
                };
                for item in tables.scan_all(request).await.expect("read") {
                    let key = (text(&item, "pk"), text(&item, "sk"));
                    assert!(seen.insert(key.clone()), "{key:?} twice, in {total_segments:?} by {limit:?}");
                }
            }
            if total_segments != Some(1_000_000) {
                assert_eq!(seen, all, "in {total_segments:?} segments by {limit:?}");
            }
        }
    }
    // Within a partition a scan keeps the order of the sort keys.
    let scan = ScanRequest { table_name: "Scanned".to_owned(), ..Default::default() };
    let found = tables.scan_all(scan).await.expect("read");
    for pair in found.windows(2) {
        let same = text(&pair[0], "pk") == text(&pair[1], "pk");
        assert!(!same || tests::item::number(&pair[0], "sk") < tests::item::number(&pair[1], "sk"));
    }
}

/// They are one commit of 10 MB, more than the engine's segments hold; the second time each replaces another.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_the_largest_items_of_one_partition_is_kept() {
    let (mut stack, tables) = started("Huge", Some(N)).await;
    let item = |number: u32, fill: &str| {
        attributes([("pk", s("p")), ("sk", n(number)), ("v", s(fill.repeat(400_000)))])
    };
    for fill in ["x", "y"] {
        tables.put_batch("Huge", (0..25).map(|number| item(number, fill)).collect()).await.expect("written");
    }
    stack.kill().await;
    stack.start().await;
    let tables = stack.tables();
    for number in 0..25 {
        let key = attributes([("pk", s("p")), ("sk", n(number))]);
        let found = tables.get("Huge", key).await.expect("read").expect("it was acknowledged");
        assert!(found == item(number, "y"), "item {number}");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_span_tables_and_mix_puts_and_deletes() {
    let (stack, tables) = started("First", Some(S)).await;
    tables.create(partition_only("Second"), &Encryption::Managed).await;
    let first = |sort: &str| attributes([("pk", s("p")), ("sk", s(sort))]);
    let second = |pk: &str| attributes([("pk", s(pk))]);
    let put = |item: Attributes| WriteRequest {
        request: Some(write_request::Request::PutRequest(PutRequest { item })),
    };
    let delete = |key: Attributes| WriteRequest {
        request: Some(write_request::Request::DeleteRequest(DeleteRequest { key })),
    };
    tables.put("First", first("old")).await.expect("written");
    let request = BatchWriteItemRequest {
        request_items: HashMap::from([
            (
                "First".to_owned(),
                WriteRequests {
                    requests: vec![put(first("new")), delete(first("old")), delete(first("never"))],
                },
            ),
            ("Second".to_owned(), WriteRequests { requests: vec![put(second("a")), put(second("b"))] }),
        ]),
        ..Default::default()
    };
    assert!(tables.batch_write_item(request).await.expect("written").unprocessed_items.is_empty());
    let keys = |keys: Vec<Attributes>| KeysAndAttributes {
        keys: keys.into_iter().map(listed).collect(),
        consistent_read: true,
        ..Default::default()
    };
    let request = BatchGetItemRequest {
        request_items: HashMap::from([
            ("First".to_owned(), keys(vec![first("old"), first("new"), first("never")])),
            ("Second".to_owned(), keys(vec![second("a"), second("b"), second("c")])),
        ]),
        ..Default::default()
    };
    let answer = tables.batch_get_item(request).await.expect("read");
    assert!(answer.unprocessed_keys.is_empty());
    let found = |name: &str| -> Vec<Attributes> {
        let mut found: Vec<Attributes> =
            answer.responses[name].items.iter().map(|item| item.attributes.clone()).collect();
        found.sort_by_key(|item| text(item, "pk"));
        found
    };
    assert_eq!(found("First"), [first("new")]);
    assert_eq!(found("Second"), [second("a"), second("b")]);

    // 100 items of 200 KB are more than 16 MB: what does not fit is named, and asked for again it comes.
    for number in 0..100 {
        let mut item = second(&format!("large{number}"));
        item.insert("v".to_owned(), s("x".repeat(200_000)));
        tables.put("Second", item).await.expect("written");
    }
    let all = keys((0..100).map(|number| second(&format!("large{number}"))).collect());
    let mut request_items = HashMap::from([("Second".to_owned(), all)]);
    let (mut seen, mut rounds) = (BTreeSet::new(), 0);
    while !request_items.is_empty() {
        let answer = tables
            .batch_get_item(BatchGetItemRequest { request_items, ..Default::default() })
            .await
            .expect("read");
        for item in &answer.responses["Second"].items {
            assert!(seen.insert(text(&item.attributes, "pk")));
        }
        request_items = answer.unprocessed_keys;
        rounds += 1;
    }
    assert_eq!(seen.len(), 100);
    assert!(rounds >= 2, "16 MB is the limit");
    drop(stack);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_listed_protected_and_deleted() {
    let stack = Stack::together().await;
    let tables = stack.tables();
    let names = ["Zebra", "alpha", "Music", "a.b-c_d", "Music2"];
    for name in names {
        tables.create(partition_only(name), &Encryption::Owned).await;
    }
    let mut sorted = names.map(str::to_owned).to_vec();
    sorted.sort();
    for limit in [None, Some(1), Some(2), Some(100)] {
        let (mut found, mut start) = (Vec::new(), String::new());
        loop {
            let request = ListTablesRequest { limit, exclusive_start_table_name: start };
            let page = tables.list_tables(request).await.expect("listed");
            found.extend(page.table_names);
            if page.last_evaluated_table_name.is_empty() {
                break;
            }
            start = page.last_evaluated_table_name;
        }
        assert_eq!(found, sorted, "byte order, in pages of {limit:?}");
    }
    let arn = tables.describe("Music").await.expect("described").table_arn;
    assert_eq!(tables.describe(&arn).await.expect("described by ARN").table_name, "Music");

    let protect = |protected| UpdateTableRequest {
        table_name: "Music".to_owned(),
        deletion_protection_enabled: Some(protected),
        ..Default::default()
    };
    tables.update_table(protect(true)).await.expect("protected");
    tables.active("Music").await;
    let delete = proto::table::DeleteTableRequest { table_name: "Music".to_owned() };
    tables.delete_table(delete).await.refused().assert_is(
        "ValidationException",
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
    );
    tables.update_table(protect(false)).await.expect("unprotected");

    let before = tables.active("Music").await;
    tables.put("Music", attributes([("pk", s("old"))])).await.expect("written");
    tables.drop_table("Music").await;
    tables
        .put("Music", attributes([("pk", s("x"))]))
        .await
        .refused()
        .assert_says("ResourceNotFoundException", "");
    // A new table of the same name is another table, with nothing of the old one in it.
    let after = tables.create(partition_only("Music"), &Encryption::Owned).await;
    assert_eq!(after.table_arn, before.table_arn);
    assert_ne!(after.table_id, before.table_id);
    assert_eq!(tables.get("Music", attributes([("pk", s("old"))])).await.expect("read"), None);
    let scan = ScanRequest { table_name: "Music".to_owned(), ..Default::default() };
    assert!(tables.scan_all(scan).await.expect("read").is_empty());
}
