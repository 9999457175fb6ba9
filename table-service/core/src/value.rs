//! Attribute values and items after validation.
//!
//! What is here is well formed: numbers exact, sets without duplicates, nesting within the limit, so equality is deep
//! and by value. Doors build [`raw::Value`]s and validate them into these; the codec reads them back from the store.
//! `Debug` shows types and lengths and never contents, so that no customer data reaches a log.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::number::Number;

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
pub(crate) mod literal;
pub mod raw;

/// A value of one of DynamoDB's ten types.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum AttributeValue {
    /// Text; may be empty except in keys.
    S(String),
    /// A number.
    N(Number),
    /// Bytes; may be empty except in keys.
    B(Vec<u8>),
    /// A set of texts, not empty.
    Ss(BTreeSet<String>),
    /// A set of numbers, not empty, distinct by value.
    Ns(BTreeSet<Number>),
    /// A set of byte strings, not empty.
    Bs(BTreeSet<Vec<u8>>),
    /// A map.
    M(BTreeMap<String, AttributeValue>),
    /// A list.
    L(Vec<AttributeValue>),
    /// The null value.
    Null,
    /// A truth value.
    Bool(bool),
}

/// The ten types, by the names that DynamoDB uses on the wire and in its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// Text.
    S,
    /// Number.
    N,
    /// Bytes.
    B,
    /// Set of texts.
    Ss,
    /// Set of numbers.
    Ns,
    /// Set of byte strings.
    Bs,
    /// Map.
    M,
    /// List.
    L,
    /// Null.
    Null,
    /// Truth value.
    Bool,
}

impl ValueType {
    /// The name: `S`, `NS`, `BOOL`, ...
    pub const fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
            Self::Ss => "SS",
            Self::Ns => "NS",
            Self::Bs => "BS",
            Self::M => "M",
            Self::L => "L",
            Self::Null => "NULL",
            Self::Bool => "BOOL",
        }
    }

    /// The name in DynamoDB's texts about ADD and DELETE.
    pub const fn long_name(self) -> &'static str {
        match self {
            Self::S => "STRING",
            Self::N => "NUMBER",
            Self::B => "BINARY",
            Self::Ss => "STRING_SET",
            Self::Ns => "NUMBER_SET",
            Self::Bs => "BINARY_SET",
            Self::M => "MAP",
            Self::L => "LIST",
            Self::Null => "NULL",
            Self::Bool => "BOOLEAN",
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a list or a map weighs beside its content, and what each of its elements adds (guide, measured in 2026).
const CONTAINER_BYTES: usize = 3;
const ELEMENT_BYTES: usize = 1;
/// What a value costs in an answer beside its content: less than it takes in memory, more than its frame on the wire.
const VALUE_BYTES: usize = 16;

impl AttributeValue {
    /// Levels in it, itself included.
    pub fn depth(&self) -> usize {
        match self {
            Self::M(map) => 1 + map.values().map(Self::depth).max().unwrap_or(0),
            Self::L(list) => 1 + list.iter().map(Self::depth).max().unwrap_or(0),
            _ => 1,
        }
    }

    /// Which type it has.
    pub const fn value_type(&self) -> ValueType {
        match self {
            Self::S(_) => ValueType::S,
            Self::N(_) => ValueType::N,
            Self::B(_) => ValueType::B,
            Self::Ss(_) => ValueType::Ss,
            Self::Ns(_) => ValueType::Ns,
            Self::Bs(_) => ValueType::Bs,
            Self::M(_) => ValueType::M,
            Self::L(_) => ValueType::L,
            Self::Null => ValueType::Null,
            Self::Bool(_) => ValueType::Bool,
        }
    }

    /// The bytes that it counts in item size and capacity.
    pub fn size(&self) -> usize {
        self.weigh(0, Number::size)
    }

    /// About the bytes that it takes on its way into an answer. They can be fifty times its size: `1E125` counts 2 and is
    /// written with 126 digits, and a null in a list counts 2 and is a value like any other.
    pub fn answer_size(&self) -> usize {
        self.weigh(VALUE_BYTES, Number::text_length)
    }

    fn weigh(&self, each: usize, number: fn(Number) -> usize) -> usize {
        let content = match self {
            Self::S(text) => text.len(),
            Self::N(value) => number(*value),
            Self::B(bytes) => bytes.len(),
            Self::Ss(set) => set.iter().map(|text| each + text.len()).sum(),
            Self::Ns(set) => set.iter().map(|value| each + number(*value)).sum(),
            Self::Bs(set) => set.iter().map(|bytes| each + bytes.len()).sum(),
            Self::M(map) => {
                let entry =
                    |(name, value): (&String, &Self)| ELEMENT_BYTES + name.len() + value.weigh(each, number);
                CONTAINER_BYTES + map.iter().map(entry).sum::<usize>()
            }
            Self::L(list) => {
                let element = |value: &Self| ELEMENT_BYTES + value.weigh(each, number);
                CONTAINER_BYTES + list.iter().map(element).sum::<usize>()
            }
            Self::Null | Self::Bool(_) => 1,
        };
        each + content
    }
}

impl fmt::Debug for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = match self {
            Self::S(text) => text.len(),
            Self::B(bytes) => bytes.len(),
            Self::Ss(set) => set.len(),
            Self::Ns(set) => set.len(),
            Self::Bs(set) => set.len(),
            Self::M(map) => map.len(),
            Self::L(list) => list.len(),
            Self::N(_) | Self::Null | Self::Bool(_) => return f.write_str(self.value_type().name()),
        };
        write!(f, "{}({length})", self.value_type())
    }
}

/// An item: attributes by name. The same type holds a key as a request sends it.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Item(BTreeMap<String, AttributeValue>);

impl Item {
    /// An item without attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of one attribute.
    pub fn get<Q>(&self, name: &Q) -> Option<&AttributeValue>
    where
        String: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.get(name)
    }

    /// Sets one attribute.
    pub fn insert(&mut self, name: impl Into<String>, value: AttributeValue) -> Option<AttributeValue> {
        self.0.insert(name.into(), value)
    }

    /// Takes one attribute out.
    pub fn remove(&mut self, name: &str) -> Option<AttributeValue> {
        self.0.remove(name)
    }

    /// How many attributes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no attribute.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The attributes in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &AttributeValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The bytes that it counts against the item limit, names included.
    pub fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.size()).sum()
    }

    /// About the bytes that it takes on its way into an answer, names included.
    pub fn answer_size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.answer_size()).sum()
    }

    /// The plain map.
    pub fn into_map(self) -> BTreeMap<String, AttributeValue> {
        self.0
    }
}

impl From<BTreeMap<String, AttributeValue>> for Item {
    fn from(map: BTreeMap<String, AttributeValue>) -> Self {
        Self(map)
    }
}

impl FromIterator<(String, AttributeValue)> for Item {
    fn from_iter<I: IntoIterator<Item = (String, AttributeValue)>>(attributes: I) -> Self {
        Self(attributes.into_iter().collect())
    }
}

impl IntoIterator for Item {
    type Item = (String, AttributeValue);
    type IntoIter = std::collections::btree_map::IntoIter<String, AttributeValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Item({} attributes, {} bytes)", self.len(), self.size())
    }
}

#[cfg(test)]
mod tests;
