//! An update applied to an item.
//!
//! First every right side is read, off the item as it was, then one walk along the tree of paths writes. Memory stays
//! within what an item may have, whatever an expression copies: what SET sets is all in the new item, so its sizes are
//! added up before anything is copied.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Action, SetValue, Term, Update};
use crate::error::Invalid;
use crate::expr::syntax::Sign;
use crate::expr::tree::Node;
use crate::limits::{MAX_ITEM_BYTES, MAX_NESTING_LEVELS};
use crate::number::{Number, NumberError};
use crate::value::{AttributeValue, Item};

type Result<T> = std::result::Result<T, Invalid>;

impl Update {
    /// The item with the changes; one without attributes stands for none. Whether it exceeds the size of an item is for
    /// the caller to see, who adds the key.
    ///
    /// # Errors
    /// An attribute that is not there, a value of the wrong type, a path through what is not there or has no parts, a
    /// number that cannot be kept, nesting that is too deep, values that no item has room for.
    pub fn apply(&self, item: Item) -> Result<Item> {
        let writes = self.evaluate(&item)?;
        let mut walk = Walk { writes, mismatch: &self.mismatch };
        let mut attributes = item.into_map();
        walk.fields(self.tree.roots(), &mut attributes, 1)?;
        Ok(Item::from(attributes))
    }

    /// What each action writes, with its right side evaluated.
    fn evaluate(&self, item: &Item) -> Result<Vec<Write<'_>>> {
        let mut room = MAX_ITEM_BYTES;
        self.tree.entries().map(|(_, action)| action.evaluate(item, &self.mismatch, &mut room)).collect()
    }
}

impl Action {
    fn evaluate(&self, item: &Item, mismatch: &Invalid, room: &mut usize) -> Result<Write<'_>> {
        match self {
            Self::Set(value) => value.of(item, mismatch, room).map(|value| Write::Set(Some(value))),
            Self::Remove => Ok(Write::Remove),
            // What is added is in what comes of it, but for numbers.
            Self::Add(value) if matches!(**value, AttributeValue::N(_)) => Ok(Write::Add(value)),
            Self::Add(value) => take_room(value, room).map(Write::Add),
            Self::Delete(value) => Ok(Write::Delete(value)),
        }
    }
}

enum Write<'u> {
    /// Taken by the walk, which passes each once.
    Set(Option<AttributeValue>),
    Remove,
    Add(&'u AttributeValue),
    Delete(&'u AttributeValue),
}

impl SetValue {
    fn of(&self, item: &Item, mismatch: &Invalid, room: &mut usize) -> Result<AttributeValue> {
        match self {
            Self::Term(term) => {
                let value = term.of(item)?;
                take_room(value, room).cloned()
            }
            Self::Sum { sign, left, right } => {
                let number = |term: &Term| match term.of(item)? {
                    AttributeValue::N(number) => Ok(*number),
                    _ => Err(mismatch.clone()),
                };
                let (left, right) = (number(left)?, number(right)?);
                let result = match sign {
                    Sign::Plus => left.checked_add(right),
                    Sign::Minus => left.checked_sub(right),
                };
                result.map(AttributeValue::N).map_err(number_error)
            }
            Self::ListAppend(left, right) => {
                let (left, right) = (term_list(left, item, mismatch)?, term_list(right, item, mismatch)?);
                let elements = left.iter().chain(right);
                elements
                    .map(|element| take_room(element, room).cloned())
                    .collect::<Result<_>>()
                    .map(AttributeValue::L)
            }
        }
    }
}

impl Term {
    fn of<'a>(&'a self, item: &'a Item) -> Result<&'a AttributeValue> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Path(path) => path.of(item).ok_or(Invalid::OperandMissing),
            Self::IfNotExists(path, other) => match path.of(item) {
                Some(value) => Ok(value),
                None => other.of(item),
            },
        }
    }
}

fn term_list<'a>(term: &'a Term, item: &'a Item, mismatch: &Invalid) -> Result<&'a [AttributeValue]> {
    match term.of(item)? {
        AttributeValue::L(list) => Ok(list),
        _ => Err(mismatch.clone()),
    }
}

/// The value, if there is room for it yet.
fn take_room<'v>(value: &'v AttributeValue, room: &mut usize) -> Result<&'v AttributeValue> {
    *room = room.checked_sub(value.size()).ok_or(Invalid::ItemUpdateTooLarge)?;
    Ok(value)
}

fn number_error(error: NumberError) -> Invalid {
    match error {
        NumberError::Underflow => Invalid::NumberUnderflow,
        NumberError::TooManyDigits | NumberError::Overflow | NumberError::NotNumeric => {
            Invalid::NumberOverflow
        }
    }
}

struct Walk<'u> {
    /// By the numbers in the tree's leaves.
    writes: Vec<Write<'u>>,
    mismatch: &'u Invalid,
}

impl Walk<'_> {
    fn fields(
        &mut self,
        nodes: &BTreeMap<Arc<str>, Node>,
        map: &mut BTreeMap<String, AttributeValue>,
        level: usize,
    ) -> Result<()> {
        for (name, node) in nodes {
            let (name, value) = match map.remove_entry(&**name) {
                Some((name, value)) => (name, Some(value)),
                None => (name.as_ref().to_owned(), None),
            };
            if let Some(value) = self.value(node, value, level)? {
                map.insert(name, value);
            }
        }
        Ok(())
    }

    /// Elements keep the places that they had, and what is set behind the end is appended in order; what is removed is
    /// gone only when all is done.
    fn elements(
        &mut self,
        nodes: &BTreeMap<u32, Node>,
        list: Vec<AttributeValue>,
        level: usize,
    ) -> Result<Vec<AttributeValue>> {
        let mut places: Vec<_> = list.into_iter().map(Some).collect();
        let mut appended = Vec::new();
        for (index, node) in nodes {
            match usize::try_from(*index).ok().and_then(|index| places.get_mut(index)) {
                Some(place) => *place = self.value(node, place.take(), level)?,
                None => appended.extend(self.value(node, None, level)?),
            }
        }
        Ok(places.into_iter().flatten().chain(appended).collect())
    }

    /// What becomes of a value, or of its absence. Recursion is as deep as paths are long.
    fn value(
        &mut self,
        node: &Node,
        old: Option<AttributeValue>,
        level: usize,
    ) -> Result<Option<AttributeValue>> {
        match (node, old) {
            (Node::Leaf(number), old) => self.leaf(*number, old, level),
            (Node::Fields(nodes), Some(AttributeValue::M(mut map))) => {
                self.fields(nodes, &mut map, level + 1)?;
                Ok(Some(AttributeValue::M(map)))
            }
            (Node::Elements(nodes), Some(AttributeValue::L(list))) => {
                let list = self.elements(nodes, list, level + 1)?;
                Ok(Some(AttributeValue::L(list)))
            }
            (Node::Fields(_) | Node::Elements(_), _) => Err(Invalid::PathForUpdate),
        }
    }

    fn leaf(
        &mut self,
        number: usize,
        old: Option<AttributeValue>,
        level: usize,
    ) -> Result<Option<AttributeValue>> {
        match self.writes.get_mut(number) {
            None | Some(Write::Remove) => Ok(None),
            Some(Write::Set(value)) => match value.take() {
                Some(value) if level + value.depth() - 1 > MAX_NESTING_LEVELS => Err(Invalid::NestingTooDeep),
                value => Ok(value),
            },
            Some(Write::Add(value)) => match old {
                Some(old) => add(old, value, self.mismatch).map(Some),
                None => Ok(Some((*value).clone())),
            },
            Some(Write::Delete(value)) => match old {
                Some(old) => subtract(old, value, self.mismatch),
                None => Ok(None),
            },
        }
    }
}

fn add(old: AttributeValue, value: &AttributeValue, mismatch: &Invalid) -> Result<AttributeValue> {
    use AttributeValue::{Bs, L, N, Ns, Ss};
    Ok(match (old, value) {
        (N(old), N(value)) => N(Number::checked_add(old, *value).map_err(number_error)?),
        (Ss(old), Ss(value)) => Ss(old.into_iter().chain(value.iter().cloned()).collect()),
        (Ns(old), Ns(value)) => Ns(old.into_iter().chain(value.iter().copied()).collect()),
        (Bs(old), Bs(value)) => Bs(old.into_iter().chain(value.iter().cloned()).collect()),
        (L(old), L(value)) => L(old.into_iter().chain(value.iter().cloned()).collect()),
        _ => return Err(mismatch.clone()),
    })
}

/// A set without the members of another; none if no member is left.
fn subtract(
    old: AttributeValue,
    value: &AttributeValue,
    mismatch: &Invalid,
) -> Result<Option<AttributeValue>> {
    use AttributeValue::{Bs, Ns, Ss};
    let left = match (old, value) {
        (Ss(mut old), Ss(value)) => {
            old.retain(|member| !value.contains(member));
            (!old.is_empty()).then_some(Ss(old))
        }
        (Ns(mut old), Ns(value)) => {
            old.retain(|member| !value.contains(member));
            (!old.is_empty()).then_some(Ns(old))
        }
        (Bs(mut old), Bs(value)) => {
            old.retain(|member| !value.contains(member));
            (!old.is_empty()).then_some(Bs(old))
        }
        _ => return Err(mismatch.clone()),
    };
    Ok(left)
}
