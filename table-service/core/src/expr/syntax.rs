//! The condition language: its tree and its parser.
//!
//! Clients' builders nest one parenthesis per AND, so groups are kept on a stack of the parser's own and not on the
//! thread's; chains that nest need no depth in the tree. A parenthesis may open a condition or an operand and only what
//! follows its end says which, so a group yields either and the two are told apart afterwards.

use super::lex::{Kind, Tokens};
use crate::error::{Echo, ExpressionError};
use crate::limits::{MAX_EXPRESSION_DEPTH, MAX_FUNCTION_DEPTH, MAX_OPERATORS};

/// A condition. Chains of AND and of OR are flat.
#[derive(Debug)]
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

    const fn from_token(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Equal => Some(Self::Equal),
            Kind::NotEqual => Some(Self::NotEqual),
            Kind::Less => Some(Self::Less),
            Kind::AtMost => Some(Self::AtMost),
            Kind::Greater => Some(Self::Greater),
            Kind::AtLeast => Some(Self::AtLeast),
            _ => None,
        }
    }
}

/// What is compared.
#[derive(Debug)]
pub enum Operand {
    /// An attribute or a part of one.
    Path(Path),
    /// A placeholder of a value, with its colon.
    Value(String),
    /// A function's result.
    Call(Call),
}

/// A function call; whether there is such a function is [`super::check`]'s question.
#[derive(Debug)]
pub struct Call {
    /// The name as written.
    pub name: String,
    /// At least one operand.
    pub args: Vec<Operand>,
}

/// `a.b[1]`
#[derive(Debug)]
pub struct Path {
    /// The attribute.
    pub head: Name,
    /// The way into it.
    pub rest: Vec<Step>,
}

/// A name in a path.
#[derive(Debug)]
pub enum Name {
    /// The name itself.
    Plain(String),
    /// A placeholder, with its hash sign.
    Placeholder(String),
}

/// One step into a value.
#[derive(Debug)]
pub enum Step {
    /// `.name`
    Field(Name),
    /// `[index]`
    Index(u32),
}

/// A parsed condition and what the tree does not keep.
#[derive(Debug)]
pub struct Parsed {
    /// The tree.
    pub root: Expr,
    /// Whether parentheses stand directly in parentheses.
    pub redundant_parentheses: bool,
}

/// Parses a condition.
///
/// # Errors
/// A syntax error, an index that is too large, nesting that is too deep, or too many operators.
pub fn condition(text: &str) -> Result<Parsed, ExpressionError> {
    let tokens = Tokens::new(text);
    let mut parser = Parser { tokens, at: 0, depth: 0, operators: 0, redundant: false, last_group: None };
    let root = parser.condition()?;
    Ok(Parsed { root, redundant_parentheses: parser.redundant })
}

/// What stands between two connectives: an operand may still become the left side of a comparison.
enum Node {
    Condition(Expr),
    Operand(Operand),
}

/// A group that is being read: the whole text, or what follows an open parenthesis.
#[derive(Default)]
struct Group {
    /// Position of the parenthesis.
    open: usize,
    /// Whether NOT was read and what it negates was not.
    negated: bool,
    /// Operands of the AND that is being read.
    all: Vec<Expr>,
    /// Operands of the OR that is being read.
    any: Vec<Expr>,
}

impl Group {
    fn push_and(&mut self, expr: Expr) {
        match expr {
            Expr::All(inner) => self.all.extend(inner),
            expr => self.all.push(expr),
        }
    }

    fn push_or(&mut self, expr: Expr) {
        self.push_and(expr);
        match take_chain(&mut self.all, Expr::All) {
            Some(Expr::Any(inner)) => self.any.extend(inner),
            Some(expr) => self.any.push(expr),
            None => {}
        }
    }

    /// The group's content, given what was read last.
    fn close(mut self, last: Node, parser: &Parser<'_>) -> Result<Node> {
        if self.all.is_empty() && self.any.is_empty() {
            return Ok(last);
        }
        self.push_or(parser.expect_condition(last)?);
        take_chain(&mut self.any, Expr::Any).map(Node::Condition).ok_or_else(|| parser.unexpected())
    }
}

/// One expression stays as it is, several are joined.
fn take_chain(exprs: &mut Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Option<Expr> {
    let mut exprs = std::mem::take(exprs);
    if exprs.len() > 1 { Some(join(exprs)) } else { exprs.pop() }
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    at: usize,
    /// Function calls around the current token.
    depth: usize,
    /// Operators and functions so far.
    operators: usize,
    redundant: bool,
    /// Positions of the parentheses of the group that was closed last.
    last_group: Option<(usize, usize)>,
}

type Result<T, E = ExpressionError> = std::result::Result<T, E>;

impl<'a> Parser<'a> {
    fn condition(&mut self) -> Result<Expr> {
        let mut groups = Vec::new();
        let mut group = Group::default();
        loop {
            group.negated = self.take_operator("NOT")?;
            if self.kind() == Kind::Open {
                if groups.len() == MAX_EXPRESSION_DEPTH {
                    return Err(ExpressionError::TooDeep);
                }
                groups.push(std::mem::take(&mut group));
                group.open = self.at;
                self.at += 1;
                continue;
            }
            let mut node = Node::Operand(self.plain_operand()?);
            loop {
                node = self.comparison(node)?;
                if std::mem::take(&mut group.negated) {
                    node = Node::Condition(Expr::Not(Box::new(self.expect_condition(node)?)));
                }
                if self.kind() != Kind::Close {
                    break;
                }
                let Some(outer) = groups.pop() else { return Err(self.unexpected()) };
                self.note_group(group.open);
                node = std::mem::replace(&mut group, outer).close(node, self)?;
                self.at += 1;
            }
            if self.at_keyword("AND") {
                group.push_and(self.expect_condition(node)?);
            } else if self.at_keyword("OR") {
                group.push_or(self.expect_condition(node)?);
            } else if self.kind() == Kind::End && groups.is_empty() {
                let root = group.close(node, self)?;
                return self.expect_condition(root);
            } else {
                return Err(self.unexpected());
            }
            self.pass_operator()?;
        }
    }

    /// Notes that the parenthesis opened at `open` is closed here. It is redundant if another group began right after
    /// it and ended right before its end.
    fn note_group(&mut self, open: usize) {
        self.redundant |= self.last_group == Some((open + 1, self.at.saturating_sub(1)));
        self.last_group = Some((open, self.at));
    }

    /// A comparison, if an operand is followed by an operator.
    fn comparison(&mut self, node: Node) -> Result<Node> {
        let value = match node {
            Node::Operand(value) => value,
            condition => return Ok(condition),
        };
        if let Some(op) = Comparator::from_token(self.kind()) {
            self.pass_operator()?;
            let right = self.operand()?;
            return Ok(Node::Condition(Expr::Compare { op, left: value, right }));
        }
        if self.take_operator("BETWEEN")? {
            let low = self.operand()?;
            if !self.take_keyword("AND") {
                return Err(self.unexpected());
            }
            let high = self.operand()?;
            return Ok(Node::Condition(Expr::Between { value, low, high }));
        }
        if self.take_operator("IN")? {
            let list = self.list()?;
            return Ok(Node::Condition(Expr::In { value, list }));
        }
        Ok(Node::Operand(value))
    }

    /// An operand where only an operand can stand, perhaps in parentheses.
    fn operand(&mut self) -> Result<Operand> {
        let mut opens = 0_usize;
        while self.kind() == Kind::Open {
            opens += 1;
            self.at += 1;
        }
        let operand = self.plain_operand()?;
        self.redundant |= opens > 1;
        for _ in 0..opens {
            self.expect(Kind::Close)?;
        }
        Ok(operand)
    }

    fn plain_operand(&mut self) -> Result<Operand> {
        match self.kind() {
            Kind::Value => Ok(Operand::Value(self.take_text())),
            Kind::Word if self.at_any_keyword() => Err(self.unexpected()),
            Kind::Word if self.tokens.get(self.at + 1).kind == Kind::Open => {
                let name = self.current().to_owned();
                self.pass_operator()?;
                let args = self.nested_list()?;
                Ok(Operand::Call(Call { name, args }))
            }
            _ => self.path().map(Operand::Path),
        }
    }

    /// `(operand, operand, ...)`
    fn list(&mut self) -> Result<Vec<Operand>> {
        self.expect(Kind::Open)?;
        let mut list = vec![self.operand()?];
        while self.kind() == Kind::Comma {
            self.at += 1;
            list.push(self.operand()?);
        }
        self.expect(Kind::Close)?;
        Ok(list)
    }

    fn path(&mut self) -> Result<Path> {
        let head = self.name()?;
        let mut rest = Vec::new();
        loop {
            match self.kind() {
                Kind::Dot => {
                    self.at += 1;
                    rest.push(Step::Field(self.name()?));
                }
                Kind::OpenBracket => {
                    self.at += 1;
                    rest.push(Step::Index(self.index()?));
                    self.expect(Kind::CloseBracket)?;
                }
                _ => return Ok(Path { head, rest }),
            }
        }
    }

    fn name(&mut self) -> Result<Name> {
        match self.kind() {
            Kind::Word if !self.at_any_keyword() => Ok(Name::Plain(self.take_text())),
            Kind::Name => Ok(Name::Placeholder(self.take_text())),
            _ => Err(self.unexpected()),
        }
    }

    fn index(&mut self) -> Result<u32> {
        if self.kind() != Kind::Digits {
            return Err(self.unexpected());
        }
        let text = self.take_text();
        text.parse().map_err(|_| ExpressionError::ListIndex(Echo::from(text)))
    }

    /// A list one level deeper.
    fn nested_list(&mut self) -> Result<Vec<Operand>> {
        if self.depth == MAX_FUNCTION_DEPTH {
            return Err(ExpressionError::TooDeep);
        }
        self.depth += 1;
        let result = self.list();
        self.depth -= 1;
        result
    }

    /// A function may stand for a condition; a path or value that nothing was compared with may not.
    fn expect_condition(&self, node: Node) -> Result<Expr> {
        match node {
            Node::Condition(expr) => Ok(expr),
            Node::Operand(Operand::Call(call)) => Ok(Expr::Call(call)),
            Node::Operand(Operand::Path(_) | Operand::Value(_)) => Err(self.unexpected()),
        }
    }

    fn kind(&self) -> Kind {
        self.tokens.get(self.at).kind
    }

    fn current(&self) -> &'a str {
        self.tokens.text(self.tokens.get(self.at))
    }

    fn take_text(&mut self) -> String {
        let text = self.current().to_owned();
        self.at += 1;
        text
    }

    fn expect(&mut self, kind: Kind) -> Result<()> {
        if self.kind() != kind {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    fn at_keyword(&self, keyword: &str) -> bool {
        self.kind() == Kind::Word && self.current().eq_ignore_ascii_case(keyword)
    }

    fn at_any_keyword(&self) -> bool {
        ["AND", "OR", "NOT", "BETWEEN", "IN"].into_iter().any(|keyword| self.at_keyword(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let taken = self.at_keyword(keyword);
        self.at += usize::from(taken);
        taken
    }

    fn take_operator(&mut self, keyword: &str) -> Result<bool> {
        let there = self.at_keyword(keyword);
        if there {
            self.pass_operator()?;
        }
        Ok(there)
    }

    /// Goes on behind an operator or a function's name, of which an expression may have only so many.
    fn pass_operator(&mut self) -> Result<()> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            return Err(ExpressionError::TooManyOperators(self.operators));
        }
        self.at += 1;
        Ok(())
    }

    fn unexpected(&self) -> ExpressionError {
        self.tokens.unexpected(self.at)
    }
}
