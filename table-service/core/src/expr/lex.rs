//! The lexer of all expressions: tokens with spans.
//!
//! It never fails: a character that starts no token becomes a token that no rule accepts, so that the parser reports
//! it with its neighbours like any other misplaced token.

use crate::error::{Echo, ExpressionError};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A letter and letters, digits, underscores.
    Word,
    /// `#` and at least one of these.
    Name,
    /// `:` and at least one of these.
    Value,
    /// Digits.
    Digits,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `,`
    Comma,
    /// `.`
    Dot,
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
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// Anything else.
    Unknown,
    /// The end of the text; empty.
    End,
}

/// A token and the bytes of the text that it covers.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    start: usize,
    end: usize,
}

/// A text cut into tokens, the last of which is [`Kind::End`].
pub struct Tokens<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

impl<'a> Tokens<'a> {
    /// Cuts a text.
    pub fn new(text: &'a str) -> Self {
        let mut tokens = Vec::new();
        let mut start = 0;
        while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
            let skipped = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            if skipped > 0 {
                start += skipped;
                continue;
            }
            let (kind, length) = first_token(rest);
            tokens.push(Token { kind, start, end: start + length });
            start += length;
        }
        tokens.push(Token { kind: Kind::End, start: text.len(), end: text.len() });
        Self { text, tokens }
    }

    /// The token at a position; past the last one, the end.
    pub fn get(&self, at: usize) -> Token {
        let end = Token { kind: Kind::End, start: self.text.len(), end: self.text.len() };
        self.tokens.get(at).copied().unwrap_or(end)
    }

    /// The text of a token.
    pub fn text(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// The error for a token that does not fit where it stands.
    pub fn unexpected(&self, at: usize) -> ExpressionError {
        let token = self.get(at);
        let before = at.checked_sub(1).map_or(token, |before| self.get(before));
        let after = self.get(at + 1);
        let near = self.text.get(before.start..after.end).unwrap_or_default();
        let shown = if token.kind == Kind::End { "<EOF>" } else { self.text(token) };
        ExpressionError::Syntax { token: Echo::from(shown), near: Echo::from(near) }
    }
}

/// The kind and the length in bytes of the token at the start of a text that is not empty.
fn first_token(text: &str) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let word_from = |start: usize| {
        let tail = bytes.get(start..).unwrap_or_default();
        start + tail.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
    };
    let one_or_unknown = |kind| match word_from(1) {
        1 => (Kind::Unknown, 1),
        length => (kind, length),
    };
    match bytes {
        [b'<', b'>', ..] => (Kind::NotEqual, 2),
        [b'<', b'=', ..] => (Kind::AtMost, 2),
        [b'>', b'=', ..] => (Kind::AtLeast, 2),
        [b'<', ..] => (Kind::Less, 1),
        [b'>', ..] => (Kind::Greater, 1),
        [b'=', ..] => (Kind::Equal, 1),
        [b'(', ..] => (Kind::Open, 1),
        [b')', ..] => (Kind::Close, 1),
        [b'[', ..] => (Kind::OpenBracket, 1),
        [b']', ..] => (Kind::CloseBracket, 1),
        [b',', ..] => (Kind::Comma, 1),
        [b'.', ..] => (Kind::Dot, 1),
        [b'+', ..] => (Kind::Plus, 1),
        [b'-', ..] => (Kind::Minus, 1),
        [b'#', ..] => one_or_unknown(Kind::Name),
        [b':', ..] => one_or_unknown(Kind::Value),
        [first, ..] if first.is_ascii_alphabetic() => (Kind::Word, word_from(1)),
        [first, ..] if first.is_ascii_digit() => {
            let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (Kind::Digits, digits)
        }
        // One whole character, so that spans stay on character boundaries.
        _ => (Kind::Unknown, text.chars().next().map_or(1, char::len_utf8)),
    }
}
