//! The names that identify accounts, regions, services and principals, each checked once where it enters.
//!
//! They are cheap to clone, print as what they are, and (de)serialize as strings through the same check.

use serde::{Deserialize, Serialize};
use std::{fmt, ops::RangeInclusive, str::FromStr, sync::Arc};

/// Longest accepted principal ARN, in bytes (IAM's own limit for an ARN).
const MAX_ARN_BYTES: usize = 2048;
/// Longest accepted region name, in bytes. AWS's longest today has 14.
const MAX_REGION_BYTES: usize = 32;
/// Shortest and longest access key id, in bytes (IAM `AccessKeyId`).
const ACCESS_KEY_ID_BYTES: RangeInclusive<usize> = 16..=128;
/// Longest accepted service name, in bytes (a DNS name's limit).
const MAX_SERVICE_BYTES: usize = 253;
/// Longest accepted URI of a certificate, in bytes (the limit of a SPIFFE ID).
const MAX_SAN_BYTES: usize = 2048;

/// A name that does not have the form its kind demands. The text says which form, never more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not {expected}")]
pub struct NameError {
    value: String,
    expected: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if $check(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(NameError { value: text.chars().take(80).collect(), expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// An AWS account number: twelve digits.
    AccountId,
    is_account,
    "an account id of twelve digits"
);
name!(
    /// An access key id such as `AKIAIOSFODNN7EXAMPLE`: a name, not a secret.
    AccessKeyId,
    is_access_key_id,
    "an access key id of 16 to 128 letters, digits and underscores"
);
name!(
    /// A region such as `us-east-1`.
    Region,
    is_region,
    "a region name of lowercase letters, digits and dashes"
);
name!(
    /// A service as a principal, such as `dynamodb.us-east-1.amazonaws.com`.
    ServiceName,
    is_service,
    "a service name such as dynamodb.us-east-1.amazonaws.com"
);
name!(
    /// The ARN of an account root, a user or a role, such as `arn:aws:iam::000000000000:user/alice`, or of a session of a role
    /// or of a federated user.
    PrincipalArn,
    is_principal_arn,
    "a principal ARN such as arn:aws:iam::000000000000:user/alice"
);

name!(
    /// A name in a certificate (subjectAltName): a DNS name or a URI. Only a URI has a colon, so that no DNS name is
    /// ever taken for a URI or the other way round.
    CertificateSan,
    is_certificate_san,
    "a DNS name or a URI, as a certificate has it in its subjectAltName"
);

impl AccountId {
    /// The account that services themselves belong to: it owns the keys that no user sees.
    pub fn of_services() -> Self {
        Self("999999999999".into())
    }

    /// The ARN of this account's root.
    pub fn root_arn(&self) -> PrincipalArn {
        PrincipalArn(format!("arn:aws:iam::{self}:root").into())
    }
}

impl AccessKeyId {
    /// A key id made here from characters that pass the check.
    pub(crate) fn made(text: String) -> Self {
        Self(text.into())
    }
}

impl ServiceName {
    /// The table service of a region.
    pub fn dynamodb(region: &Region) -> Self {
        Self(format!("dynamodb.{region}.amazonaws.com").into())
    }
}

impl PrincipalArn {
    /// The account the principal belongs to.
    pub fn account(&self) -> AccountId {
        let account = split_arn(self.as_str()).map_or("", |(account, _)| account);
        AccountId(account.into())
    }

    /// Whether this is an account's root.
    pub fn is_root(&self) -> bool {
        split_arn(self.as_str()).is_some_and(|(_, resource)| resource == "root")
    }

    /// The ARN under which a service of `account` is known when none is configured: that of a service-linked role.
    pub fn of_service(account: &AccountId, service: &ServiceName) -> Self {
        Self(format!("arn:aws:iam::{account}:role/aws-service-role/{service}").into())
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_access_key_id(text: &str) -> bool {
    ACCESS_KEY_ID_BYTES.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_region(text: &str) -> bool {
    text.len() <= MAX_REGION_BYTES
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && is_label(text)
}

fn is_service(text: &str) -> bool {
    text.len() <= MAX_SERVICE_BYTES
        && text.strip_suffix(".amazonaws.com").is_some_and(|service| service.split('.').all(is_label))
}

/// A name that certificates can hold. Wildcards are for servers: one that stood for a principal would stand for many.
fn is_certificate_san(text: &str) -> bool {
    match text.split_once(':') {
        Some((scheme, rest)) => {
            text.len() <= MAX_SAN_BYTES
                && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
                && !rest.is_empty()
                && rest.bytes().all(|byte| byte.is_ascii_graphic())
        }
        None => text.len() <= MAX_SERVICE_BYTES && text.split('.').all(is_dns_label),
    }
}

fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_principal_arn(text: &str) -> bool {
    text.len() <= MAX_ARN_BYTES
        && split_arn(text).is_some_and(|(account, resource)| {
            is_account(account)
                && if text.starts_with(SESSIONS) { is_session(resource) } else { is_resource(resource) }
        })
}

/// What the ARNs of users and roles begin with.
const IDENTITIES: &str = "arn:aws:iam::";
/// What those of sessions begin with.
const SESSIONS: &str = "arn:aws:sts::";

/// The account and the resource part of a principal's ARN.
fn split_arn(text: &str) -> Option<(&str, &str)> {
    [IDENTITIES, SESSIONS].iter().find_map(|prefix| text.strip_prefix(prefix))?.split_once(':')
}

/// Names and paths of users and roles.
fn is_resource(text: &str) -> bool {
    let Some((kind, name)) = text.split_once('/') else { return text == "root" };
    matches!(kind, "user" | "role") && name.split('/').all(is_iam_name)
}

/// The name of a role and of its session, or that of a federated user.
fn is_session(text: &str) -> bool {
    match text.split('/').collect::<Vec<_>>().as_slice() {
        ["assumed-role", role, session] => is_iam_name(role) && is_iam_name(session),
        ["federated-user", user] => is_iam_name(user),
        _ => false,
    }
}

/// The characters of IAM's `UserName` and `Path`.
fn is_iam_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_arn_knows_its_account_and_whether_it_is_root() {
        let alice: PrincipalArn = "arn:aws:iam::000000000000:user/team/alice".parse().unwrap();
        assert_eq!(alice.account().as_str(), "000000000000");
        assert!(!alice.is_root());
        let root = "123456789012".parse::<AccountId>().unwrap().root_arn();
        assert!(root.is_root());
        assert_eq!(root, "arn:aws:iam::123456789012:root".parse().unwrap());
        for session in ["assumed-role/role/session", "federated-user/bob"] {
            let arn: PrincipalArn = format!("arn:aws:sts::123456789012:{session}").parse().unwrap();
            assert_eq!((arn.account().as_str(), arn.is_root()), ("123456789012", false));
        }
    }

    #[test]
    fn made_names_pass_their_own_check() {
        let region: Region = "eu-central-1".parse().unwrap();
        let service = ServiceName::dynamodb(&region);
        assert_eq!(service.as_str().parse::<ServiceName>().unwrap(), service);
        let arn = PrincipalArn::of_service(&AccountId::of_services(), &service);
        assert_eq!(arn.as_str().parse::<PrincipalArn>().unwrap(), arn);
        assert_eq!(arn.account(), AccountId::of_services());
        assert_eq!(AccountId::of_services().as_str().parse::<AccountId>().unwrap(), AccountId::of_services());
    }

    #[test]
    fn malformed_names_are_refused() {
        for text in ["", "12345678901", "1234567890123", "12345678901x", "１２３４５６７８９０１２"]
        {
            assert!(text.parse::<AccountId>().is_err(), "{text:?}");
        }
        for text in ["", "1-east", "us east", "US-EAST-1", "us-east-1\n", &"a".repeat(33)] {
            assert!(text.parse::<Region>().is_err(), "{text:?}");
        }
        for text in ["", ".amazonaws.com", "dynamodb", "dynamodb..amazonaws.com", "Dynamodb.amazonaws.com"] {
            assert!(text.parse::<ServiceName>().is_err(), "{text:?}");
        }
        for text in [
            "",
            "alice",
            "*",
            "arn:aws:iam::000000000000:",
            "arn:aws:iam::000000000000:user",
            "arn:aws:iam::000000000000:user/",
            "arn:aws:iam::000000000000:user//alice",
            "arn:aws:iam::000000000000:assumed-role/role/session",
            "arn:aws:sts::000000000000:assumed-role/role",
            "arn:aws:sts::000000000000:user/alice",
            "arn:aws:sts::000000000000:root",
            "arn:aws:iam::000000000000:user/al*ce",
            "arn:aws:iam::000000000000:root/x",
            "arn:aws:iam::00000000000:root",
            "arn:aws:iam:us-east-1:000000000000:root",
            "arn:aws:kms::000000000000:user/alice",
            "arn:aws:iam::000000000000:user/alice\nroot",
        ] {
            assert!(text.parse::<PrincipalArn>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_error_quotes_a_bounded_part_of_the_value() {
        let error = "x".repeat(5_000).parse::<AccountId>().unwrap_err();
        assert!(error.to_string().len() < 200);
    }
}
