//! Tags: what users attach to keys, and the rules of AWS for them.

use std::collections::HashSet;

use shape::{Decode, Violations};

use crate::{
    error::{KmsError, TagRule},
    limits::{TAG_KEY_CHARS_MAX, TAG_VALUE_CHARS_MAX, TAGS_MAX},
};

/// What a user may attach to a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Decode)]
pub struct Tag {
    /// 1 to 128 characters, unique on a key.
    #[shape(required, rename = "TagKey")]
    pub key: String,
    /// 0 to 256 characters.
    #[shape(required, rename = "TagValue")]
    pub value: String,
}

/// The lengths of the tags of a request. Of more than fit on a key the rest is wrong already.
pub(crate) fn check_lengths(violations: &mut Violations, tags: &[Tag]) {
    for (index, tag) in (1_usize..).zip(tags.iter().take(TAGS_MAX)) {
        let path = |member| format!("tags.{index}.member.{member}");
        violations.text(&path("tagKey"), &tag.key, 1..=TAG_KEY_CHARS_MAX);
        violations.text(&path("tagValue"), &tag.value, 0..=TAG_VALUE_CHARS_MAX);
    }
}

/// The lengths of the keys of tags that are to be removed.
pub(crate) fn check_key_lengths(violations: &mut Violations, keys: &[String]) {
    for (index, key) in (1_usize..).zip(keys.iter().take(TAGS_MAX)) {
        let path = format!("tagKeys.{index}.member");
        violations.text(&path, key, 1..=TAG_KEY_CHARS_MAX);
    }
}

/// What else must be true of the tags of one request.
pub(crate) fn check(tags: &[Tag]) -> Result<(), KmsError> {
    let mut seen = HashSet::new();
    if tags.len() > TAGS_MAX {
        return Err(KmsError::Tag(TagRule::TooMany));
    }
    for tag in tags {
        check_not_reserved(&tag.key)?;
        if !seen.insert(&tag.key) {
            return Err(KmsError::Tag(TagRule::Duplicate));
        }
    }
    Ok(())
}

/// The same of the keys of tags that are to be removed; one may stand there twice.
pub(crate) fn check_keys(keys: &[String]) -> Result<(), KmsError> {
    if keys.len() > TAGS_MAX {
        return Err(KmsError::Tag(TagRule::TooMany));
    }
    keys.iter().try_for_each(|key| check_not_reserved(key))
}

/// What a key has once `new` is put on it: a tag whose key it has already gets the new value.
pub(crate) fn merged(old: &[Tag], new: Vec<Tag>) -> Result<Vec<Tag>, KmsError> {
    let mut tags = old.to_vec();
    for tag in new {
        match tags.iter_mut().find(|old| old.key == tag.key) {
            Some(old) => *old = tag,
            None => tags.push(tag),
        }
    }
    if tags.len() > TAGS_MAX { Err(KmsError::Tag(TagRule::TooMany)) } else { Ok(tags) }
}

fn check_not_reserved(key: &str) -> Result<(), KmsError> {
    let reserved = key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"));
    if reserved { Err(KmsError::Tag(TagRule::Reserved)) } else { Ok(()) }
}
