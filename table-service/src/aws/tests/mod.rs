//! The door, called as the server calls it, over an engine whose store is memory and whose KMS is not real.

#[path = "../../../core/tests/engine/fake_kms.rs"]
#[allow(dead_code, unreachable_pub, reason = "the engine's own tests use the rest")]
mod fake_kms;

mod cases;
mod hostile;
mod model;

use std::sync::Arc;
use std::time::Duration;

use envelope::OsEntropy;
use fake_kms::FakeKms;
use identity::{AccountId, Caller, PolicyDocument, Principal, PrincipalArn};
use store::MemoryStore;
use stories::ask as answer;
use table_core::clock::SystemClock;
use table_core::lease::LeaseTerms;
use table_core::{Config, Ports, Tables};

use super::Door;

/// A door to no tables.
async fn door() -> Door {
    let store = Arc::new(MemoryStore::new());
    let config = Config {
        account: "000000000000".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        leases: LeaseTerms { length: Duration::from_secs(300), outage_grace: Duration::from_secs(3600) },
        key_check: Duration::from_secs(60),
        has_sse_change_quota: false,
    };
    let ports = Ports {
        store: store.clone(),
        effaceable: store,
        kms: Arc::new(FakeKms::new(&["k1", "k2"])),
        entropy: Arc::new(OsEntropy),
        clock: Arc::new(SystemClock),
    };
    let tables = Tables::open(config, ports).await.unwrap();
    tables.watch_started();
    Door::new(tables)
}

fn root() -> Caller {
    Caller::direct(Arc::new(Principal::root("000000000000".parse::<AccountId>().unwrap())))
}

#[test]
fn every_operation_is_named_once() {
    let names = super::operations::NAMES;
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
}

#[tokio::test]
async fn what_the_callers_policy_does_not_allow_is_denied() {
    let door = door().await;
    let arn: PrincipalArn = "arn:aws:iam::000000000000:user/bob".parse().unwrap();
    let bob = Caller::direct(Arc::new(Principal::user(arn, PolicyDocument::default())));
    let (status, body) = answer(&door, bob, "GetItem", r#"{"TableName":"T","Key":{"pk":{"S":"a"}}}"#).await;
    assert_eq!(
        (status, &*body),
        (
            400,
            "{\"__type\":\"com.amazon.coral.service#AccessDeniedException\",\"message\":\"User: \
             arn:aws:iam::000000000000:user/bob is not authorized to perform: dynamodb:GetItem on resource: \
             arn:aws:dynamodb:us-east-1:000000000000:table/T because no identity-based policy allows the \
             dynamodb:GetItem action\"}"
        )
    );
}

/// A request for a table with these members beside those that it must have.
macro_rules! table_with {
    ($name:literal, $more:literal) => {
        concat!(
            r#"{"TableName":""#, $name, r#"","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},"#,
            r#"{"AttributeName":"b","KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},"#,
            r#"{"AttributeName":"b","AttributeType":"S"}]"#, $more, "}"
        )
    };
}

const LIMITED: &[stories::compatibility::Limited] = &[
    (
        "CreateTable",
        "GlobalSecondaryIndexes",
        table_with!(
            "Indexed",
            r#","GlobalSecondaryIndexes":[{"IndexName":"Other","KeySchema":[{"AttributeName":"b","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]"#
        ),
    ),
    (
        "CreateTable",
        "LocalSecondaryIndexes",
        table_with!(
            "Indexed",
            r#","LocalSecondaryIndexes":[{"IndexName":"Other","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]"#
        ),
    ),
    (
        "CreateTable",
        "StreamSpecification",
        table_with!(
            "Streamed",
            r#","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}"#
        ),
    ),
    (
        "UpdateTable",
        "StreamSpecification",
        r#"{"TableName":"Plain","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}}"#,
    ),
];

#[tokio::test]
async fn the_readme_says_of_each_operation_what_is_offered() {
    let readme = include_str!("../../../../README.md");
    let operations = (super::operations::SERVED, super::operations::NAMES);
    let wrong = stories::compatibility::compare(readme, "DynamoDB", operations.0, LIMITED, operations.1);
    assert_eq!(wrong, [""; 0]);
    let door = door().await;
    assert_eq!(answer(&door, root(), "CreateTable", table_with!("Plain", "")).await.0, 200);
    for (operation, member, request) in LIMITED {
        let (status, body) = answer(&door, root(), operation, request).await;
        assert!(
            status == 400 && body.contains("UnsupportedOperationException"),
            "{operation}.{member}: {body}"
        );
    }
}
