//! Where in an item: bound paths. Every name in them is an attribute's own, never a placeholder.

use std::fmt;
use std::sync::Arc;

use super::substitution::Substitutions;
use super::syntax::{self, Name, Step};
use crate::error::{Echo, Echoes, ExpressionError, Invalid};
use crate::limits::MAX_NESTING_LEVELS;
use crate::value::{AttributeValue, Item, raw::check_name};

/// An attribute and the way into it; no longer than a value can be deep.
#[derive(Clone, PartialEq, Eq)]
pub struct Path {
    /// The attribute's name.
    pub attribute: Arc<str>,
    /// The way into its value.
    pub rest: Vec<PathStep>,
}

/// One step into a value.
#[derive(Clone, PartialEq, Eq)]
pub enum PathStep {
    /// A field of a map.
    Field(Arc<str>),
    /// An element of a list.
    Index(u32),
}

impl Path {
    /// The path to a whole attribute.
    ///
    /// # Errors
    /// A name that no attribute can have.
    pub fn to(attribute: &str) -> Result<Self, Invalid> {
        check_name(attribute)?;
        Ok(Self { attribute: attribute.into(), rest: Vec::new() })
    }

    /// Binds a path.
    ///
    /// # Errors
    /// [`ExpressionError::UndefinedName`]; more levels than a value can have.
    pub fn bind(path: &syntax::Path, substitutions: &mut Substitutions) -> Result<Self, ExpressionError> {
        let mut name = |name: &Name| match name {
            Name::Plain(name) => Ok(Arc::from(name.as_str())),
            Name::Placeholder(key) => substitutions.name(key),
        };
        let attribute = name(&path.head)?;
        let step = |step: &Step| match step {
            Step::Field(field) => name(field).map(PathStep::Field),
            Step::Index(index) => Ok(PathStep::Index(*index)),
        };
        let rest = path.rest.iter().map(step).collect::<Result<Vec<_>, _>>()?;
        let levels = 1 + rest.len();
        if levels > MAX_NESTING_LEVELS {
            return Err(ExpressionError::PathTooDeep(levels));
        }
        Ok(Self { attribute, rest })
    }

    /// What is there in an item.
    pub fn of<'a>(&self, item: &'a Item) -> Option<&'a AttributeValue> {
        let attribute = item.get(&*self.attribute)?;
        self.rest.iter().try_fold(attribute, |value, step| match (step, value) {
            (PathStep::Field(name), AttributeValue::M(map)) => map.get(&**name),
            (PathStep::Index(index), AttributeValue::L(list)) => list.get(usize::try_from(*index).ok()?),
            _ => None,
        })
    }

    /// As DynamoDB's texts show it: `[a, b, [1]]`.
    pub fn show(&self) -> Echo {
        let rest = self.rest.iter().map(|step| match step {
            PathStep::Field(name) => Echo::from(&**name),
            PathStep::Index(index) => Echo::from(format!("[{index}]")),
        });
        let steps: Echoes = std::iter::once(Echo::from(&*self.attribute)).chain(rest).collect();
        Echo::from(format!("[{}]", steps.show(true, "", ", ")))
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Path({} steps)", 1 + self.rest.len())
    }
}

impl fmt::Debug for PathStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PathStep")
    }
}
