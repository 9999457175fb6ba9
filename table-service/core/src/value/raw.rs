//! Values as a request brings them: numbers are text, sets are lists, nothing is checked.
//!
//! Each door translates its wire form into a [`Value`]; [`Value::validate`] is the only way to an
//! [`AttributeValue`]. Hostile depth is harmless: validation stops at the limit and dropping does not recurse.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::mem;

mod decode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{AttributeValue, Item};
use crate::error::{Duplicates, Echo, Invalid};
use crate::limits::{MAX_ATTRIBUTE_NAME_BYTES, MAX_ITEM_BYTES, MAX_NESTING_LEVELS};
use crate::number::{Number, NumberError};

/// Attributes by name, unchecked.
pub type Map = BTreeMap<String, Value>;

/// One unchecked attribute value.
#[derive(Default)]
pub enum Value {
    /// No type is set.
    #[default]
    Empty,
    /// More than one type is set (only JSON can say that).
    Several,
    /// Text.
    S(String),
    /// A number, as text.
    N(String),
    /// Bytes.
    B(Vec<u8>),
    /// A set of texts.
    Ss(Vec<String>),
    /// A set of numbers, as texts.
    Ns(Vec<String>),
    /// A set of byte strings.
    Bs(Vec<Vec<u8>>),
    /// A map.
    M(Map),
    /// A list.
    L(Vec<Value>),
    /// Null; only `true` is allowed.
    Null(bool),
    /// A truth value.
    Bool(bool),
}

impl Value {
    /// Checks the value and everything in it; the first thing wrong is reported.
    ///
    /// # Errors
    /// The texts of DynamoDB for an empty value, numbers, sets, null and nesting.
    pub fn validate(mut self) -> Result<AttributeValue, Invalid> {
        self.take(1)
    }

    /// Validates at a nesting level and leaves `Empty` behind. Recursion ends at the nesting limit.
    fn take(&mut self, level: usize) -> Result<AttributeValue, Invalid> {
        if level > MAX_NESTING_LEVELS {
            return Err(Invalid::NestingTooDeep);
        }
        Ok(match self {
            Self::Empty => return Err(Invalid::EmptyValue),
            Self::Several => return Err(Invalid::SeveralTypes),
            Self::Null(false) => return Err(Invalid::NullNotTrue),
            Self::Null(true) => AttributeValue::Null,
            Self::Bool(value) => AttributeValue::Bool(*value),
            Self::S(text) => AttributeValue::S(mem::take(text)),
            Self::N(text) => AttributeValue::N(number(text)?),
            Self::B(bytes) => AttributeValue::B(mem::take(bytes)),
            Self::Ss(members) => AttributeValue::Ss(string_set(mem::take(members))?),
            Self::Ns(members) => AttributeValue::Ns(number_set(members)?),
            Self::Bs(members) => AttributeValue::Bs(binary_set(mem::take(members))?),
            Self::M(map) => AttributeValue::M(attributes(map, level + 1)?),
            Self::L(list) => AttributeValue::L(
                list.iter_mut().map(|value| value.take(level + 1)).collect::<Result<_, _>>()?,
            ),
        })
    }
}

/// Validates an item to be stored: names, values, and the size of the whole.
///
/// # Errors
/// As [`Value::validate`], and the item size text.
pub fn item(map: Map) -> Result<Item, Invalid> {
    let item = key(map)?;
    check_size(&item)?;
    Ok(item)
}

/// Checks the size of an item to be stored.
///
/// # Errors
/// [`Invalid::ItemTooLarge`].
pub fn check_size(item: &Item) -> Result<(), Invalid> {
    if item.size() > MAX_ITEM_BYTES { Err(Invalid::ItemTooLarge) } else { Ok(()) }
}

/// Validates a key map: as [`item`], without a size limit of its own, because each key value has one.
///
/// # Errors
/// As [`Value::validate`].
pub fn key(mut map: Map) -> Result<Item, Invalid> {
    attributes(&mut map, 1).map(Item::from)
}

fn attributes(map: &mut Map, level: usize) -> Result<BTreeMap<String, AttributeValue>, Invalid> {
    mem::take(map)
        .into_iter()
        .map(|(name, mut value)| {
            check_name(&name)?;
            Ok((name, value.take(level)?))
        })
        .collect()
}

/// Whether an attribute can have this name.
///
/// # Errors
/// It is empty, or too long.
pub(crate) fn check_name(name: &str) -> Result<(), Invalid> {
    match name.len() {
        0 => Err(Invalid::EmptyAttributeName),
        length if length > MAX_ATTRIBUTE_NAME_BYTES => Err(Invalid::AttributeNameTooLarge),
        _ => Ok(()),
    }
}

fn number(text: &str) -> Result<Number, Invalid> {
    text.parse().map_err(|error| match error {
        NumberError::NotNumeric => Invalid::NotNumeric(Echo::from(text)),
        NumberError::Overflow if is_far(text) => Invalid::NumberFarOverflow,
        NumberError::Overflow => Invalid::NumberOverflow,
        NumberError::Underflow => Invalid::NumberUnderflow,
        NumberError::TooManyDigits => Invalid::TooManyDigits,
    })
}

/// Whether an exponent and a digit before it are more than 32 bits hold.
fn is_far(text: &str) -> bool {
    let exponent = text.rsplit(['e', 'E']).next().and_then(|exponent| exponent.parse::<i64>().ok());
    exponent.is_some_and(|exponent| exponent >= i64::from(i32::MAX))
}

fn string_set(members: Vec<String>) -> Result<BTreeSet<String>, Invalid> {
    if members.is_empty() {
        return Err(Invalid::EmptyStringSet);
    }
    let set: BTreeSet<&String> = members.iter().collect();
    if set.len() != members.len() {
        return Err(Invalid::DuplicateStrings(Duplicates::of(&members, |member| Echo::from(&**member))));
    }
    Ok(members.into_iter().collect())
}

fn number_set(members: &[String]) -> Result<BTreeSet<Number>, Invalid> {
    if members.is_empty() {
        return Err(Invalid::EmptyNumberSet);
    }
    let numbers = members.iter().map(|text| number(text)).collect::<Result<Vec<_>, _>>()?;
    let set: BTreeSet<Number> = numbers.iter().copied().collect();
    if set.len() == numbers.len() { Ok(set) } else { Err(Invalid::DuplicateNumbers) }
}

fn binary_set(members: Vec<Vec<u8>>) -> Result<BTreeSet<Vec<u8>>, Invalid> {
    if members.is_empty() {
        return Err(Invalid::EmptyBinarySet);
    }
    let set: BTreeSet<&Vec<u8>> = members.iter().collect();
    if set.len() != members.len() {
        let shown = |member: &Vec<u8>| Echo::from(BASE64.encode(member));
        return Err(Invalid::DuplicateBinaries(Duplicates::of(&members, shown)));
    }
    Ok(members.into_iter().collect())
}

impl Drop for Value {
    /// Takes deep values apart level by level, so that dropping does not use stack for each level.
    fn drop(&mut self) {
        let mut pending = Vec::new();
        self.detach(&mut pending);
        while let Some(mut value) = pending.pop() {
            value.detach(&mut pending);
        }
    }
}

impl Value {
    /// Moves the children that have children themselves to `pending`.
    fn detach(&mut self, pending: &mut Vec<Self>) {
        let nested = |value: &Self| matches!(value, Self::M(_) | Self::L(_));
        match self {
            Self::M(map) => pending.extend(map.values_mut().filter(|value| nested(value)).map(mem::take)),
            Self::L(list) => pending.extend(list.iter_mut().filter(|value| nested(value)).map(mem::take)),
            _ => {}
        }
    }
}

impl fmt::Debug for Value {
    /// The type and the length, never the content, and never deeper.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Several => f.write_str("Several"),
            Self::S(text) => write!(f, "S({})", text.len()),
            Self::N(text) => write!(f, "N({})", text.len()),
            Self::B(bytes) => write!(f, "B({})", bytes.len()),
            Self::Ss(members) => write!(f, "SS({})", members.len()),
            Self::Ns(members) => write!(f, "NS({})", members.len()),
            Self::Bs(members) => write!(f, "BS({})", members.len()),
            Self::M(map) => write!(f, "M({})", map.len()),
            Self::L(list) => write!(f, "L({})", list.len()),
            Self::Null(_) => f.write_str("NULL"),
            Self::Bool(_) => f.write_str("BOOL"),
        }
    }
}

#[cfg(test)]
mod tests;
