//! The parser of updates: sections in any order. That each stands there once is not a question of syntax.

use super::{Parser, Result};
use crate::expr::lex::Kind;
use crate::expr::syntax::{Action, Change, ParsedUpdate, Section, SetValue, Sign};

const KEYWORDS: &[&str] =
    &[Section::Set.name(), Section::Remove.name(), Section::Add.name(), Section::Delete.name()];

/// Parses an update.
///
/// # Errors
/// A syntax error, an index that is too large, calls in too many calls, or too many operators.
pub fn update(text: &str) -> Result<ParsedUpdate> {
    let mut parser = Parser::new(text, KEYWORDS);
    let mut actions = Vec::new();
    let mut seen = Vec::new();
    let mut repeated = None;
    loop {
        let section = parser.section()?;
        if seen.contains(&section) {
            repeated = repeated.or(Some(section));
        }
        seen.push(section);
        actions.extend(parser.separated(|parser| parser.action(section))?);
        if parser.kind() == Kind::End {
            return Ok(ParsedUpdate { actions, repeated, redundant_parentheses: parser.redundant });
        }
    }
}

impl Parser<'_> {
    fn section(&mut self) -> Result<Section> {
        let section = Section::ALL.into_iter().find(|section| self.at_keyword(section.name()));
        let section = section.ok_or_else(|| self.unexpected())?;
        self.at += 1;
        Ok(section)
    }

    fn action(&mut self, section: Section) -> Result<Action> {
        let path = self.path()?;
        let change = match section {
            Section::Remove => Change::Remove,
            Section::Add => Change::Add(self.value()?),
            Section::Delete => Change::Delete(self.value()?),
            Section::Set => {
                self.expect(Kind::Equal)?;
                Change::Set(self.set_value()?)
            }
        };
        Ok(Action { path, change })
    }

    /// An operand or a sum of two. Parentheses may stand around each operand and around the sum, and only where the first
    /// ones are closed tells which they are.
    fn set_value(&mut self) -> Result<SetValue> {
        let opens = self.opens();
        let left = self.plain_operand()?;
        let closed = self.closes(opens);
        let around = opens - closed;
        self.redundant |= closed > 1 || around > 1;
        let value = match self.sign()? {
            Some(sign) => SetValue::Sum { sign, left, right: self.operand()? },
            None => SetValue::Operand(left),
        };
        for _ in 0..around {
            self.expect(Kind::Close)?;
        }
        Ok(value)
    }

    /// Passes closing parentheses, so many at most; how many.
    fn closes(&mut self, most: usize) -> usize {
        let first = self.at;
        while self.kind() == Kind::Close && self.at - first < most {
            self.at += 1;
        }
        self.at - first
    }

    fn sign(&mut self) -> Result<Option<Sign>> {
        let sign = match self.kind() {
            Kind::Plus => Sign::Plus,
            Kind::Minus => Sign::Minus,
            _ => return Ok(None),
        };
        self.pass_operator()?;
        Ok(Some(sign))
    }
}
