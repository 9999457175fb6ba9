//! One address is enough: what is the other service's is passed on, signature and all.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::pki_types::ServerName;
use serde_json::json;
use tests::{Certificate, Connection, PERMISSIVE, Principals, Protocol, Settings, Signer, Stack};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{PAIRS, refusal, signer};

/// The other one's address.
fn other(stack: &Stack, protocol: Protocol) -> SocketAddr {
    match protocol {
        Protocol::DynamoDb => stack.kms_address(),
        Protocol::Kms => stack.table_address(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_service_passes_on_what_is_the_others() {
    let stack = Stack::together().await;
    for (protocol, operation) in PAIRS {
        let signer = signer(&stack, protocol);
        let mut connection = Connection::open(other(&stack, protocol)).await.expect("it listens");
        let good = connection.exchange(&signer.request(operation, b"{}")).await.expect("an answer");
        assert_eq!(good.status, 200, "{good:?}");
        assert_eq!(good.header("content-type"), Some(protocol.content_type()));
        let bad =
            connection.exchange(&signer.request(operation, br#"{"Limit":0}"#)).await.expect("an answer");
        assert_eq!(refusal(&bad).1, "ValidationException");
        let unknown = connection.exchange(&signer.request("Dance", b"{}")).await.expect("an answer");
        assert_eq!(refusal(&unknown).1, "UnknownOperationException");
        let request = signer.request(operation, b"{}");
        let changed = String::from_utf8(request).expect("text").replace("host: here", "host: there");
        let changed = connection.exchange(changed.as_bytes()).await.expect("an answer");
        assert_eq!(refusal(&changed).1, "InvalidSignatureException");
    }
    let tables = tests::Json::new(
        Protocol::DynamoDb,
        stack.kms_address(),
        stack.root_credentials().expect("it has some"),
    );
    tables.call("DescribeLimits", &json!({})).await.expect("it is answered");
}

/// The key-management service sees who asks, and not who passes it on.
#[tokio::test(flavor = "multi_thread")]
async fn the_caller_stays_the_caller() {
    let nothing = r#"{"Statement":{"Effect":"Deny","Action":"kms:*","Resource":"*"}}"#;
    let principals = Principals::new().with("alice", PERMISSIVE).with("bob", nothing);
    let mut stack = Stack::apart(Settings::knowing(principals)).await;
    let ask = async |stack: &Stack, name: &str| {
        let credentials = &stack.principals().user(name).credentials;
        let signer = Signer::new(Protocol::Kms, "keys.example", credentials);
        let mut connection = Connection::open(stack.table_address()).await.expect("it listens");
        connection.exchange(&signer.request("ListKeys", b"{}")).await.expect("an answer")
    };
    assert_eq!(ask(&stack, "alice").await.status, 200);
    assert_eq!(refusal(&ask(&stack, "bob").await).1, "AccessDeniedException");
    stack.kill_kms().await;
    let (status, code, text) = refusal(&ask(&stack, "alice").await);
    assert_eq!((status, code.as_str()), (503, "ServiceUnavailable"), "{text}");
    stack.start_kms().await;
    assert_eq!(ask(&stack, "alice").await.status, 200);

    // What was passed on once is not passed on again: two services that name each other would not end.
    let credentials = &stack.principals().user("alice").credentials;
    for via in ["1.1 keystead", "1.0 proxy (caf\u{e9}),HTTP/1.1  Keystead"] {
        let request = Signer::new(Protocol::Kms, "keys.example", credentials);
        let request = request.request_at(SystemTime::now(), "ListKeys", b"{}", &[("via", via)]);
        let mut connection = Connection::open(stack.table_address()).await.expect("it listens");
        let answer = connection.exchange(&request).await.expect("an answer");
        assert_eq!(refusal(&answer).1, "ServiceUnavailable", "{answer:?}");
    }

    // kms-service was not told where tables are.
    let signer = signer(&stack, Protocol::DynamoDb);
    let mut connection = Connection::open(stack.kms_address()).await.expect("it listens");
    let answer = connection.exchange(&signer.request("ListTables", b"{}")).await.expect("an answer");
    assert_eq!((answer.status, &*answer.body), (404, &b"<UnknownOperationException/>\n"[..]));
}

/// Over TLS, what the table service shows the key-management service is its own certificate, and who calls is still who signed.
#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_caller_stays_the_caller_too() {
    let principals = Principals::new().with("alice", PERMISSIVE).with("bob", PERMISSIVE);
    let stack = Stack::apart(Settings::knowing(principals).over_tls()).await;
    stack.table_ready().await;
    let (alice, bob) = (stack.principals().user("alice"), stack.principals().user("bob"));
    let ask = async |protocol, address, operation: &str, own: Option<&str>| {
        let request = Signer::new(protocol, "here", &alice.credentials).request(operation, b"{}");
        let certificate = own.map(|name| stack.authority().issue(&[name]));
        over_tls(&stack, address, certificate.as_ref(), &request).await
    };
    let (tables, keys) = (stack.table_address(), stack.kms_address());
    for (protocol, operation) in PAIRS {
        assert!(ask(protocol, tables, operation, None).await.starts_with("HTTP/1.1 200 "));
    }
    assert!(ask(Protocol::Kms, keys, "ListKeys", None).await.starts_with("HTTP/1.1 200 "));
    assert!(ask(Protocol::Kms, keys, "ListKeys", Some(&alice.san)).await.starts_with("HTTP/1.1 200 "));
    let another = ask(Protocol::Kms, keys, "ListKeys", Some(&bob.san)).await;
    assert!(
        another.starts_with("HTTP/1.1 400 ") && another.contains("UnrecognizedClientException"),
        "{another}"
    );
}

/// One request over a TLS connection of its own, and all that is answered.
async fn over_tls(stack: &Stack, address: SocketAddr, own: Option<&Certificate>, request: &[u8]) -> String {
    let mut config = stack.authority().client_config(own);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let tcp = TcpStream::connect(address).await.expect("it listens");
    let name = ServerName::from(address.ip());
    let connected = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
    let mut stream = connected.expect("the certificates are right");
    let request = String::from_utf8(request.to_vec()).expect("text");
    let request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    stream.write_all(request.as_bytes()).await.expect("it listens");
    let mut heard = Vec::new();
    // Whoever closes without saying so is taken at its word.
    let _ = stream.read_to_end(&mut heard).await;
    String::from_utf8(heard).expect("text")
}
