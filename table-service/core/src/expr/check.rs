//! What is wrong with a condition by itself, in DynamoDB's order of complaints: redundant parentheses, an unknown
//! function, a function where it may not stand, a reserved word. Each is looked for in the whole tree before the next.

use super::reserved::is_reserved;
use super::syntax::{Call, Expr, Name, Operand, Parsed, Path, Step};
use crate::error::{Echo, ExpressionError};

/// The functions of the condition language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `attribute_exists(path)`
    AttributeExists,
    /// `attribute_not_exists(path)`
    AttributeNotExists,
    /// `attribute_type(path, type)`
    AttributeType,
    /// `begins_with(operand, operand)`
    BeginsWith,
    /// `contains(operand, operand)`
    Contains,
    /// `size(operand)`: the only one whose result is an operand.
    Size,
}

impl Function {
    const ALL: [Self; 6] = [
        Self::AttributeExists,
        Self::AttributeNotExists,
        Self::AttributeType,
        Self::BeginsWith,
        Self::Contains,
        Self::Size,
    ];

    /// The name; letter case matters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AttributeExists => "attribute_exists",
            Self::AttributeNotExists => "attribute_not_exists",
            Self::AttributeType => "attribute_type",
            Self::BeginsWith => "begins_with",
            Self::Contains => "contains",
            Self::Size => "size",
        }
    }

    /// How many operands it takes.
    pub const fn arity(self) -> usize {
        match self {
            Self::AttributeExists | Self::AttributeNotExists | Self::Size => 1,
            Self::AttributeType | Self::BeginsWith | Self::Contains => 2,
        }
    }

    /// The function that a call names.
    ///
    /// # Errors
    /// [`ExpressionError::UnknownFunction`].
    pub fn of(call: &Call) -> Result<Self, ExpressionError> {
        let named = |function: &Self| function.name() == call.name;
        Self::ALL
            .into_iter()
            .find(named)
            .ok_or_else(|| ExpressionError::UnknownFunction(Echo::from(call.name.as_str())))
    }
}

/// Where a call stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Condition,
    Operand,
}

/// Checks a parsed condition.
///
/// # Errors
/// The first complaint in the order above.
pub fn condition(parsed: &Parsed) -> Result<(), ExpressionError> {
    if parsed.redundant_parentheses {
        return Err(ExpressionError::RedundantParentheses);
    }
    let no_name = &mut |_: &Name| Ok(());
    visit(&parsed.root, &mut Visitor { call: &mut |call, _| Function::of(call).map(|_| ()), name: no_name })?;
    let placed = &mut |call: &Call, position| {
        let function = Function::of(call)?;
        let fits = (function == Function::Size) == (position == Position::Operand);
        if fits { Ok(()) } else { Err(ExpressionError::MisusedFunction(function.name())) }
    };
    visit(&parsed.root, &mut Visitor { call: placed, name: no_name })?;
    let unreserved = &mut |name: &Name| match name {
        Name::Plain(word) if is_reserved(word) => Err(ExpressionError::Reserved(Echo::from(word.as_str()))),
        Name::Plain(_) | Name::Placeholder(_) => Ok(()),
    };
    visit(&parsed.root, &mut Visitor { call: &mut |_, _| Ok(()), name: unreserved })
}

struct Visitor<'v> {
    call: &'v mut dyn FnMut(&Call, Position) -> Result<(), ExpressionError>,
    name: &'v mut dyn FnMut(&Name) -> Result<(), ExpressionError>,
}

fn visit(expr: &Expr, visitor: &mut Visitor<'_>) -> Result<(), ExpressionError> {
    match expr {
        Expr::All(all) | Expr::Any(all) => all.iter().try_for_each(|expr| visit(expr, visitor)),
        Expr::Not(inner) => visit(inner, visitor),
        Expr::Call(call) => visitor.visit_call(call, Position::Condition),
        Expr::Compare { left, right, .. } => visitor.visit_operands([left, right]),
        Expr::Between { value, low, high } => visitor.visit_operands([value, low, high]),
        Expr::In { value, list } => visitor.visit_operands(std::iter::once(value).chain(list)),
    }
}

impl Visitor<'_> {
    fn visit_operands<'e>(
        &mut self,
        operands: impl IntoIterator<Item = &'e Operand>,
    ) -> Result<(), ExpressionError> {
        operands.into_iter().try_for_each(|operand| match operand {
            Operand::Value(_) => Ok(()),
            Operand::Path(path) => self.visit_path(path),
            Operand::Call(call) => self.visit_call(call, Position::Operand),
        })
    }

    fn visit_call(&mut self, call: &Call, position: Position) -> Result<(), ExpressionError> {
        (self.call)(call, position)?;
        self.visit_operands(&call.args)
    }

    fn visit_path(&mut self, path: &Path) -> Result<(), ExpressionError> {
        (self.name)(&path.head)?;
        path.rest.iter().try_for_each(|step| match step {
            Step::Field(name) => (self.name)(name),
            Step::Index(_) => Ok(()),
        })
    }
}
