//! Which parts of an item a read answers with: a projection expression, or the older list of attributes.

use std::collections::BTreeSet;

use super::complaints::{Complaints, Rank};
use super::path::Path;
use super::substitution::Substitutions;
use super::syntax;
use super::tree::PathTree;
use crate::error::{Echo, ExpressionError, Invalid};
use crate::value::Item;

/// A bound projection.
#[derive(Debug)]
pub struct Projection(PathTree<()>);

impl Projection {
    /// Binds what [`super::projection()`] gave. Complaints come in DynamoDB's order: names, overlap, conflict.
    ///
    /// # Errors
    /// The first of them.
    pub fn bind(paths: &[syntax::Path], substitutions: &mut Substitutions) -> Result<Self, ExpressionError> {
        let mut tree = PathTree::default();
        let mut complaints = Complaints::default();
        for path in paths {
            if let Some(path) = complaints.hear(Rank::Name, Path::bind(path, substitutions)) {
                complaints.add_path(&mut tree, path, ());
            }
        }
        complaints.finish().map(|()| Self(tree))
    }

    /// The projection to these attributes.
    ///
    /// # Errors
    /// One of them is no name of an attribute, or stands there twice.
    pub fn of_attributes(names: &[String]) -> Result<Self, Invalid> {
        let mut tree = PathTree::default();
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) || tree.insert(Path::to(name)?, ()).is_err() {
                return Err(Invalid::DuplicateAttribute(Echo::from(name.as_str())));
            }
        }
        Ok(Self(tree))
    }

    /// The parts of an item; an item without attributes if there are none.
    pub fn of(&self, item: &Item) -> Item {
        self.0.project(item)
    }

    /// The paths in it.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.entries().map(|(path, ())| path)
    }
}

impl Complaints {
    /// Adds a path to a tree, if it fits in.
    pub(super) fn add_path<T>(&mut self, tree: &mut PathTree<T>, path: Path, end: T) {
        let inserted = tree.insert(path, end);
        let rank = match &inserted {
            Err(ExpressionError::PathsConflict(_)) => Rank::Conflict,
            _ => Rank::Overlap,
        };
        self.hear(rank, inserted);
    }
}

#[cfg(test)]
mod tests;
