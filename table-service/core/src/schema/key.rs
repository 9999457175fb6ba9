//! Key values and their two byte forms. Stored records depend on both: they never change.
//!
//! Sort bytes of text and bytes: each zero byte becomes `00 FF`, the end is `00 00`. So the order of the bytes is the
//! order of the values, and no value's bytes are a prefix of another's: they may be followed by anything. Sort bytes
//! of a number are its sort key. Canonical bytes are a type tag and the sort bytes.

use std::fmt;

use super::ScalarType;
use crate::number::Number;
use crate::value::AttributeValue;

/// The value of a key attribute.
///
/// Order is DynamoDB's: texts by their UTF-8 bytes, numbers by value, bytes as unsigned.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyValue {
    /// Text, not empty.
    S(String),
    /// A number.
    N(Number),
    /// Bytes, not empty.
    B(Vec<u8>),
}

/// The key of an item: unique in its table.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PrimaryKey {
    /// Value of the partition key.
    pub hash: KeyValue,
    /// Value of the sort key, in tables that have one.
    pub range: Option<KeyValue>,
}

#[cfg(test)]
mod reading;

const ESCAPED: u8 = 0xFF;
const END: u8 = 0;

impl KeyValue {
    pub(crate) fn from_attribute(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::S(text) => Some(Self::S(text.clone())),
            AttributeValue::N(number) => Some(Self::N(*number)),
            AttributeValue::B(bytes) => Some(Self::B(bytes.clone())),
            _ => None,
        }
    }

    /// Its type.
    pub const fn kind(&self) -> ScalarType {
        match self {
            Self::S(_) => ScalarType::S,
            Self::N(_) => ScalarType::N,
            Self::B(_) => ScalarType::B,
        }
    }

    /// Bytes of a text or byte string; numbers have no length limit of their own.
    pub(crate) fn byte_length(&self) -> Option<usize> {
        match self {
            Self::S(text) => Some(text.len()),
            Self::B(bytes) => Some(bytes.len()),
            Self::N(_) => None,
        }
    }

    /// Bytes that sort as the values of one type do; prefix-free.
    pub fn sort_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.push_sort_bytes(&mut out);
        out
    }

    /// The type and the value: equal bytes exactly for equal values, so 1 and 1.0 are one key; prefix-free.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.push_canonical_bytes(&mut out);
        out
    }

    /// The sort bytes of every text or byte string that starts with this one start with these bytes.
    pub(crate) fn prefix_bytes(&self) -> Vec<u8> {
        let mut out = self.sort_bytes();
        out.truncate(out.len().saturating_sub(2));
        out
    }

    fn push_sort_bytes(&self, out: &mut Vec<u8>) {
        match self {
            Self::S(text) => push_escaped(text.as_bytes(), out),
            Self::B(bytes) => push_escaped(bytes, out),
            Self::N(number) => number.push_sort_key(out),
        }
    }

    fn push_canonical_bytes(&self, out: &mut Vec<u8>) {
        out.push(tag(self.kind()));
        self.push_sort_bytes(out);
    }
}

impl PrimaryKey {
    /// Both values, each with its type. Equal bytes exactly for equal keys.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.hash.push_canonical_bytes(&mut out);
        if let Some(range) = &self.range {
            range.push_canonical_bytes(&mut out);
        }
        out
    }
}

impl From<KeyValue> for AttributeValue {
    fn from(value: KeyValue) -> Self {
        match value {
            KeyValue::S(text) => Self::S(text),
            KeyValue::N(number) => Self::N(number),
            KeyValue::B(bytes) => Self::B(bytes),
        }
    }
}

/// Type tags of canonical bytes: those of the item codec.
const fn tag(kind: ScalarType) -> u8 {
    match kind {
        ScalarType::S => 1,
        ScalarType::N => 2,
        ScalarType::B => 3,
    }
}

fn push_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    for byte in bytes {
        out.push(*byte);
        if *byte == 0 {
            out.push(ESCAPED);
        }
    }
    out.extend([0, END]);
}

impl fmt::Debug for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.byte_length() {
            Some(length) => write!(f, "{}({length})", self.kind()),
            None => write!(f, "{}", self.kind()),
        }
    }
}

impl fmt::Debug for PrimaryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrimaryKey").field("hash", &self.hash).field("range", &self.range).finish()
    }
}
