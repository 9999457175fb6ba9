//! The way back from both byte forms, for tests: that there is one proves that no two keys share their bytes. The service
//! itself never goes it, because an item holds its own key.

use super::{END, ESCAPED, KeyValue, PrimaryKey, tag};
use crate::number::Number;
use crate::schema::ScalarType;

impl KeyValue {
    /// Reads sort bytes of a known type; nothing may follow.
    pub(crate) fn from_sort_bytes(kind: ScalarType, bytes: &[u8]) -> Option<Self> {
        match Self::split_sort_bytes(kind, bytes)? {
            (value, []) => Some(value),
            _ => None,
        }
    }

    /// Reads sort bytes of a known type from the front; gives the value and the rest.
    pub(crate) fn split_sort_bytes(kind: ScalarType, bytes: &[u8]) -> Option<(Self, &[u8])> {
        match kind {
            ScalarType::N => Number::from_sort_key(bytes).map(|(number, rest)| (Self::N(number), rest)),
            ScalarType::B => split_escaped(bytes).map(|(value, rest)| (Self::B(value), rest)),
            ScalarType::S => {
                let (value, rest) = split_escaped(bytes)?;
                Some((Self::S(String::from_utf8(value).ok()?), rest))
            }
        }
    }

    fn split_canonical_bytes(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (first, rest) = bytes.split_first()?;
        let kind =
            [ScalarType::S, ScalarType::N, ScalarType::B].into_iter().find(|kind| tag(*kind) == *first)?;
        Self::split_sort_bytes(kind, rest)
    }
}

impl PrimaryKey {
    /// Reads canonical bytes; anything else is refused.
    pub(crate) fn from_canonical_bytes(bytes: &[u8]) -> Option<Self> {
        let (hash, rest) = KeyValue::split_canonical_bytes(bytes)?;
        if rest.is_empty() {
            return Some(Self { hash, range: None });
        }
        match KeyValue::split_canonical_bytes(rest)? {
            (range, []) => Some(Self { hash, range: Some(range) }),
            _ => None,
        }
    }
}

fn split_escaped(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let zero = rest.iter().position(|byte| *byte == 0)?;
        let (plain, tail) = rest.split_at(zero);
        value.extend_from_slice(plain);
        match tail {
            [_, END, tail @ ..] => return Some((value, tail)),
            [_, ESCAPED, tail @ ..] => {
                value.push(0);
                rest = tail;
            }
            _ => return None,
        }
    }
}
