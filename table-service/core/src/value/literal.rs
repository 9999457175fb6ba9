//! Values written short, for tests.

use super::{AttributeValue, Item, raw};
use crate::value::arbitrary::to_raw;

/// Text.
pub(crate) fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A number.
pub(crate) fn n(number: &str) -> AttributeValue {
    AttributeValue::N(number.parse().unwrap())
}

/// Bytes.
pub(crate) fn b(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(bytes.to_vec())
}

/// A set of texts.
pub(crate) fn ss<const N: usize>(members: [&str; N]) -> AttributeValue {
    AttributeValue::Ss(members.into_iter().map(str::to_owned).collect())
}

/// A set of numbers.
pub(crate) fn ns<const N: usize>(members: [&str; N]) -> AttributeValue {
    AttributeValue::Ns(members.into_iter().map(|member| member.parse().unwrap()).collect())
}

/// A list.
pub(crate) fn l<const N: usize>(elements: [AttributeValue; N]) -> AttributeValue {
    AttributeValue::L(elements.into())
}

/// A map.
pub(crate) fn m<const N: usize>(fields: [(&str, AttributeValue); N]) -> AttributeValue {
    AttributeValue::M(item(fields).into_map())
}

/// An item.
pub(crate) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Attributes as a request brings them.
pub(crate) fn raw<const N: usize>(attributes: [(&str, AttributeValue); N]) -> raw::Map {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), to_raw(&value))).collect()
}
