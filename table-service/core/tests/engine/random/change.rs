//! What updates make of an item, and what projections take of it: step by step, as the documentation tells it.

use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::{BigDecimal, Zero as _};

use super::syntax::{Change, Changes, OldChange, Parts, Path, Source, Step, Term, Update};
use super::truth::find;
use super::value::{Map, Value};

const MISSING: &str = "The provided expression refers to an attribute that does not exist in the item";
const TYPE: &str = "An operand in the update expression has an incorrect data type";
const PATH: &str = "The document path provided in the update expression is invalid for update";
const OLD_TYPE: &str = "Type mismatch for attribute to update";
const OVERFLOW: &str =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
const UNDERFLOW: &str =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";

/// What an update may complain of: one of these.
pub(super) type Complaints = Vec<&'static str>;

type Computed = Result<Option<Value>, &'static str>;

impl Changes {
    /// Whether it makes an item where there is none.
    pub(super) fn creates(&self) -> bool {
        match self {
            Self::None => true,
            Self::Expression(update) => {
                update.changes.iter().any(|(_, change)| matches!(change, Change::Set(_) | Change::Add(_)))
            }
            Self::Attributes(changes) => {
                changes.iter().any(|(_, change)| matches!(change, OldChange::Put(_) | OldChange::Add(_)))
            }
        }
    }

    /// The places that it names.
    pub(super) fn paths(&self) -> Vec<Path> {
        match self {
            Self::None => Vec::new(),
            Self::Expression(update) => update.changes.iter().map(|(path, _)| path.clone()).collect(),
            Self::Attributes(changes) => changes.iter().map(|(name, _)| Path::to(name)).collect(),
        }
    }

    /// What becomes of an item.
    pub(super) fn applied_to(&self, item: &Map) -> Result<Map, Complaints> {
        match self {
            Self::None => Ok(item.clone()),
            Self::Expression(update) => update.applied_to(item),
            Self::Attributes(changes) => {
                let mut after = item.clone();
                let mut complaints = Vec::new();
                for (name, change) in changes {
                    match change.of(item.get(name)) {
                        Ok(Some(value)) => drop(after.insert(name.clone(), value)),
                        Ok(None) => drop(after.remove(name)),
                        Err(complaint) => complaints.push(complaint),
                    }
                }
                if complaints.is_empty() { Ok(after) } else { Err(complaints) }
            }
        }
    }
}

impl OldChange {
    fn of(&self, old: Option<&Value>) -> Computed {
        let computed = match (self, old) {
            (Self::Put(value), _) => Ok(Some(value.clone())),
            (Self::Delete(None), _) => Ok(None),
            (Self::Add(Value::L(more)), Some(Value::L(list))) => {
                Ok(Some(Value::L([list.as_slice(), more].concat())))
            }
            (Self::Add(value), old) => added(old, value),
            (Self::Delete(Some(value)), old) => deleted(old, value),
        };
        computed.map_err(|complaint| if complaint == TYPE { OLD_TYPE } else { complaint })
    }
}

impl Update {
    /// Everything is computed of the item as it is; then what is in place is replaced, then lists grow, and what is removed goes
    /// last and from behind, so that every index means what it meant.
    fn applied_to(&self, item: &Map) -> Result<Map, Complaints> {
        let mut complaints = Vec::new();
        let mut computed = Vec::new();
        for (path, change) in &self.changes {
            if !has_parent(path, item) {
                complaints.push(PATH);
            }
            match change.of(path, item) {
                Ok(value) => computed.push((path, value)),
                Err(complaint) => complaints.push(complaint),
            }
        }
        if !complaints.is_empty() {
            return Err(complaints);
        }
        let mut after = item.clone();
        computed.sort_by(|(one, _), (other, _)| one.steps.cmp(&other.steps));
        for (path, value) in &computed {
            if let Some(value) = value {
                put(path, value.clone(), &mut after);
            }
        }
        for (path, value) in computed.iter().rev() {
            if value.is_none() && find(path, item).is_some() {
                take(path, &mut after);
            }
        }
        Ok(after)
    }
}

impl Change {
    fn of(&self, path: &Path, item: &Map) -> Computed {
        match self {
            Self::Set(source) => source.of(item).map(Some),
            Self::Remove => Ok(None),
            Self::Add(value) => added(find(path, item), value),
            Self::Delete(value) => deleted(find(path, item), value),
        }
    }
}

impl Term {
    fn of<'a>(&'a self, item: &'a Map) -> Result<&'a Value, &'static str> {
        match self {
            Self::Path(path) => find(path, item).ok_or(MISSING),
            Self::Value(value) => Ok(value),
            Self::Or(path, other) => find(path, item).map_or_else(|| other.of(item), Ok),
        }
    }

    fn number(&self, item: &Map) -> Result<BigDecimal, &'static str> {
        match self.of(item)? {
            Value::N(number) => Ok(number.clone()),
            _ => Err(TYPE),
        }
    }

    fn list(&self, item: &Map) -> Result<Vec<Value>, &'static str> {
        match self.of(item)? {
            Value::L(list) => Ok(list.clone()),
            _ => Err(TYPE),
        }
    }
}

impl Source {
    fn of(&self, item: &Map) -> Result<Value, &'static str> {
        match self {
            Self::Term(term) => term.of(item).cloned(),
            Self::Plus(left, right) => kept(left.number(item)? + right.number(item)?),
            Self::Minus(left, right) => kept(left.number(item)? - right.number(item)?),
            Self::Append(left, right) => Ok(Value::L([left.list(item)?, right.list(item)?].concat())),
        }
    }
}

/// A number, if it is one of 38 digits between 1E-130 and 9.99E+125.
fn kept(number: BigDecimal) -> Result<Value, &'static str> {
    let number = number.normalized();
    let digits = i64::try_from(number.digits()).unwrap();
    match digits - number.fractional_digit_count() - 1 {
        _ if number.is_zero() => Ok(Value::N(number)),
        126.. => Err(OVERFLOW),
        ..-130 => Err(UNDERFLOW),
        _ if digits > 38 => Err(OVERFLOW),
        _ => Ok(Value::N(number)),
    }
}

fn added(old: Option<&Value>, value: &Value) -> Computed {
    let sum = match (old, value) {
        (None, value) => value.clone(),
        (Some(Value::N(old)), Value::N(value)) => kept(old + value)?,
        (Some(Value::Ss(old)), Value::Ss(value)) => Value::Ss(old | value),
        (Some(Value::Ns(old)), Value::Ns(value)) => Value::Ns(old | value),
        (Some(Value::Bs(old)), Value::Bs(value)) => Value::Bs(old | value),
        _ => return Err(TYPE),
    };
    Ok(Some(sum))
}

fn deleted(old: Option<&Value>, value: &Value) -> Computed {
    fn left<T: Ord + Clone>(
        old: &BTreeSet<T>,
        value: &BTreeSet<T>,
        make: fn(BTreeSet<T>) -> Value,
    ) -> Computed {
        let left = old - value;
        Ok((!left.is_empty()).then(|| make(left)))
    }
    match (old, value) {
        (None, _) => Ok(None),
        (Some(Value::Ss(old)), Value::Ss(value)) => left(old, value, Value::Ss),
        (Some(Value::Ns(old)), Value::Ns(value)) => left(old, value, Value::Ns),
        (Some(Value::Bs(old)), Value::Bs(value)) => left(old, value, Value::Bs),
        _ => Err(TYPE),
    }
}

/// Whether there is something that a path's last step could lead into.
fn has_parent(path: &Path, item: &Map) -> bool {
    let Some((last, steps)) = path.steps.split_last() else { return true };
    let parent = find(&Path { head: path.head.clone(), steps: steps.to_vec() }, item);
    matches!((last, parent), (Step::Field(_), Some(Value::M(_))) | (Step::Index(_), Some(Value::L(_))))
}

/// What a path's last step leads into.
fn parent<'a>(path: &Path, item: &'a mut Map) -> &'a mut Value {
    let mut at = item.get_mut(&path.head).unwrap();
    for step in &path.steps[..path.steps.len() - 1] {
        at = match (step, at) {
            (Step::Field(name), Value::M(map)) => map.get_mut(name).unwrap(),
            (Step::Index(index), Value::L(list)) => &mut list[*index],
            _ => unreachable!("the parent was looked for"),
        };
    }
    at
}

fn put(path: &Path, value: Value, item: &mut Map) {
    let Some(last) = path.steps.last() else {
        item.insert(path.head.clone(), value);
        return;
    };
    match (last, parent(path, item)) {
        (Step::Field(name), Value::M(map)) => drop(map.insert(name.clone(), value)),
        (Step::Index(index), Value::L(list)) if *index < list.len() => list[*index] = value,
        (Step::Index(_), Value::L(list)) => list.push(value),
        _ => unreachable!("the parent was looked for"),
    }
}

fn take(path: &Path, item: &mut Map) {
    let Some(last) = path.steps.last() else {
        item.remove(&path.head);
        return;
    };
    match (last, parent(path, item)) {
        (Step::Field(name), Value::M(map)) => drop(map.remove(name)),
        (Step::Index(index), Value::L(list)) => drop(list.remove(*index)),
        _ => unreachable!("the parent was looked for"),
    }
}

/// Parts of a value, each where it stood; lists keep their gaps until all parts are there.
enum Part {
    Whole(Value),
    Fields(BTreeMap<String, Part>),
    Elements(BTreeMap<usize, Part>),
}

impl Part {
    fn of_steps(steps: &[Step], value: &Value) -> Self {
        match steps.split_first() {
            None => Self::Whole(value.clone()),
            Some((Step::Field(name), rest)) => {
                Self::Fields([(name.clone(), Self::of_steps(rest, value))].into())
            }
            Some((Step::Index(index), rest)) => {
                Self::Elements([(*index, Self::of_steps(rest, value))].into())
            }
        }
    }

    fn join(&mut self, other: Self) {
        fn join<K: Ord>(parts: &mut BTreeMap<K, Part>, more: BTreeMap<K, Part>) {
            for (key, part) in more {
                match parts.remove(&key) {
                    Some(mut old) => {
                        old.join(part);
                        parts.insert(key, old);
                    }
                    None => drop(parts.insert(key, part)),
                }
            }
        }
        match (self, other) {
            (Self::Fields(parts), Self::Fields(more)) => join(parts, more),
            (Self::Elements(parts), Self::Elements(more)) => join(parts, more),
            _ => unreachable!("paths of one expression do not clash"),
        }
    }

    fn closed(self) -> Value {
        match self {
            Self::Whole(value) => value,
            Self::Fields(parts) => {
                Value::M(parts.into_iter().map(|(name, part)| (name, part.closed())).collect())
            }
            Self::Elements(parts) => Value::L(parts.into_values().map(Self::closed).collect()),
        }
    }
}

impl Parts {
    pub(super) fn of(&self, item: &Map) -> Map {
        match self {
            Self::All => item.clone(),
            Self::Expression(paths) => parts(paths, item),
            Self::Attributes(names) => item
                .iter()
                .filter(|(name, _)| names.contains(name))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
        }
    }
}

/// What of an item is at these places, in the structure in which it stands there.
pub(super) fn parts(paths: &[Path], item: &Map) -> Map {
    let mut found: BTreeMap<String, Part> = BTreeMap::new();
    for path in paths {
        let Some(value) = find(path, item) else { continue };
        let part = Part::of_steps(&path.steps, value);
        match found.get_mut(&path.head) {
            Some(old) => old.join(part),
            None => drop(found.insert(path.head.clone(), part)),
        }
    }
    found.into_iter().map(|(name, part)| (name, part.closed())).collect()
}
