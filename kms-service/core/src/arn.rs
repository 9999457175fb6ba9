//! How a caller names a key: by id, key ARN, alias name or alias ARN. Parsing decides only what the text *says*; whether
//! such a key exists is the ring's business.

use identity::{AccountId, Region};
use shape::Violations;

use crate::{
    alias::AliasName,
    error::{KmsError, Rule},
    ids::{KeyId, alias_arn},
    limits::KEY_ID_CHARS_MAX,
};

/// A key reference that is well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyRef {
    /// A key; without an account in the caller's own.
    Key { account: Option<AccountId>, id: KeyId },
    /// An alias; without an account in the caller's own.
    Alias { account: Option<AccountId>, name: AliasName },
    /// A multi-Region key id. Well formed, and names nothing here.
    MultiRegion { account: Option<AccountId>, id: String },
}

impl KeyRef {
    /// For the operations that take an alias in place of a key.
    pub(crate) fn parse(text: &str, region: &Region) -> Result<Self, KmsError> {
        match text.strip_prefix("arn:") {
            Some(_) => Self::from_arn(text, region),
            None if text.starts_with("alias/") => {
                Ok(Self::Alias { account: None, name: AliasName::referred(text)? })
            }
            None => Self::from_id(text, None),
        }
    }

    /// For management operations, which take key ids and key ARNs only.
    pub(crate) fn parse_key(text: &str, region: &Region) -> Result<Self, KmsError> {
        match Self::parse(text, region)? {
            Self::Alias { account: None, .. } => Err(KmsError::InvalidKeyId { given: text.to_owned() }),
            Self::Alias { account: Some(_), .. } => Err(KmsError::Rule(Rule::KeyNotAlias)),
            reference @ (Self::Key { .. } | Self::MultiRegion { .. }) => Ok(reference),
        }
    }

    /// The account that it names.
    pub(crate) const fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Key { account, .. } | Self::Alias { account, .. } | Self::MultiRegion { account, .. } => {
                account.as_ref()
            }
        }
    }

    /// Its ARN in `account`.
    pub(crate) fn arn(&self, region: &Region, account: &AccountId) -> String {
        match self {
            Self::Key { id, .. } => id.arn(region, account),
            Self::MultiRegion { id, .. } => format!("arn:aws:kms:{region}:{account}:key/{id}"),
            Self::Alias { name, .. } => alias_arn(region, account, name),
        }
    }

    fn from_arn(text: &str, region: &Region) -> Result<Self, KmsError> {
        let malformed = || KmsError::InvalidArn { given: text.to_owned() };
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next().ok_or_else(malformed);
        let [_arn, partition, service, its_region, account, resource] =
            [part()?, part()?, part()?, part()?, part()?, part()?];
        if partition != "aws" || service != "kms" {
            return Err(malformed());
        }
        let account = account.parse::<AccountId>().map_err(|_| malformed())?;
        if its_region != region.as_str() {
            return Err(KmsError::OtherRegion { region: its_region.to_owned() });
        }
        match resource.strip_prefix("key/") {
            Some(id) => Self::from_id(id, Some(account)),
            None if resource.starts_with("alias/") => {
                Ok(Self::Alias { account: Some(account), name: AliasName::referred(resource)? })
            }
            None => Err(malformed()),
        }
    }

    fn from_id(text: &str, account: Option<AccountId>) -> Result<Self, KmsError> {
        if let Some(id) = KeyId::parse(text) {
            return Ok(Self::Key { account, id });
        }
        if is_multi_region(text) {
            return Ok(Self::MultiRegion { account, id: text.to_owned() });
        }
        Err(KmsError::InvalidKeyId { given: text.to_owned() })
    }
}

/// The length rule of every member that names a key.
pub(crate) fn check_length(violations: &mut Violations, path: &str, text: &str) {
    violations.text(path, text, 1..=KEY_ID_CHARS_MAX);
}

fn is_multi_region(text: &str) -> bool {
    text.strip_prefix("mrk-").is_some_and(|hex| {
        hex.len() == 32 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use fault::Fault;

    use super::*;

    const ID: &str = "1234abcd-12ab-4cd4-a123-456a12a34567";

    fn region() -> Region {
        "us-east-1".parse().unwrap()
    }

    fn reason(text: &str) -> (&'static str, String) {
        let error = KeyRef::parse(text, &region()).unwrap_err();
        (error.reason(), error.public_message().into_owned())
    }

    #[test]
    fn all_four_forms_are_read() {
        let account: AccountId = "111122223333".parse().unwrap();
        let id = KeyId::parse(ID).unwrap();
        let name = AliasName::referred("alias/a/b").unwrap();
        let cases = [
            (ID.to_owned(), KeyRef::Key { account: None, id }),
            (
                format!("arn:aws:kms:us-east-1:111122223333:key/{ID}"),
                KeyRef::Key { account: Some(account.clone()), id },
            ),
            ("alias/a/b".to_owned(), KeyRef::Alias { account: None, name: name.clone() }),
            (
                "arn:aws:kms:us-east-1:111122223333:alias/a/b".to_owned(),
                KeyRef::Alias { account: Some(account), name },
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(KeyRef::parse(&text, &region()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn malformed_references_say_so_in_aws_words() {
        let not_found = |text: &str| ("NotFoundException", format!("Invalid keyId '{text}'"));
        for text in ["x", "", &ID.replace('-', ""), "ALIAS/x", "mrk-12"] {
            assert_eq!(reason(text), not_found(text));
        }
        assert_eq!(reason("arn:aws:kms:us-east-1:111122223333:key/x"), not_found("x"));
        assert_eq!(
            reason(&format!("arn:aws:kms:eu-west-1:111122223333:key/{ID}")),
            ("NotFoundException", "Invalid arn eu-west-1".to_owned())
        );
        for text in [
            "arn:",
            "arn:aws:kms",
            "arn:aws:s3:us-east-1:111122223333:key/x",
            "arn:aws:kms:us-east-1:1:key/x",
            // All right but for the partition.
            &format!("arn:aws-cn:kms:us-east-1:111122223333:key/{ID}"),
            "arn:aws-us-gov:kms:us-east-1:111122223333:alias/x",
            &format!("arn::kms:us-east-1:111122223333:key/{ID}"),
        ] {
            assert_eq!(reason(text).0, "InvalidArnException", "{text}");
        }
    }

    #[test]
    fn management_operations_take_no_alias() {
        let error = KeyRef::parse_key("alias/x", &region()).unwrap_err();
        assert_eq!(error.public_message(), "Invalid keyId 'alias/x'");
        let error = KeyRef::parse_key("arn:aws:kms:us-east-1:111122223333:alias/x", &region()).unwrap_err();
        assert_eq!(error.reason(), "ValidationException");
    }
}
