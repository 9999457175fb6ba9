//! What a put, an update and a delete have in common: a condition on the item as it is, and the answer.

use std::collections::BTreeMap;

use shape::{Decode, Member, Violations, choices};

use super::capacity::{self, CapacityUnits, ConsumedCapacity, ReturnConsumedCapacity};
use super::parameters::{self, Set};
use crate::error::{ExpressionKind, Invalid};
use crate::expr::legacy::{self, ConditionalOperator, Expected};
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::items::{Change, Condition};
use crate::schema::KeySchema;
use crate::value::{Item, raw};

/// Whether a request whose condition fails answers with the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConditionCheckFailure {
    /// With the item as it is.
    AllOld,
    /// Without.
    None,
}

choices!(OnConditionCheckFailure { AllOld = "ALL_OLD", None = "NONE" });

/// What the item must be for a write to be made.
#[derive(Debug, Default, Decode)]
pub struct Conditional {
    /// As an expression.
    pub condition_expression: Option<String>,
    /// `#name` placeholders.
    pub expression_attribute_names: Option<BTreeMap<String, String>>,
    /// `:value` placeholders.
    pub expression_attribute_values: Option<raw::Map>,
    /// As conditions on attributes.
    pub expected: Option<Expected>,
    /// How those are joined.
    pub conditional_operator: Member<ConditionalOperator>,
    /// Whether the item is wanted if it is another.
    pub return_values_on_condition_check_failure: Member<OnConditionCheckFailure>,
}

impl Conditional {
    /// Adds the violations of the model's constraints.
    pub(super) fn constraints(&self, violations: &mut Violations) {
        violations.one_of("conditionalOperator", &self.conditional_operator);
        self.check(violations);
    }

    /// Adds those that are not left to [`Self::bind`].
    pub(super) fn check(&self, violations: &mut Violations) {
        legacy::check_expected(self.expected.as_ref(), violations);
        violations
            .one_of("returnValuesOnConditionCheckFailure", &self.return_values_on_condition_check_failure);
    }

    /// Checks what goes together in the request, whose other parameters these are.
    ///
    /// # Errors
    /// As [`parameters::check_together`].
    pub(super) fn check_together(&self, expressions: Set<'_>, others: Set<'_>) -> Result<(), Invalid> {
        let expression = [("ConditionExpression", self.condition_expression.is_some())];
        let other = [("Expected", self.expected.is_some())];
        parameters::check_together(
            &[expressions, &expression].concat(),
            &[others, &other].concat(),
            self.expression_attribute_names.is_some(),
            self.expression_attribute_values.is_some(),
        )
    }

    /// The condition, if there is one, and what the request has for another expression that comes before it.
    ///
    /// # Errors
    /// What is wrong with either, with names and values, and those that neither uses.
    pub(super) fn bind<T>(
        self,
        other: impl FnOnce(&mut Substitutions) -> Result<T, Invalid>,
    ) -> Result<(T, Option<Condition>), Invalid> {
        let expected = legacy::expected(self.expected, &self.conditional_operator)?;
        let (names, values) = (self.expression_attribute_names, self.expression_attribute_values);
        let mut substitutions = Substitutions::new(names, values, ValueErrors::Bare)?;
        let other = other(&mut substitutions)?;
        let (kind, text) = (ExpressionKind::Condition, self.condition_expression.as_deref());
        let stated = parameters::condition(kind, text, &mut substitutions)?;
        substitutions.finish()?;
        let show =
            self.return_values_on_condition_check_failure.known() == Some(&OnConditionCheckFailure::AllOld);
        Ok((other, stated.or(expected).map(|test| Condition { test, show })))
    }
}

/// Checks a condition against a table.
///
/// # Errors
/// A path into a key attribute.
pub(super) fn check(schema: &KeySchema, condition: Option<&Condition>) -> Result<(), Invalid> {
    condition.map_or(Ok(()), |Condition { test, .. }| {
        parameters::check_paths(schema, |visit| test.visit_paths(visit))
    })
}

/// What a write answers with.
#[derive(Debug, Default)]
pub struct WriteOutput {
    /// The attributes asked for, if there are any.
    pub attributes: Option<Item>,
    /// What was consumed, if that was asked for.
    pub consumed_capacity: Option<ConsumedCapacity>,
}

/// Whether a write has to know the item as it was, for its answer.
pub(super) fn needs_before(old_wanted: bool, wanted: &Member<ReturnConsumedCapacity>) -> bool {
    old_wanted || capacity::is_wanted(wanted)
}

/// What a write has consumed.
pub(super) fn consumed(change: &Change<'_>) -> CapacityUnits {
    let size = |item: Option<&Item>| item.map_or(0, Item::size);
    CapacityUnits::of_write(size(change.before.as_ref()), size(change.after.as_deref()))
}
