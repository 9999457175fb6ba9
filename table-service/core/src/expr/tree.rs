//! Paths as a tree: what projections and updates have in common. No path in it leads to another or through another, and
//! none takes for a list what another takes for a map; inserting finds either out. Depth is that of a path, at most 32.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::path::{Path, PathStep};
use crate::error::ExpressionError;
use crate::value::{AttributeValue, Item};

/// Paths, each with something at its end.
#[derive(Debug)]
pub struct PathTree<T> {
    entries: Vec<(Path, T)>,
    roots: BTreeMap<Arc<str>, Node>,
}

/// What a tree says of one value.
#[derive(Debug)]
pub enum Node {
    /// A path ends here; the number of its entry.
    Leaf(usize),
    /// Paths lead through fields of a map.
    Fields(BTreeMap<Arc<str>, Node>),
    /// Paths lead through elements of a list.
    Elements(BTreeMap<u32, Node>),
}

impl<T> Default for PathTree<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), roots: BTreeMap::new() }
    }
}

impl<T> PathTree<T> {
    /// Adds a path.
    ///
    /// # Errors
    /// Overlap or conflict with a path added before; then it is not added.
    pub fn insert(&mut self, path: Path, end: T) -> Result<(), ExpressionError> {
        let number = self.entries.len();
        let clash = match self.roots.get_mut(&path.attribute) {
            Some(node) => node.insert(&path.rest, number),
            None => {
                self.roots.insert(Arc::clone(&path.attribute), Node::chain(&path.rest, number));
                Ok(())
            }
        };
        if let Err(clash) = clash {
            let with = |number: usize| {
                let other = self.entries.get(number).map_or(&path, |(other, _)| other).clone();
                Box::new([other, path])
            };
            return Err(match clash {
                Clash::Overlap(number) => ExpressionError::PathsOverlap(with(number)),
                Clash::Conflict(number) => ExpressionError::PathsConflict(with(number)),
            });
        }
        self.entries.push((path, end));
        Ok(())
    }

    /// The paths in the order in which they were added.
    pub fn entries(&self) -> impl Iterator<Item = (&Path, &T)> {
        self.entries.iter().map(|(path, end)| (path, end))
    }

    /// The attributes that paths begin with.
    pub fn roots(&self) -> &BTreeMap<Arc<str>, Node> {
        &self.roots
    }

    /// The parts of an item that the paths lead to, each in the structure that it stands in; lists are closed up.
    pub fn project(&self, item: &Item) -> Item {
        let part = |(name, node): (&Arc<str>, &Node)| {
            Some((name.as_ref().to_owned(), node.project(item.get(&**name)?)?))
        };
        self.roots.iter().filter_map(part).collect()
    }
}

/// What keeps a path out: the number of the first entry that does.
enum Clash {
    Overlap(usize),
    Conflict(usize),
}

impl Node {
    /// What has only this path in it.
    fn chain(steps: &[PathStep], number: usize) -> Self {
        steps.iter().rev().fold(Self::Leaf(number), |node, step| match step {
            PathStep::Field(name) => Self::Fields([(Arc::clone(name), node)].into()),
            PathStep::Index(index) => Self::Elements([(*index, node)].into()),
        })
    }

    fn insert(&mut self, steps: &[PathStep], number: usize) -> Result<(), Clash> {
        let Some((step, rest)) = steps.split_first() else { return Err(Clash::Overlap(self.first())) };
        let below = match (&mut *self, step) {
            (Self::Leaf(other), _) => return Err(Clash::Overlap(*other)),
            (Self::Fields(fields), PathStep::Field(name)) => match fields.get_mut(name) {
                None => {
                    fields.insert(Arc::clone(name), Self::chain(rest, number));
                    return Ok(());
                }
                some => some,
            },
            (Self::Elements(elements), PathStep::Index(index)) => match elements.get_mut(index) {
                None => {
                    elements.insert(*index, Self::chain(rest, number));
                    return Ok(());
                }
                some => some,
            },
            _ => None,
        };
        match below {
            Some(node) => node.insert(rest, number),
            None => Err(Clash::Conflict(self.first())),
        }
    }

    /// The number of the first entry here.
    fn first(&self) -> usize {
        match self {
            Self::Leaf(number) => *number,
            Self::Fields(fields) => fields.values().map(Self::first).min().unwrap_or(usize::MAX),
            Self::Elements(elements) => elements.values().map(Self::first).min().unwrap_or(usize::MAX),
        }
    }

    fn project(&self, value: &AttributeValue) -> Option<AttributeValue> {
        match (self, value) {
            (Self::Leaf(_), value) => Some(value.clone()),
            (Self::Fields(fields), AttributeValue::M(map)) => {
                let part = |(name, node): (&Arc<str>, &Self)| {
                    Some((name.as_ref().to_owned(), node.project(map.get(&**name)?)?))
                };
                let parts: BTreeMap<_, _> = fields.iter().filter_map(part).collect();
                (!parts.is_empty()).then_some(AttributeValue::M(parts))
            }
            (Self::Elements(elements), AttributeValue::L(list)) => {
                let part =
                    |(index, node): (&u32, &Self)| node.project(list.get(usize::try_from(*index).ok()?)?);
                let parts: Vec<_> = elements.iter().filter_map(part).collect();
                (!parts.is_empty()).then_some(AttributeValue::L(parts))
            }
            _ => None,
        }
    }
}
