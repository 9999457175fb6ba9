//! The parser of conditions.
//!
//! Clients' builders nest one parenthesis per AND, so groups are kept on a stack of the parser's own and not on the
//! thread's; chains that nest need no depth in the tree. A parenthesis may open a condition or an operand and only what
//! follows its end says which, so a group yields either and the two are told apart afterwards.

use super::{Parser, Result};
use crate::error::ExpressionError;
use crate::expr::lex::Kind;
use crate::expr::syntax::{Comparator, Expr, Operand, Parsed};
use crate::limits::MAX_EXPRESSION_DEPTH;

const KEYWORDS: &[&str] = &["AND", "OR", "NOT", "BETWEEN", "IN"];

/// Parses a condition.
///
/// # Errors
/// A syntax error, an index that is too large, nesting that is too deep, or too many operators.
pub fn condition(text: &str) -> Result<Parsed> {
    let mut parser = ConditionParser { parser: Parser::new(text, KEYWORDS), last_group: None };
    let root = parser.condition()?;
    Ok(Parsed { root, redundant_parentheses: parser.parser.redundant })
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
    /// How often NOT was read while what it negates was not.
    negations: usize,
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
        self.push_or(expect_condition(last, parser)?);
        take_chain(&mut self.any, Expr::Any).map(Node::Condition).ok_or_else(|| parser.unexpected())
    }
}

/// One expression stays as it is, several are joined.
fn take_chain(exprs: &mut Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Option<Expr> {
    let mut exprs = std::mem::take(exprs);
    if exprs.len() > 1 { Some(join(exprs)) } else { exprs.pop() }
}

/// A function may stand for a condition; a path or value that nothing was compared with may not.
fn expect_condition(node: Node, parser: &Parser<'_>) -> Result<Expr> {
    match node {
        Node::Condition(expr) => Ok(expr),
        Node::Operand(Operand::Call(call)) => Ok(Expr::Call(call)),
        Node::Operand(Operand::Path(_) | Operand::Value(_)) => Err(parser.unexpected()),
    }
}

struct ConditionParser<'a> {
    parser: Parser<'a>,
    /// Positions of the parentheses of the group that was closed last.
    last_group: Option<(usize, usize)>,
}

impl ConditionParser<'_> {
    fn condition(&mut self) -> Result<Expr> {
        let mut groups = Vec::new();
        let mut group = Group::default();
        loop {
            while self.take_operator("NOT")? {
                group.negations += 1;
            }
            if self.parser.kind() == Kind::Open {
                if groups.len() == MAX_EXPRESSION_DEPTH {
                    return Err(ExpressionError::TooDeep);
                }
                groups.push(std::mem::take(&mut group));
                group.open = self.parser.at;
                self.parser.at += 1;
                continue;
            }
            let mut node = Node::Operand(self.parser.plain_operand()?);
            loop {
                node = self.comparison(node)?;
                node = self.negated(node, std::mem::take(&mut group.negations))?;
                if self.parser.kind() != Kind::Close {
                    break;
                }
                let Some(outer) = groups.pop() else { return Err(self.parser.unexpected()) };
                self.note_group(group.open);
                node = std::mem::replace(&mut group, outer).close(node, &self.parser)?;
                self.parser.at += 1;
            }
            if self.parser.at_keyword("AND") {
                group.push_and(expect_condition(node, &self.parser)?);
            } else if self.parser.at_keyword("OR") {
                group.push_or(expect_condition(node, &self.parser)?);
            } else if self.parser.kind() == Kind::End && groups.is_empty() {
                let root = group.close(node, &self.parser)?;
                return expect_condition(root, &self.parser);
            } else {
                return Err(self.parser.unexpected());
            }
            self.parser.pass_operator()?;
        }
    }

    /// What several NOTs make of a condition: two of them nothing, so that the tree grows no deeper.
    fn negated(&self, node: Node, negations: usize) -> Result<Node> {
        if negations == 0 {
            return Ok(node);
        }
        let condition = expect_condition(node, &self.parser)?;
        Ok(Node::Condition(if negations % 2 == 1 { Expr::Not(Box::new(condition)) } else { condition }))
    }

    /// Notes that the parenthesis opened at `open` is closed here. It is redundant if another group began right after
    /// it and ended right before its end.
    fn note_group(&mut self, open: usize) {
        let at = self.parser.at;
        self.parser.redundant |= self.last_group == Some((open + 1, at.saturating_sub(1)));
        self.last_group = Some((open, at));
    }

    /// A comparison, if an operand is followed by an operator.
    fn comparison(&mut self, node: Node) -> Result<Node> {
        let value = match node {
            Node::Operand(value) => value,
            condition => return Ok(condition),
        };
        if let Some(op) = comparator(self.parser.kind()) {
            self.parser.pass_operator()?;
            let right = self.parser.operand()?;
            return Ok(Node::Condition(Expr::Compare { op, left: value, right }));
        }
        if self.take_operator("BETWEEN")? {
            let low = self.parser.operand()?;
            if !self.parser.take_keyword("AND") {
                return Err(self.parser.unexpected());
            }
            let high = self.parser.operand()?;
            return Ok(Node::Condition(Expr::Between { value, low, high }));
        }
        if self.take_operator("IN")? {
            let list = self.parser.list()?;
            return Ok(Node::Condition(Expr::In { value, list }));
        }
        Ok(Node::Operand(value))
    }

    fn take_operator(&mut self, keyword: &str) -> Result<bool> {
        let there = self.parser.at_keyword(keyword);
        if there {
            self.parser.pass_operator()?;
        }
        Ok(there)
    }
}

const fn comparator(kind: Kind) -> Option<Comparator> {
    match kind {
        Kind::Equal => Some(Comparator::Equal),
        Kind::NotEqual => Some(Comparator::NotEqual),
        Kind::Less => Some(Comparator::Less),
        Kind::AtMost => Some(Comparator::AtMost),
        Kind::Greater => Some(Comparator::Greater),
        Kind::AtLeast => Some(Comparator::AtLeast),
        _ => None,
    }
}
