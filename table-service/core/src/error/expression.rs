//! What can be wrong with an expression, and its texts.

use super::Echo;
use crate::value::ValueType;

/// Which expression of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpressionKind {
    /// Of a put, update or delete.
    Condition,
    /// Of a query or scan.
    Filter,
    /// Of a query.
    KeyCondition,
    /// Of any read.
    Projection,
    /// Of an update.
    Update,
}

impl ExpressionKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Condition => "ConditionExpression",
            Self::Filter => "FilterExpression",
            Self::KeyCondition => "KeyConditionExpression",
            Self::Projection => "ProjectionExpression",
            Self::Update => "UpdateExpression",
        }
    }
}

/// What is wrong with one expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressionError {
    /// No text.
    Empty,
    /// More than 4096 bytes; the size.
    TooLong(usize),
    /// Not an expression: the token that does not fit, and it with its neighbours.
    Syntax {
        /// The token.
        token: Echo,
        /// The token and its neighbours.
        near: Echo,
    },
    /// Nested deeper than the parser goes.
    TooDeep,
    /// Parentheses around parentheses.
    RedundantParentheses,
    /// No such function.
    UnknownFunction(Echo),
    /// A function where it may not stand.
    MisusedFunction(&'static str),
    /// A reserved word as attribute name, as written.
    Reserved(Echo),
    /// A name that is not defined.
    UndefinedName(Echo),
    /// A value that is not defined.
    UndefinedValue(Echo),
    /// Too many or too few operands.
    OperandCount {
        /// The operator or function.
        operator: &'static str,
        /// Operands given.
        count: usize,
    },
    /// An operand of a type that the operator does not take.
    OperandType {
        /// The operator or function.
        operator: &'static str,
        /// The operand's type.
        actual: ValueType,
    },
    /// Two operands that are the same path.
    NotDistinct {
        /// The operator or function.
        operator: &'static str,
        /// The path, as `[a, b]`.
        operand: Echo,
    },
    /// An operand that has to be a path.
    NeedsPath(&'static str),
    /// A list index beyond what any list can have.
    ListIndex(Echo),
    /// A text that names no type, as operand of attribute_type.
    AttributeTypeName(Echo),
    /// An operand that has to be a constant.
    NeedsConstant(&'static str),
    /// BETWEEN bounds of different types, each as `{N:1}`.
    BoundTypes {
        /// The lower bound.
        low: Echo,
        /// The upper bound.
        high: Echo,
    },
    /// BETWEEN bounds in the wrong order, each as `{N:1}`.
    BoundOrder {
        /// The lower bound.
        low: Echo,
        /// The upper bound.
        high: Echo,
    },
}

impl ExpressionError {
    pub(super) fn text(&self, to_caller: bool) -> String {
        match self {
            Self::Empty => "The expression can not be empty;".to_owned(),
            Self::TooLong(size) => {
                format!("Expression size has exceeded the maximum allowed size; expression size: {size}")
            }
            Self::Syntax { token, near } => format!(
                "Syntax error; token: \"{}\", near: \"{}\"",
                token.show(to_caller),
                near.show(to_caller)
            ),
            Self::TooDeep => "Expression nesting has exceeded the maximum allowed depth;".to_owned(),
            Self::RedundantParentheses => "The expression has redundant parentheses;".to_owned(),
            Self::UnknownFunction(name) => {
                format!("Invalid function name; function: {}", name.show(to_caller))
            }
            Self::MisusedFunction(name) => {
                format!("The function is not allowed to be used this way in an expression; function: {name}")
            }
            Self::Reserved(word) => {
                format!("Attribute name is a reserved keyword; reserved keyword: {}", word.show(to_caller))
            }
            Self::UndefinedName(name) => format!(
                "An expression attribute name used in the document path is not defined; attribute name: {}",
                name.show(to_caller)
            ),
            Self::UndefinedValue(name) => format!(
                "An expression attribute value used in expression is not defined; attribute value: {}",
                name.show(to_caller)
            ),
            Self::OperandCount { operator, count } => format!(
                "Incorrect number of operands for operator or function; operator or function: \
                 {operator}, number of operands: {count}"
            ),
            Self::OperandType { operator, actual } => format!(
                "Incorrect operand type for operator or function; operator or function: {operator}, \
                 operand type: {actual}"
            ),
            Self::NotDistinct { operator, operand } => format!(
                "The first operand must be distinct from the remaining operands for this operator or \
                 function; operator: {operator}, first operand: {}",
                operand.show(to_caller)
            ),
            Self::NeedsPath(operator) => {
                format!("Operator or function requires a document path; operator or function: {operator}")
            }
            Self::ListIndex(index) => {
                format!("List index is not within the allowable range; index: [{}]", index.show(to_caller))
            }
            Self::AttributeTypeName(name) => format!(
                "Invalid attribute type name found; type: {}, valid types: \
                 {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}",
                name.show(to_caller)
            ),
            Self::NeedsConstant(operator) => format!(
                "Incorrect operand type for operator or function; operator or function: {operator}, operand type: \
                 {{NS,SS,L,BS,N,M,B,BOOL,NULL,S}}"
            ),
            Self::BoundTypes { low, high } => format!(
                "The BETWEEN operator requires same data type for lower and upper bounds; lower \
                 bound operand: AttributeValue: {}, upper bound operand: AttributeValue: {}",
                low.show(to_caller),
                high.show(to_caller)
            ),
            Self::BoundOrder { low, high } => format!(
                "The BETWEEN operator requires upper bound to be greater than or equal to lower \
                 bound; lower bound operand: AttributeValue: {}, upper bound operand: \
                 AttributeValue: {}",
                low.show(to_caller),
                high.show(to_caller)
            ),
        }
    }
}
