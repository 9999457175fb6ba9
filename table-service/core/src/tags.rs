//! The tags of a table: what may be one, how many, and how two sets become one.
//!
//! Tags are for whoever pays or sorts tables, and stand in clear in the table's record: they must be there to read while
//! the table's key cannot be used.

use std::collections::{BTreeMap, BTreeSet};

use shape::{Decode, Rule, Shown, Violations};

use crate::error::{Echo, Invalid};
use crate::limits::{MAX_TAG_KEY_CHARS, MAX_TAG_VALUE_CHARS, MAX_TAGS};

/// What AWS keeps for itself.
const RESERVED_PREFIX: &str = "aws:";

/// One tag as a request sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Decode)]
pub struct Tag {
    /// 1 to 128 characters.
    #[shape(required)]
    pub key: String,
    /// 0 to 256 characters.
    #[shape(required)]
    pub value: String,
}

/// Adds the violations of the model's constraints.
pub(crate) fn constraints(tags: &[Tag], violations: &mut Violations) {
    for (index, tag) in (1_usize..).zip(tags) {
        if violations.is_full() {
            return;
        }
        key_constraints(&format!("tags.{index}.member.key"), &tag.key, violations);
        if tag.value.chars().count() > MAX_TAG_VALUE_CHARS {
            let path = format!("tags.{index}.member.value");
            violations.push(
                path,
                Shown::Value(Echo::from(&*tag.value)),
                Rule::MaxLength(MAX_TAG_VALUE_CHARS),
            );
        }
    }
}

/// Adds the violations of a tag's key.
pub(crate) fn key_constraints(path: &str, key: &str, violations: &mut Violations) {
    let rule = match key.chars().count() {
        0 => Rule::MinLength(1),
        length if length > MAX_TAG_KEY_CHARS => Rule::MaxLength(MAX_TAG_KEY_CHARS),
        _ => return,
    };
    violations.push(path, Shown::Value(Echo::from(key)), rule);
}

/// Checks what a request sends by itself.
///
/// # Errors
/// A key twice, a key of AWS's own.
pub(crate) fn check(tags: &[Tag]) -> Result<(), Invalid> {
    let mut keys = BTreeSet::new();
    for tag in tags {
        if tag
            .key
            .get(..RESERVED_PREFIX.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(RESERVED_PREFIX))
        {
            return Err(Invalid::ReservedTagKey(Echo::from(&*tag.key)));
        }
        if !tag.key.chars().chain(tag.value.chars()).all(is_allowed) {
            return Err(Invalid::TagCharacters(Echo::from(&*tag.key)));
        }
        if !keys.insert(&tag.key) {
            return Err(Invalid::DuplicateTagKey(Echo::from(&*tag.key)));
        }
    }
    Ok(())
}

/// Letters, digits and spaces of every language, and a few signs. Source: AWS, tagging best practices.
fn is_allowed(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || "_.:/=+-@".contains(character)
}

/// The tags of a table after `tags` were added to `present`, or took the place of those of their keys.
///
/// # Errors
/// [`Invalid::TooManyTags`].
pub(crate) fn merged(
    present: &BTreeMap<String, String>,
    tags: Vec<Tag>,
) -> Result<BTreeMap<String, String>, Invalid> {
    let mut all = present.clone();
    all.extend(tags.into_iter().map(|tag| (tag.key, tag.value)));
    if all.len() > MAX_TAGS { Err(Invalid::TooManyTags) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn keys_and_values_have_lengths() {
        let found = |tag| {
            let mut violations = Violations::new();
            constraints(&[tag], &mut violations);
            violations.finish().err().map(|invalid| invalid.public_text())
        };
        assert_eq!(found(tag(&"k".repeat(128), &"v".repeat(256))), None);
        assert_eq!(found(tag("ü", "")), None);
        assert_eq!(
            found(tag("", "v")).unwrap(),
            "1 validation error detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have \
             length greater than or equal to 1"
        );
        assert!(found(tag(&"k".repeat(129), "")).unwrap().contains("less than or equal to 128"));
        assert!(found(tag("k", &"v".repeat(257))).unwrap().contains("'tags.1.member.value'"));
    }

    #[test]
    fn a_key_is_there_once_and_none_of_awss() {
        assert_eq!(check(&[tag("a", "1"), tag("A", "2")]), Ok(()));
        assert_eq!(
            check(&[tag("a", "1"), tag("a", "1")]).unwrap_err().public_text(),
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found a"
        );
        assert_eq!(
            check(&[tag("aws:x", "1")]).unwrap_err().public_text(),
            "Tag Key cannot be prefixed with aws:, Key: aws:x"
        );
        assert_eq!(check(&[tag("aws", ""), tag("é:", ""), tag(" ", "законные _.:/=+-@ 7")]), Ok(()));
        for (key, value) in [("k", "#!%%^$$&"), ("->>;-)])", "v"), ("k", "\u{0}")] {
            assert!(check(&[tag(key, value)]).is_err(), "{key} {value}");
        }
    }

    #[test]
    fn a_table_has_50_tags_at_most() {
        let many =
            |range: std::ops::Range<usize>| range.map(|n| tag(&n.to_string(), "v")).collect::<Vec<_>>();
        let full = merged(&BTreeMap::new(), many(0..50)).unwrap();
        assert_eq!(full.len(), 50);
        assert_eq!(merged(&full, vec![tag("49", "new")]).unwrap()["49"], "new");
        assert_eq!(
            merged(&full, vec![tag("50", "")]).unwrap_err().public_text(),
            "Number of Tags exceed the current limit for the provided ResourceArn"
        );
    }
}
