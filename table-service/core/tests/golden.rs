//! The stored forms of items and keys, against files that never change.
//!
//! A file under `golden/` may be added, never edited or removed: a change that fails here breaks stored data. The first
//! line of a file says what it holds, the second is the bytes in hexadecimal.

#![cfg(test)]

use std::collections::BTreeMap;

use table_core::codec::{decode_item, encode_item};
use table_core::number::Number;
use table_core::schema::{KeyValue, PrimaryKey};
use table_core::value::{AttributeValue, Item};

fn golden(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let hex = text.lines().nth(1).expect("a second line").trim();
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn n(text: &str) -> Number {
    text.parse().expect("a number")
}

fn every_type() -> Item {
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let inner = BTreeMap::from([("k".to_owned(), AttributeValue::L(vec![s(""), AttributeValue::Null]))]);
    [
        ("b", AttributeValue::B(vec![0, 255])),
        ("bs", AttributeValue::Bs([vec![], vec![1]].into())),
        ("f", AttributeValue::Bool(false)),
        ("l", AttributeValue::L(vec![])),
        ("long", s(&"x".repeat(300))),
        ("m", AttributeValue::M(inner)),
        ("n", AttributeValue::N(n("-12.5"))),
        ("nil", AttributeValue::Null),
        ("ns", AttributeValue::Ns([n("0"), n("1e125"), n("-1e-130"), n(&"9".repeat(38))].into())),
        ("s", s("Zoë\u{10FFFF}")),
        ("ss", AttributeValue::Ss(["a".to_owned(), "b".to_owned()].into())),
        ("t", AttributeValue::Bool(true)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn keys() -> Vec<(&'static str, PrimaryKey)> {
    let s = |text: &str| KeyValue::S(text.to_owned());
    vec![
        ("key_s.v1", PrimaryKey { hash: s("Acme Band"), range: None }),
        ("key_s_s.v1", PrimaryKey { hash: s("Acme\0Band"), range: Some(s("Happy Day")) }),
        (
            "key_n_b.v1",
            PrimaryKey { hash: KeyValue::N(n("-1234567890.5")), range: Some(KeyValue::B(vec![0, 1, 255])) },
        ),
        ("key_b_n.v1", PrimaryKey { hash: KeyValue::B(vec![0xFF]), range: Some(KeyValue::N(n("0"))) }),
    ]
}

#[test]
fn items() {
    for (name, item) in [("item_every_type.v1", every_type()), ("item_empty.v1", Item::new())] {
        let bytes = golden(name);
        assert_eq!(hex(&encode_item(&item)), hex(&bytes), "{name}");
        assert!(decode_item(&bytes) == Ok(item), "{name}");
    }
}

#[test]
fn canonical_keys() {
    for (name, key) in keys() {
        let bytes = golden(name);
        assert_eq!(hex(&key.canonical_bytes()), hex(&bytes), "{name}");
    }
}
