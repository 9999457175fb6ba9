//! Promise: what comes over the wire as AWS JSON is answered as AWS answers it, whoever sends it and whatever it is. Nobody
//! is let in without a signature that is right for this request, here and now; nothing that is sent unsigned costs more than
//! it is allowed to.

mod neighbours;
mod signatures;
mod sizes;

use serde_json::{Value, json};
use tests::{Answer, Connection, Protocol, Signer, Stack};
use uuid::Uuid;

/// A request as somebody writes it who has no signature, or none of this kind.
fn unsigned(verb: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{verb} {path} HTTP/1.1\r\nhost: here\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

/// The code of an error, without its namespace, and the text.
#[track_caller]
fn refusal(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = text("__type").rsplit('#').next().unwrap_or_default().to_owned();
    (answer.status, code, text("message"))
}

fn signer(stack: &Stack, protocol: Protocol) -> Signer {
    Signer::new(protocol, "here", stack.root_credentials().expect("it has some"))
}

async fn connect(stack: &Stack, protocol: Protocol) -> Connection {
    let address = match protocol {
        Protocol::DynamoDb => stack.table_address(),
        Protocol::Kms => stack.kms_address(),
    };
    Connection::open(address).await.expect("it listens")
}

/// CRC-32 as of IEEE 802.3, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _: u8| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// Both protocols' targets have an operation that asks for nothing.
const PAIRS: [(Protocol, &str); 2] = [(Protocol::DynamoDb, "ListTables"), (Protocol::Kms, "ListKeys")];

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_an_id_a_type_and_a_checksum() {
    let stack = Stack::together().await;
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    for (protocol, operation) in PAIRS {
        let mut connection = connect(&stack, protocol).await;
        let signer = signer(&stack, protocol);
        let good = connection.exchange(&signer.request(operation, b"{}")).await.expect("an answer");
        let bad = connection.exchange(&signer.request(operation, b"[]")).await.expect("an answer");
        assert_eq!((good.status, bad.status), (200, 400), "{good:?} {bad:?}");
        let mut ids = Vec::new();
        for answer in [good, bad] {
            assert_eq!(answer.header("content-type"), Some(protocol.content_type()));
            let id = answer.header("x-amzn-requestid").expect("an id").to_owned();
            match protocol {
                Protocol::DynamoDb => {
                    assert!(id.len() == 52 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
                    let checksum = answer.header("x-amz-crc32").and_then(|text| text.parse().ok());
                    assert_eq!(checksum, Some(crc32(&answer.body)));
                }
                Protocol::Kms => {
                    assert!(Uuid::parse_str(&id).is_ok(), "{id}");
                    assert_eq!(answer.header("x-amz-crc32"), None);
                }
            }
            ids.push(id);
        }
        assert_ne!(ids[0], ids[1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_of_a_protocol_is_told_so() {
    let stack = Stack::together().await;
    for (protocol, operation) in PAIRS {
        let mut connection = connect(&stack, protocol).await;
        let target = format!("{}.{operation}", protocol.target());
        let kind = protocol.content_type();
        let healthy = connection.exchange(&unsigned("GET", "/", &[], "")).await.expect("an answer");
        let text = format!("healthy: {}.us-east-1.amazonaws.com ", protocol.signing_name());
        assert_eq!((healthy.status, &*healthy.body), (200, text.as_bytes()));
        for (verb, path, kind) in [
            ("PUT", "/", kind),
            ("POST", "/x", kind),
            ("POST", "/", "text/plain"),
            ("GET", "/x", kind),
            ("DELETE", "/", kind),
        ] {
            let headers = [("content-type", kind), ("x-amz-target", &target)];
            let request = unsigned(verb, path, &headers, "{}");
            let answer = connection.exchange(&request).await.expect("an answer");
            assert_eq!(
                (answer.status, &*answer.body),
                (404, &b"<UnknownOperationException/>\n"[..]),
                "{verb} {path} {kind}"
            );
        }
    }
}

/// The body first, if the protocol has it so; then the operation, then who asks; each on the same connection, which stays open.
#[tokio::test(flavor = "multi_thread")]
async fn checks_come_in_order() {
    let stack = Stack::together().await;
    for (protocol, operation) in PAIRS {
        let mut connection = connect(&stack, protocol).await;
        let known = format!("{}.{operation}", protocol.target());
        let unknown = format!("{}.Dance", protocol.target());
        let kind = protocol.content_type();
        let (no_operation, no_json) = match protocol {
            Protocol::DynamoDb => ("SerializationException", "SerializationException"),
            Protocol::Kms => ("UnknownOperationException", "MissingAuthenticationTokenException"),
        };
        for (target, body, code) in [
            (unknown.as_str(), "{", no_operation),
            (&known, "", no_json),
            (&known, "{} {}", no_json),
            (&unknown, "{}", "UnknownOperationException"),
            ("Other.Dance", "{}", "UnknownOperationException"),
            (&known, "{}", "MissingAuthenticationTokenException"),
            (&known, "[]", "MissingAuthenticationTokenException"),
        ] {
            let request = unsigned("POST", "/", &[("content-type", kind), ("x-amz-target", target)], body);
            let answer = connection.exchange(&request).await.expect("an answer");
            let (status, found, _) = refusal(&answer);
            assert_eq!((status, found.as_str()), (400, code), "{target} {body}");
        }
        let none = unsigned("POST", "/", &[("content-type", kind)], "{}");
        let answer = connection.exchange(&none).await.expect("an answer");
        assert_eq!(refusal(&answer).1, "UnknownOperationException");
    }
}

/// Metrics have a name for each operation that exists, and one for all others.
#[tokio::test(flavor = "multi_thread")]
async fn operations_are_counted_by_their_names() {
    let stack = Stack::together().await;
    let tables = stack.json(Protocol::DynamoDb);
    tables.call("ListTables", &json!({})).await.expect("root may");
    tables.call("ListTables", &json!({ "Limit": 0 })).await.expect_err("too few");
    tables.call("Dance", &json!({})).await.expect_err("no operation");
    let metrics = stack.table_metrics().await;
    let counts = |method| {
        metrics.sums(
            "keystead_rpc_total",
            "code",
            &[("service", Protocol::DynamoDb.target()), ("method", method)],
        )
    };
    assert_eq!(counts("ListTables"), [("INVALID_ARGUMENT", 1.0), ("OK", 1.0)].into());
    assert_eq!(counts("unknown"), [("UNIMPLEMENTED", 1.0)].into());
    assert!(counts("Dance").is_empty());
}
