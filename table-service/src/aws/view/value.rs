//! Attribute values and items: `{"Artist": {"S": "No One You Know"}}`.

use aws_json::Blob;
use serde::ser::{Serialize, SerializeMap, Serializer};
use table_core::value::{AttributeValue, Item};

/// An item, or a key.
pub(crate) struct Attributes(pub(crate) Item);

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Value(value))))
    }
}

/// A value, as the one member that its type names.
struct Value<'a>(&'a AttributeValue);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut typed = serializer.serialize_map(Some(1))?;
        typed.serialize_key(self.0.value_type().name())?;
        typed.serialize_value(&Content(self.0))?;
        typed.end()
    }
}

/// What a value holds.
struct Content<'a>(&'a AttributeValue);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            AttributeValue::S(text) => serializer.serialize_str(text),
            AttributeValue::N(number) => serializer.collect_str(number),
            AttributeValue::B(bytes) => Blob(bytes).serialize(serializer),
            AttributeValue::Ss(members) => serializer.collect_seq(members),
            AttributeValue::Ns(members) => serializer.collect_seq(members.iter().map(Text)),
            AttributeValue::Bs(members) => serializer.collect_seq(members.iter().map(Blob)),
            AttributeValue::M(map) => {
                serializer.collect_map(map.iter().map(|(name, value)| (name, Value(value))))
            }
            AttributeValue::L(list) => serializer.collect_seq(list.iter().map(Value)),
            AttributeValue::Null => serializer.serialize_bool(true),
            AttributeValue::Bool(value) => serializer.serialize_bool(*value),
        }
    }
}

/// Anything, as text.
struct Text<T>(T);

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
