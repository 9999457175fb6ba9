//! The condition language: its tree and its parser.
//!
//! Recursive descent over the tokens; depth is bounded before the stack is used. A parenthesis may open a condition or
//! an operand and only what follows its end says which, so both are parsed by the same rules and told apart afterwards.

use super::lex::{Kind, Tokens};
use crate::error::{Echo, ExpressionError};
use crate::limits::MAX_EXPRESSION_DEPTH;

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
/// A syntax error, an index that is too large, or nesting that is too deep.
pub fn condition(text: &str) -> Result<Parsed, ExpressionError> {
    let mut parser =
        Parser { tokens: Tokens::new(text), at: 0, depth: 0, redundant: false, last_group: None };
    let node = parser.or()?;
    let root = parser.expect_condition(node)?;
    if parser.kind() != Kind::End {
        return Err(parser.unexpected());
    }
    Ok(Parsed { root, redundant_parentheses: parser.redundant })
}

/// What a rule found: an operand may still become the left side of a comparison.
enum Node {
    Condition(Expr),
    Operand(Operand),
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    at: usize,
    depth: usize,
    redundant: bool,
    /// Positions of the parentheses of the group that was closed last.
    last_group: Option<(usize, usize)>,
}

type Result<T, E = ExpressionError> = std::result::Result<T, E>;

impl<'a> Parser<'a> {
    fn or(&mut self) -> Result<Node> {
        self.chain("OR", Self::and, Expr::Any)
    }

    fn and(&mut self) -> Result<Node> {
        self.chain("AND", Self::not, Expr::All)
    }

    /// One or more of a rule with a keyword between them.
    fn chain(
        &mut self,
        keyword: &str,
        rule: fn(&mut Self) -> Result<Node>,
        join: fn(Vec<Expr>) -> Expr,
    ) -> Result<Node> {
        let first = rule(self)?;
        if !self.at_keyword(keyword) {
            return Ok(first);
        }
        let mut all = vec![self.expect_condition(first)?];
        while self.take_keyword(keyword) {
            let next = rule(self)?;
            all.push(self.expect_condition(next)?);
        }
        Ok(Node::Condition(join(all)))
    }

    fn not(&mut self) -> Result<Node> {
        if !self.take_keyword("NOT") {
            return self.comparison();
        }
        let node = self.comparison()?;
        Ok(Node::Condition(Expr::Not(Box::new(self.expect_condition(node)?))))
    }

    fn comparison(&mut self) -> Result<Node> {
        let value = match self.term()? {
            Node::Operand(value) => value,
            condition => return Ok(condition),
        };
        if let Some(op) = Comparator::from_token(self.kind()) {
            self.at += 1;
            let right = self.operand()?;
            return Ok(Node::Condition(Expr::Compare { op, left: value, right }));
        }
        if self.take_keyword("BETWEEN") {
            let low = self.operand()?;
            if !self.take_keyword("AND") {
                return Err(self.unexpected());
            }
            let high = self.operand()?;
            return Ok(Node::Condition(Expr::Between { value, low, high }));
        }
        if self.take_keyword("IN") {
            let list = self.list()?;
            return Ok(Node::Condition(Expr::In { value, list }));
        }
        Ok(Node::Operand(value))
    }

    /// Something in parentheses, or an operand.
    fn term(&mut self) -> Result<Node> {
        if self.kind() == Kind::Open {
            self.nested(Self::group)
        } else {
            self.plain_operand().map(Node::Operand)
        }
    }

    fn group(&mut self) -> Result<Node> {
        let open = self.at;
        self.at += 1;
        let node = self.or()?;
        // Redundant if a group began right after this one's parenthesis and ended right before its end.
        self.redundant |= self.last_group == Some((open + 1, self.at.saturating_sub(1)));
        self.last_group = Some((open, self.at));
        self.expect(Kind::Close)?;
        Ok(node)
    }

    fn operand(&mut self) -> Result<Operand> {
        let start = self.at;
        match self.term()? {
            Node::Operand(operand) => Ok(operand),
            Node::Condition(_) => Err(self.tokens.unexpected(start)),
        }
    }

    fn plain_operand(&mut self) -> Result<Operand> {
        match self.kind() {
            Kind::Value => Ok(Operand::Value(self.take_text())),
            Kind::Word if self.at_any_keyword() => Err(self.unexpected()),
            Kind::Word if self.tokens.get(self.at + 1).kind == Kind::Open => {
                let name = self.take_text();
                let args = self.nested(Self::list)?;
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

    /// Runs a rule one level deeper.
    fn nested<T>(&mut self, rule: fn(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_EXPRESSION_DEPTH {
            return Err(ExpressionError::TooDeep);
        }
        self.depth += 1;
        let result = rule(self);
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

    fn unexpected(&self) -> ExpressionError {
        self.tokens.unexpected(self.at)
    }
}
