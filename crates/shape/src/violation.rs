//! Constraints of the API model: presence, lengths, ranges, closed sets, patterns, and the one text that names all that
//! are broken.
//!
//! Checks go on after the first violation, so that one round trip shows every mistake. The paths are those of AWS's
//! texts: `keySchema.1.member.keyType`.

use std::fmt;
use std::ops::RangeInclusive;

use crate::choice::{Choice, Member};
use crate::echo::Echo;

/// Violations that one answer lists (observed of AWS: the rest is left out).
pub const MAX_VIOLATIONS: usize = 10;

/// Characters of a value up to which [`Shown::short`] repeats it. Ours: error texts travel in HTTP/2 headers, whose size
/// common servers and clients limit to 8 KB in total.
pub const MAX_SHOWN_CHARS: usize = 256;

/// What a violation shows of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The member is absent.
    Null,
    /// The value as sent.
    Value(Echo),
    /// Nothing.
    Hidden,
    /// Not even the path.
    Unnamed,
}

impl Shown {
    /// The value, if it is short.
    pub fn short(text: &str) -> Self {
        // A text of so many bytes is longer than that, whatever its characters.
        if text.len() <= 4 * MAX_SHOWN_CHARS && text.chars().count() <= MAX_SHOWN_CHARS {
            Self::Value(Echo::from(text))
        } else {
            Self::Hidden
        }
    }
}

/// A rule of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The member is required.
    NotNull,
    /// At least so many characters or elements.
    MinLength(usize),
    /// At most so many characters or elements.
    MaxLength(usize),
    /// Each key of a map has at least so many characters.
    MinKeyLength(usize),
    /// At least this number.
    Min(i64),
    /// At most this number.
    Max(i64),
    /// One of a set, in the order in which the text lists it.
    OneOf(&'static str),
    /// A pattern.
    Pattern(&'static str),
    /// Each key of a map keeps these rules, as the text lists them.
    MapKeys(&'static str),
    /// Each value of a map keeps these rules, as the text lists them.
    MapValues(&'static str),
}

/// One member that breaks one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    path: Echo,
    /// The path with the caller's own names left out.
    logged: String,
    shown: Shown,
    rule: Rule,
}

impl Violation {
    /// A violation at a path such as `keySchema.1.member.keyType`.
    pub fn new(path: impl Into<String>, shown: Shown, rule: Rule) -> Self {
        let path = path.into();
        Self { path: Echo::from(path.as_str()), logged: path, shown, rule }
    }

    fn text(&self, to_caller: bool) -> String {
        let value = match &self.shown {
            Shown::Unnamed => None,
            Shown::Null => Some("Value null".to_owned()),
            Shown::Value(value) => Some(format!("Value '{}'", value.show(to_caller))),
            Shown::Hidden if matches!(self.rule, Rule::MinKeyLength(_)) => Some("Map".to_owned()),
            Shown::Hidden => Some("Value".to_owned()),
        };
        let rule = match self.rule {
            Rule::NotNull => "not be null".to_owned(),
            Rule::MinLength(length) => format!("have length greater than or equal to {length}"),
            Rule::MaxLength(length) => format!("have length less than or equal to {length}"),
            Rule::MinKeyLength(length) => format!("have keys of length greater than or equal to {length}"),
            Rule::Min(value) => format!("have value greater than or equal to {value}"),
            Rule::Max(value) => format!("have value less than or equal to {value}"),
            Rule::OneOf(set) => format!("satisfy enum value set: [{set}]"),
            Rule::Pattern(pattern) => format!("satisfy regular expression pattern: {pattern}"),
            Rule::MapKeys(rules) | Rule::MapValues(rules) => format!("satisfy constraint: [{rules}]"),
        };
        let subject = match self.rule {
            Rule::MapKeys(_) => "Map keys",
            Rule::MapValues(_) => "Map value",
            _ => "Member",
        };
        let path = if to_caller { self.path.show(true) } else { &self.logged };
        match value {
            Some(value) => format!("{value} at '{path}' failed to satisfy constraint: {subject} must {rule}"),
            None => format!("Failed to satisfy constraint: {subject} must {rule}"),
        }
    }
}

/// Collects violations.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one. What is absent breaks that one rule and no other.
    pub fn push(&mut self, path: impl Into<String>, shown: Shown, rule: Rule) {
        if !self.is_full() {
            self.add(Violation::new(path, shown, rule));
        }
    }

    fn add(&mut self, violation: Violation) {
        // What is not shown is not collected: a request can break rules by the thousand.
        if self.is_full() {
            return;
        }
        // The layers of AWS's checks spell a path in two ways.
        let is_here = |path: &Echo| path.show(true).eq_ignore_ascii_case(violation.path.show(true));
        if !self.0.iter().any(|before| before.rule == Rule::NotNull && is_here(&before.path)) {
            self.0.push(violation);
        }
    }

    /// Whether an answer lists no more: then nothing need be looked for.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MAX_VIOLATIONS
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks a closed set.
    pub fn one_of<T: Choice>(&mut self, path: &str, member: &Member<T>) {
        if let Member::Other(value) = member {
            self.push(path, Shown::short(value.show(true)), Rule::OneOf(T::SET));
        }
    }

    /// Checks a closed set whose text says neither what was sent nor where, and lists names of its own.
    pub fn one_of_unnamed<T>(&mut self, member: &Member<T>, names: &'static str) {
        if matches!(member, Member::Other(_)) {
            self.push("", Shown::Unnamed, Rule::OneOf(names));
        }
    }

    /// Checks a number that may be absent.
    pub fn range<N: Copy + Into<i64>>(&mut self, path: &str, value: Option<N>, range: RangeInclusive<N>) {
        let Some(value) = value.map(Into::into) else { return };
        let (least, most) = ((*range.start()).into(), (*range.end()).into());
        let shown = || Shown::Value(Echo::from(value.to_string()));
        if value < least {
            self.push(path, shown(), Rule::Min(least));
        } else if value > most {
            self.push(path, shown(), Rule::Max(most));
        }
    }

    /// Checks a pattern; whether it matches, the caller knows. A text that is too long to repeat breaks a rule already,
    /// and that says enough.
    pub fn pattern(&mut self, path: &str, text: &str, pattern: &'static str, matches: bool) {
        let shown = Shown::short(text);
        if !matches && shown != Shown::Hidden {
            self.push(path, shown, Rule::Pattern(pattern));
        }
    }

    /// Checks the characters of a text, which is repeated in the answer if it is short.
    pub fn text(&mut self, path: &str, text: &str, length: RangeInclusive<usize>) {
        self.length(path, || Shown::short(text), text.chars().count(), length);
    }

    /// Checks how many bytes, characters or elements there are of something that is never repeated.
    pub fn count(&mut self, path: &str, count: usize, length: RangeInclusive<usize>) {
        self.length(path, || Shown::Hidden, count, length);
    }

    fn length(&mut self, path: &str, shown: impl Fn() -> Shown, count: usize, length: RangeInclusive<usize>) {
        if count < *length.start() {
            self.push(path, shown(), Rule::MinLength(*length.start()));
        }
        if count > *length.end() {
            self.push(path, shown(), Rule::MaxLength(*length.end()));
        }
    }

    /// Checks what lies below a path that has the caller's own names in it; `logged` is the path without them.
    pub fn below(&mut self, path: &str, logged: &str, check: impl FnOnce(&mut Self)) {
        let mut inner = Self::new();
        check(&mut inner);
        inner.place(0, path, logged);
        inner.0.into_iter().for_each(|violation| self.add(violation));
    }

    /// The result of all checks.
    ///
    /// # Errors
    /// All violations.
    pub fn finish(self) -> Result<(), Violated> {
        if self.0.is_empty() { Ok(()) } else { Err(Violated(self.0)) }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Says where those lie that were added since there were `before`: below `path`.
    pub(crate) fn place(&mut self, before: usize, path: &str, logged: &str) {
        let below = |path: &str, rest: &str| match rest {
            "" => path.to_owned(),
            rest => format!("{path}.{rest}"),
        };
        for violation in self.0.iter_mut().skip(before) {
            violation.path = Echo::from(below(path, violation.path.show(true)));
            violation.logged = below(logged, &violation.logged);
        }
    }
}

/// Members of a request that break rules of the model; at least one. `Display` and `Debug` show nothing that the caller
/// sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violated(Vec<Violation>);

impl Violated {
    /// The text for the caller.
    pub fn public_text(&self) -> String {
        self.text(true)
    }

    fn text(&self, to_caller: bool) -> String {
        let shown: Vec<String> = self.0.iter().map(|violation| violation.text(to_caller)).collect();
        let plural = if shown.len() == 1 { "" } else { "s" };
        format!("{} validation error{plural} detected: {}", shown.len(), shown.join("; "))
    }
}

impl From<Violation> for Violated {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}

impl fmt::Display for Violated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(false))
    }
}

impl std::error::Error for Violated {}

#[cfg(test)]
mod tests;
