//! Key schemas, and the keys of items.
//!
//! [`KeySchema::for_new_table`] checks what CreateTable says. [`KeySchema::key_of_item`] and
//! [`KeySchema::key_from_map`] are the only ways from attributes to a [`PrimaryKey`], so a key value that exists has
//! the right type, is not empty and is within its limit. The engine turns keys into bytes: `canonical_bytes` for
//! tokens and equality, `sort_bytes` for order within a partition.

use std::fmt;

use serde::{Deserialize, Serialize};
use shape::choices;

use crate::error::Invalid;
use crate::limits::{MAX_HASH_KEY_BYTES, MAX_RANGE_KEY_BYTES};
use crate::value::{AttributeValue, Item, ValueType};

mod create;
mod key;

pub use create::{AttributeDefinition, KeyRole, KeySchemaElement};
pub use key::{KeyValue, PrimaryKey};

/// The types that a key attribute may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ScalarType {
    /// Text.
    S,
    /// Number.
    N,
    /// Bytes.
    B,
}

choices!(ScalarType { B = "B", N = "N", S = "S" });

impl ScalarType {
    /// The name: `S`, `N` or `B`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
        }
    }

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "S" => Some(Self::S),
            "N" => Some(Self::N),
            "B" => Some(Self::B),
            _ => None,
        }
    }
}

impl fmt::Display for ScalarType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<ScalarType> for ValueType {
    fn from(kind: ScalarType) -> Self {
        match kind {
            ScalarType::S => Self::S,
            ScalarType::N => Self::N,
            ScalarType::B => Self::B,
        }
    }
}

/// An attribute that is part of the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyAttribute {
    /// Its name, 1 to 255 characters.
    pub name: String,
    /// Its type.
    pub kind: ScalarType,
}

/// The key attributes of a table: the partition key and perhaps a sort key, with different names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeySchema {
    /// The partition key.
    pub hash: KeyAttribute,
    /// The sort key.
    pub range: Option<KeyAttribute>,
}

/// Which key attribute; they differ in their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Hash,
    Range,
}

impl KeySchema {
    /// The key of an item to be stored.
    ///
    /// # Errors
    /// A missing key attribute, a wrong type, an empty or oversize value, in this order.
    pub fn key_of_item(&self, item: &Item) -> Result<PrimaryKey, Invalid> {
        let take = |attribute: &KeyAttribute| {
            let value = item
                .get(&attribute.name)
                .ok_or_else(|| Invalid::MissingKey { key: attribute.name.clone() })?;
            attribute.value(value).ok_or_else(|| Invalid::KeyType {
                key: attribute.name.clone(),
                expected: attribute.kind,
                actual: value.value_type(),
            })
        };
        let hash = take(&self.hash)?;
        let range = self.range.as_ref().map(take).transpose()?;
        self.check(PrimaryKey { hash, range })
    }

    /// The key that a request names: exactly the key attributes, with their types.
    ///
    /// # Errors
    /// [`Invalid::KeyMismatch`], an empty or oversize value.
    pub fn key_from_map(&self, map: &Item) -> Result<PrimaryKey, Invalid> {
        let expected = 1 + usize::from(self.range.is_some());
        if map.len() != expected {
            return Err(Invalid::KeyMismatch);
        }
        let take = |attribute: &KeyAttribute| {
            map.get(&attribute.name).and_then(|value| attribute.value(value)).ok_or(Invalid::KeyMismatch)
        };
        let hash = take(&self.hash)?;
        let range = self.range.as_ref().map(take).transpose()?;
        self.check(PrimaryKey { hash, range })
    }

    /// The key attributes, the partition key's first.
    pub fn attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        std::iter::once(&self.hash).chain(&self.range)
    }

    /// The attributes of a key, as requests and answers carry it.
    pub fn key_to_map(&self, key: &PrimaryKey) -> Item {
        let hash = (self.hash.name.clone(), AttributeValue::from(key.hash.clone()));
        let range = self.range.as_ref().zip(key.range.as_ref());
        let range =
            range.map(|(attribute, value)| (attribute.name.clone(), AttributeValue::from(value.clone())));
        std::iter::once(hash).chain(range).collect()
    }

    fn check(&self, key: PrimaryKey) -> Result<PrimaryKey, Invalid> {
        self.hash.check(&key.hash, Part::Hash)?;
        if let (Some(attribute), Some(value)) = (&self.range, &key.range) {
            attribute.check(value, Part::Range)?;
        }
        Ok(key)
    }
}

impl KeyAttribute {
    /// The value as a key value, if it has this attribute's type.
    pub(crate) fn value(&self, value: &AttributeValue) -> Option<KeyValue> {
        KeyValue::from_attribute(value).filter(|value| value.kind() == self.kind)
    }

    /// Checks emptiness and size.
    pub(crate) fn check(&self, value: &KeyValue, part: Part) -> Result<(), Invalid> {
        let Some(length) = value.byte_length() else { return Ok(()) };
        match part {
            _ if length == 0 => Err(Invalid::EmptyKey { key: self.name.clone(), kind: self.kind }),
            Part::Hash if length > MAX_HASH_KEY_BYTES => Err(Invalid::HashKeyTooLarge),
            Part::Range if length > MAX_RANGE_KEY_BYTES => Err(Invalid::RangeKeyTooLarge),
            Part::Hash | Part::Range => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
