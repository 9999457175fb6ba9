//! Key conditions: which partition of a table a query reads, and which range of its sort keys.
//!
//! [`parse`] and [`KeyTests::new`], or [`KeyTests::of_conditions`] for the older KeyConditions, need only the request; [`KeyTests::against`] needs the table's schema and gives a
//! [`KeyCondition`], in which every value is a valid key value of the right type. The texts are DynamoDB's, and so is the
//! order of complaints: an expression is complained about like any other, then what it does not use of its
//! substitutions, and only then what a key condition may not have.

use std::ops::Bound;
use std::sync::Arc;

use crate::error::{ExpressionKind, Invalid};
use crate::expr::bind::{self, Cond, Operand};
use crate::expr::check::Function;
use crate::expr::legacy::{self, ComparisonOperator, Conditions};
use crate::expr::substitution::Substitutions;
use crate::expr::syntax::Comparator;
use crate::schema::{KeyAttribute, KeySchema, KeyValue, Part};
use crate::value::AttributeValue;

/// What a query reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCondition {
    /// The partition.
    pub hash: KeyValue,
    /// Which sort keys; all if absent.
    pub range: Option<RangeCondition>,
}

/// A condition on the sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeCondition {
    /// `=`
    Equal(KeyValue),
    /// `<`
    Less(KeyValue),
    /// `<=`
    AtMost(KeyValue),
    /// `>`
    Greater(KeyValue),
    /// `>=`
    AtLeast(KeyValue),
    /// `BETWEEN`, both bounds included, in order.
    Between(KeyValue, KeyValue),
    /// `begins_with`; a text or a byte string.
    BeginsWith(KeyValue),
}

impl RangeCondition {
    /// The range of sort bytes ([`KeyValue::sort_bytes`]) that meets the condition, and nothing else of the same type.
    pub fn bounds(&self) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
        use Bound::{Excluded, Included, Unbounded};
        match self {
            Self::Equal(value) => (Included(value.sort_bytes()), Included(value.sort_bytes())),
            Self::Less(value) => (Unbounded, Excluded(value.sort_bytes())),
            Self::AtMost(value) => (Unbounded, Included(value.sort_bytes())),
            Self::Greater(value) => (Excluded(value.sort_bytes()), Unbounded),
            Self::AtLeast(value) => (Included(value.sort_bytes()), Unbounded),
            Self::Between(low, high) => (Included(low.sort_bytes()), Included(high.sort_bytes())),
            Self::BeginsWith(value) => {
                let prefix = value.prefix_bytes();
                let end = successor(&prefix).map_or(Unbounded, Excluded);
                (Included(prefix), end)
            }
        }
    }

    /// Whether a sort key meets it.
    pub fn matches(&self, key: &KeyValue) -> bool {
        std::ops::RangeBounds::contains(&self.bounds(), &key.sort_bytes())
    }
}

/// The least bytes above everything that starts with `prefix`; none if there are none.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut next = prefix.get(..=last)?.to_vec();
    if let Some(byte) = next.last_mut() {
        *byte += 1;
    }
    Some(next)
}

/// The conditions of an expression: one per attribute, in the order written.
#[derive(Debug)]
pub struct KeyTests {
    tests: Vec<KeyTest>,
    /// What it says when the table has fewer key attributes; none for the text that counts them.
    too_many: Option<Invalid>,
}

/// A condition on one attribute, the attribute on its left side.
struct KeyTest {
    attribute: Arc<str>,
    op: Op,
    values: Vec<Arc<AttributeValue>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Compare(Comparator),
    Between,
    BeginsWith,
    /// One of the older parameter's that no index answers.
    Other,
}

/// Parses a key condition expression.
///
/// # Errors
/// What would be wrong with any expression.
pub fn parse(text: &str, substitutions: &mut Substitutions) -> Result<Cond, Invalid> {
    let kind = ExpressionKind::KeyCondition;
    let expr = crate::expr::condition(kind, text)?;
    bind::condition(&expr, substitutions).map_err(|error| Invalid::Expression { kind, error })
}

fn collect(cond: Cond, tests: &mut Vec<KeyTest>) -> Result<(), Invalid> {
    let refused = |operator| Err(Invalid::KeyConditionOperator(operator));
    let test = match cond {
        Cond::All(all) => return all.into_iter().try_for_each(|cond| collect(cond, tests)),
        Cond::Any(_) => return refused("OR"),
        Cond::Not(_) => return refused("NOT"),
        Cond::In { .. } => return refused("IN"),
        Cond::Compare { op: Comparator::NotEqual, .. } => return refused("<>"),
        Cond::Call { function: Function::BeginsWith, args } => key_test(Op::BeginsWith, "begins_with", args)?,
        Cond::Call { function, .. } => return refused(function.name()),
        Cond::Between { value, low, high } => key_test(Op::Between, "BETWEEN", vec![value, low, high])?,
        Cond::Compare { op, left, right } => key_test(Op::Compare(op), op.name(), vec![left, right])?,
    };
    if tests.iter().any(|other| other.attribute == test.attribute) {
        return Err(Invalid::KeyConditionTwice);
    }
    tests.push(test);
    Ok(())
}

/// Exactly one operand has to be an attribute, and for all but comparisons the first.
fn key_test(op: Op, name: &'static str, operands: Vec<Operand>) -> Result<KeyTest, Invalid> {
    let mut attribute = None;
    let mut op = op;
    let mut values = Vec::new();
    for operand in operands {
        match operand {
            Operand::Path(_) if attribute.is_some() => return Err(Invalid::TwoAttributes),
            Operand::Path(path) if !path.rest.is_empty() => return Err(Invalid::KeyConditionPath),
            Operand::Path(path) => attribute = Some(path.attribute),
            Operand::Size(_) => return Err(Invalid::KeyConditionNested),
            Operand::Value(value) => {
                if attribute.is_none() {
                    op = op.reversed().ok_or(Invalid::KeyNotFirst(name))?;
                }
                values.push(value);
            }
        }
    }
    Ok(KeyTest { attribute: attribute.ok_or(Invalid::NoKeyAttribute)?, op, values })
}

impl Op {
    const fn of_legacy(operator: ComparisonOperator) -> Self {
        match operator {
            ComparisonOperator::Eq => Self::Compare(Comparator::Equal),
            ComparisonOperator::Le => Self::Compare(Comparator::AtMost),
            ComparisonOperator::Lt => Self::Compare(Comparator::Less),
            ComparisonOperator::Ge => Self::Compare(Comparator::AtLeast),
            ComparisonOperator::Gt => Self::Compare(Comparator::Greater),
            ComparisonOperator::Between => Self::Between,
            ComparisonOperator::BeginsWith => Self::BeginsWith,
            ComparisonOperator::Ne
            | ComparisonOperator::In
            | ComparisonOperator::NotNull
            | ComparisonOperator::Null
            | ComparisonOperator::Contains
            | ComparisonOperator::NotContains => Self::Other,
        }
    }

    /// The operator for operands in the other order, if it has one.
    fn reversed(self) -> Option<Self> {
        let Self::Compare(op) = self else { return None };
        Some(Self::Compare(match op {
            Comparator::Less => Comparator::Greater,
            Comparator::AtMost => Comparator::AtLeast,
            Comparator::Greater => Comparator::Less,
            Comparator::AtLeast => Comparator::AtMost,
            Comparator::Equal | Comparator::NotEqual => op,
        }))
    }
}

impl KeyTests {
    /// The conditions of a parsed expression.
    ///
    /// # Errors
    /// Operators, functions and operands that key conditions do not have; two conditions on one attribute.
    pub fn new(cond: Cond) -> Result<Self, Invalid> {
        let mut tests = Vec::new();
        collect(cond, &mut tests)?;
        Ok(Self { tests, too_many: None })
    }

    /// The conditions of the older parameter.
    ///
    /// # Errors
    /// As for each condition; too many or none.
    pub fn of_conditions(conditions: Conditions) -> Result<Self, Invalid> {
        let conditions = legacy::checked(conditions)?;
        if !(1..=2).contains(&conditions.len()) {
            return Err(Invalid::KeyConditionsLength);
        }
        let test = |test: legacy::Test| KeyTest {
            attribute: test.attribute,
            op: Op::of_legacy(test.operator),
            values: test.values,
        };
        let tests = conditions.into_iter().map(test).collect();
        Ok(Self { tests, too_many: Some(Invalid::KeyConditionUnsupported) })
    }

    /// Applies the conditions to a table.
    ///
    /// # Errors
    /// Too many conditions; of the partition key, then of the sort key: no condition, an operator that no index answers, values
    /// of the wrong type, empty or oversize ones, another operator than `=` on the partition key.
    pub fn against(self, schema: &KeySchema) -> Result<KeyCondition, Invalid> {
        let defined = 1 + usize::from(schema.range.is_some());
        let conditions = self.tests.len();
        if conditions > defined {
            return Err(self.too_many.unwrap_or(Invalid::TooManyConditions { given: conditions, defined }));
        }
        let mut tests = self.tests;
        let mut take = |attribute: &KeyAttribute| {
            let at = tests.iter().position(|test| *test.attribute == attribute.name);
            at.map(|at| tests.swap_remove(at))
                .ok_or_else(|| Invalid::MissedKey { key: attribute.name.clone() })
        };
        let hash = take(&schema.hash)?;
        let values = hash.key_values(&schema.hash, Part::Hash)?;
        let (Op::Compare(Comparator::Equal), Ok([hash])) = (hash.op, <[KeyValue; 1]>::try_from(values))
        else {
            return Err(Invalid::KeyConditionUnsupported);
        };
        let range = match &schema.range {
            Some(attribute) if conditions > 1 => Some(take(attribute)?.range(attribute)?),
            _ => None,
        };
        Ok(KeyCondition { hash, range })
    }
}

impl KeyTest {
    fn key_values(&self, attribute: &KeyAttribute, part: Part) -> Result<Vec<KeyValue>, Invalid> {
        if self.op == Op::Other {
            return Err(Invalid::NotIndexable);
        }
        let value = |value: &Arc<AttributeValue>| {
            let value = attribute.value(value).ok_or(Invalid::ConditionType)?;
            attribute.check(&value, part)?;
            Ok(value)
        };
        self.values.iter().map(value).collect()
    }

    fn range(&self, attribute: &KeyAttribute) -> Result<RangeCondition, Invalid> {
        let mut values = self.key_values(attribute, Part::Range)?.into_iter();
        let mut next = || values.next().ok_or(Invalid::KeyConditionUnsupported);
        Ok(match self.op {
            Op::Compare(Comparator::Equal) => RangeCondition::Equal(next()?),
            Op::Compare(Comparator::Less) => RangeCondition::Less(next()?),
            Op::Compare(Comparator::AtMost) => RangeCondition::AtMost(next()?),
            Op::Compare(Comparator::Greater) => RangeCondition::Greater(next()?),
            Op::Compare(Comparator::AtLeast) => RangeCondition::AtLeast(next()?),
            Op::Compare(Comparator::NotEqual) => return Err(Invalid::KeyConditionOperator("<>")),
            Op::Between => RangeCondition::Between(next()?, next()?),
            Op::BeginsWith => RangeCondition::BeginsWith(next()?),
            Op::Other => return Err(Invalid::NotIndexable),
        })
    }
}

impl std::fmt::Debug for KeyTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyTest({:?}, {:?})", self.op, self.values)
    }
}

#[cfg(test)]
mod tests;
