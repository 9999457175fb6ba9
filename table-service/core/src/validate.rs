//! Names of tables, as requests write them.
//!
//! A door's translation leaves members as they came. DynamoDB's planes differ: its control plane wants three characters
//! and reports every violation in one text, its data plane takes one, and says of an empty name what the newer layer says
//! (measured in 2026).

use identity::{AccountId, Region};
use shape::{Rule, Shown, Violation, Violations};

use crate::error::{Echo, Invalid, Plane, TableError};
use crate::limits::{MAX_TABLE_ARN_CHARS, TABLE_NAME_CHARS};

/// Pattern of table names.
const TABLE_NAME_PATTERN: &str = "[a-zA-Z0-9_.-]+";

const MEMBER: &str = "tableName";

/// Checks the name of a table to be created.
pub fn new_table_name(name: &str, violations: &mut Violations) {
    check_name(name, *TABLE_NAME_CHARS.start(), violations);
}

fn check_name(name: &str, shortest: usize, violations: &mut Violations) {
    let length = name.chars().count();
    // A text that is longer than any name or ARN says enough without being repeated.
    let shown = || if length > MAX_TABLE_ARN_CHARS { Shown::Hidden } else { Shown::Value(Echo::from(name)) };
    if length < shortest {
        violations.push(MEMBER, shown(), Rule::MinLength(shortest));
    }
    if length > *TABLE_NAME_CHARS.end() {
        violations.push(MEMBER, shown(), Rule::MaxLength(*TABLE_NAME_CHARS.end()));
    }
    if !is_table_name_text(name) {
        violations.push(MEMBER, shown(), Rule::Pattern(TABLE_NAME_PATTERN));
    }
}

/// Adds the violations of the name of something that is named like a table, at its path.
pub fn resource_name(path: &str, name: &str, violations: &mut Violations) {
    violations.text(path, name, TABLE_NAME_CHARS);
    violations.pattern(path, name, TABLE_NAME_PATTERN, is_table_name_text(name));
}

pub(crate) fn is_table_name_text(name: &str) -> bool {
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
/// Violations for an empty, overlong or malformed name; for an ARN what [`table_of_arn`] says. A name that merely does not
/// exist is no error here.
pub fn table_name<'a>(text: &'a str, plane: Plane, home: Home<'_>) -> Result<&'a str, TableError> {
    if text.starts_with(ARN_START) {
        if text.chars().count() > MAX_TABLE_ARN_CHARS {
            let rule = Rule::MaxLength(MAX_TABLE_ARN_CHARS);
            return Err(constraint(Violation::new(MEMBER, Shown::Hidden, rule)));
        }
        return table_of_arn(text, home);
    }
    if plane == Plane::Data && text.is_empty() {
        return Err(constraint(Violation::new("TableName", Shown::Hidden, Rule::MinLength(1))));
    }
    let mut violations = Violations::new();
    check_name(text, shortest(plane), &mut violations);
    violations.finish()?;
    Ok(text)
}

/// Adds the violations of a name or ARN, among those of the rest of its request.
pub fn sent_table_name(text: &str, plane: Plane, violations: &mut Violations) {
    if text.is_empty() && plane == Plane::Data {
        violations.push(MEMBER, Shown::Value(Echo::from(text)), Rule::MinLength(1));
    } else if !text.starts_with(ARN_START) {
        check_name(text, shortest(plane), violations);
    } else if text.chars().count() > MAX_TABLE_ARN_CHARS {
        violations.push(MEMBER, Shown::Hidden, Rule::MaxLength(MAX_TABLE_ARN_CHARS));
    }
}

fn shortest(plane: Plane) -> usize {
    match plane {
        Plane::Data => 1,
        Plane::Control => *TABLE_NAME_CHARS.start(),
    }
}

fn constraint(violation: Violation) -> TableError {
    Invalid::Constraints(violation.into()).into()
}

const ARN_START: &str = "arn:";

/// The name of the table whose ARN this is.
///
/// # Errors
/// Text that is no ARN or not one of a table, another account's, another region's, in this order.
pub fn table_of_arn<'a>(text: &'a str, home: Home<'_>) -> Result<&'a str, TableError> {
    let rest = text.strip_prefix(ARN_START).ok_or_else(|| Invalid::NoArn(Echo::from(text)))?;
    let mut parts = rest.splitn(5, ':');
    let mut part = || parts.next().unwrap_or_default();
    let (partition, service, region, account, resource) = (part(), part(), part(), part(), part());
    let name = resource.strip_prefix("table/").filter(|name| is_table_name_text(name));
    let (Some(name), "aws", "dynamodb") = (name, partition, service) else {
        return Err(Invalid::TableArn(Echo::from(text)).into());
    };
    if account != home.account.as_str() {
        return Err(TableError::ForeignAccount);
    }
    if region != home.region.as_str() {
        return Err(Invalid::ArnRegion(Echo::from(text)).into());
    }
    Ok(name)
}

#[cfg(test)]
mod tests;
