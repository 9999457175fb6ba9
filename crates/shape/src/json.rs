//! A pull reader of JSON text (RFC 8259): whoever reads says what comes next, and no tree is built.
//!
//! Linear in the text, whatever it is. Nesting ends at [`MAX_DEPTH`], and what nobody asked for is skipped without
//! recursion, so neither stack nor memory grows with hostile input. Strings without escapes are borrowed; numbers stay
//! text, because only the member's type says what they are.

use std::borrow::Cow;

use crate::unreadable::Unreadable;

/// Lists and maps that may stand inside one another. Ours: an attribute value of 32 levels, the most that a table takes,
/// needs 64, and a few more are around it; what is several times as deep need not be told exactly why it is refused.
pub const MAX_DEPTH: usize = 256;

/// What a value is, as its first byte tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number.
    Number,
    /// A string.
    Text,
    /// An array.
    List,
    /// An object.
    Map,
}

type Read<T> = Result<T, Unreadable>;

/// Reads one JSON text.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the beginning of a text.
    ///
    /// # Errors
    /// The text is not UTF-8.
    pub fn new(body: &'a [u8]) -> Read<Self> {
        let text = std::str::from_utf8(body).map_err(|_| Unreadable::Malformed)?;
        Ok(Self { text, at: 0, depth: 0 })
    }

    /// What the next value is.
    ///
    /// # Errors
    /// There is none.
    pub fn peek(&mut self) -> Read<Kind> {
        self.skip_space();
        Ok(match self.byte() {
            Some(b'n') => Kind::Null,
            Some(b't') => Kind::True,
            Some(b'f') => Kind::False,
            Some(b'"') => Kind::Text,
            Some(b'[') => Kind::List,
            Some(b'{') => Kind::Map,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            _ => return Err(Unreadable::Malformed),
        })
    }

    /// Reads `null`, `true` or `false`, whichever [`Reader::peek`] saw.
    ///
    /// # Errors
    /// It is none of them.
    pub fn word(&mut self) -> Read<Kind> {
        let kind = self.peek()?;
        let word = match kind {
            Kind::Null => "null",
            Kind::True => "true",
            Kind::False => "false",
            _ => return Err(Unreadable::Malformed),
        };
        if !self.rest().starts_with(word) {
            return Err(Unreadable::Malformed);
        }
        self.at += word.len();
        Ok(kind)
    }

    /// Reads a number, as it is written.
    ///
    /// # Errors
    /// It is not one.
    pub fn number(&mut self) -> Read<&'a str> {
        self.skip_space();
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        self.text.get(start..self.at).ok_or(Unreadable::Malformed)
    }

    /// Reads a string.
    ///
    /// # Errors
    /// It is not one, is not closed, or an escape in it means no character.
    pub fn text(&mut self) -> Read<Cow<'a, str>> {
        self.skip_space();
        self.expect(b'"')?;
        let start = self.at;
        let mut has_escape = false;
        loop {
            let plain = self.rest().bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            self.at += plain.ok_or(Unreadable::Malformed)?;
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escape = true;
                    // The backslash and the character behind it, which may be a quotation mark.
                    self.at += 2;
                    if !self.text.is_char_boundary(self.at) {
                        return Err(Unreadable::Malformed);
                    }
                }
                _ => return Err(Unreadable::Malformed),
            }
        }
        let raw = self.text.get(start..self.at).ok_or(Unreadable::Malformed)?;
        self.at += 1;
        if has_escape { unescape(raw).map(Cow::Owned) } else { Ok(Cow::Borrowed(raw)) }
    }

    /// Reads an array; `each` reads one element.
    ///
    /// # Errors
    /// It is not one, is too deep, or `each` fails.
    pub fn list(&mut self, mut each: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.open(b'[')?;
        if !self.closes(b']') {
            each(self)?;
            while self.goes_on(b']')? {
                each(self)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads an object; `each` gets the name of a member and reads its value. Names come as they stand, also twice.
    ///
    /// # Errors
    /// It is not one, is too deep, or `each` fails.
    pub fn map(&mut self, mut each: impl FnMut(&mut Self, Cow<'a, str>) -> Read<()>) -> Read<()> {
        self.open(b'{')?;
        if !self.closes(b'}') {
            let name = self.name()?;
            each(self, name)?;
            while self.goes_on(b'}')? {
                let name = self.name()?;
                each(self, name)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads over a value, whatever it is.
    ///
    /// # Errors
    /// It is malformed or too deep.
    pub fn skip(&mut self) -> Read<()> {
        // What ends the lists and maps that are open.
        let mut open = Vec::new();
        loop {
            match self.peek()? {
                Kind::Null | Kind::True | Kind::False => {
                    self.word()?;
                }
                Kind::Number => {
                    self.number()?;
                }
                Kind::Text => {
                    self.text()?;
                }
                Kind::List => {
                    self.open(b'[')?;
                    if !self.closes(b']') {
                        open.push(b']');
                        continue;
                    }
                    self.depth -= 1;
                }
                Kind::Map => {
                    self.open(b'{')?;
                    if !self.closes(b'}') {
                        self.name()?;
                        open.push(b'}');
                        continue;
                    }
                    self.depth -= 1;
                }
            }
            loop {
                let Some(close) = open.last().copied() else { return Ok(()) };
                if self.goes_on(close)? {
                    if close == b'}' {
                        self.name()?;
                    }
                    break;
                }
                open.pop();
                self.depth -= 1;
            }
        }
    }

    /// The text must be over.
    ///
    /// # Errors
    /// It is not.
    pub fn end(mut self) -> Read<()> {
        self.skip_space();
        if self.rest().is_empty() { Ok(()) } else { Err(Unreadable::Malformed) }
    }

    /// The name of a member and the colon behind it.
    fn name(&mut self) -> Read<Cow<'a, str>> {
        let name = self.text()?;
        self.skip_space();
        self.expect(b':')?;
        Ok(name)
    }

    fn open(&mut self, bracket: u8) -> Read<()> {
        self.skip_space();
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Unreadable::Malformed) } else { Ok(()) }
    }

    fn closes(&mut self, bracket: u8) -> bool {
        self.skip_space();
        self.take(bracket)
    }

    /// Behind an element: whether there is another one.
    fn goes_on(&mut self, bracket: u8) -> Read<bool> {
        if self.closes(bracket) {
            return Ok(false);
        }
        self.expect(b',')?;
        Ok(true)
    }

    fn digits(&mut self) -> Read<()> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += digits;
        if digits == 0 { Err(Unreadable::Malformed) } else { Ok(()) }
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Read<()> {
        if self.take(byte) { Ok(()) } else { Err(Unreadable::Malformed) }
    }

    /// Takes one ASCII byte, if it is the next one.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.byte() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// The text that escapes stand for. It never grows beyond its first buffer, which may hold a secret.
fn unescape(raw: &str) -> Read<String> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut characters = escaped.chars();
        let character = match characters.next() {
            Some(same @ ('"' | '\\' | '/')) => same,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let (character, behind) = unicode(characters.as_str())?;
                text.push(character);
                rest = behind;
                continue;
            }
            _ => return Err(Unreadable::Malformed),
        };
        text.push(character);
        rest = characters.as_str();
    }
    text.push_str(rest);
    Ok(text)
}

/// The character of `XXXX`, or of `XXXX\uXXXX` if it takes two, and what is behind it.
fn unicode(text: &str) -> Read<(char, &str)> {
    let (first, behind) = hexadecimal(text)?;
    if !(0xd800..0xe000).contains(&first) {
        return Ok((char::from_u32(first).ok_or(Unreadable::Malformed)?, behind));
    }
    let second = behind.strip_prefix("\\u").ok_or(Unreadable::Malformed)?;
    let (second, behind) = hexadecimal(second)?;
    if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
        return Err(Unreadable::Malformed);
    }
    let character = char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
    Ok((character.ok_or(Unreadable::Malformed)?, behind))
}

fn hexadecimal(text: &str) -> Read<(u32, &str)> {
    let (digits, behind) = text.split_at_checked(4).ok_or(Unreadable::Malformed)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Unreadable::Malformed);
    }
    let number = u32::from_str_radix(digits, 16).map_err(|_| Unreadable::Malformed)?;
    Ok((number, behind))
}

#[cfg(test)]
mod tests;
