//! From syntax to the bound form: names are attribute names, values are values, functions are enums, and every
//! operand has been checked that can be without an item. What a placeholder stands for is shared by all its uses and never
//! copied: an expression of 4 KB can use one of 2 MB a thousand times.
//!
//! Complaints come in DynamoDB's order, wherever they are: undefined placeholders, numbers of operands, operands that are the
//! same, types.

use std::cmp::Ordering;
use std::sync::Arc;

use super::check::Function;
use super::complaints::{Complaints, Rank};
use super::path::Path;
use super::substitution::Substitutions;
use super::syntax::{self, Call, Comparator, Expr};
use crate::error::ExpressionError;
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

/// What the second operand of attribute_type may say.
const TYPE_NAMES: [&str; 10] = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"];

/// Stands for what could not be bound, and was complained about.
const NOTHING: Cond = Cond::Any(Vec::new());

/// Binds a condition that [`super::condition`] gave.
///
/// # Errors
/// The first complaint in the order above.
pub fn condition(expr: &Expr, substitutions: &mut Substitutions) -> Result<Cond> {
    let mut binder = Binder { substitutions, complaints: Complaints::default() };
    let bound = binder.condition(expr);
    binder.complaints.finish().map(|()| bound)
}

struct Binder<'s> {
    substitutions: &'s mut Substitutions,
    complaints: Complaints,
}

impl Binder<'_> {
    fn condition(&mut self, expr: &Expr) -> Cond {
        // This recurses once for each level of nesting. What the arms need is kept out of its frame: none is inlined.
        match expr {
            Expr::All(all) => Cond::All(self.conditions(all)),
            Expr::Any(any) => Cond::Any(self.conditions(any)),
            Expr::Not(inner) => self.negated(inner),
            Expr::Compare { op, left, right } => self.compare(*op, left, right),
            Expr::Between { value, low, high } => self.between([value, low, high]),
            Expr::In { value, list } => self.one_of(value, list),
            Expr::Call(call) => self.predicate(call),
        }
    }

    #[inline(never)]
    fn negated(&mut self, inner: &Expr) -> Cond {
        Cond::Not(Box::new(self.condition(inner)))
    }

    #[inline(never)]
    fn conditions(&mut self, exprs: &[Expr]) -> Vec<Cond> {
        exprs.iter().map(|expr| self.condition(expr)).collect()
    }

    #[inline(never)]
    fn one_of(&mut self, value: &syntax::Operand, list: &[syntax::Operand]) -> Cond {
        let (value, list) = (self.operand(value), self.operands(list));
        let Some((value, list)) = value.zip(list) else { return NOTHING };
        if list.len() > MAX_IN_OPERANDS {
            self.hear::<()>(Rank::Count, Err(ExpressionError::TooManyForIn(list.len())));
        }
        Cond::In { value, list }
    }

    #[inline(never)]
    fn predicate(&mut self, call: &Call) -> Cond {
        self.call(call).map_or(NOTHING, |(function, args)| Cond::Call { function, args })
    }

    #[inline(never)]
    fn compare(&mut self, op: Comparator, left: &syntax::Operand, right: &syntax::Operand) -> Cond {
        let (left, right) = (self.operand(left), self.operand(right));
        let Some((left, right)) = left.zip(right) else { return NOTHING };
        self.hear(Rank::Distinct, check_distinct(op.name(), &left, &right));
        if !matches!(op, Comparator::Equal | Comparator::NotEqual) {
            self.hear(Rank::Operand, check_ordered(op.name(), [&left, &right]));
        }
        self.hear(Rank::Operand, check_comparable(op.name(), &left, &right));
        Cond::Compare { op, left, right }
    }

    #[inline(never)]
    fn between(&mut self, operands: [&syntax::Operand; 3]) -> Cond {
        let [Some(value), Some(low), Some(high)] = operands.map(|operand| self.operand(operand)) else {
            return NOTHING;
        };
        self.hear(Rank::Operand, check_ordered("BETWEEN", [&value, &low, &high]));
        if let (Operand::Value(low), Operand::Value(high)) = (&low, &high) {
            self.hear(Rank::Operand, check_bounds(low, high));
        }
        Cond::Between { value, low, high }
    }

    fn operands(&mut self, list: &[syntax::Operand]) -> Option<Vec<Operand>> {
        let mut bound = Vec::with_capacity(list.len());
        for each in list {
            bound.extend(self.operand(each));
        }
        (bound.len() == list.len()).then_some(bound)
    }

    fn operand(&mut self, operand: &syntax::Operand) -> Option<Operand> {
        match operand {
            syntax::Operand::Path(path) => {
                let path = Path::bind(path, self.substitutions);
                self.hear(Rank::Placeholder, path).map(Operand::Path)
            }
            syntax::Operand::Value(key) => {
                let value = self.substitutions.value(key);
                self.hear(Rank::Placeholder, value).map(Operand::Value)
            }
            syntax::Operand::Call(call) => match self.call(call)? {
                (Function::Size, mut args) => Some(Operand::Size(Box::new(args.pop()?))),
                (function, _) => {
                    self.hear(Rank::Count, Err(ExpressionError::MisusedFunction(function.name())))
                }
            },
        }
    }

    /// A function with as many operands as it takes.
    fn call(&mut self, call: &Call) -> Option<(Function, Vec<Operand>)> {
        let function = self.hear(Rank::Count, Function::of(call))?;
        let args = self.operands(&call.args)?;
        if args.len() != function.arity() {
            let wrong = ExpressionError::OperandCount { operator: function.name(), count: args.len() };
            return self.hear(Rank::Count, Err(wrong));
        }
        if let [left, right] = args.as_slice() {
            self.hear(Rank::Distinct, check_distinct(function.name(), left, right));
        }
        self.hear(Rank::Operand, check_args(function, &args));
        Some((function, args))
    }

    fn hear<T>(&mut self, rank: Rank, result: Result<T>) -> Option<T> {
        self.complaints.hear(rank, result)
    }
}

fn check_bounds(low: &Arc<AttributeValue>, high: &Arc<AttributeValue>) -> Result<()> {
    match order(low, high) {
        Some(Ordering::Less | Ordering::Equal) => Ok(()),
        Some(Ordering::Greater) => {
            Err(ExpressionError::BoundOrder { low: Arc::clone(low), high: Arc::clone(high) })
        }
        None => Err(ExpressionError::BoundTypes { low: Arc::clone(low), high: Arc::clone(high) }),
    }
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
            AttributeValue::S(name) if TYPE_NAMES.contains(&name.as_str()) => Ok(()),
            AttributeValue::S(_) => Err(ExpressionError::AttributeTypeName(Arc::clone(value))),
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

/// Only texts, numbers and bytes have an order.
fn check_ordered<'o>(operator: &'static str, operands: impl IntoIterator<Item = &'o Operand>) -> Result<()> {
    let ordered = |kind: &ValueType| matches!(kind, ValueType::S | ValueType::N | ValueType::B);
    match operands.into_iter().filter_map(static_type).find(|kind| !ordered(kind)) {
        Some(actual) => Err(ExpressionError::OperandType { operator, actual }),
        None => Ok(()),
    }
}

/// Constants of different types are never equal, and which is less has no answer.
fn check_comparable(operator: &'static str, left: &Operand, right: &Operand) -> Result<()> {
    match (left, right) {
        (Operand::Value(left), Operand::Value(right)) if left.value_type() != right.value_type() => {
            Err(ExpressionError::OperandType { operator, actual: right.value_type() })
        }
        _ => Ok(()),
    }
}

fn check_distinct(operator: &'static str, left: &Operand, right: &Operand) -> Result<()> {
    match (left, right) {
        (Operand::Path(left), Operand::Path(right)) if left == right => {
            Err(ExpressionError::NotDistinct { operator, operand: left.clone() })
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
