//! Alias names and what an alias points at.

use std::fmt;

use identity::AccountId;
use shape::Violations;

use crate::{
    clock::Timestamp,
    error::{KmsError, Rule},
    ids::KeyId,
    limits::ALIAS_NAME_CHARS_MAX,
};

const PREFIX: &str = "alias/";
const RESERVED_PREFIX: &str = "alias/aws/";
/// The managed key's alias, predefined in every account.
const MANAGED: &str = "alias/aws/dynamodb";
/// The owned key's name, known to the service that uses it and to nobody else.
const OWNED: &str = "alias/aws/owned/dynamodb";

/// The name of an alias, prefix included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasName(String);

impl AliasName {
    /// The alias of the managed key.
    pub fn managed() -> Self {
        Self(MANAGED.to_owned())
    }

    /// The reserved name of the owned key.
    pub(crate) fn owned() -> Self {
        Self(OWNED.to_owned())
    }

    /// A name that stands before every other.
    pub(crate) const fn first() -> Self {
        Self(String::new())
    }

    /// A name under which a user makes, moves or removes an alias.
    pub(crate) fn chosen(text: &str) -> Result<Self, KmsError> {
        let mut violations = Violations::default();
        violations.text("aliasName", text, 1..=ALIAS_NAME_CHARS_MAX);
        violations.finish()?;
        let Some(rest) = text.strip_prefix(PREFIX) else {
            return Err(KmsError::Rule(Rule::AliasPrefix));
        };
        if rest.is_empty() {
            return Err(KmsError::Rule(Rule::AliasIdentifier));
        }
        if !text.chars().all(is_alias_character) {
            return Err(KmsError::Rule(Rule::AliasCharacters { name: text.to_owned() }));
        }
        if text.starts_with(RESERVED_PREFIX) {
            return Err(KmsError::ReservedAlias);
        }
        Ok(Self(text.to_owned()))
    }

    /// A name that stands where a key is meant. It may be a reserved one; a name that no alias can have names nothing.
    pub(crate) fn referred(text: &str) -> Result<Self, KmsError> {
        let rest = text.strip_prefix(PREFIX).unwrap_or_default();
        if rest.is_empty() || text.len() > ALIAS_NAME_CHARS_MAX || !text.chars().all(is_alias_character) {
            return Err(KmsError::InvalidKeyId { given: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }

    /// A name from a record that was written here.
    pub(crate) fn stored(text: String) -> Option<Self> {
        let known = text.starts_with(PREFIX) && text.len() <= ALIAS_NAME_CHARS_MAX;
        known.then_some(Self(text))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_alias_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '/' | '_' | '-')
}

impl fmt::Display for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An alias: a name of one account that stands for one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) account: AccountId,
    pub(crate) name: AliasName,
    pub(crate) target: KeyId,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

#[cfg(test)]
mod tests {
    use fault::Fault;

    use super::*;

    fn refusal(text: &str) -> (&'static str, String) {
        let error = AliasName::chosen(text).unwrap_err();
        (error.reason(), error.public_message().into_owned())
    }

    #[test]
    fn names_are_checked_in_aws_words() {
        assert!(AliasName::chosen("alias/Order-book_2/x").is_ok());
        assert_eq!(
            refusal("orders"),
            (
                "ValidationException",
                "Alias must start with the prefix \"alias/\". Please see \
                 https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
                    .to_owned()
            )
        );
        assert_eq!(refusal("alias/"), ("ValidationException", "Invalid identifier".to_owned()));
        for name in ["alias/a:b", "alias/a b", "alias/ä"] {
            assert_eq!(refusal(name).1, format!("{name} contains invalid characters for an alias"));
        }
        assert_eq!(refusal("alias/aws/mine").0, "NotAuthorizedException");
        assert_eq!(refusal("").0, "ValidationException");
        assert!(AliasName::chosen(&format!("alias/{}", "a".repeat(250))).is_ok());
        assert_eq!(refusal(&format!("alias/{}", "a".repeat(251))).0, "ValidationException");
    }
}
