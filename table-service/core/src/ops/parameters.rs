//! What requests say in expressions, and in the parameters from before there were any: what may be said together, and what
//! both come to.

use std::collections::BTreeMap;

use shape::{Decode, Violations};

use crate::error::{ExpressionKind, Invalid};
use crate::expr::bind::{self, Cond};
use crate::expr::path::Path;
use crate::expr::projection::Projection;
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::schema::{KeyAttribute, KeySchema};
use crate::value::Item;

/// Parameters of a request, and whether they are set.
pub(super) type Set<'a> = &'a [(&'static str, bool)];

/// Checks what goes together, before anything is looked at by itself: expressions do not go with parameters that are none,
/// names go with any expression, and values with one that can have them.
///
/// # Errors
/// [`Invalid::Mixed`], [`Invalid::NamesWithoutExpression`], [`Invalid::ValuesWithoutExpression`].
pub(super) fn check_together(
    expressions: Set<'_>,
    others: Set<'_>,
    has_names: bool,
    has_values: bool,
) -> Result<(), Invalid> {
    let set = |all: Set<'_>| all.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| *name).collect();
    let (expressions, others): (Vec<_>, Vec<_>) = (set(expressions), set(others));
    match (expressions.is_empty(), others.is_empty()) {
        (false, false) => Err(Invalid::Mixed { others, expressions }),
        (true, _) if has_names => Err(Invalid::NamesWithoutExpression),
        _ if has_values && expressions.iter().all(|name| *name == Selection::EXPRESSION) => {
            Err(Invalid::ValuesWithoutExpression)
        }
        _ => Ok(()),
    }
}

/// Binds a condition or a filter, if there is one.
///
/// # Errors
/// What is wrong with it.
pub(super) fn condition(
    kind: ExpressionKind,
    text: Option<&str>,
    substitutions: &mut Substitutions,
) -> Result<Option<Cond>, Invalid> {
    let Some(text) = text else { return Ok(None) };
    let parsed = crate::expr::condition(kind, text)?;
    bind::condition(&parsed, substitutions).map(Some).map_err(|error| Invalid::Expression { kind, error })
}

/// Checks that no path leads into a key attribute, which has no parts.
///
/// # Errors
/// [`Invalid::KeyPath`].
pub(super) fn check_paths(schema: &KeySchema, visit: impl Fn(&mut dyn FnMut(&Path))) -> Result<(), Invalid> {
    match key_among(schema, visit, |path| !path.rest.is_empty()) {
        Some(key) => Err(Invalid::KeyPath { key: key.name.clone() }),
        None => Ok(()),
    }
}

/// The first key attribute of the schema, whatever the order of the paths, that a path of some kind begins with.
pub(super) fn key_among(
    schema: &KeySchema,
    visit: impl Fn(&mut dyn FnMut(&Path)),
    counts: impl Fn(&Path) -> bool,
) -> Option<&KeyAttribute> {
    schema.attributes().find(|key| {
        let mut found = false;
        visit(&mut |path| found |= *key.name == *path.attribute && counts(path));
        found
    })
}

/// Which parts of items a read answers with, and how fresh they are.
#[derive(Clone, Debug, Default, Decode)]
pub struct Selection {
    /// The parts, as an expression.
    pub projection_expression: Option<String>,
    /// The parts, as names of attributes.
    pub attributes_to_get: Option<Vec<String>>,
    /// `#name` placeholders.
    pub expression_attribute_names: Option<BTreeMap<String, String>>,
    /// Whether the read sees all writes before it. It does anyway; it consumes twice as much.
    pub consistent_read: Option<bool>,
}

impl Selection {
    /// Adds the violations of the model's constraints.
    pub(super) fn constraints(&self, violations: &mut Violations) {
        if let Some(attributes) = &self.attributes_to_get {
            violations.count("attributesToGet", attributes.len(), 1..=usize::MAX);
        }
    }

    pub(super) fn is_consistent(&self) -> bool {
        self.consistent_read == Some(true)
    }

    pub(super) const EXPRESSION: &'static str = "ProjectionExpression";
    pub(super) const ATTRIBUTES: &'static str = "AttributesToGet";

    /// As [`check_together`], of reads that have no other expression and are one request.
    ///
    /// # Errors
    /// As there.
    pub(super) fn check_together<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Result<(), Invalid> {
        let any = |is_set: fn(&Self) -> bool| all.clone().any(is_set);
        let expression = |selection: &Self| selection.projection_expression.is_some();
        let attributes = |selection: &Self| selection.attributes_to_get.is_some();
        let stray = |selection: &Self| {
            selection.expression_attribute_names.is_some() && selection.projection_expression.is_none()
        };
        let (expressions, others) =
            ([(Self::EXPRESSION, any(expression))], [(Self::ATTRIBUTES, any(attributes))]);
        check_together(&expressions, &others, false, false)?;
        if any(stray) { Err(Invalid::NamesWithoutExpression) } else { Ok(()) }
    }

    /// The parts, of a read that has no other expression; none for all.
    ///
    /// # Errors
    /// As [`Self::attributes`] and [`projection`]; names that are wrong or not used.
    pub(super) fn alone(&self) -> Result<Option<Projection>, Invalid> {
        let attributes = self.attributes()?;
        let names = self.expression_attribute_names.clone();
        let mut substitutions = Substitutions::new(names, None, ValueErrors::Bare)?;
        let stated = projection(self.projection_expression.as_deref(), &mut substitutions)?;
        substitutions.finish()?;
        Ok(stated.or(attributes))
    }

    /// The parts, as far as they are named one by one.
    ///
    /// # Errors
    /// An attribute that is named twice.
    pub(super) fn attributes(&self) -> Result<Option<Projection>, Invalid> {
        self.attributes_to_get.as_deref().map(Projection::of_attributes).transpose()
    }
}

/// Binds a projection, if there is one.
///
/// # Errors
/// What is wrong with it.
pub(super) fn projection(
    text: Option<&str>,
    substitutions: &mut Substitutions,
) -> Result<Option<Projection>, Invalid> {
    let Some(text) = text else { return Ok(None) };
    let parsed = crate::expr::projection(text)?;
    let kind = ExpressionKind::Projection;
    Projection::bind(&parsed, substitutions).map(Some).map_err(|error| Invalid::Expression { kind, error })
}

/// Checks the paths of a projection, as [`check_paths`] does.
pub(super) fn check_projection(schema: &KeySchema, projection: Option<&Projection>) -> Result<(), Invalid> {
    check_paths(schema, |visit| projection.into_iter().flat_map(Projection::paths).for_each(visit))
}

/// The parts of an item that are wanted; all of them without a projection.
pub(super) fn projected(projection: Option<&Projection>, item: Item) -> Item {
    match projection {
        Some(projection) => projection.of(&item),
        None => item,
    }
}
