//! What requests say in expressions, and in the parameters from before there were any: what may be said together, and what
//! both come to.

use std::collections::BTreeMap;

use shape::{Decode, Violations};

use crate::error::{ExpressionKind, Invalid};
use crate::expr::bind::{self, Cond};
use crate::expr::path::Path;
use crate::expr::projection::Projection;
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::schema::KeySchema;
use crate::value::{Item, raw};

/// Parameters of a request, and whether they are set.
pub(super) type Set<'a> = &'a [(&'static str, bool)];

/// What stands for names and values in the expressions of a request.
///
/// # Errors
/// Expressions beside parameters that are none, substitutions without expressions, substitutions that are wrong.
pub(super) fn substitutions(
    expressions: Set<'_>,
    others: Set<'_>,
    names: Option<BTreeMap<String, String>>,
    values: Option<raw::Map>,
    errors: ValueErrors,
) -> Result<Substitutions, Invalid> {
    let set = |all: Set<'_>| all.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| *name).collect();
    let (expressions, others): (Vec<_>, Vec<_>) = (set(expressions), set(others));
    match (expressions.is_empty(), others.is_empty()) {
        (false, false) => Err(Invalid::Mixed { others, expressions }),
        (true, _) if names.is_some() => Err(Invalid::NamesWithoutExpression),
        (true, _) if values.is_some() => Err(Invalid::ValuesWithoutExpression),
        _ => Substitutions::new(names, values, errors),
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
pub(super) fn check_paths(
    schema: &KeySchema,
    visit: impl FnOnce(&mut dyn FnMut(&Path)),
) -> Result<(), Invalid> {
    let mut refused = Ok(());
    visit(&mut |path| {
        let key = schema.attributes().find(|key| *key.name == *path.attribute && !path.rest.is_empty());
        if let (Some(key), Ok(())) = (key, &refused) {
            refused = Err(Invalid::KeyPath { key: key.name.clone() });
        }
    });
    refused
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

    /// The parts, of a read that has no other expression.
    ///
    /// # Errors
    /// As [`substitutions`] and [`Self::projection`]; names that are not used.
    pub(super) fn alone(&self) -> Result<Option<Projection>, Invalid> {
        let mut substitutions = substitutions(
            &[(Self::EXPRESSION, self.projection_expression.is_some())],
            &[(Self::ATTRIBUTES, self.attributes_to_get.is_some())],
            self.expression_attribute_names.clone(),
            None,
            ValueErrors::Bare,
        )?;
        let projection = self.projection(&mut substitutions)?;
        substitutions.finish()?;
        Ok(projection)
    }

    /// The parts; none for all.
    ///
    /// # Errors
    /// What is wrong with the expression; an attribute that is named twice.
    pub(super) fn projection(
        &self,
        substitutions: &mut Substitutions,
    ) -> Result<Option<Projection>, Invalid> {
        if let Some(text) = &self.projection_expression {
            let parsed = crate::expr::projection(text)?;
            let bound = Projection::bind(&parsed, substitutions);
            let kind = ExpressionKind::Projection;
            return bound.map(Some).map_err(|error| Invalid::Expression { kind, error });
        }
        self.attributes_to_get.as_deref().map(Projection::of_attributes).transpose()
    }
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
