//! Random values for property tests.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::{AttributeValue, Item, raw};
use crate::number::Number;
use crate::schema::KeyValue;

/// Numbers of all lengths and magnitudes, many of them close to one another.
pub(crate) fn any_number() -> impl Strategy<Value = Number> {
    let digits =
        prop_oneof!["[1-9][0-9]{0,37}", Just("1".to_owned()), Just("9".repeat(38)), "[1-9]0{10,36}[0-9]",];
    let magnitude = prop_oneof![-130_i64..=125, -3_i64..=3, Just(-130), Just(125), Just(37), Just(38)];
    let nonzero = (any::<bool>(), digits, magnitude).prop_map(|(neg, digits, magnitude)| {
        let first = i64::try_from(digits.len()).unwrap() - 1;
        let sign = if neg { "-" } else { "" };
        format!("{sign}{digits}e{}", magnitude - first).parse().unwrap()
    });
    prop_oneof![30 => nonzero, 1 => Just(Number::ZERO)]
}

/// Short texts over few characters, so that many share prefixes; zero bytes and long characters among them.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab\\x00\\x01é\\u{10FFFF}]{0,6}", 1 => ".{0,20}"]
}

/// Byte strings with many zeros and 0xFFs.
pub(crate) fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![3 => prop_oneof![Just(0), Just(1), Just(0xFE), Just(0xFF)], 1 => any::<u8>()], 0..8)
}

/// Key values of all types.
pub(crate) fn any_key_value() -> impl Strategy<Value = KeyValue> {
    prop_oneof![
        any_text().prop_map(KeyValue::S),
        any_number().prop_map(KeyValue::N),
        any_bytes().prop_map(KeyValue::B),
    ]
}

/// Values of all types, nested.
pub(crate) fn any_value() -> impl Strategy<Value = AttributeValue> {
    let leaf = prop_oneof![
        any_text().prop_map(AttributeValue::S),
        any_number().prop_map(AttributeValue::N),
        any_bytes().prop_map(AttributeValue::B),
        btree_set(any_text(), 1..4).prop_map(AttributeValue::Ss),
        btree_set(any_number(), 1..4).prop_map(AttributeValue::Ns),
        btree_set(any_bytes(), 1..4).prop_map(AttributeValue::Bs),
        Just(AttributeValue::Null),
        any::<bool>().prop_map(AttributeValue::Bool),
    ];
    leaf.prop_recursive(5, 32, 4, |inner| {
        prop_oneof![
            btree_map("[a-c]{1,2}", inner.clone(), 0..4).prop_map(AttributeValue::M),
            vec(inner, 0..4).prop_map(AttributeValue::L),
        ]
    })
}

/// Items.
pub(crate) fn any_item() -> impl Strategy<Value = Item> {
    btree_map("[a-z]{1,6}", any_value(), 0..6).prop_map(Item::from)
}

/// The raw form of a value, as a door would build it.
pub(crate) fn to_raw(value: &AttributeValue) -> raw::Value {
    let numbers = |set: &BTreeSet<Number>| set.iter().map(Number::to_string).collect();
    match value {
        AttributeValue::S(text) => raw::Value::S(text.clone()),
        AttributeValue::N(number) => raw::Value::N(number.to_string()),
        AttributeValue::B(bytes) => raw::Value::B(bytes.clone()),
        AttributeValue::Ss(set) => raw::Value::Ss(set.iter().rev().cloned().collect()),
        AttributeValue::Ns(set) => raw::Value::Ns(numbers(set)),
        AttributeValue::Bs(set) => raw::Value::Bs(set.iter().rev().cloned().collect()),
        AttributeValue::M(map) => raw::Value::M(
            map.iter().map(|(name, value)| (name.clone(), to_raw(value))).collect::<BTreeMap<_, _>>(),
        ),
        AttributeValue::L(list) => raw::Value::L(list.iter().map(to_raw).collect()),
        AttributeValue::Null => raw::Value::Null(true),
        AttributeValue::Bool(value) => raw::Value::Bool(*value),
    }
}
