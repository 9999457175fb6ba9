//! Every request against AWS's model: what the model has, a request has, or says that it is refused or why it is ignored.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a broken test may panic")]

use shape::model::{Deviation, compare};
use shape::{Decode as _, Refusal, Request};
use table_core::ops::*;

/// Written by `tests/model/generate.py`.
const MODEL: &str = include_str!("../../../tests/model/dynamodb.txt");

/// Where a request differs from the model, and why.
const DEVIATIONS: &[Deviation] = &[];

#[test]
fn every_member_of_the_model_is_known() {
    let operations = [
        ("BatchGetItem", BatchGetItem::SHAPE),
        ("BatchWriteItem", BatchWriteItem::SHAPE),
        ("CreateTable", CreateTable::SHAPE),
        ("DeleteItem", DeleteItem::SHAPE),
        ("DeleteTable", OneTable::SHAPE),
        ("DescribeContinuousBackups", OneTable::SHAPE),
        ("DescribeEndpoints", Nothing::SHAPE),
        ("DescribeLimits", Nothing::SHAPE),
        ("DescribeTable", OneTable::SHAPE),
        ("DescribeTimeToLive", OneTable::SHAPE),
        ("GetItem", GetItem::SHAPE),
        ("ListTables", ListTables::SHAPE),
        ("ListTagsOfResource", ListTagsOfResource::SHAPE),
        ("PutItem", PutItem::SHAPE),
        ("Query", Query::SHAPE),
        ("Scan", Scan::SHAPE),
        ("TagResource", TagResource::SHAPE),
        ("UntagResource", UntagResource::SHAPE),
        ("UpdateItem", UpdateItem::SHAPE),
        ("UpdateTable", UpdateTable::SHAPE),
    ];
    assert_eq!(compare(MODEL, &operations, DEVIATIONS), [""; 0]);
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
        (r#"{"TableName":"t","ReplicaUpdates":[]}"#, "ReplicaUpdates"),
        (r#"{"TableName":"t","BillingMode":"PAY_PER_REQUEST","WarmThroughput":{}}"#, "WarmThroughput"),
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
