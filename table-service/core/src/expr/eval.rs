//! Whether an item meets a bound condition. What the condition names and the item does not have makes a comparison false,
//! all but `<>`, and so does a value of another type; nothing here can fail, because binding has checked whatever can be
//! wrong without an item.

use std::borrow::Cow;
use std::cmp::Ordering;

use memchr::memmem;

use super::bind::{Cond, Operand, order};
use super::check::Function;
use super::syntax::Comparator;
use crate::number::Number;
use crate::value::{AttributeValue, Item};

impl Cond {
    /// Whether the item meets it. An item that does not exist is one without attributes.
    pub fn holds(&self, item: &Item) -> bool {
        match self {
            Self::Compare { op, left, right } => compare(*op, left.of(item), right.of(item)),
            Self::Between { value, low, high } => {
                let value = value.of(item);
                let within = |op, bound: &Operand| compare(op, value.clone(), bound.of(item));
                within(Comparator::AtLeast, low) && within(Comparator::AtMost, high)
            }
            Self::In { value, list } => {
                let value = value.of(item);
                list.iter().any(|each| compare(Comparator::Equal, value.clone(), each.of(item)))
            }
            Self::Call { function, args } => call(*function, args, item),
            Self::All(all) => all.iter().all(|cond| cond.holds(item)),
            Self::Any(any) => any.iter().any(|cond| cond.holds(item)),
            Self::Not(cond) => !cond.holds(item),
        }
    }
}

impl Operand {
    /// What it stands for in an item, if anything.
    fn of<'a>(&'a self, item: &'a Item) -> Option<Cow<'a, AttributeValue>> {
        match self {
            Self::Path(path) => path.of(item).map(Cow::Borrowed),
            Self::Value(value) => Some(Cow::Borrowed(value)),
            Self::Size(operand) => {
                let size = u64::try_from(size(&*operand.of(item)?)?).ok()?;
                Some(Cow::Owned(AttributeValue::N(Number::from(size))))
            }
        }
    }
}

fn compare(
    op: Comparator,
    left: Option<Cow<'_, AttributeValue>>,
    right: Option<Cow<'_, AttributeValue>>,
) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return op == Comparator::NotEqual };
    let is = |test: fn(Ordering) -> bool| order(&left, &right).is_some_and(test);
    match op {
        Comparator::Equal => left == right,
        Comparator::NotEqual => left != right,
        Comparator::Less => is(Ordering::is_lt),
        Comparator::AtMost => is(Ordering::is_le),
        Comparator::Greater => is(Ordering::is_gt),
        Comparator::AtLeast => is(Ordering::is_ge),
    }
}

fn call(function: Function, args: &[Operand], item: &Item) -> bool {
    let mut values = args.iter().map(|arg| arg.of(item));
    let first = values.next().flatten();
    let (Some(first), second) = (first, values.next().flatten()) else {
        return function == Function::AttributeNotExists;
    };
    match (function, second) {
        (Function::AttributeExists, _) => true,
        (Function::AttributeType, Some(name)) => {
            matches!(&*name, AttributeValue::S(name) if first.value_type().name() == name)
        }
        (Function::BeginsWith, Some(prefix)) => match (&*first, &*prefix) {
            (AttributeValue::S(text), AttributeValue::S(prefix)) => text.starts_with(prefix.as_str()),
            (AttributeValue::B(bytes), AttributeValue::B(prefix)) => bytes.starts_with(prefix),
            _ => false,
        },
        (Function::Contains, Some(part)) => contains(&first, &part),
        // The size is an operand and never a condition.
        (Function::AttributeNotExists | Function::Size, _) | (_, None) => false,
    }
}

fn contains(whole: &AttributeValue, part: &AttributeValue) -> bool {
    match (whole, part) {
        (AttributeValue::S(text), AttributeValue::S(part)) => text.contains(part.as_str()),
        (AttributeValue::B(bytes), AttributeValue::B(part)) => memmem::find(bytes, part).is_some(),
        (AttributeValue::Ss(set), AttributeValue::S(part)) => set.contains(part),
        (AttributeValue::Ns(set), AttributeValue::N(part)) => set.contains(part),
        (AttributeValue::Bs(set), AttributeValue::B(part)) => set.contains(part),
        (AttributeValue::L(list), part) => list.contains(part),
        _ => false,
    }
}

/// What `size` gives: units of UTF-16 for texts, bytes, elements; none for types that have no size.
fn size(value: &AttributeValue) -> Option<usize> {
    match value {
        AttributeValue::S(text) => Some(text.encode_utf16().count()),
        AttributeValue::B(bytes) => Some(bytes.len()),
        AttributeValue::Ss(set) => Some(set.len()),
        AttributeValue::Ns(set) => Some(set.len()),
        AttributeValue::Bs(set) => Some(set.len()),
        AttributeValue::M(map) => Some(map.len()),
        AttributeValue::L(list) => Some(list.len()),
        AttributeValue::N(_) | AttributeValue::Null | AttributeValue::Bool(_) => None,
    }
}

#[cfg(test)]
mod tests;
