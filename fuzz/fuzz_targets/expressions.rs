//! Texts of expressions: the first letter chooses the kind, `c`, `u`, `p` or `k`, the rest is the text. What is accepted is bound to
//! placeholders of every type and used on an item that has every type; a condition and its negation must disagree.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use table_core::error::ExpressionKind;
use table_core::expr::substitution::{Substitutions, ValueErrors};
use table_core::expr::{self, bind, projection::Projection, update::Update};
use table_core::keycond::{self, KeyCondition, KeyTests, RangeCondition};
use table_core::ops::PutItem;
use table_core::schema::{KeyAttribute, KeySchema, KeyValue, ScalarType};
use table_core::value::{Item, raw};

/// An item with every type, below and beside one another.
const ITEM: &[u8] = br#"{"TableName": "t", "Item": {
    "a": {"N": "1"}, "b": {"S": "text"}, "c": {"L": [{"N": "2"}, {"M": {"d": {"L": [{"S": "x"}]}}}, {"NULL": true}]},
    "m": {"M": {"a": {"N": "-3.5"}, "b": {"M": {"c": {"BOOL": true}}}}}, "s": {"SS": ["x", "y"]},
    "n": {"NS": ["1", "2"]}, "y": {"BS": ["AA==", "AQ=="]}, "z": {"B": "AAEC"}}}"#;

fn sample() -> raw::Map {
    shape::decode::<PutItem>(ITEM).expect("the sample is a request").item
}

static SAMPLE: LazyLock<Item> = LazyLock::new(|| raw::item(sample()).expect("the sample is an item"));

/// A table whose keys are two attributes of the sample.
static SCHEMA: LazyLock<KeySchema> = LazyLock::new(|| {
    let attribute = |name: &str, kind| KeyAttribute { name: name.to_owned(), kind };
    KeySchema { hash: attribute("a", ScalarType::N), range: Some(attribute("b", ScalarType::S)) }
});

/// Placeholders for the names of the sample, and for its values.
fn substitutions() -> Substitutions {
    let names = ["a", "b", "c", "d", "m"].map(|name| (format!("#{name}"), name.to_owned()));
    let values = sample().into_iter().map(|(name, value)| (format!(":{name}"), value)).collect();
    Substitutions::new(Some(BTreeMap::from(names)), Some(values), ValueErrors::Bare).expect("they are right")
}

/// Whether a condition holds of the sample, if it is one.
fn holds(text: &str) -> Option<bool> {
    let parsed = expr::condition(ExpressionKind::Condition, text).ok()?;
    Some(bind::condition(&parsed, &mut substitutions()).ok()?.holds(&SAMPLE))
}

fn condition(text: &str) {
    let Some(truth) = holds(text) else { return };
    // Parentheses around parentheses are refused, and so are texts that are too long.
    if let Some(negation) = holds(&format!("NOT ({text})")) {
        assert_ne!(truth, negation, "{text:?} and its negation agree");
    }
}

fn update(text: &str) {
    let Ok(parsed) = expr::update(text) else { return };
    let Ok(bound) = Update::bind(&parsed, &mut substitutions()) else { return };
    let Ok(after) = bound.apply(SAMPLE.clone()) else { return };
    // What an update answers with is a part of the item, before and after it.
    for item in [&SAMPLE, &after] {
        assert!(bound.touched(item).size() <= item.size(), "{text:?}");
    }
}

fn projection(text: &str) {
    let Ok(parsed) = expr::projection(text) else { return };
    let Ok(bound) = Projection::bind(&parsed, &mut substitutions()) else { return };
    assert!(bound.of(&SAMPLE).size() <= SAMPLE.size(), "{text:?}");
}

fn key_condition(text: &str) {
    let Ok(cond) = keycond::parse(text, &mut substitutions()) else { return };
    let Ok(tests) = KeyTests::new(cond) else { return };
    let Ok(KeyCondition { range: Some(range), .. }) = tests.against(&SCHEMA) else { return };
    let key = KeyValue::S("text".to_owned());
    let expected = match &range {
        RangeCondition::Equal(value) => key == *value,
        RangeCondition::Less(value) => key < *value,
        RangeCondition::AtMost(value) => key <= *value,
        RangeCondition::Greater(value) => key > *value,
        RangeCondition::AtLeast(value) => key >= *value,
        RangeCondition::Between(low, high) => *low <= key && key <= *high,
        RangeCondition::BeginsWith(KeyValue::S(prefix)) => "text".starts_with(prefix.as_str()),
        RangeCondition::BeginsWith(_) => false,
    };
    assert_eq!(range.matches(&key), expected, "{text:?}");
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, text)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    match choice {
        b'c' => condition(text),
        b'u' => update(text),
        b'p' => projection(text),
        b'k' => key_condition(text),
        _ => {}
    }
});
