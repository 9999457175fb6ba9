//! Attribute values between the wire and the domain.

use std::collections::{BTreeMap, HashMap};

use proto::table as wire;
use proto::table::attribute_value::Value as Wire;
use table_core::value::{AttributeValue, Item, raw};

/// The attributes of a request, unchecked. The decoder has bounded their depth.
pub(super) fn attributes(map: HashMap<String, wire::AttributeValue>) -> raw::Map {
    map.into_iter().map(|(name, value)| (name, value_in(value))).collect()
}

/// As [`attributes`]; none if the map is empty, which over protobuf is the same as absent.
pub(super) fn some_attributes(map: HashMap<String, wire::AttributeValue>) -> Option<raw::Map> {
    (!map.is_empty()).then(|| attributes(map))
}

/// Values of a request, unchecked; none if there are none.
pub(super) fn values(list: Vec<wire::AttributeValue>) -> Option<Vec<raw::Value>> {
    (!list.is_empty()).then(|| list.into_iter().map(value_in).collect())
}

/// The names of a request; none if there are none.
pub(super) fn some_names(names: HashMap<String, String>) -> Option<BTreeMap<String, String>> {
    (!names.is_empty()).then(|| names.into_iter().collect())
}

/// An item for an answer.
pub(super) fn item(item: Item) -> HashMap<String, wire::AttributeValue> {
    item.into_iter().map(|(name, value)| (name, value_out(value))).collect()
}

/// An item for a list in an answer.
pub(super) fn boxed_item(value: Item) -> wire::Item {
    wire::Item { attributes: item(value) }
}

/// A value of a request, unchecked.
pub(super) fn value_in(value: wire::AttributeValue) -> raw::Value {
    match value.value {
        None => raw::Value::Empty,
        Some(Wire::S(text)) => raw::Value::S(text),
        Some(Wire::N(text)) => raw::Value::N(text),
        Some(Wire::B(bytes)) => raw::Value::B(bytes),
        Some(Wire::Ss(set)) => raw::Value::Ss(set.values),
        Some(Wire::Ns(set)) => raw::Value::Ns(set.values),
        Some(Wire::Bs(set)) => raw::Value::Bs(set.values),
        Some(Wire::M(map)) => raw::Value::M(attributes(map.values)),
        Some(Wire::L(list)) => raw::Value::L(list.values.into_iter().map(value_in).collect()),
        Some(Wire::Null(null)) => raw::Value::Null(null),
        Some(Wire::Bool(value)) => raw::Value::Bool(value),
    }
}

fn value_out(value: AttributeValue) -> wire::AttributeValue {
    let value = match value {
        AttributeValue::S(text) => Wire::S(text),
        AttributeValue::N(number) => Wire::N(number.to_string()),
        AttributeValue::B(bytes) => Wire::B(bytes),
        AttributeValue::Ss(set) => Wire::Ss(wire::StringSet { values: set.into_iter().collect() }),
        AttributeValue::Ns(set) => {
            Wire::Ns(wire::NumberSet { values: set.iter().map(ToString::to_string).collect() })
        }
        AttributeValue::Bs(set) => Wire::Bs(wire::BinarySet { values: set.into_iter().collect() }),
        AttributeValue::M(map) => Wire::M(wire::AttributeMap { values: item(Item::from(map)) }),
        AttributeValue::L(list) => {
            Wire::L(wire::AttributeList { values: list.into_iter().map(value_out).collect() })
        }
        AttributeValue::Null => Wire::Null(true),
        AttributeValue::Bool(value) => Wire::Bool(value),
    };
    wire::AttributeValue { value: Some(value) }
}
