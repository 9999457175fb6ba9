//! Expressions: text, to syntax, to bound form.
//!
//! [`lex`] cuts the text into tokens with spans. [`parse`] makes trees of them ([`syntax`]) whose names and values are
//! still placeholders, so a tree depends on the text alone. [`check`] finds what is wrong with a tree by itself, in
//! DynamoDB's order of complaints. Binding resolves placeholders ([`substitution`]) into a form in which every name is an
//! attribute's and every constant is checked, with no `#` and no `:` left in it: conditions ([`bind`]), which [`eval`] holds
//! against an item, [projections](mod@projection) and [updates](mod@update), both of which are trees of paths ([`tree`]).
//!
//! The parameters from before there were expressions ([`legacy`]) are made into the bound forms directly. Key conditions
//! ([`crate::keycond`]) use the condition language and refuse most of it afterwards.

pub mod bind;
pub mod check;
mod complaints;
pub mod eval;
pub mod legacy;
pub mod lex;
pub mod parse;
pub mod path;
pub mod projection;
pub mod reserved;
pub mod substitution;
pub mod syntax;
pub mod tree;
pub mod update;

use crate::error::{ExpressionError, ExpressionKind, Invalid};
use crate::limits::MAX_EXPRESSION_BYTES;

/// Parses and checks a condition: a condition, filter or key condition expression.
///
/// # Errors
/// [`Invalid::Expression`] of this kind.
pub fn condition(kind: ExpressionKind, text: &str) -> Result<syntax::Expr, Invalid> {
    let parse = || {
        check_size(text)?;
        let parsed = parse::condition(text)?;
        check::condition(&parsed)?;
        Ok(parsed.root)
    };
    parse().map_err(|error| Invalid::Expression { kind, error })
}

/// Parses and checks an update expression.
///
/// # Errors
/// [`Invalid::Expression`].
pub fn update(text: &str) -> Result<syntax::ParsedUpdate, Invalid> {
    let parse = || {
        check_size(text)?;
        let parsed = parse::update(text)?;
        check::update(&parsed)?;
        Ok(parsed)
    };
    parse().map_err(|error| Invalid::Expression { kind: ExpressionKind::Update, error })
}

/// Parses and checks a projection expression.
///
/// # Errors
/// [`Invalid::Expression`].
pub fn projection(text: &str) -> Result<Vec<syntax::Path>, Invalid> {
    let parse = || {
        check_size(text)?;
        let parsed = parse::projection(text)?;
        check::projection(&parsed)?;
        Ok(parsed)
    };
    parse().map_err(|error| Invalid::Expression { kind: ExpressionKind::Projection, error })
}

fn check_size(text: &str) -> Result<(), ExpressionError> {
    match text.len() {
        0 => Err(ExpressionError::Empty),
        size if size > MAX_EXPRESSION_BYTES => Err(ExpressionError::TooLong(size)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
