//! Names of tables, as requests write them.
//!
//! A door's translation leaves members as they came. DynamoDB's control plane reports every violation in one text; the
//! data plane's newer layer reports the first only and does not repeat the value ([`Shown::Hidden`]).

use identity::{AccountId, Region};
use shape::{Rule, Shown, Violation, Violations};

use crate::error::{Echo, Invalid};
use crate::limits::{MAX_TABLE_ARN_CHARS, TABLE_NAME_CHARS};

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
    let fail = |rule| Err(Invalid::Constraints(Violation::new("TableName", Shown::Hidden, rule).into()));
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

#[cfg(test)]
mod tests;
