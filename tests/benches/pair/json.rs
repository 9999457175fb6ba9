//! Operations over AWS JSON with their signatures verified, at 1, 16 and 64 in flight: each in flight is a connection of
//! HTTP/1.1. Each run is made in turn with a run of a bare axum server that reads and writes JSON of the same sizes.
//!
//! Requests are signed before they are sent, and sent again and again: what is measured is how fast they are served, not
//! how fast they are signed. A signature is good for 15 minutes.

use std::sync::Arc;

use proto::table::AttributeValue;
use proto::table::attribute_value::Value as Kind;
use serde_json::{Value, json};
use tests::{Answer, Connection, Credentials, Json, Protocol};

use crate::Options;
use crate::load::{Call, drive};
use crate::report::{self, Row};
use crate::server::{Home, Server};
use crate::work::{self, LOADED, PARTITION, PUT_KEYS, TABLE, partition, scatter};

const IN_FLIGHT: [usize; 3] = [1, 16, 64];
/// Different requests of an operation; more would only take memory.
const REQUESTS: u64 = 20_000;

/// An operation: its name, what it is called in the figures, and the request that a number stands for.
type Operation = (&'static str, &'static str, fn(u64) -> Value);

const OPERATIONS: [Operation; 4] = [
    ("GetItem", "GetItem 1 KB", |number| json!({ "TableName": TABLE, "Key": key(scatter(number) % LOADED) })),
    ("PutItem", "PutItem 1 KB", |number| {
        let number = scatter(number) % PUT_KEYS;
        json!({ "TableName": TABLE, "Item": item(number) })
    }),
    ("UpdateItem", "UpdateItem with a condition", |number| {
        json!({
            "TableName": TABLE,
            "Key": key(scatter(number) % LOADED),
            "UpdateExpression": "SET #n = #n + :one",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": { "#n": "number" },
            "ExpressionAttributeValues": { ":one": { "N": "1" } },
        })
    }),
    ("Query", "Query 20 x 1 KB", |number| {
        json!({
            "TableName": TABLE,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": { ":p": { "S": partition(scatter(number) % (LOADED / PARTITION)) } },
            "Limit": 20,
        })
    }),
];

fn key(number: u64) -> Value {
    let Value::Object(mut item) = item(number) else { unreachable!("an item is an object") };
    item.retain(|name, _| name == "pk" || name == "sk");
    Value::Object(item)
}

/// The same item as over gRPC, which has strings and a number.
fn item(number: u64) -> Value {
    let member = |(name, value): (String, AttributeValue)| match value.value {
        Some(Kind::N(digits)) => (name, json!({ "N": digits })),
        Some(Kind::S(text)) => (name, json!({ "S": text })),
        other => unreachable!("{other:?}"),
    };
    work::item(number, 1024).into_iter().map(member).collect()
}

pub(crate) async fn measure(options: &Options) {
    let (home, echo_home) = (Home::new(), Home::new());
    let pair = Server::pair(tests::binary("keystead"), &home).await;
    let echo = Server::json_echo(&echo_home).await;
    let address = pair.address("table.keystead");
    work::prepare(&tests::channel(address)).await;
    let credentials = tests::root_credentials(&home.data());
    let mut rows = Vec::new();
    for (operation, name, request) in OPERATIONS {
        let json = Arc::new(Json::new(Protocol::DynamoDb, address, &credentials));
        let requests: Vec<_> = (0..REQUESTS)
            .map(|number| json.signer().request(operation, request(number).to_string().as_bytes()))
            .collect();
        let sample = json.exchange(&requests[0]).await.expect("the service answers");
        assert_eq!(sample.status, 200, "{sample:?}");
        let yardstick = echo_call(&echo, &requests[0], &sample, &credentials).await;
        let call = calls(json, requests);
        for in_flight in IN_FLIGHT {
            let (mut runs, mut echoes) = (Vec::new(), Vec::new());
            for _ in 0..options.repeats {
                echoes.push(drive(&yardstick, &echo, in_flight, options.run).await);
                runs.push(drive(&call, &pair, in_flight, options.run).await);
            }
            let name = format!("{name}, AWS JSON");
            Row::new(format!("echo of {name}"), in_flight, &echoes, &echoes).print();
            let row = Row::new(name, in_flight, &runs, &echoes);
            row.print();
            rows.push(row);
        }
    }
    pair.stop();
    echo.stop();
    report::table(&rows);
}

/// The same bytes as `request` to the echo, which answers with as many as `sample` has.
async fn echo_call(echo: &Server, request: &[u8], sample: &Answer, credentials: &Credentials) -> Call {
    let address = echo.address("json-echo.keystead");
    let text = String::from_utf8(request.to_vec()).expect("a request is text");
    let request = text.replacen("POST / ", &format!("POST /{} ", sample.body.len()), 1).replacen(
        Protocol::DynamoDb.content_type(),
        "application/json",
        1,
    );
    let json = Arc::new(Json::new(Protocol::DynamoDb, address, credentials));
    let mut connection = Connection::open(address).await.expect("the echo listens");
    let answer = connection.exchange(request.as_bytes()).await.expect("the echo answers");
    assert_eq!((answer.status, answer.body.len()), (200, sample.body.len()), "{answer:?}");
    calls(json, vec![request.into_bytes()])
}

/// Sends one of `requests` after the other, over as many connections as there are calls at once.
fn calls(json: Arc<Json>, requests: Vec<Vec<u8>>) -> Call {
    let requests = Arc::new(requests);
    Arc::new(move |number| {
        let (json, requests) = (json.clone(), requests.clone());
        Box::pin(async move {
            let at = usize::try_from(number).unwrap_or_default() % requests.len();
            let answer = json.exchange(&requests[at]).await;
            match answer {
                Ok(Answer { status: 200, .. }) => Ok(()),
                other => Err(tonic::Status::unknown(format!("{other:?}"))),
            }
        })
    })
}
