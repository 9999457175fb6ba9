//! Every request against AWS's model: what the model has, a request has, or says that it is refused or why it is ignored.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a broken test may panic")]

use shape::model::{Deviation, compare, with_each_member};
use shape::{Refusal, Request, Shape};
use table_core::ops::*;

/// Written by `tests/model/generate.py`.
const MODEL: &str = include_str!("../../../tests/model/dynamodb.txt");

/// Where a request differs from the model, and why.
const DEVIATIONS: &[Deviation] = &[];

/// An operation: its name, what its request is made of, and whether a body is no such request.
type Operation = (&'static str, Shape, fn(&[u8]) -> bool);

const fn operation<T: Request>(name: &'static str) -> Operation {
    (name, T::SHAPE, |body| shape::decode::<T>(body).is_err())
}

const OPERATIONS: [Operation; 20] = [
    operation::<BatchGetItem>("BatchGetItem"),
    operation::<BatchWriteItem>("BatchWriteItem"),
    operation::<CreateTable>("CreateTable"),
    operation::<DeleteItem>("DeleteItem"),
    operation::<OneTable>("DeleteTable"),
    operation::<OneTable>("DescribeContinuousBackups"),
    operation::<Nothing>("DescribeEndpoints"),
    operation::<Nothing>("DescribeLimits"),
    operation::<OneTable>("DescribeTable"),
    operation::<OneTable>("DescribeTimeToLive"),
    operation::<GetItem>("GetItem"),
    operation::<ListTables>("ListTables"),
    operation::<ListTagsOfResource>("ListTagsOfResource"),
    operation::<PutItem>("PutItem"),
    operation::<Query>("Query"),
    operation::<Scan>("Scan"),
    operation::<TagResource>("TagResource"),
    operation::<UntagResource>("UntagResource"),
    operation::<UpdateItem>("UpdateItem"),
    operation::<UpdateTable>("UpdateTable"),
];

#[test]
fn every_member_of_the_model_is_known() {
    assert_eq!(compare(MODEL, &OPERATIONS.map(|(name, shape, _)| (name, shape)), DEVIATIONS), [""; 0]);
}

/// Nothing that AWS's model has a place for takes more stack the deeper it is, and neither does what it has no place for.
#[test]
fn ten_thousand_levels_in_any_place_are_refused_on_a_small_stack() {
    let work = || {
        for (name, _, is_refused) in OPERATIONS {
            for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"L\":[", "]}"), ("{\"M\":{\"a\":", "}}")]
            {
                let open = open.repeat(10_000);
                for value in [format!("{open}{{}}{}", close.repeat(10_000)), open] {
                    for body in with_each_member(MODEL, name, &value) {
                        assert!(
                            is_refused(body.as_bytes()),
                            "{name}: {}",
                            body.chars().take(80).collect::<String>()
                        );
                    }
                }
            }
        }
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap();
}

fn refused<T: Request + std::fmt::Debug>(body: &str) -> String {
    match shape::decode::<T>(body.as_bytes()) {
        Err(Refusal::Violated(violated)) => violated.public_text(),
        other => format!("{other:?}"),
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_nothing_twice() {
    assert_eq!(
        refused::<PutItem>(r#"{"ReturnValues":"OLD"}"#),
        "3 validation errors detected: \
         Value null at 'tableName' failed to satisfy constraint: Member must not be null; \
         Value null at 'item' failed to satisfy constraint: Member must not be null; \
         Value 'OLD' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: \
         [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
    );
    assert_eq!(
        refused::<CreateTable>(
            r#"{"AttributeDefinitions":[{}],"KeySchema":[{"AttributeName":"a","KeyType":"SORT"}],
                "ProvisionedThroughput":{"WriteCapacityUnits":0},"SSESpecification":{"SSEType":"kms"}}"#
        ),
        "7 validation errors detected: \
         Value null at 'attributeDefinitions.1.member.attributeName' failed to satisfy constraint: Member must not be null; \
         Value null at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must not be null; \
         Value null at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must not be null; \
         Value null at 'tableName' failed to satisfy constraint: Member must not be null; \
         Value 'SORT' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]; \
         Value '0' at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1; \
         Value 'kms' at 'sSESpecification.sSEType' failed to satisfy constraint: Member must satisfy enum value set: [AES256, KMS]"
    );
    assert_eq!(
        refused::<BatchGetItem>(r#"{"RequestItems":{"Music":{}}}"#),
        "1 validation error detected: Value null at 'requestItems.Music.member.keys' failed to satisfy constraint: Member must \
         not be null"
    );
}

#[test]
fn what_is_not_offered_is_named() {
    for (body, member) in [
        (r#"{"TableName":"tab","ReplicaUpdates":[]}"#, "ReplicaUpdates"),
        (r#"{"TableName":"tab","BillingMode":"PAY_PER_REQUEST","WarmThroughput":{}}"#, "WarmThroughput"),
    ] {
        assert_eq!(shape::decode::<UpdateTable>(body.as_bytes()).unwrap_err(), Refusal::NotOffered(member));
    }
}

#[test]
fn requests_are_read_as_the_other_door_fills_them_in() {
    let query =
        br#"{"TableName":"t","KeyConditionExpression":"pk = :v","ExpressionAttributeValues":{":v":{"S":"x"}},
        "ScanIndexForward":false,"Limit":3,"Select":"COUNT","ConsistentRead":true}"#;
    let query = shape::decode::<Query>(query).unwrap();
    assert!(query.backward && query.page.limit == Some(3));
    assert_eq!(query.page.select, shape::Member::Known(Select::Count));
    assert!(!shape::decode::<Query>(br#"{"TableName":"t"}"#).unwrap().backward);
    let write = br#"{"RequestItems":{"t":[{"PutRequest":{"Item":{}}},{"DeleteRequest":{"Key":{}}},{},
        {"PutRequest":{"Item":{}},"DeleteRequest":{"Key":{}}}]}}"#;
    let write = shape::decode::<BatchWriteItem>(write).unwrap();
    assert!(matches!(
        write.request_items["t"][..],
        [WriteRequest::Put(_), WriteRequest::Delete(_), WriteRequest::Unclear, WriteRequest::Unclear]
    ));
}
