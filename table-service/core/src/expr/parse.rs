//! What the parsers of all three languages share: tokens, operands, paths, and the count of operators.
//!
//! Nothing here recurses but calls in calls, of which there are few. The languages differ in their keywords, which may not
//! stand for names.

use super::lex::{Kind, Tokens};
use super::syntax::{Call, Name, Operand, Path, Step};
use crate::error::{Echo, ExpressionError};
use crate::limits::{MAX_FUNCTION_DEPTH, MAX_OPERATORS};

mod condition;
mod update;

pub use condition::condition;
pub use update::update;

type Result<T, E = ExpressionError> = std::result::Result<T, E>;

/// Parses a projection.
///
/// # Errors
/// A syntax error, an index that is too large.
pub fn projection(text: &str) -> Result<Vec<Path>> {
    let mut parser = Parser::new(text, &[]);
    let paths = parser.separated(Parser::path)?;
    parser.expect(Kind::End)?;
    Ok(paths)
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    at: usize,
    keywords: &'static [&'static str],
    /// Function calls around the current token.
    depth: usize,
    /// Operators and functions so far.
    operators: usize,
    /// Whether parentheses stood directly in parentheses.
    redundant: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, keywords: &'static [&'static str]) -> Self {
        Self { tokens: Tokens::new(text), at: 0, keywords, depth: 0, operators: 0, redundant: false }
    }

    /// One or more, with commas between them.
    fn separated<T>(&mut self, mut each: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut all = vec![each(self)?];
        while self.kind() == Kind::Comma {
            self.at += 1;
            all.push(each(self)?);
        }
        Ok(all)
    }

    /// An operand where only an operand can stand, perhaps in parentheses.
    fn operand(&mut self) -> Result<Operand> {
        let opens = self.opens();
        let operand = self.plain_operand()?;
        self.redundant |= opens > 1;
        for _ in 0..opens {
            self.expect(Kind::Close)?;
        }
        Ok(operand)
    }

    /// Passes open parentheses; how many.
    fn opens(&mut self) -> usize {
        let first = self.at;
        while self.kind() == Kind::Open {
            self.at += 1;
        }
        self.at - first
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
        let list = self.separated(Self::operand)?;
        self.expect(Kind::Close)?;
        Ok(list)
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

    /// The placeholder of a value.
    fn value(&mut self) -> Result<String> {
        if self.kind() == Kind::Value { Ok(self.take_text()) } else { Err(self.unexpected()) }
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
        self.keywords.iter().any(|keyword| self.at_keyword(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let taken = self.at_keyword(keyword);
        self.at += usize::from(taken);
        taken
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
