//! The parameters from before there were expressions: Expected, KeyConditions, QueryFilter, ScanFilter, AttributeUpdates,
//! each with ConditionalOperator where it has one.
//!
//! They are made into the bound forms of expressions, never into text, so an attribute may have any name. What differs from
//! expressions is in how they are put together: NOT_CONTAINS is false of what is not there, NULL means just that, and ADD
//! takes lists.

use std::collections::BTreeMap;
use std::sync::Arc;

use shape::{Decode, Member, Rule, Shown, Violations, choices};

use super::bind::{Cond, Operand, order};
use super::check::Function;
use super::path::Path;
use super::syntax::Comparator;
use super::update::{Action, SetValue, Term, Update};
use crate::error::{Echo, ExpectationError, Invalid};
use crate::value::{AttributeValue, ValueType, raw};

/// How a condition tests an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparisonOperator {
    /// Equal.
    Eq,
    /// Different, or not there.
    Ne,
    /// Equal to one of them.
    In,
    /// At most.
    Le,
    /// Less.
    Lt,
    /// At least.
    Ge,
    /// Greater.
    Gt,
    /// Between two, both included.
    Between,
    /// There.
    NotNull,
    /// Not there.
    Null,
    /// A part or a member.
    Contains,
    /// There, and without this part or member.
    NotContains,
    /// A beginning.
    BeginsWith,
}

choices!(ComparisonOperator {
    In = "IN",
    Null = "NULL",
    Between = "BETWEEN",
    Lt = "LT",
    NotContains = "NOT_CONTAINS",
    Eq = "EQ",
    Gt = "GT",
    NotNull = "NOT_NULL",
    Ne = "NE",
    Le = "LE",
    BeginsWith = "BEGINS_WITH",
    Ge = "GE",
    Contains = "CONTAINS",
});

impl ComparisonOperator {
    const fn takes_count(self, count: usize) -> bool {
        match self {
            Self::NotNull | Self::Null => count == 0,
            Self::In => count > 0,
            Self::Between => count == 2,
            _ => count == 1,
        }
    }

    const fn takes_type(self, kind: ValueType) -> bool {
        match self {
            Self::Eq | Self::Ne | Self::NotNull | Self::Null => true,
            Self::BeginsWith => matches!(kind, ValueType::S | ValueType::B),
            _ => matches!(kind, ValueType::S | ValueType::N | ValueType::B),
        }
    }
}

/// How several conditions are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConditionalOperator {
    /// All must be met.
    #[default]
    And,
    /// One must be met.
    Or,
}

choices!(ConditionalOperator { Or = "OR", And = "AND" });

/// A condition on one attribute: an entry of KeyConditions, QueryFilter, ScanFilter.
#[derive(Debug, Default, Decode)]
pub struct Condition {
    /// What the attribute is compared with.
    pub attribute_value_list: Option<Vec<raw::Value>>,
    /// How.
    #[shape(required)]
    pub comparison_operator: Member<ComparisonOperator>,
}

/// An entry of Expected: a condition, or a value, or that there is none.
#[derive(Debug, Default, Decode)]
pub struct ExpectedAttributeValue {
    /// What the attribute must be.
    pub value: Option<raw::Value>,
    /// Whether it must be there.
    pub exists: Option<bool>,
    /// How it is compared.
    pub comparison_operator: Member<ComparisonOperator>,
    /// With what.
    pub attribute_value_list: Option<Vec<raw::Value>>,
}

/// What AttributeUpdates does to an attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttributeAction {
    /// Adds to it.
    Add,
    /// Replaces it.
    #[default]
    Put,
    /// Removes it, or takes members out of it.
    Delete,
}

choices!(AttributeAction { Add = "ADD", Delete = "DELETE", Put = "PUT" });

/// An entry of AttributeUpdates.
#[derive(Debug, Default, Decode)]
pub struct AttributeValueUpdate {
    /// With what.
    pub value: Option<raw::Value>,
    /// What is done; PUT if absent.
    pub action: Member<AttributeAction>,
}

/// Conditions by attribute.
pub type Conditions = BTreeMap<String, Condition>;
/// Expected values by attribute.
pub type Expected = BTreeMap<String, ExpectedAttributeValue>;
/// Updates by attribute.
pub type AttributeUpdates = BTreeMap<String, AttributeValueUpdate>;

/// Checks the closed sets in conditions.
pub fn check_conditions(path: &str, conditions: Option<&Conditions>, violations: &mut Violations) {
    for (name, condition) in conditions.into_iter().flatten() {
        violations.below(&format!("{path}.{name}.member"), &format!("{path}....member"), |violations| {
            if condition.comparison_operator == Member::Absent {
                violations.push("comparisonOperator", Shown::Null, Rule::NotNull);
            }
            violations.one_of("comparisonOperator", &condition.comparison_operator);
        });
    }
}

/// Checks the closed sets in Expected.
pub fn check_expected(expected: Option<&Expected>, violations: &mut Violations) {
    for (name, entry) in expected.into_iter().flatten() {
        violations.below(&format!("expected.{name}.member"), "expected....member", |violations| {
            violations.one_of("comparisonOperator", &entry.comparison_operator);
        });
    }
}

/// Checks the closed sets in AttributeUpdates.
pub fn check_updates(updates: Option<&AttributeUpdates>, violations: &mut Violations) {
    for (name, entry) in updates.into_iter().flatten() {
        violations.below(
            &format!("attributeUpdates.{name}.member"),
            "attributeUpdates....member",
            |violations| {
                violations.one_of("action", &entry.action);
            },
        );
    }
}

/// A condition that has been checked.
pub(crate) struct Test {
    pub(crate) attribute: Arc<str>,
    pub(crate) operator: ComparisonOperator,
    pub(crate) values: Vec<Arc<AttributeValue>>,
}

/// Checks conditions by themselves.
///
/// # Errors
/// Values that are wrong, too many or too few, of types that the operator does not take or of several types; bounds in the
/// wrong order.
pub(crate) fn checked(conditions: Conditions) -> Result<Vec<Test>, Invalid> {
    let test = |(name, condition): (String, Condition)| {
        let Member::Known(operator) = condition.comparison_operator else {
            return Err(Invalid::ArgumentTypes);
        };
        Test::new(&name, operator, condition.attribute_value_list.unwrap_or_default())
    };
    conditions.into_iter().map(test).collect()
}

/// The condition that a QueryFilter or ScanFilter states; none if it is empty.
///
/// # Errors
/// As for each condition, and a ConditionalOperator that joins nothing.
pub fn filter(
    conditions: Option<Conditions>,
    operator: &Member<ConditionalOperator>,
) -> Result<Option<Cond>, Invalid> {
    let conditions = conditions.unwrap_or_default();
    let operator = joint(conditions.len(), operator)?;
    let conds = checked(conditions)?.into_iter().map(Test::into_cond).collect();
    Ok(join(conds, operator))
}

/// The condition that Expected states; none if it is empty.
///
/// # Errors
/// As for each condition, members that do not go together, and a ConditionalOperator that joins nothing.
pub fn expected(
    expected: Option<Expected>,
    operator: &Member<ConditionalOperator>,
) -> Result<Option<Cond>, Invalid> {
    let expected = expected.unwrap_or_default();
    let operator = joint(expected.len(), operator)?;
    let conds =
        expected.into_iter().map(|(name, entry)| expectation(&name, entry)).collect::<Result<_, _>>()?;
    Ok(join(conds, operator))
}

/// The update that AttributeUpdates states; one without actions if it is empty.
///
/// # Errors
/// A value that is wrong, absent, or of a type that the action does not take.
pub fn updates(updates: Option<AttributeUpdates>) -> Result<Update, Invalid> {
    let entry = |(name, entry): (String, AttributeValueUpdate)| Ok((Path::to(&name)?, entry.into_action()?));
    let actions = updates.unwrap_or_default().into_iter().map(entry).collect::<Result<_, Invalid>>()?;
    // A map has no attribute twice.
    Update::of_attributes(actions, Invalid::UpdateType).map_err(|_| Invalid::UpdateType)
}

impl Test {
    fn new(name: &str, operator: ComparisonOperator, values: Vec<raw::Value>) -> Result<Self, Invalid> {
        let values = values.into_iter().map(raw::Value::validate).collect::<Result<Vec<_>, _>>()?;
        if !operator.takes_count(values.len()) {
            return Err(Invalid::ArgumentCount(operator));
        }
        let mut kinds = values.iter().map(AttributeValue::value_type);
        if let Some(first) = kinds.next() {
            if kinds.any(|kind| kind != first) {
                return Err(Invalid::ArgumentTypes);
            }
            if !operator.takes_type(first) {
                return Err(Invalid::ArgumentType { operator, actual: first });
            }
        }
        if let (ComparisonOperator::Between, [low, high]) = (operator, values.as_slice())
            && order(low, high).is_some_and(std::cmp::Ordering::is_gt)
        {
            return Err(Invalid::ArgumentOrder);
        }
        let attribute = Path::to(name)?.attribute;
        Ok(Self { attribute, operator, values: values.into_iter().map(Arc::new).collect() })
    }

    fn into_cond(self) -> Cond {
        let path = || Operand::Path(Path { attribute: Arc::clone(&self.attribute), rest: Vec::new() });
        let values = || self.values.iter().map(Arc::clone).map(Operand::Value);
        let call =
            |function| Cond::Call { function, args: std::iter::once(path()).chain(values()).collect() };
        let exists = || Cond::Call { function: Function::AttributeExists, args: vec![path()] };
        let compare = |op| match values().next() {
            Some(right) => Cond::Compare { op, left: path(), right },
            None => exists(),
        };
        match self.operator {
            ComparisonOperator::Eq => compare(Comparator::Equal),
            ComparisonOperator::Ne => compare(Comparator::NotEqual),
            ComparisonOperator::Le => compare(Comparator::AtMost),
            ComparisonOperator::Lt => compare(Comparator::Less),
            ComparisonOperator::Ge => compare(Comparator::AtLeast),
            ComparisonOperator::Gt => compare(Comparator::Greater),
            ComparisonOperator::In => Cond::In { value: path(), list: values().collect() },
            ComparisonOperator::Between => match (values().next(), values().nth(1)) {
                (Some(low), Some(high)) => Cond::Between { value: path(), low, high },
                _ => exists(),
            },
            ComparisonOperator::NotNull => exists(),
            ComparisonOperator::Null => call(Function::AttributeNotExists),
            ComparisonOperator::Contains => call(Function::Contains),
            ComparisonOperator::NotContains => {
                Cond::All(vec![exists(), Cond::Not(Box::new(call(Function::Contains)))])
            }
            ComparisonOperator::BeginsWith => call(Function::BeginsWith),
        }
    }
}

fn expectation(name: &str, entry: ExpectedAttributeValue) -> Result<Cond, Invalid> {
    let fail = |error| Err(Invalid::Expectation { error, attribute: Echo::from(name) });
    let (value, list) = (entry.value, entry.attribute_value_list);
    if value.is_some() && list.is_some() {
        return fail(ExpectationError::TwoValues);
    }
    if let Member::Known(operator) = entry.comparison_operator {
        if entry.exists.is_some() {
            return fail(ExpectationError::TwoTests);
        }
        let needs_none = matches!(operator, ComparisonOperator::Null | ComparisonOperator::NotNull);
        if !needs_none && value.is_none() && list.is_none() {
            return fail(ExpectationError::NoValues(operator));
        }
        let values = list.unwrap_or_else(|| value.into_iter().collect());
        return Test::new(name, operator, values).map(Test::into_cond);
    }
    if list.is_some() {
        return fail(ExpectationError::NoOperator);
    }
    match (entry.exists.unwrap_or(true), value) {
        (true, None) => fail(ExpectationError::NoValue(entry.exists)),
        (false, Some(_)) => fail(ExpectationError::ValueOfNothing),
        (true, Some(value)) => Test::new(name, ComparisonOperator::Eq, vec![value]).map(Test::into_cond),
        (false, None) => Test::new(name, ComparisonOperator::Null, Vec::new()).map(Test::into_cond),
    }
}

/// How conditions are joined.
///
/// # Errors
/// An operator that there is no use for, or no such operator.
pub fn joint(
    conditions: usize,
    operator: &Member<ConditionalOperator>,
) -> Result<ConditionalOperator, Invalid> {
    match (operator, conditions) {
        (Member::Absent, _) => Ok(ConditionalOperator::default()),
        (_, 0) => Err(Invalid::OperatorAlone),
        (_, 1) => Err(Invalid::OperatorForOne),
        (Member::Known(operator), _) => Ok(*operator),
        (Member::Other(_), _) => Err(Invalid::NoOperator),
    }
}

fn join(mut conds: Vec<Cond>, operator: ConditionalOperator) -> Option<Cond> {
    match (conds.len(), operator) {
        (0 | 1, _) => conds.pop(),
        (_, ConditionalOperator::And) => Some(Cond::All(conds)),
        (_, ConditionalOperator::Or) => Some(Cond::Any(conds)),
    }
}

impl AttributeValueUpdate {
    fn into_action(self) -> Result<Action, Invalid> {
        let action = self.action.known().copied().unwrap_or_default();
        let value = self.value.map(raw::Value::validate).transpose()?.map(Arc::new);
        let Some(value) = value else {
            return match action {
                AttributeAction::Delete => Ok(Action::Remove),
                _ => Err(Invalid::ActionWithoutValue),
            };
        };
        match (action, value.value_type()) {
            (AttributeAction::Put, _) => Ok(Action::Set(SetValue::Term(Term::Value(value)))),
            (AttributeAction::Add, kind) => match kind {
                ValueType::N | ValueType::L | ValueType::Ss | ValueType::Ns | ValueType::Bs => {
                    Ok(Action::Add(value))
                }
                kind => Err(Invalid::AddType(kind)),
            },
            (AttributeAction::Delete, kind) => match kind {
                ValueType::Ss | ValueType::Ns | ValueType::Bs => Ok(Action::Delete(value)),
                kind => Err(Invalid::DeleteType(kind)),
            },
        }
    }
}

#[cfg(test)]
mod tests;
