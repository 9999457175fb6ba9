//! Every answer against AWS's model: each member is one of the model's and of its type, and each member of the model is there in
//! some answer or is one that nothing here could fill.

use shape::model::compare_answers;
use table_core::ops::{self, SseStatus, TableStatus, UnprocessedWrite};
use table_core::record::{Billing, BillingHistory, ChosenClass, TableClass};
use table_core::schema::{KeyAttribute, KeySchema, ScalarType};
use table_core::tags::Tag;
use table_core::value::{AttributeValue, Item};

use crate::aws::view;

/// Written by `tests/model/generate.py`.
const MODEL: &str = include_str!("../../../../tests/model/dynamodb-answers.txt");

/// What answers never have, and what is below it.
const ABSENT: &[&str] = &[
    // Features that are not offered.
    ".StreamSpecification",
    ".LatestStreamLabel",
    ".LatestStreamArn",
    ".GlobalTableVersion",
    ".Replicas",
    ".GlobalTableWitnesses",
    ".GlobalTableSettingsReplicationMode",
    ".MultiRegionConsistency",
    ".DisassociationProtectionEnabled",
    ".RestoreSummary",
    ".OnDemandThroughput",
    ".WarmThroughput",
    ".TimeToLiveDescription.AttributeName",
    ".PointInTimeRecoveryDescription.RecoveryPeriodInDays",
    ".PointInTimeRecoveryDescription.EarliestRestorableDateTime",
    ".PointInTimeRecoveryDescription.LatestRestorableDateTime",
    // What a deleted table was made with.
    "DeleteTable.TableDescription.AttributeDefinitions",
    "DeleteTable.TableDescription.KeySchema",
    "DeleteTable.TableDescription.CreationDateTime",
    // Tables whose key is gone stay as they are.
    ".ArchivalSummary",
    // Only tables with local indexes have any.
    ".ItemCollectionMetrics",
    // Those of indexes, and those of transactions.
    ".LocalSecondaryIndexes",
    ".GlobalSecondaryIndexes",
    ".VectorIndexes",
    ".ReadCapacityUnits",
    ".WriteCapacityUnits",
];

fn item() -> Item {
    let text = AttributeValue::S("x".to_owned());
    [("pk".to_owned(), text)].into_iter().collect()
}

fn consumed() -> ops::ConsumedCapacity {
    let units = ops::CapacityUnits::default();
    ops::ConsumedCapacity { table_name: "t".to_owned(), total: units, table: Some(units) }
}

fn got_one(item: Option<Item>) -> ops::GetItemOutput {
    let consumed_capacity = item.as_ref().and_then(|item| item.get("pk")).map(|_| consumed());
    ops::GetItemOutput { item, consumed_capacity }
}

fn table() -> ops::TableDescription {
    let key = |name: &str| KeyAttribute { name: name.to_owned(), kind: ScalarType::S };
    ops::TableDescription {
        attributes: vec![("pk".to_owned(), ScalarType::S), ("sk".to_owned(), ScalarType::B)],
        name: "Music".to_owned(),
        schema: KeySchema { hash: key("pk"), range: Some(key("sk")) },
        status: TableStatus::Inaccessible,
        created_ms: 1_736_123_456_789,
        billing: Billing::Provisioned { read: 1, write: 2 },
        billing_history: BillingHistory {
            on_demand_ms: Some(1),
            increase_ms: Some(2),
            decrease_ms: Some(3),
            decreases: 1,
        },
        decreases_today: 1,
        table_class: Some(ChosenClass { class: TableClass::Standard, changed_ms: Some(4) }),
        arn: "arn".to_owned(),
        id: "id".to_owned(),
        sse: Some(ops::SseDescription {
            status: SseStatus::Enabled,
            key_arn: Some("key".to_owned()),
            inaccessible_ms: Some(5),
        }),
        deletion_protection: true,
        item_count: 7,
        size_bytes: 8,
    }
}

fn json<V: serde::Serialize>(view: V) -> Vec<u8> {
    view::written(&view).unwrap()
}

/// An answer of each operation, with everything in it that can be.
fn answers() -> Vec<(&'static str, Vec<u8>)> {
    let changed = || json(view::ChangedTable::from(table()));
    let written = || {
        let output = ops::WriteOutput { attributes: Some(item()), consumed_capacity: Some(consumed()) };
        json(view::Written::from(output))
    };
    let page = || {
        let page = ops::Page {
            items: vec![item()],
            count: 1,
            scanned_count: 1,
            last_evaluated_key: Some(item()),
            consumed_capacity: Some(consumed()),
            ..ops::Page::default()
        };
        json(view::Page::from(page))
    };
    let selection = ops::Selection {
        projection_expression: Some("#p".to_owned()),
        attributes_to_get: Some(vec!["p".to_owned()]),
        expression_attribute_names: Some([("#p".to_owned(), "p".to_owned())].into()),
        consistent_read: Some(true),
    };
    let got = ops::BatchGetItemOutput {
        responses: [("t".to_owned(), vec![item()])].into(),
        unprocessed: [("t".to_owned(), ops::UnprocessedKeys { keys: vec![item()], selection })].into(),
        consumed_capacity: vec![consumed()],
    };
    let puts = vec![UnprocessedWrite::Put(item()), UnprocessedWrite::Delete(item())];
    let put = ops::BatchWriteItemOutput {
        unprocessed: [("t".to_owned(), puts)].into(),
        consumed_capacity: vec![consumed()],
    };
    let names = ops::ListTablesOutput {
        table_names: vec!["t".to_owned()],
        last_evaluated_table_name: Some("t".to_owned()),
    };
    let tags = ops::ListTagsOfResourceOutput {
        tags: vec![Tag { key: "k".to_owned(), value: "v".to_owned() }],
        next_token: Some("k".to_owned()),
    };
    let endpoint = ops::Endpoint { address: "a".to_owned(), cache_period_in_minutes: 1 };
    vec![
        ("BatchGetItem", json(view::BatchGot::from(got))),
        ("BatchWriteItem", json(view::BatchWritten::from(put))),
        ("CreateTable", changed()),
        ("DeleteItem", written()),
        ("DeleteTable", json(view::DeletedTable::from(table()))),
        ("DescribeContinuousBackups", json(view::ContinuousBackups::from(()))),
        ("DescribeEndpoints", json(view::Endpoints::from(endpoint))),
        ("DescribeLimits", json(view::Limits::from(ops::Limits { account: (1, 2), table: (3, 4) }))),
        ("DescribeTable", json(view::DescribedTable::from(table()))),
        ("DescribeTimeToLive", json(view::TimeToLive::from(()))),
        ("GetItem", json(view::Got::from(got_one(Some(item()))))),
        ("ListTables", json(view::TableNames::from(names))),
        ("ListTagsOfResource", json(view::Tags::from(tags))),
        ("PutItem", written()),
        ("Query", page()),
        ("Scan", page()),
        ("UpdateItem", written()),
        ("UpdateTable", changed()),
    ]
}

#[test]
fn every_member_of_every_answer_is_the_models() {
    assert_eq!(compare_answers(MODEL, &answers(), ABSENT), [""; 0]);
}

#[test]
fn values_are_written_by_their_types() {
    let numbers = ["1", "2.50", "1E20"].iter().map(|text| text.parse().unwrap());
    let map = [("a \"b\"".to_owned(), AttributeValue::Bool(false))];
    let list = vec![AttributeValue::Null, AttributeValue::L(Vec::new())];
    let values = [
        (AttributeValue::S("\u{1}\"\\ü".to_owned()), r#"{"S":"\u0001\"\\ü"}"#),
        (AttributeValue::N("-0.10".parse().unwrap()), r#"{"N":"-0.1"}"#),
        (AttributeValue::B(vec![0, 255, 1, 2]), r#"{"B":"AP8BAg=="}"#),
        (AttributeValue::B(Vec::new()), r#"{"B":""}"#),
        (AttributeValue::Ss(["a".to_owned(), "b".to_owned()].into()), r#"{"SS":["a","b"]}"#),
        (AttributeValue::Ns(numbers.collect()), r#"{"NS":["1","2.5","100000000000000000000"]}"#),
        (AttributeValue::Bs([vec![0], vec![1, 2, 3]].into()), r#"{"BS":["AA==","AQID"]}"#),
        (AttributeValue::M(map.into()), r#"{"M":{"a \"b\"":{"BOOL":false}}}"#),
        (AttributeValue::L(list), r#"{"L":[{"NULL":true},{"L":[]}]}"#),
    ];
    for (value, json) in values {
        let item: Item = [("v".to_owned(), value)].into_iter().collect();
        let written = view::written(&view::Got::from(got_one(Some(item)))).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), format!("{{\"Item\":{{\"v\":{json}}}}}"));
    }
    assert_eq!(view::written(&view::Got::from(got_one(None))).unwrap(), b"{}");
}

#[test]
fn moments_are_seconds_with_a_fraction() {
    let table: serde_json::Value =
        serde_json::from_slice(&json(view::DescribedTable::from(table()))).unwrap();
    assert_eq!(table["Table"]["CreationDateTime"].to_string(), "1736123456.789");
}
