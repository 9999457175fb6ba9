//! ExpressionAttributeNames and ExpressionAttributeValues: checked once, looked up by all expressions of a request,
//! and at the end asked which of them nobody used.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::error::{Echo, Echoes, ExpressionError, Invalid};
use crate::limits::{MAX_PLACEHOLDER_BYTES, MAX_PLACEHOLDERS_BYTES};
use crate::value::{AttributeValue, raw};

/// How an operation words an error in a value: AWS's operations disagree (measured in 2026).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueErrors {
    /// The value's own error: GetItem, BatchGetItem, Query, PutItem, UpdateItem, DeleteItem.
    Bare,
    /// With the placeholder, and in the words of the older layer: Scan, BatchWriteItem, transactions.
    WithPlaceholder,
}

/// The substitutions of one request.
#[derive(Default)]
pub struct Substitutions {
    names: BTreeMap<String, Entry<str>>,
    values: BTreeMap<String, Entry<AttributeValue>>,
}

struct Entry<T: ?Sized> {
    content: Arc<T>,
    used: bool,
}

impl Substitutions {
    /// Checks names and values. `None` means that the member was not sent; an empty map that was sent is an error.
    /// Wire forms that cannot tell the two apart pass `None` for empty.
    ///
    /// # Errors
    /// Empty maps, malformed or overlong placeholders, invalid values, too much of all.
    pub fn new(
        names: Option<BTreeMap<String, String>>,
        values: Option<raw::Map>,
        errors: ValueErrors,
    ) -> Result<Self, Invalid> {
        if names.as_ref().is_some_and(BTreeMap::is_empty) {
            return Err(Invalid::NamesEmpty);
        }
        let mut all = Self::default();
        for (key, name) in names.unwrap_or_default() {
            check_key(&key, '#', Invalid::NameKey, "ExpressionAttributeNames")?;
            check_name(&key, &name)?;
            all.names.insert(key, Entry { content: name.into(), used: false });
        }
        if values.as_ref().is_some_and(BTreeMap::is_empty) {
            return Err(Invalid::ValuesEmpty);
        }
        let values = values.unwrap_or_default();
        let mut keys = values.keys();
        keys.try_for_each(|key| check_key(key, ':', Invalid::ValueKey, "ExpressionAttributeValues"))?;
        for (key, value) in values {
            let content = value.validate().map_err(|error| match errors {
                ValueErrors::Bare => error,
                ValueErrors::WithPlaceholder => {
                    Invalid::ValueInvalid { key: Echo::from(key.as_str()), error: Box::new(error.older()) }
                }
            })?;
            all.values.insert(key, Entry { content: Arc::new(content), used: false });
        }
        if all.size() > MAX_PLACEHOLDERS_BYTES { Err(Invalid::PlaceholdersTooLarge) } else { Ok(all) }
    }

    /// The attribute name of a placeholder.
    ///
    /// # Errors
    /// [`ExpressionError::UndefinedName`].
    pub fn name(&mut self, key: &str) -> Result<Arc<str>, ExpressionError> {
        let undefined = || ExpressionError::UndefinedName(Echo::from(key));
        let entry = self.names.get_mut(key).ok_or_else(undefined)?;
        entry.used = true;
        Ok(Arc::clone(&entry.content))
    }

    /// The value of a placeholder.
    ///
    /// # Errors
    /// [`ExpressionError::UndefinedValue`].
    pub fn value(&mut self, key: &str) -> Result<Arc<AttributeValue>, ExpressionError> {
        let undefined = || ExpressionError::UndefinedValue(Echo::from(key));
        let entry = self.values.get_mut(key).ok_or_else(undefined)?;
        entry.used = true;
        Ok(Arc::clone(&entry.content))
    }

    /// Checks that every substitution was used, once all expressions of the request are bound.
    ///
    /// # Errors
    /// [`Invalid::UnusedNames`], then [`Invalid::UnusedValues`].
    pub fn finish(self) -> Result<(), Invalid> {
        let names = unused(&self.names);
        if !names.is_empty() {
            return Err(Invalid::UnusedNames(names));
        }
        let values = unused(&self.values);
        if values.is_empty() { Ok(()) } else { Err(Invalid::UnusedValues(values)) }
    }

    fn size(&self) -> usize {
        let names = self.names.iter().map(|(key, entry)| key.len() + entry.content.len());
        let values = self.values.iter().map(|(key, entry)| key.len() + entry.content.size());
        names.sum::<usize>() + values.sum::<usize>()
    }
}

impl fmt::Debug for Substitutions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Substitutions({} names, {} values)", self.names.len(), self.values.len())
    }
}

fn unused<T: ?Sized>(entries: &BTreeMap<String, Entry<T>>) -> Echoes {
    entries.iter().filter(|(_, entry)| !entry.used).map(|(key, _)| Echo::from(key.as_str())).collect()
}

fn check_key(
    key: &str,
    sigil: char,
    error: fn(Echo) -> Invalid,
    member: &'static str,
) -> Result<(), Invalid> {
    let word = key.strip_prefix(sigil).unwrap_or_default();
    if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(error(Echo::from(key)));
    }
    if key.len() > MAX_PLACEHOLDER_BYTES { Err(Invalid::PlaceholderTooLong(member)) } else { Ok(()) }
}

fn check_name(key: &str, name: &str) -> Result<(), Invalid> {
    raw::check_name(name)
        .map_err(|error| Invalid::NameInvalid { key: Echo::from(key), error: Box::new(error) })
}
