//! From syntax to the bound form: names are attribute names, values are values, functions are enums, and every
//! operand has been checked that can be without an item. What a placeholder stands for is shared by all its uses and never
//! copied: an expression of 4 KB can use one of 2 MB a thousand times.
//!
//! Complaints come condition by condition, left to right; within one: undefined placeholders, number of operands,
//! operands that are the same, types.

use std::cmp::Ordering;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::check::Function;
use super::path::Path;
use super::substitution::Substitutions;
use super::syntax::{self, Call, Comparator, Expr};
use crate::error::{Echo, ExpressionError};
use crate::limits::MAX_IN_OPERANDS;
use crate::value::{AttributeValue, ValueType};

/// A bound condition.
#[derive(Debug, PartialEq)]
pub enum Cond {
    /// A comparison.
    Compare {
        /// The operator.
        op: Comparator,
        /// First operand.
        left: Operand,
        /// Second operand.
        right: Operand,
    },
    /// Within bounds, both included.
    Between {
        /// What is tested.
        value: Operand,
        /// Lower bound.
        low: Operand,
        /// Upper bound.
        high: Operand,
    },
    /// Equal to one of a list.
    In {
        /// What is tested.
        value: Operand,
        /// What it may equal.
        list: Vec<Operand>,
    },
    /// A function other than size, with as many operands as it takes.
    Call {
        /// The function.
        function: Function,
        /// Its operands.
        args: Vec<Operand>,
    },
    /// All of them.
    All(Vec<Cond>),
    /// At least one of them.
    Any(Vec<Cond>),
    /// Not this one.
    Not(Box<Cond>),
}

/// A bound operand.
#[derive(Debug, PartialEq)]
pub enum Operand {
    /// A part of the item.
    Path(Path),
    /// A constant.
    Value(Arc<AttributeValue>),
    /// The size of an operand.
    Size(Box<Operand>),
}

type Result<T> = std::result::Result<T, ExpressionError>;

/// Binds a condition that [`super::condition`] gave.
///
/// # Errors
/// The first complaint in the order above.
pub fn condition(expr: &Expr, substitutions: &mut Substitutions) -> Result<Cond> {
    // This recurses once for each level of nesting. What the arms need is kept out of its frame: none is inlined.
    match expr {
        Expr::All(all) => conditions(all, substitutions).map(Cond::All),
        Expr::Any(any) => conditions(any, substitutions).map(Cond::Any),
        Expr::Not(inner) => negated(inner, substitutions),
        Expr::Compare { op, left, right } => compare(*op, left, right, substitutions),
        Expr::Between { value, low, high } => between([value, low, high], substitutions),
        Expr::In { value, list } => one_of(value, list, substitutions),
        Expr::Call(call) => predicate(call, substitutions),
    }
}

#[inline(never)]
fn negated(inner: &Expr, substitutions: &mut Substitutions) -> Result<Cond> {
    Ok(Cond::Not(Box::new(condition(inner, substitutions)?)))
}

#[inline(never)]
fn conditions(exprs: &[Expr], substitutions: &mut Substitutions) -> Result<Vec<Cond>> {
    let mut bound = Vec::with_capacity(exprs.len());
    for expr in exprs {
        bound.push(condition(expr, substitutions)?);
    }
    Ok(bound)
}

#[inline(never)]
fn one_of(
    value: &syntax::Operand,
    list: &[syntax::Operand],
    substitutions: &mut Substitutions,
) -> Result<Cond> {
    let value = operand(value, substitutions)?;
    let list = operands(list, substitutions)?;
    if list.len() > MAX_IN_OPERANDS {
        return Err(ExpressionError::TooManyForIn(list.len()));
    }
    check_comparable("IN", &value, &list)?;
    Ok(Cond::In { value, list })
}

#[inline(never)]
fn predicate(call: &Call, substitutions: &mut Substitutions) -> Result<Cond> {
    let (function, args) = bind_call(call, substitutions)?;
    Ok(Cond::Call { function, args })
}

fn operands(list: &[syntax::Operand], substitutions: &mut Substitutions) -> Result<Vec<Operand>> {
    list.iter().map(|each| operand(each, substitutions)).collect()
}

#[inline(never)]
fn compare(
    op: Comparator,
    left: &syntax::Operand,
    right: &syntax::Operand,
    substitutions: &mut Substitutions,
) -> Result<Cond> {
    let left = operand(left, substitutions)?;
    let right = operand(right, substitutions)?;
    check_distinct(op.name(), &left, &right)?;
    if !matches!(op, Comparator::Equal | Comparator::NotEqual) {
        check_ordered(op.name(), [&left, &right])?;
    }
    check_comparable(op.name(), &left, [&right])?;
    Ok(Cond::Compare { op, left, right })
}

#[inline(never)]
fn between(operands: [&syntax::Operand; 3], substitutions: &mut Substitutions) -> Result<Cond> {
    let [value, low, high] = operands;
    let value = operand(value, substitutions)?;
    let low = operand(low, substitutions)?;
    let high = operand(high, substitutions)?;
    check_ordered("BETWEEN", [&value, &low, &high])?;
    if let (Operand::Value(low), Operand::Value(high)) = (&low, &high) {
        check_bounds(low, high)?;
    }
    check_comparable("BETWEEN", &value, [&low, &high])?;
    Ok(Cond::Between { value, low, high })
}

fn check_bounds(low: &AttributeValue, high: &AttributeValue) -> Result<()> {
    match order(low, high) {
        Some(Ordering::Less | Ordering::Equal) => Ok(()),
        Some(Ordering::Greater) => Err(ExpressionError::BoundOrder { low: show(low), high: show(high) }),
        None => Err(ExpressionError::BoundTypes { low: show(low), high: show(high) }),
    }
}

fn operand(operand: &syntax::Operand, substitutions: &mut Substitutions) -> Result<Operand> {
    Ok(match operand {
        syntax::Operand::Path(path) => Operand::Path(Path::bind(path, substitutions)?),
        syntax::Operand::Value(key) => Operand::Value(substitutions.value(key)?),
        syntax::Operand::Call(call) => match bind_call(call, substitutions)? {
            (Function::Size, mut args) => {
                let arg = args.pop().ok_or(ExpressionError::OperandCount { operator: "size", count: 0 })?;
                Operand::Size(Box::new(arg))
            }
            (function, _) => return Err(ExpressionError::MisusedFunction(function.name())),
        },
    })
}

fn bind_call(call: &Call, substitutions: &mut Substitutions) -> Result<(Function, Vec<Operand>)> {
    let function = Function::of(call)?;
    let args = operands(&call.args, substitutions)?;
    if args.len() != function.arity() {
        return Err(ExpressionError::OperandCount { operator: function.name(), count: args.len() });
    }
    if let [left, right] = args.as_slice() {
        check_distinct(function.name(), left, right)?;
    }
    check_args(function, &args)?;
    Ok((function, args))
}

fn check_args(function: Function, args: &[Operand]) -> Result<()> {
    let operator = function.name();
    let wrong = |actual| Err(ExpressionError::OperandType { operator, actual });
    match (function, args) {
        (Function::AttributeExists | Function::AttributeNotExists, [Operand::Path(_)]) => Ok(()),
        (Function::AttributeExists | Function::AttributeNotExists, _) => {
            Err(ExpressionError::NeedsPath(operator))
        }
        (Function::AttributeType, [_, Operand::Value(value)]) => match &**value {
            AttributeValue::S(name) => check_type_name(name),
            other => wrong(other.value_type()),
        },
        // Only a constant can name the type.
        (Function::AttributeType, _) => Err(ExpressionError::NeedsConstant(operator)),
        (Function::BeginsWith, args) => {
            let text = |kind: &ValueType| matches!(kind, ValueType::S | ValueType::B);
            args.iter().filter_map(static_type).find(|kind| !text(kind)).map_or(Ok(()), wrong)
        }
        (Function::Size, args) => {
            let scalar = |kind: &ValueType| matches!(kind, ValueType::N | ValueType::Bool | ValueType::Null);
            args.iter().filter_map(static_type).find(scalar).map_or(Ok(()), wrong)
        }
        (Function::Contains, _) => Ok(()),
    }
}

fn check_type_name(name: &str) -> Result<()> {
    const NAMES: [&str; 10] = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"];
    if NAMES.contains(&name) { Ok(()) } else { Err(ExpressionError::AttributeTypeName(Echo::from(name))) }
}

/// Only texts, numbers and bytes have an order.
fn check_ordered<'o>(operator: &'static str, operands: impl IntoIterator<Item = &'o Operand>) -> Result<()> {
    let ordered = |kind: &ValueType| matches!(kind, ValueType::S | ValueType::N | ValueType::B);
    match operands.into_iter().filter_map(static_type).find(|kind| !ordered(kind)) {
        Some(actual) => Err(ExpressionError::OperandType { operator, actual }),
        None => Ok(()),
    }
}

/// Constants of different types are never equal, and which is less has no answer.
fn check_comparable<'o>(
    operator: &'static str,
    value: &Operand,
    others: impl IntoIterator<Item = &'o Operand>,
) -> Result<()> {
    let Operand::Value(value) = value else { return Ok(()) };
    let kind = value.value_type();
    let constant = |other: &Operand| match other {
        Operand::Value(other) => Some(other.value_type()),
        _ => None,
    };
    match others.into_iter().filter_map(constant).find(|other| *other != kind) {
        Some(actual) => Err(ExpressionError::OperandType { operator, actual }),
        None => Ok(()),
    }
}

fn check_distinct(operator: &'static str, left: &Operand, right: &Operand) -> Result<()> {
    match (left, right) {
        (Operand::Path(left), Operand::Path(right)) if left == right => {
            Err(ExpressionError::NotDistinct { operator, operand: left.show() })
        }
        _ => Ok(()),
    }
}

/// The type of an operand, where no item is needed to know it.
fn static_type(operand: &Operand) -> Option<ValueType> {
    match operand {
        Operand::Path(_) => None,
        Operand::Value(value) => Some(value.value_type()),
        Operand::Size(_) => Some(ValueType::N),
    }
}

impl Cond {
    /// The paths in it.
    pub fn visit_paths(&self, visit: &mut dyn FnMut(&Path)) {
        match self {
            Self::All(conds) | Self::Any(conds) => conds.iter().for_each(|cond| cond.visit_paths(visit)),
            Self::Not(cond) => cond.visit_paths(visit),
            Self::Compare { left, right, .. } => [left, right].iter().for_each(|each| each.visit_path(visit)),
            Self::Between { value, low, high } => {
                [value, low, high].iter().for_each(|each| each.visit_path(visit));
            }
            Self::In { value, list } => {
                std::iter::once(value).chain(list).for_each(|each| each.visit_path(visit));
            }
            Self::Call { args, .. } => args.iter().for_each(|each| each.visit_path(visit)),
        }
    }
}

impl Operand {
    fn visit_path(&self, visit: &mut dyn FnMut(&Path)) {
        match self {
            Self::Path(path) => visit(path),
            Self::Value(_) => {}
            Self::Size(operand) => operand.visit_path(visit),
        }
    }
}

/// DynamoDB's order of two constants; none if their types differ or have no order.
pub fn order(left: &AttributeValue, right: &AttributeValue) -> Option<Ordering> {
    match (left, right) {
        (AttributeValue::S(left), AttributeValue::S(right)) => Some(left.cmp(right)),
        (AttributeValue::N(left), AttributeValue::N(right)) => Some(left.cmp(right)),
        (AttributeValue::B(left), AttributeValue::B(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// A constant as DynamoDB's texts show it: `{N:1}`.
fn show(value: &AttributeValue) -> Echo {
    let content = match value {
        AttributeValue::S(text) => text.clone(),
        AttributeValue::N(number) => number.to_string(),
        AttributeValue::B(bytes) => BASE64.encode(bytes),
        _ => "...".to_owned(),
    };
    Echo::from(format!("{{{}:{content}}}", value.value_type()))
}
