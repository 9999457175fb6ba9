//! A table as the model has it: items by their keys, in order.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use table_core::schema::ScalarType;

use super::change::Complaints;
use super::syntax::{Changes, Condition};
use super::value::{Map, Value};

/// What names an item: values of its key attributes.
pub(super) type Key = (Value, Option<Value>);

/// A table of the model's world: its name, and the types of its key attributes.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) name: &'static str,
    pub(super) hash: ScalarType,
    pub(super) range: Option<ScalarType>,
}

/// Every key type in every place, and a table without sort key.
pub(super) const LAYOUTS: [Layout; 4] = [
    Layout { name: "Numbers", hash: ScalarType::S, range: Some(ScalarType::N) },
    Layout { name: "Texts", hash: ScalarType::N, range: Some(ScalarType::S) },
    Layout { name: "Bytes", hash: ScalarType::B, range: Some(ScalarType::B) },
    Layout { name: "Lone", hash: ScalarType::S, range: None },
];

/// So many values of each type are keys.
pub(super) const KEYS: usize = 10;

/// A key of a type: few enough that operations meet, and those whose order is easily got wrong.
pub(super) fn key_value(kind: ScalarType, number: usize) -> Value {
    const NUMBERS: [&str; KEYS] =
        ["0", "-1", "-1.5", "1E125", "-9.9E125", "1E-130", "-1E-130", "10", "9.99", "0.10"];
    // U+10000 and U+FFFF are in another order by their UTF-16.
    const TEXTS: [&str; KEYS] =
        ["a", "aa", "a\0", "a\0\u{1}", "b", "é", "\u{ffff}", "\u{10000}", "\0", "a\u{7f}"];
    const BYTES: [&[u8]; KEYS] =
        [&[0], &[0, 0], &[0, 255], &[1], &[127], &[128], &[255], &[255, 255], &[255, 0], &[0, 1]];
    match kind {
        ScalarType::N => Value::N(NUMBERS[number % KEYS].parse::<BigDecimal>().unwrap()),
        ScalarType::S => Value::S(TEXTS[number % KEYS].to_owned()),
        ScalarType::B => Value::B(BYTES[number % KEYS].to_vec()),
    }
}

impl Layout {
    /// A key: of few partitions, and many items in each.
    pub(super) fn key(&self, hash: usize, range: usize) -> Key {
        match self.range {
            Some(kind) => (key_value(self.hash, hash % 2), Some(key_value(kind, range))),
            None => (key_value(self.hash, range), None),
        }
    }
}

/// The attributes of a key.
pub(super) fn key_map((hash, range): &Key) -> Map {
    let attributes = [("hash", Some(hash)), ("range", range.as_ref())];
    attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.clone()))).collect()
}

/// Items by their keys; an item has its key among its attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) items: BTreeMap<Key, Map>,
}

/// What a write does.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Put(Map),
    Update(Changes),
    Delete,
}

/// Why a write is not made.
pub(super) enum Refusal {
    /// The item is another, or not there.
    Condition(Option<Map>),
    /// The update does not fit the item.
    Invalid(Complaints),
}

/// An item before a write and after it.
pub(super) type Outcome = Result<(Option<Map>, Option<Map>), Refusal>;

impl Table {
    /// What a write would do.
    pub(super) fn outcome(&self, key: &Key, action: &Action, condition: &Condition) -> Outcome {
        let before = self.items.get(key).cloned();
        let seen = before.clone().unwrap_or_default();
        if !condition.holds(&seen) {
            return Err(Refusal::Condition(before));
        }
        let after = match action {
            Action::Delete => None,
            Action::Put(attributes) => Some(attributes.clone()),
            Action::Update(changes) if before.is_none() && !changes.creates() => None,
            Action::Update(changes) => Some(changes.applied_to(&seen).map_err(Refusal::Invalid)?),
        };
        let whole = |mut item: Map| {
            item.extend(key_map(key));
            item
        };
        Ok((before, after.map(whole)))
    }

    /// The item under a key is this one, or none.
    pub(super) fn set(&mut self, key: &Key, item: Option<Map>) {
        match item {
            Some(item) => drop(self.items.insert(key.clone(), item)),
            None => drop(self.items.remove(key)),
        }
    }

    /// The items of a partition, in order.
    pub(super) fn partition(&self, hash: &Value) -> Vec<(&Key, &Map)> {
        self.items.iter().filter(|((of, _), _)| of == hash).collect()
    }
}
