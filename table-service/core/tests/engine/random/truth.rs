//! What is true of an item: an evaluator of trees that shares nothing with the product's.

use std::cmp::Ordering;

use super::syntax::{Comparator, Condition, OldTest, OldTests, Operand, Operator, Path, Range, Step, Test};
use super::value::{Map, Value};

/// What is at a place.
pub(super) fn find<'a>(path: &Path, item: &'a Map) -> Option<&'a Value> {
    let mut found = item.get(&path.head)?;
    for step in &path.steps {
        found = match (step, found) {
            (Step::Field(name), Value::M(map)) => map.get(name)?,
            (Step::Index(index), Value::L(list)) => list.get(*index)?,
            _ => return None,
        };
    }
    Some(found)
}

impl Condition {
    pub(super) fn holds(&self, item: &Map) -> bool {
        match self {
            Self::None => true,
            Self::Expression(test) => test.holds(item),
            Self::Attributes(tests) => tests.hold(item),
        }
    }
}

impl Operand {
    fn of(&self, item: &Map) -> Option<Value> {
        match self {
            Self::Path(path) => find(path, item).cloned(),
            Self::Value(value) => Some(value.clone()),
            Self::Size(path) => {
                let size = match find(path, item)? {
                    Value::S(text) => {
                        text.chars().map(|letter| if letter > '\u{ffff}' { 2 } else { 1 }).sum()
                    }
                    Value::B(bytes) => bytes.len(),
                    Value::Ss(set) => set.len(),
                    Value::Ns(set) => set.len(),
                    Value::Bs(set) => set.len(),
                    Value::M(map) => map.len(),
                    Value::L(list) => list.len(),
                    Value::N(_) | Value::Null | Value::Bool(_) => return None,
                };
                Some(Value::N(u64::try_from(size).unwrap().into()))
            }
        }
    }
}

impl Comparator {
    /// What is not there differs from everything, and is in no order with anything; neither are values of two types.
    fn is(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        let (Some(left), Some(right)) = (left, right) else { return self == Self::NotEqual };
        let order = (left.kind() == right.kind() && left.is_scalar()).then(|| left.cmp(right));
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => order == Some(Ordering::Less),
            Self::Greater => order == Some(Ordering::Greater),
            Self::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

fn between(value: Option<&Value>, low: &Value, high: &Value) -> bool {
    Comparator::AtLeast.is(value, Some(low)) && Comparator::AtMost.is(value, Some(high))
}

fn begins(value: Option<&Value>, prefix: &Value) -> bool {
    match (value, prefix) {
        (Some(Value::S(text)), Value::S(prefix)) => text.bytes().take(prefix.len()).eq(prefix.bytes()),
        (Some(Value::B(bytes)), Value::B(prefix)) => bytes.get(..prefix.len()) == Some(prefix),
        _ => false,
    }
}

fn has_part(whole: &[u8], part: &[u8]) -> bool {
    (0..=whole.len()).any(|at| whole[at..].starts_with(part))
}

fn contains(whole: Option<&Value>, part: Option<&Value>) -> bool {
    match (whole, part) {
        (Some(Value::S(whole)), Some(Value::S(part))) => has_part(whole.as_bytes(), part.as_bytes()),
        (Some(Value::B(whole)), Some(Value::B(part))) => has_part(whole, part),
        (Some(Value::Ss(set)), Some(Value::S(part))) => set.contains(part),
        (Some(Value::Ns(set)), Some(Value::N(part))) => set.contains(part),
        (Some(Value::Bs(set)), Some(Value::B(part))) => set.contains(part),
        (Some(Value::L(list)), Some(part)) => list.contains(part),
        _ => false,
    }
}

impl Test {
    pub(super) fn holds(&self, item: &Map) -> bool {
        match self {
            Self::Compare(left, op, right) => op.is(left.of(item).as_ref(), right.of(item).as_ref()),
            Self::Between(value, low, high) => between(value.of(item).as_ref(), low, high),
            Self::In(value, list) => value.of(item).is_some_and(|value| list.contains(&value)),
            Self::Exists(path) => find(path, item).is_some(),
            Self::Missing(path) => find(path, item).is_none(),
            Self::Type(path, kind) => find(path, item).is_some_and(|value| value.kind() == *kind),
            Self::Begins(path, prefix) => begins(find(path, item), prefix),
            Self::Contains(path, part) => contains(find(path, item), part.of(item).as_ref()),
            Self::All(tests) => tests.iter().all(|test| test.holds(item)),
            Self::Any(tests) => tests.iter().any(|test| test.holds(item)),
            Self::Not(test) => !test.holds(item),
        }
    }
}

impl OldTests {
    fn hold(&self, item: &Map) -> bool {
        let mut truths = self.tests.iter().map(|test| test.holds(item));
        if self.any { truths.any(|truth| truth) } else { truths.all(|truth| truth) }
    }
}

impl OldTest {
    fn holds(&self, item: &Map) -> bool {
        let (found, values) = (item.get(&self.attribute), &self.values);
        match self.operator {
            Operator::Compare(op) => op.is(found, values.first()),
            Operator::In => found.is_some_and(|found| values.contains(found)),
            Operator::Between => between(found, &values[0], &values[1]),
            Operator::Begins => begins(found, &values[0]),
            Operator::Contains => contains(found, values.first()),
            Operator::NotContains => found.is_some() && !contains(found, values.first()),
            Operator::There => found.is_some(),
            Operator::NotThere => found.is_none(),
        }
    }
}

impl Range {
    pub(super) fn holds(&self, key: &Value) -> bool {
        match self {
            Self::Compare(op, value) => op.is(Some(key), Some(value)),
            Self::Between(low, high) => between(Some(key), low, high),
            Self::Begins(prefix) => begins(Some(key), prefix),
        }
    }
}
