//! Values as the model knows them. Numbers are a foreign decimal, and with the product it shares nothing but the form in which
//! a request brings a value and the one in which an answer shows it.

use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::{BigDecimal, Zero as _};
use table_core::value::{AttributeValue, Item, raw};

/// Attributes, or the fields of a map.
pub(super) type Map = BTreeMap<String, Value>;

/// One value. Of one type, they are in DynamoDB's order: numbers by value, texts by their UTF-8, bytes as unsigned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    S(String),
    N(BigDecimal),
    B(Vec<u8>),
    Ss(BTreeSet<String>),
    Ns(BTreeSet<BigDecimal>),
    Bs(BTreeSet<Vec<u8>>),
    M(Map),
    L(Vec<Value>),
    Null,
    Bool(bool),
}

impl Value {
    /// The type's name.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Ss(_) => "SS",
            Self::Ns(_) => "NS",
            Self::Bs(_) => "BS",
            Self::M(_) => "M",
            Self::L(_) => "L",
            Self::Null => "NULL",
            Self::Bool(_) => "BOOL",
        }
    }

    /// Whether values of the type have an order.
    pub(super) const fn is_scalar(&self) -> bool {
        matches!(self, Self::S(_) | Self::N(_) | Self::B(_))
    }

    /// What it weighs, as AWS's documentation and measurements have it.
    fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number_size(number),
            Self::B(bytes) => bytes.len(),
            Self::Ss(set) => set.iter().map(String::len).sum(),
            Self::Ns(set) => set.iter().map(number_size).sum(),
            Self::Bs(set) => set.iter().map(Vec::len).sum(),
            Self::M(map) => 3 + map.len() + size(map),
            Self::L(list) => 3 + list.len() + list.iter().map(Self::size).sum::<usize>(),
            Self::Null | Self::Bool(_) => 1,
        }
    }

    /// As a request brings it.
    pub(super) fn to_raw(&self) -> raw::Value {
        match self {
            Self::S(text) => raw::Value::S(text.clone()),
            Self::N(number) => raw::Value::N(number.to_string()),
            Self::B(bytes) => raw::Value::B(bytes.clone()),
            Self::Ss(set) => raw::Value::Ss(set.iter().cloned().collect()),
            Self::Ns(set) => raw::Value::Ns(set.iter().map(BigDecimal::to_string).collect()),
            Self::Bs(set) => raw::Value::Bs(set.iter().cloned().collect()),
            Self::M(map) => raw::Value::M(to_raw(map)),
            Self::L(list) => raw::Value::L(list.iter().map(Self::to_raw).collect()),
            Self::Null => raw::Value::Null(true),
            Self::Bool(truth) => raw::Value::Bool(*truth),
        }
    }

    /// What an answer shows.
    fn of(value: &AttributeValue) -> Self {
        let number = |number: &table_core::number::Number| number.to_string().parse().unwrap();
        match value {
            AttributeValue::S(text) => Self::S(text.clone()),
            AttributeValue::N(value) => Self::N(number(value)),
            AttributeValue::B(bytes) => Self::B(bytes.clone()),
            AttributeValue::Ss(set) => Self::Ss(set.clone()),
            AttributeValue::Ns(set) => Self::Ns(set.iter().map(number).collect()),
            AttributeValue::Bs(set) => Self::Bs(set.clone()),
            AttributeValue::M(map) => {
                Self::M(map.iter().map(|(name, value)| (name.clone(), Self::of(value))).collect())
            }
            AttributeValue::L(list) => Self::L(list.iter().map(Self::of).collect()),
            AttributeValue::Null => Self::Null,
            AttributeValue::Bool(truth) => Self::Bool(*truth),
        }
    }
}

/// What attributes weigh, names included.
pub(super) fn size(map: &Map) -> usize {
    map.iter().map(|(name, value)| name.len() + value.size()).sum()
}

/// Attributes as a request brings them.
pub(super) fn to_raw(map: &Map) -> raw::Map {
    map.iter().map(|(name, value)| (name.clone(), value.to_raw())).collect()
}

/// Attributes as an answer shows them.
pub(super) fn of_item(item: &Item) -> Map {
    item.iter().map(|(name, value)| (name.to_owned(), Value::of(value))).collect()
}

/// Digits from the first to the last that is not zero, in pairs on either side of the point; the sign, and one.
fn number_size(number: &BigDecimal) -> usize {
    if number.is_zero() {
        return 1;
    }
    let text = number.to_plain_string();
    let digits = text.trim_start_matches('-');
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if fraction.is_empty() { whole.trim_end_matches('0') } else { whole };
    let fraction = if whole.is_empty() { fraction.trim_start_matches('0') } else { fraction };
    1 + whole.len().div_ceil(2) + fraction.len().div_ceil(2) + usize::from(text.starts_with('-'))
}
