//! Short ways to write items and attribute values.

use std::collections::HashMap;

use proto::table::attribute_value::Value;
use proto::table::{AttributeList, AttributeMap, AttributeValue, BinarySet, Item, NumberSet, StringSet};

/// An item, a key, or the values of an expression.
pub type Attributes = HashMap<String, AttributeValue>;

/// An item from its members.
pub fn attributes<const N: usize>(members: [(&str, AttributeValue); N]) -> Attributes {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// An item as lists of items carry it.
pub fn listed(attributes: Attributes) -> Item {
    Item { attributes }
}

fn value(value: Value) -> AttributeValue {
    AttributeValue { value: Some(value) }
}

/// A string.
pub fn s(text: impl Into<String>) -> AttributeValue {
    value(Value::S(text.into()))
}

/// A number.
pub fn n(number: impl ToString) -> AttributeValue {
    value(Value::N(number.to_string()))
}

/// Bytes.
pub fn b(bytes: impl Into<Vec<u8>>) -> AttributeValue {
    value(Value::B(bytes.into()))
}

/// A boolean.
pub fn bool(truth: bool) -> AttributeValue {
    value(Value::Bool(truth))
}

/// Null.
pub fn null() -> AttributeValue {
    value(Value::Null(true))
}

/// A string set.
pub fn ss<const N: usize>(members: [&str; N]) -> AttributeValue {
    value(Value::Ss(StringSet { values: members.map(str::to_owned).into() }))
}

/// A number set.
pub fn ns<const N: usize>(members: [&str; N]) -> AttributeValue {
    value(Value::Ns(NumberSet { values: members.map(str::to_owned).into() }))
}

/// A set of byte strings.
pub fn bs<const N: usize>(members: [&[u8]; N]) -> AttributeValue {
    value(Value::Bs(BinarySet { values: members.map(<[u8]>::to_vec).into() }))
}

/// A list.
pub fn l<const N: usize>(members: [AttributeValue; N]) -> AttributeValue {
    value(Value::L(AttributeList { values: members.into() }))
}

/// A map.
pub fn m<const N: usize>(members: [(&str, AttributeValue); N]) -> AttributeValue {
    value(Value::M(AttributeMap { values: attributes(members) }))
}

/// `depth` maps around `inner`.
pub fn nested(depth: usize, inner: AttributeValue) -> AttributeValue {
    (0..depth).fold(inner, |inner, _| m([("x", inner)]))
}

/// The text of a string attribute; fails the test when it is absent or of another type.
pub fn text(attributes: &Attributes, name: &str) -> String {
    match attributes.get(name).and_then(|value| value.value.clone()) {
        Some(Value::S(text)) => text,
        Some(Value::N(digits)) => digits,
        _ => panic!("no string or number called {name}"),
    }
}

/// The whole number in a number attribute; fails the test when it is absent or something else.
pub fn number(attributes: &Attributes, name: &str) -> u64 {
    text(attributes, name).parse().unwrap_or_else(|_| panic!("{name} is not a whole number"))
}
