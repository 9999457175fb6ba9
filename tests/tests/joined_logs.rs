//! Promise: every use of a key can be followed back to the request that caused it. The id of a request to the table service
//! stands with each call that it makes of the key-management service, in that one's access log and in its audit log.

use std::time::Duration;

use proto::table::table_service_client::TableServiceClient;
use proto::table::{
    BatchWriteItemRequest, PutItemRequest, PutRequest, WriteRequest, WriteRequests, write_request,
};
use serde_json::Value;
use tests::canary::files;
use tests::item::{attributes, s};
use tests::{Encryption, Principals, Protocol, Settings, Stack, channel, eventually, partition_only};
use tonic::Request;

/// A line is written before its answer is sent; reading it may take a moment longer.
const WRITTEN_WITHIN: Duration = Duration::from_secs(20);

/// A request that calls itself `id`.
fn called<T>(stack: &Stack, id: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let credentials = stack.root_credentials().expect("the root has credentials");
    request.metadata_mut().insert("authorization", credentials.header().parse().expect("ASCII"));
    request.metadata_mut().insert("x-request-id", id.parse().expect("ASCII"));
    request
}

/// What the key-management service notes of the request `id`, in order: the methods in its access log, the operations in
/// its audit log.
fn noted(stack: &Stack, id: &str) -> (Vec<String>, Vec<String>) {
    let is_of_kms = |path: &std::path::PathBuf| path.to_string_lossy().contains("kms-service");
    let text: String = files(&stack.logs())
        .into_iter()
        .filter(is_of_kms)
        .map(|path| std::fs::read_to_string(path).expect("a log is readable"))
        .collect();
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let pick = |target: &str, member: &str, id_at: &str| {
        let of_request = |line: &&Value| line["target"] == target && line.pointer(id_at) == Some(&id.into());
        let named = |line: &Value| line[member].as_str().expect("a name").to_owned();
        let mut picked: Vec<String> = lines.iter().filter(of_request).map(named).collect();
        picked.sort();
        picked
    };
    (pick("access", "method", "/request_id"), pick("audit", "operation", "/span/request_id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_request_stands_with_each_use_of_a_key_that_it_makes() {
    let stack = Stack::apart(Settings::knowing(Principals::new())).await;
    let key = Encryption::Customer(stack.kms().customer_key().await.arn);
    let mut client = TableServiceClient::new(channel(stack.table_address()));
    let item = attributes([("pk", s("a"))]);

    for name in ["First", "Second"] {
        let mut create = partition_only(name);
        create.sse_specification = Some(key.specification());
        client.create_table(called(&stack, &format!("create-{name}"), create)).await.expect("made");
    }
    let put = PutItemRequest { table_name: "First".to_owned(), item: item.clone(), ..Default::default() };
    client.put_item(called(&stack, "put-1", put.clone())).await.expect("written");
    client.put_item(called(&stack, "put-2", put)).await.expect("written");
    let put = write_request::Request::PutRequest(PutRequest { item });
    let requests = vec![WriteRequest { request: Some(put) }];
    let batch = BatchWriteItemRequest {
        request_items: [("Second".to_owned(), WriteRequests { requests })].into(),
        ..Default::default()
    };
    client.batch_write_item(called(&stack, "batch-1", batch)).await.expect("written");

    let create = vec!["CreateGrant", "CreateGrant", "DescribeKey", "GenerateDataKey"];
    let expected = [
        ("create-First", create.clone()),
        ("create-Second", create),
        ("put-1", vec!["Decrypt"]),
        ("batch-1", vec!["Decrypt"]),
    ];
    for (id, operations) in expected {
        eventually(&format!("KMS notes {operations:?} for {id}"), WRITTEN_WITHIN, async || {
            let (methods, audited) = noted(&stack, id);
            (methods == operations && audited == operations).then_some(())
        })
        .await;
    }
    assert_eq!(noted(&stack, "put-2"), (vec![], vec![]), "a lease asks nobody");
}

/// Over AWS JSON the service makes the id, and tells it in the answer.
#[tokio::test(flavor = "multi_thread")]
async fn over_aws_json_it_is_the_id_of_the_answer() {
    let stack = Stack::apart(Settings::knowing(Principals::new())).await;
    let key = stack.kms().customer_key().await.arn;
    stack.tables().create(partition_only("Music"), &Encryption::Customer(key)).await;
    let tables = stack.json(Protocol::DynamoDb);
    let put = async || {
        let body = r#"{"TableName":"Music","Item":{"pk":{"S":"a"}}}"#;
        let answer =
            tables.exchange(&tables.signer().request("PutItem", body.as_bytes())).await.expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.header("x-amzn-requestid").expect("an id").to_owned()
    };
    let (asked, not_asked) = (put().await, put().await);
    eventually("KMS notes the id", WRITTEN_WITHIN, async || {
        let decrypted = || vec!["Decrypt".to_owned()];
        (noted(&stack, &asked) == (decrypted(), decrypted())).then_some(())
    })
    .await;
    assert_eq!(noted(&stack, &not_asked), (vec![], vec![]), "a lease asks nobody");
}
