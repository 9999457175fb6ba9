//! Promise: nothing readable. Planted strings - attribute names, values, partition keys and sort keys, of small and of
//! 300 KB items, and what bad requests carry - are in no byte of any file under the data directory nor in any log: while
//! the services run, after they stopped, and after they were killed. Nor are they in the metrics, nor in the text of any
//! refusal but for the one word that the text is about, which it quotes as AWS's does. Through each door.

use std::time::{Duration, SystemTime};

use proto::kms::{DecryptRequest, EncryptRequest};
use proto::table::{PutItemRequest, QueryRequest, ScalarAttributeType, ScanRequest};
use tests::canary::{Canary, files};
use tests::item::{attributes, b, bool, l, m, n, nested, null, s};
use tests::{
    Connection, Credentials, Door, Encryption, Kms, Protocol, Refusal, Refused, Settings, Signer, Stack,
    Tables, table,
};

const LARGE_BYTES: usize = 300 * 1024;

tests::through_each_door! {
    planted_strings_are_in_no_file_and_no_log
    planted_strings_are_in_no_log_at_the_finest_level
}

/// Writes, reads, overwrites and deletes items in which everything is a canary.
async fn plant_in_items(tables: &Tables, name: &str, canary: &Canary) {
    let plant = |place: &str| canary.plant(place);
    for number in 0..40 {
        // Partitions with one item and with many; prefixes of sort keys shared and not.
        let partition = plant(&format!("partition{}", number % 5));
        let sort = plant(&format!("sort{number}"));
        let mut item = attributes([
            ("pk", s(&partition)),
            ("sk", s(&sort)),
            ("string", s(plant("string"))),
            ("binary", b(plant("binary"))),
            ("list", l([s(plant("element")), n(number), null(), bool(true)])),
            ("map", m([(plant("innername").as_str(), s(plant("innervalue")))])),
            (plant("name").as_str(), s("short")),
            (plant("setname").as_str(), tests::item::ss([plant("member").as_str()])),
        ]);
        if number % 8 == 0 {
            item.insert(plant("large"), s(canary.plant_bulk(LARGE_BYTES)));
        }
        tables.put(name, item.clone()).await.expect("the item is written");
        if number % 3 == 0 {
            item.insert("again".to_owned(), s(plant("overwritten")));
            tables.put(name, item).await.expect("the item is overwritten");
        }
        let key = attributes([("pk", s(&partition)), ("sk", s(&sort))]);
        if number % 7 == 0 {
            tables.delete(name, key).await.expect("the item is deleted");
        } else {
            assert!(tables.get(name, key).await.expect("the item is read").is_some());
        }
    }
    let query = QueryRequest {
        table_name: name.to_owned(),
        key_condition_expression: "pk = :p and begins_with(sk, :s)".to_owned(),
        expression_attribute_values: attributes([(":p", s(plant("partition1"))), (":s", s(plant("sort")))]),
        limit: Some(2),
        ..Default::default()
    };
    assert!(!tables.query_all(query).await.expect("read").is_empty());
    let scan = ScanRequest { table_name: name.to_owned(), limit: Some(7), ..Default::default() };
    assert!(!tables.scan_all(scan).await.expect("read").is_empty());
}

/// Requests that are refused must not put what they carry into a log or an error text either.
async fn plant_in_refused_requests(tables: &Tables, name: &str, canary: &Canary) {
    let plant = |place: &str| canary.plant(place);
    let keys = || attributes([("pk", s(plant("badpartition"))), ("sk", s(plant("badsort")))]);
    let with = |name: &str, value| {
        let mut item = keys();
        item.insert(name.to_owned(), value);
        item
    };
    let items = [
        (with(&plant("oversize"), s(canary.plant_bulk(450_000))), None),
        (with("deep", nested(40, s(plant("deep")))), None),
        (with("number", n(plant("notanumber"))), Some(plant("notanumber"))),
        (attributes([("pk", s(plant("alone")))]), None),
        (attributes([("pk", s(canary.plant_bulk(3_000))), ("sk", s("x"))]), None),
        (attributes([("pk", s("x")), ("sk", s(canary.plant_bulk(2_000)))]), None),
        (attributes([("pk", b(plant("wrongtype"))), ("sk", s("x"))]), None),
    ];
    for (item, quoted) in items {
        assert_quotes(&tables.put(name, item).await.refused(), quoted.as_deref(), canary);
    }
    assert_quotes(&tables.put(&plant("table"), keys()).await.refused(), None, canary);
    let conditional = PutItemRequest {
        table_name: name.to_owned(),
        item: keys(),
        condition_expression: format!("attribute_exists({})", plant("condition")),
        ..Default::default()
    };
    assert_quotes(&tables.put_item(conditional).await.refused(), None, canary);
    let expressions = [
        (format!("pk = :p and {}", plant("expression")), Some(plant("expression"))),
        (plant("expression"), Some(plant("expression"))),
        ("pk = :q".to_owned(), None),
    ];
    for (expression, quoted) in expressions {
        let query = QueryRequest {
            table_name: name.to_owned(),
            key_condition_expression: expression,
            expression_attribute_values: attributes([(":p", s(plant("queried")))]),
            ..Default::default()
        };
        assert_quotes(&tables.query(query).await.refused(), quoted.as_deref(), canary);
    }
}

/// Fails the test when a refusal says anything of what was planted but `quoted`.
#[track_caller]
fn assert_quotes(refused: &Refused, quoted: Option<&str>, canary: &Canary) {
    let said = format!("{refused:?} {}", refused.request_id);
    let rest = quoted.map_or_else(|| said.clone(), |quoted| said.replace(quoted, ""));
    canary.assert_unsaid(&rest, "in a refusal");
}

/// Plaintext given to KMS, well and badly.
async fn plant_in_kms(kms: &Kms, key: &str, canary: &Canary) {
    let encrypt =
        |plaintext: Vec<u8>| EncryptRequest { key_id: key.to_owned(), plaintext, ..Default::default() };
    let answer = kms.encrypt(encrypt(canary.plant("plaintext").into())).await.expect("it encrypts");
    let decrypt = DecryptRequest { ciphertext_blob: answer.ciphertext_blob, ..Default::default() };
    let answer = kms.decrypt(decrypt).await.expect("it decrypts");
    assert_eq!(answer.plaintext, canary.plant("plaintext").into_bytes());
    let refused = kms.encrypt(encrypt(canary.plant_bulk(4_097).into())).await.refused();
    assert_quotes(&refused, None, canary);
    let decrypt = DecryptRequest { ciphertext_blob: canary.plant("blob").into(), ..Default::default() };
    assert_quotes(&kms.decrypt(decrypt).await.refused(), None, canary);
}

/// HTTP requests that never become a request of an operation, or only in part.
async fn plant_in_http(stack: &Stack, protocol: Protocol, canary: &Canary) {
    let plant = |place: &str| canary.plant(place);
    let address = match protocol {
        Protocol::DynamoDb => stack.table_address(),
        Protocol::Kms => stack.kms_address(),
    };
    let signer = Signer::new(protocol, address, &stack.signing());
    let stranger = Credentials::new(plant("accesskey"), plant("secret"));
    let stranger = Signer::new(protocol, address, &stranger);
    let known = match protocol {
        Protocol::DynamoDb => "PutItem",
        Protocol::Kms => "Encrypt",
    };
    let body = |text: &str| format!(r#"{{"{}":{{"S":"{}"}}{text}"#, plant("member"), plant("value"));
    let now = SystemTime::now();
    let mut forged = signer.request(known, body("}").as_bytes());
    let last = forged.len() - 2;
    forged[last] = b' ';
    let requests = [
        signer.request(known, body("}").as_bytes()),
        signer.request(known, body("").as_bytes()),
        signer.request(known, plant("nojson").as_bytes()),
        signer.request(known, format!("\"{}\"", plant("text")).as_bytes()),
        signer.request(&plant("Operation"), b"{}"),
        signer.request_at(now, known, b"{}", &[("x-amz-meta", &plant("header"))]),
        signer.request_at(now - Duration::from_secs(3_600), known, body("}").as_bytes(), &[]),
        stranger.request(known, body("}").as_bytes()),
        forged,
    ];
    for request in requests {
        let mut connection = Connection::open(address).await.expect("somebody listens");
        let answer = connection.exchange(&request).await.expect("an answer");
        assert!((400..500).contains(&answer.status), "{answer:?}");
        canary.assert_unsaid(&format!("{answer:?}"), "in an answer");
    }
}

async fn plant(stack: &Stack, key: &str, canary: &Canary) {
    for protocol in [Protocol::DynamoDb, Protocol::Kms] {
        plant_in_http(stack, protocol, canary).await;
    }
    let tables = stack.tables();
    for name in ["Owned", "Managed", "Customer"] {
        plant_in_items(&tables, name, canary).await;
        plant_in_refused_requests(&tables, name, canary).await;
    }
    plant_in_kms(&stack.kms(), key, canary).await;
    tables.switch("Owned", &Encryption::Customer(key.to_owned())).await;
    tables.switch("Owned", &Encryption::Owned).await;
    plant_in_items(&tables, "Owned", canary).await;
    for metrics in stack.metrics_bodies().await {
        assert!(metrics.contains("keystead_rpc_total"), "{metrics}");
        canary.assert_unsaid(&metrics, "in the metrics");
    }
}

async fn planted_strings_are_in_no_file_and_no_log(door: Door) {
    let canary = Canary::new();
    let mut stack = Stack::together_with(Settings::through(door)).await;
    let key = stack.kms().customer_key().await.key_id;
    let kinds = [
        ("Owned", Encryption::Owned),
        ("Managed", Encryption::Managed),
        ("Customer", Encryption::Customer(key.clone())),
    ];
    for (name, kind) in &kinds {
        let keys = (("pk", ScalarAttributeType::S), Some(("sk", ScalarAttributeType::S)));
        stack.tables().create(table(name, keys.0, keys.1), kind).await;
    }

    plant(&stack, &key, &canary).await;
    canary.assert_unseen(&stack.data(), "in the data, running");
    canary.assert_unseen(&stack.logs(), "in the logs, running");
    let stored: u64 =
        files(&stack.data()).iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
    assert!(stored > 4 * 1024 * 1024, "what was written is somewhere in these {stored} bytes");
    assert!(!files(&stack.logs()).is_empty(), "there are logs to look at");

    stack.kill().await;
    canary.assert_unseen(&stack.data(), "in the data, after kill -9");
    canary.assert_unseen(&stack.logs(), "in the logs, after kill -9");

    stack.start().await;
    plant(&stack, &key, &canary).await;
    let stopped = stack.stop().await;
    canary.assert_unseen(&stopped.data(), "in the data, after a stop");
    canary.assert_unseen(&stopped.logs(), "in the logs, after a stop");
}

/// The same for the services run apart with logs at their most talkative.
async fn planted_strings_are_in_no_log_at_the_finest_level(door: Door) {
    let canary = Canary::new();
    let stack = Stack::apart(Settings::through(door).logging("trace")).await;
    let key = stack.kms().customer_key().await.key_id;
    for name in ["Owned", "Managed", "Customer"] {
        let kind = match name {
            "Owned" => Encryption::Owned,
            "Managed" => Encryption::Managed,
            _ => Encryption::Customer(key.clone()),
        };
        let keys = (("pk", ScalarAttributeType::S), Some(("sk", ScalarAttributeType::S)));
        stack.tables().create(table(name, keys.0, keys.1), &kind).await;
    }
    plant(&stack, &key, &canary).await;
    let stopped = stack.stop().await;
    let logs = files(&stopped.logs());
    let talkative =
        |file: &std::path::PathBuf| std::fs::read_to_string(file).is_ok_and(|log| log.contains("\"TRACE\""));
    assert_eq!(
        logs.iter().filter(|file| talkative(file)).count(),
        2,
        "both services log at the finest level"
    );
    canary.assert_unseen(&stopped.data(), "in the data");
    canary.assert_unseen(&stopped.logs(), "in the logs");
}
