//! Expressions: text, to syntax, to bound form.
//!
//! [`lex`] cuts the text into tokens with spans. [`syntax`] parses them into a tree whose names and values are still
//! placeholders, so a tree depends on the text alone. [`check`] finds what is wrong with a tree by itself, in
//! DynamoDB's order of complaints. [`bind`] resolves placeholders ([`substitution`]) into a bound condition in which
//! every name is an attribute's and every constant is checked: no `#` and no `:` is left in it.
//!
//! Key conditions ([`crate::keycond`]) use the condition language and refuse most of it afterwards; condition, filter,
//! projection and update expressions build on the same stages.

pub mod bind;
pub mod check;
pub mod lex;
pub mod reserved;
pub mod substitution;
pub mod syntax;

use crate::error::{ExpressionError, ExpressionKind, Invalid};
use crate::limits::MAX_EXPRESSION_BYTES;

/// Parses and checks a condition: a condition, filter or key condition expression.
///
/// # Errors
/// [`Invalid::Expression`] of this kind.
pub fn condition(kind: ExpressionKind, text: &str) -> Result<syntax::Expr, Invalid> {
    let parse = || {
        if text.is_empty() {
            return Err(ExpressionError::Empty);
        }
        if text.len() > MAX_EXPRESSION_BYTES {
            return Err(ExpressionError::TooLong(text.len()));
        }
        let parsed = syntax::condition(text)?;
        check::condition(&parsed)?;
        Ok(parsed.root)
    };
    parse().map_err(|error| Invalid::Expression { kind, error })
}

#[cfg(test)]
mod tests;
