//! Constraints of the API model: presence, lengths, ranges, closed sets, patterns.
//!
//! A door's translation leaves members as they came; the checks here find every violation in declaration order and
//! report them in one text, as DynamoDB's control plane does. The data plane's newer layer reports the first only and
//! does not repeat the value ([`Shown::Hidden`]).

use identity::{AccountId, Region};

use crate::error::{Echo, Invalid};
use crate::limits::{MAX_TABLE_ARN_CHARS, MAX_VIOLATIONS, TABLE_NAME_CHARS};

/// A member that the wire keeps as an open set: absent, one of ours, or something else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Member<T> {
    /// Not sent.
    #[default]
    Absent,
    /// One of the closed set.
    Known(T),
    /// Anything else, as sent.
    Other(Echo),
}

impl<T> Member<T> {
    /// The member, if it was sent and is one of the set.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Other(_) => None,
        }
    }
}

/// What a violation shows of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The member is absent.
    Null,
    /// The value as sent.
    Value(Echo),
    /// Nothing.
    Hidden,
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
    /// At least this number.
    Min(i64),
    /// At most this number.
    Max(i64),
    /// One of a set, in the order in which the text lists it.
    OneOf(&'static str),
    /// A pattern.
    Pattern(&'static str),
}

/// One member that breaks one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    path: String,
    shown: Shown,
    rule: Rule,
}

impl Violation {
    /// A violation at a path such as `keySchema.1.member.keyType`.
    pub fn new(path: impl Into<String>, shown: Shown, rule: Rule) -> Self {
        Self { path: path.into(), shown, rule }
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

    /// Adds one.
    pub fn push(&mut self, path: impl Into<String>, shown: Shown, rule: Rule) {
        // What is not shown is not collected: a request can break rules by the thousand.
        if !self.is_full() {
            self.0.push(Violation::new(path, shown, rule));
        }
    }

    /// Whether an answer lists no more: then nothing need be looked for.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MAX_VIOLATIONS
    }

    /// Checks a closed set.
    pub fn one_of<T>(&mut self, path: &str, member: &Member<T>, set: &'static str) {
        if let Member::Other(value) = member {
            self.push(path, Shown::Value(value.clone()), Rule::OneOf(set));
        }
    }

    /// Checks a number that may be absent.
    pub fn range(&mut self, path: &str, value: Option<i64>, range: std::ops::RangeInclusive<i64>) {
        let Some(value) = value else { return };
        let shown = || Shown::Value(Echo::from(value.to_string()));
        if value < *range.start() {
            self.push(path, shown(), Rule::Min(*range.start()));
        } else if value > *range.end() {
            self.push(path, shown(), Rule::Max(*range.end()));
        }
    }

    /// The result of all checks.
    ///
    /// # Errors
    /// [`Invalid::Constraints`] with all violations.
    pub fn finish(self) -> Result<(), Invalid> {
        if self.0.is_empty() { Ok(()) } else { Err(Invalid::Constraints(self.0)) }
    }
}

/// Pattern of table names.
const TABLE_NAME_PATTERN: &str = "[a-zA-Z0-9_.-]+";

/// Checks the name of a table to be created.
pub fn new_table_name(name: &str, violations: &mut Violations) {
    let shown = || Shown::Value(Echo::from(name));
    let length = name.chars().count();
    if length < *TABLE_NAME_CHARS.start() {
        violations.push("tableName", shown(), Rule::MinLength(*TABLE_NAME_CHARS.start()));
    }
    if length > *TABLE_NAME_CHARS.end() {
        violations.push("tableName", shown(), Rule::MaxLength(*TABLE_NAME_CHARS.end()));
    }
    if !is_table_name_text(name) {
        violations.push("tableName", shown(), Rule::Pattern(TABLE_NAME_PATTERN));
    }
}

fn is_table_name_text(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// Which account and region this service answers for.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// The region.
    pub region: &'a Region,
    /// The account.
    pub account: &'a AccountId,
}

/// The name of the table that a request means: it may send the name or the table's ARN.
///
/// # Errors
/// A violation for an empty, overlong or malformed name, [`Invalid::TableArn`] for an ARN that is not one of a table
/// of this account and region. A name that merely does not exist is no error here.
pub fn table_name<'a>(text: &'a str, home: Home<'_>) -> Result<&'a str, Invalid> {
    let fail = |rule| Err(Invalid::Constraints(vec![Violation::new("TableName", Shown::Hidden, rule)]));
    if text.is_empty() {
        return fail(Rule::MinLength(1));
    }
    if text.chars().count() > MAX_TABLE_ARN_CHARS {
        return fail(Rule::MaxLength(MAX_TABLE_ARN_CHARS));
    }
    if !text.starts_with("arn:") {
        return if is_table_name_text(text) { Ok(text) } else { fail(Rule::Pattern(TABLE_NAME_PATTERN)) };
    }
    table_of_arn(text, home)
}

/// The name of the table whose ARN this is.
///
/// # Errors
/// [`Invalid::TableArn`].
pub fn table_of_arn<'a>(text: &'a str, home: Home<'_>) -> Result<&'a str, Invalid> {
    let name = text
        .strip_prefix("arn:aws:dynamodb:")
        .and_then(|rest| rest.strip_prefix(home.region.as_str())?.strip_prefix(':'))
        .and_then(|rest| rest.strip_prefix(home.account.as_str())?.strip_prefix(":table/"))
        .filter(|name| is_table_name_text(name));
    name.ok_or_else(|| Invalid::TableArn(Echo::from(text)))
}

/// The text of a list of violations.
pub(crate) fn render(violations: &[Violation], to_caller: bool) -> String {
    let shown: Vec<String> =
        violations.iter().take(MAX_VIOLATIONS).map(|violation| violation.text(to_caller)).collect();
    let plural = if shown.len() == 1 { "" } else { "s" };
    format!("{} validation error{plural} detected: {}", shown.len(), shown.join("; "))
}

impl Violation {
    fn text(&self, to_caller: bool) -> String {
        let value = match &self.shown {
            Shown::Null => " null".to_owned(),
            Shown::Value(value) => format!(" '{}'", value.show(to_caller)),
            Shown::Hidden => String::new(),
        };
        let rule = match self.rule {
            Rule::NotNull => "not be null".to_owned(),
            Rule::MinLength(length) => format!("have length greater than or equal to {length}"),
            Rule::MaxLength(length) => format!("have length less than or equal to {length}"),
            Rule::Min(value) => format!("have value greater than or equal to {value}"),
            Rule::Max(value) => format!("have value less than or equal to {value}"),
            Rule::OneOf(set) => format!("satisfy enum value set: [{set}]"),
            Rule::Pattern(pattern) => format!("satisfy regular expression pattern: {pattern}"),
        };
        format!("Value{value} at '{}' failed to satisfy constraint: Member must {rule}", self.path)
    }
}

#[cfg(test)]
mod tests;
