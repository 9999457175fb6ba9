//! How much of anything is taken: bodies, what is in compressed ones, headers, nesting, and time.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::{Compression, write::GzEncoder};
use tests::{Connection, Protocol, Settings, Stack, within};

use crate::{PAIRS, connect, refusal, signer, unsigned};

const MEGABYTE: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(120);

fn largest(protocol: Protocol) -> usize {
    match protocol {
        Protocol::DynamoDb => 16 * MEGABYTE,
        Protocol::Kms => MEGABYTE,
    }
}

/// An object of as many bytes.
fn object(bytes: usize) -> Vec<u8> {
    format!(r#"{{"Ignored":"{}"}}"#, "x".repeat(bytes - 14)).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_be_so_large_and_no_larger() {
    let stack = Stack::together().await;
    for (protocol, operation) in PAIRS {
        let signer = signer(&stack, protocol);
        let limit = largest(protocol);
        assert_eq!(object(limit).len(), limit);
        let mut connection = connect(&stack, protocol).await;
        let whole = connection.exchange(&signer.request(operation, &object(limit))).await.expect("an answer");
        assert_eq!(whole.status, 200, "{whole:?}");
        let more =
            connection.exchange(&signer.request(operation, &object(limit + 1))).await.expect("an answer");
        assert_eq!((more.status, more.body.len()), (413, 0));

        // What is announced is not waited for, and what is not announced is counted.
        let target = format!("{}.{operation}", protocol.target());
        let headers = format!("content-type: {}\r\nx-amz-target: {target}\r\n", protocol.content_type());
        let mut connection = connect(&stack, protocol).await;
        let huge = format!("POST / HTTP/1.1\r\nhost: here\r\n{headers}content-length: 100000000000\r\n\r\n");
        connection.send(huge.as_bytes()).await.expect("it listens");
        assert_eq!(within("an answer", PATIENCE, connection.answer()).await.expect("an answer").status, 413);

        let mut connection = connect(&stack, protocol).await;
        let endless = format!("POST / HTTP/1.1\r\nhost: here\r\n{headers}transfer-encoding: chunked\r\n\r\n");
        connection.send(endless.as_bytes()).await.expect("it listens");
        let chunk = [b"100000\r\n", &vec![b' '; MEGABYTE][..], b"\r\n"].concat();
        for _ in 0..=limit / MEGABYTE {
            connection.send(&chunk).await.expect("it is read on");
        }
        assert_eq!(within("an answer", PATIENCE, connection.answer()).await.expect("an answer").status, 413);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_bodies_are_opened_within_the_same_bounds() {
    let stack = Stack::together().await;
    let gzip = |plain: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).expect("memory");
        encoder.finish().expect("memory")
    };
    for (protocol, operation) in PAIRS {
        let signer = signer(&stack, protocol);
        let mut connection = connect(&stack, protocol).await;
        let now = std::time::SystemTime::now();
        let mut ask = async |body: &[u8], encoding: &str| {
            let request = signer.request_at(now, operation, body, &[("content-encoding", encoding)]);
            connection.exchange(&request).await.expect("an answer")
        };
        assert_eq!(ask(&gzip(b"{}"), "gzip").await.status, 200);
        assert_eq!(ask(b"{}", "identity").await.status, 200);
        assert_eq!(ask(&gzip(&object(largest(protocol) + 1)), "gzip").await.status, 413);
        for (body, encoding) in [(&b"{}"[..], "gzip"), (&gzip(b"{"), "gzip"), (b"{}", "br")] {
            let answer = ask(body, encoding).await;
            assert_eq!(refusal(&answer).1, "SerializationException", "{encoding}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_bounded() {
    let stack = Stack::together().await;
    for (protocol, operation) in PAIRS {
        let signer = signer(&stack, protocol);
        let long = |bytes: usize| {
            let value = "y".repeat(bytes);
            signer.request_at(std::time::SystemTime::now(), operation, b"{}", &[("x-long", &value)])
        };
        let few = connect(&stack, protocol).await.exchange(&long(8_000)).await.expect("an answer");
        assert_eq!(few.status, 200);
        for many in [long(20_000), long(1_000_000)] {
            let mut connection = connect(&stack, protocol).await;
            // It may be cut off before all is said.
            let _ = connection.send(&many).await;
            match connection.answer().await {
                Ok(answer) => assert_eq!(answer.status, 431),
                Err(cut_off) => drop(cut_off),
            }
        }
    }
}

/// Nesting costs neither stack nor time, signed or not, wherever it is.
#[tokio::test(flavor = "multi_thread")]
async fn nesting_is_bounded() {
    let stack = Stack::together().await;
    for (protocol, operation) in PAIRS {
        let signer = signer(&stack, protocol);
        let mut connection = connect(&stack, protocol).await;
        for depth in [10_000, 400_000] {
            for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
                let middle = if open == "[" { "" } else { "1" };
                let nested = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
                if nested.len() + 100 > largest(protocol) {
                    continue;
                }
                let unclosed = open.repeat(depth);
                for body in [nested.clone(), format!(r#"{{"Unknown":{nested}}}"#), unclosed] {
                    let answer = connection.exchange(&signer.request(operation, body.as_bytes())).await;
                    let answer = answer.expect("an answer");
                    assert!([200, 400].contains(&answer.status), "{answer:?}");
                    let headers = [("content-type", protocol.content_type())];
                    let request = unsigned("POST", "/", &headers, &body);
                    let answer = connection.exchange(&request).await.expect("an answer");
                    assert_eq!(answer.status, 400, "{answer:?}");
                }
            }
        }
    }
    let signer = signer(&stack, Protocol::DynamoDb);
    let mut connection = connect(&stack, Protocol::DynamoDb).await;
    let value = format!(r#"{}{{"S":"x"}}{}"#, r#"{"L":["#.repeat(10_000), "]}".repeat(10_000));
    let parentheses = "(".repeat(10_000);
    for body in [
        format!(r#"{{"TableName":"Music","Item":{{"a":{value}}}}}"#),
        format!(r#"{{"TableName":"Music","Item":{{}},"ConditionExpression":"{parentheses}"}}"#),
        format!(r#"{{"TableName":"Music","Item":{{}},"ConditionExpression":"{}a"}}"#, "NOT ".repeat(1_000)),
    ] {
        let answer =
            connection.exchange(&signer.request("PutItem", body.as_bytes())).await.expect("an answer");
        assert_eq!(answer.status, 400);
        assert!(["ValidationException", "SerializationException"].contains(&refusal(&answer).1.as_str()));
    }
}

/// Who sends a body too slowly is told that its time is over; who sends nothing whole is cut off.
#[tokio::test(flavor = "multi_thread")]
async fn slow_senders_are_told_or_cut() {
    let settings = Settings::default().together_flags(["--request-timeout", "2s"]);
    let stack = Stack::together_with(settings).await;
    let protocol = Protocol::DynamoDb;
    let request = signer(&stack, protocol).request("ListTables", &object(1_000));
    let mut connection = connect(&stack, protocol).await;
    let began = Instant::now();
    connection.send(&request[..request.len() - 100]).await.expect("it listens");
    let answer = within("an answer", PATIENCE, connection.answer()).await.expect("an answer");
    assert_eq!((answer.status, refusal(&answer).1.as_str()), (503, "RequestTimeout"));
    assert!(began.elapsed() >= Duration::from_secs(1));

    let mut silent = Vec::new();
    for said in [&b""[..], b"POST", b"POST / HTTP/1.1\r\n", &request[..300]] {
        let mut connection = Connection::open(stack.table_address()).await.expect("it listens");
        connection.send(said).await.expect("it listens");
        silent.push(connection);
    }
    for mut connection in silent {
        let _ = within("it is cut off", PATIENCE, connection.answer()).await;
    }
    let good = connect(&stack, protocol).await.exchange(&request).await.expect("an answer");
    assert_eq!(good.status, 200);
}

/// Strangers who fill the memory for requests that nobody has proved, and end none, keep out no large request of a caller's.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_on_to_memory_keeps_out_nobody() {
    const HELD: usize = MEGABYTE / 2;
    let stack = Stack::together().await;
    let protocol = Protocol::DynamoDb;
    let target = format!("{}.ListTables", protocol.target());
    let headers = format!("content-type: {}\r\nx-amz-target: {target}\r\n", protocol.content_type());
    let head = format!("POST / HTTP/1.1\r\nhost: here\r\n{headers}content-length: {}\r\n\r\n", HELD + 1);
    let held = [head.into_bytes(), vec![b' '; HELD]].concat();
    let mut strangers = Vec::new();
    for _ in 0..150 {
        let mut stranger = connect(&stack, protocol).await;
        stranger.send(&held).await.expect("it listens");
        strangers.push(stranger);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let signer = signer(&stack, protocol);
    for megabytes in [1, 3, 15] {
        let request = signer.request("ListTables", &object(megabytes * MEGABYTE));
        let answer = connect(&stack, protocol).await.exchange(&request).await.expect("an answer");
        assert_eq!(answer.status, 200, "{megabytes} MB: {answer:?}");
    }
    // They were given up for it, and are told so.
    let mut oldest = strangers.swap_remove(0);
    let answer = within("an answer", PATIENCE, oldest.answer()).await.expect("an answer");
    assert_eq!(answer.status, 503);
}
