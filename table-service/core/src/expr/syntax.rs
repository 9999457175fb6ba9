//! The trees of the three languages: conditions, updates, projections. Names and values are placeholders still, so a tree
//! depends on the text alone.

/// A condition. Chains of AND and of OR are flat.
#[derive(Debug, PartialEq)]
pub enum Expr {
    /// `left op right`
    Compare {
        /// The operator.
        op: Comparator,
        /// First operand.
        left: Operand,
        /// Second operand.
        right: Operand,
    },
    /// `value BETWEEN low AND high`
    Between {
        /// What is tested.
        value: Operand,
        /// Lower bound, included.
        low: Operand,
        /// Upper bound, included.
        high: Operand,
    },
    /// `value IN (a, b, ...)`
    In {
        /// What is tested.
        value: Operand,
        /// What it may equal.
        list: Vec<Operand>,
    },
    /// A function as condition.
    Call(Call),
    /// `a AND b AND ...`
    All(Vec<Expr>),
    /// `a OR b OR ...`
    Any(Vec<Expr>),
    /// `NOT a`
    Not(Box<Expr>),
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparator {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// What is compared.
#[derive(Debug, PartialEq)]
pub enum Operand {
    /// An attribute or a part of one.
    Path(Path),
    /// A placeholder of a value, with its colon.
    Value(String),
    /// A function's result.
    Call(Call),
}

/// A function call; whether there is such a function is [`super::check`]'s question.
#[derive(Debug, PartialEq)]
pub struct Call {
    /// The name as written.
    pub name: String,
    /// At least one operand.
    pub args: Vec<Operand>,
}

/// `a.b[1]`
#[derive(Debug, PartialEq)]
pub struct Path {
    /// The attribute.
    pub head: Name,
    /// The way into it.
    pub rest: Vec<Step>,
}

/// A name in a path.
#[derive(Debug, PartialEq)]
pub enum Name {
    /// The name itself.
    Plain(String),
    /// A placeholder, with its hash sign.
    Placeholder(String),
}

/// One step into a value.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// `.name`
    Field(Name),
    /// `[index]`
    Index(u32),
}

/// A parsed condition and what the tree does not keep.
#[derive(Debug, PartialEq)]
pub struct Parsed {
    /// The tree.
    pub root: Expr,
    /// Whether parentheses stand directly in parentheses.
    pub redundant_parentheses: bool,
}

/// A parsed update.
#[derive(Debug, PartialEq)]
pub struct ParsedUpdate {
    /// What it does, in the order written.
    pub actions: Vec<Action>,
    /// The first section that stands there twice.
    pub repeated: Option<Section>,
    /// Whether parentheses stand directly in parentheses.
    pub redundant_parentheses: bool,
}

/// A section of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// `SET`
    Set,
    /// `REMOVE`
    Remove,
    /// `ADD`
    Add,
    /// `DELETE`
    Delete,
}

impl Section {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Set, Self::Remove, Self::Add, Self::Delete];

    /// The keyword.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "SET",
            Self::Remove => "REMOVE",
            Self::Add => "ADD",
            Self::Delete => "DELETE",
        }
    }
}

/// One action of an update.
#[derive(Debug, PartialEq)]
pub struct Action {
    /// What it changes.
    pub path: Path,
    /// How.
    pub change: Change,
}

/// What an action does to what is at its path.
#[derive(Debug, PartialEq)]
pub enum Change {
    /// `SET path = value`
    Set(SetValue),
    /// `REMOVE path`
    Remove,
    /// `ADD path :value`
    Add(String),
    /// `DELETE path :value`
    Delete(String),
}

/// The right side of a SET.
#[derive(Debug, PartialEq)]
pub enum SetValue {
    /// An operand.
    Operand(Operand),
    /// `left + right` or `left - right`; there is no longer sum.
    Sum {
        /// Which.
        sign: Sign,
        /// First operand.
        left: Operand,
        /// Second operand.
        right: Operand,
    },
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

impl Sign {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
        }
    }
}
