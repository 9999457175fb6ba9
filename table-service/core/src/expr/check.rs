//! What is wrong with an expression by itself, in DynamoDB's order of complaints. Of a condition: redundant parentheses, an
//! unknown function, a function where it may not stand, a reserved word. Of an update: redundant parentheses, a reserved
//! word, an unknown function, a section that stands there twice. Each is looked for in the whole tree before the next.

use super::reserved::is_reserved;
use super::syntax::{Call, Change, Expr, Name, Operand, Parsed, ParsedUpdate, Path, SetValue, Step};
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

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    /// The function that a call names.
    ///
    /// # Errors
    /// [`ExpressionError::UnknownFunction`], [`ExpressionError::NotInCondition`].
    pub fn of(call: &Call) -> Result<Self, ExpressionError> {
        let unknown = || match SetFunction::named(&call.name) {
            Some(function) => ExpressionError::NotInCondition(function.name()),
            None => ExpressionError::UnknownFunction(Echo::from(call.name.as_str())),
        };
        Self::named(&call.name).ok_or_else(unknown)
    }
}

/// The functions of updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetFunction {
    /// `if_not_exists(path, operand)`
    IfNotExists,
    /// `list_append(operand, operand)`
    ListAppend,
}

impl SetFunction {
    /// The name; letter case matters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IfNotExists => "if_not_exists",
            Self::ListAppend => "list_append",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::IfNotExists, Self::ListAppend].into_iter().find(|function| function.name() == name)
    }

    /// The function that a call names.
    ///
    /// # Errors
    /// [`ExpressionError::UnknownFunction`], [`ExpressionError::NotInUpdate`].
    pub fn of(call: &Call) -> Result<Self, ExpressionError> {
        let unknown = || match Function::named(&call.name) {
            Some(function) => ExpressionError::NotInUpdate(function.name()),
            None => ExpressionError::UnknownFunction(Echo::from(call.name.as_str())),
        };
        Self::named(&call.name).ok_or_else(unknown)
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
    visit(&parsed.root, &mut Visitor { call: &mut |_, _| Ok(()), name: &mut unreserved })
}

/// Checks a parsed update.
///
/// # Errors
/// The first complaint in the order above.
pub fn update(parsed: &ParsedUpdate) -> Result<(), ExpressionError> {
    if parsed.redundant_parentheses {
        return Err(ExpressionError::RedundantParentheses);
    }
    visit_update(parsed, &mut Visitor { call: &mut |_, _| Ok(()), name: &mut unreserved })?;
    let known = &mut |call: &Call, _| SetFunction::of(call).map(|_| ());
    visit_update(parsed, &mut Visitor { call: known, name: &mut |_| Ok(()) })?;
    parsed.repeated.map_or(Ok(()), |section| Err(ExpressionError::RepeatedSection(section)))
}

/// Checks a parsed projection.
///
/// # Errors
/// A reserved word.
pub fn projection(paths: &[Path]) -> Result<(), ExpressionError> {
    let mut visitor = Visitor { call: &mut |_, _| Ok(()), name: &mut unreserved };
    paths.iter().try_for_each(|path| visitor.visit_path(path))
}

fn unreserved(name: &Name) -> Result<(), ExpressionError> {
    match name {
        Name::Plain(word) if is_reserved(word) => Err(ExpressionError::Reserved(Echo::from(word.as_str()))),
        Name::Plain(_) | Name::Placeholder(_) => Ok(()),
    }
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

fn visit_update(parsed: &ParsedUpdate, visitor: &mut Visitor<'_>) -> Result<(), ExpressionError> {
    parsed.actions.iter().try_for_each(|action| {
        visitor.visit_path(&action.path)?;
        match &action.change {
            Change::Set(SetValue::Operand(operand)) => visitor.visit_operands([operand]),
            Change::Set(SetValue::Sum { left, right, .. }) => visitor.visit_operands([left, right]),
            Change::Remove | Change::Add(_) | Change::Delete(_) => Ok(()),
        }
    })
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
