//! Grants: an allowance on one key for one grantee, within constraints. A grant never denies and is never changed.

use std::collections::{BTreeMap, BTreeSet};

use envelope::EncryptionContext;
use identity::{AccountId, Principal, PrincipalArn, ServiceName};
use shape::{Decode, choices};

use crate::{
    authorize::Op,
    clock::Timestamp,
    ids::{GrantId, KeyId},
    spec::KeyType,
};

/// What a grant can allow. Which of it fits a key depends on the key's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are those of the operations")]
pub enum GrantOperation {
    Decrypt,
    Encrypt,
    GenerateDataKey,
    GenerateDataKeyWithoutPlaintext,
    ReEncryptFrom,
    ReEncryptTo,
    CreateGrant,
    RetireGrant,
    DescribeKey,
    GenerateMac,
    VerifyMac,
}

choices!(GrantOperation {
    Decrypt = "Decrypt",
    Encrypt = "Encrypt",
    GenerateDataKey = "GenerateDataKey",
    GenerateDataKeyWithoutPlaintext = "GenerateDataKeyWithoutPlaintext",
    ReEncryptFrom = "ReEncryptFrom",
    ReEncryptTo = "ReEncryptTo",
    CreateGrant = "CreateGrant",
    RetireGrant = "RetireGrant",
    DescribeKey = "DescribeKey",
    GenerateMac = "GenerateMac",
    VerifyMac = "VerifyMac",
} later {
    "Sign", "Verify", "GetPublicKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
    "DeriveSharedSecret", "Encapsulate", "Decapsulate",
});

impl GrantOperation {
    /// Every one.
    pub const ALL: [Self; 11] = [
        Self::Decrypt,
        Self::Encrypt,
        Self::GenerateDataKey,
        Self::GenerateDataKeyWithoutPlaintext,
        Self::ReEncryptFrom,
        Self::ReEncryptTo,
        Self::CreateGrant,
        Self::RetireGrant,
        Self::DescribeKey,
        Self::GenerateMac,
        Self::VerifyMac,
    ];

    /// Whether a key of this type could do it.
    pub(crate) const fn fits(self, key_type: KeyType) -> bool {
        match self {
            Self::CreateGrant | Self::RetireGrant | Self::DescribeKey => true,
            Self::GenerateMac | Self::VerifyMac => matches!(key_type, KeyType::Hmac(_)),
            Self::Decrypt
            | Self::Encrypt
            | Self::GenerateDataKey
            | Self::GenerateDataKeyWithoutPlaintext
            | Self::ReEncryptFrom
            | Self::ReEncryptTo => matches!(key_type, KeyType::Symmetric),
        }
    }

    /// What a grant must name to allow `op`; none if no grant ever allows it.
    pub(crate) const fn allowing(op: Op) -> Option<Self> {
        match op {
            Op::Decrypt => Some(Self::Decrypt),
            Op::Encrypt => Some(Self::Encrypt),
            Op::GenerateDataKey => Some(Self::GenerateDataKey),
            Op::GenerateDataKeyWithoutPlaintext => Some(Self::GenerateDataKeyWithoutPlaintext),
            Op::ReEncryptFrom => Some(Self::ReEncryptFrom),
            Op::ReEncryptTo => Some(Self::ReEncryptTo),
            Op::CreateGrant => Some(Self::CreateGrant),
            Op::DescribeKey => Some(Self::DescribeKey),
            Op::GenerateMac => Some(Self::GenerateMac),
            Op::VerifyMac => Some(Self::VerifyMac),
            // RetireGrant has rules of its own: it is about the grant itself and not about what the grant allows.
            Op::RetireGrant
            | Op::CreateKey
            | Op::ListKeys
            | Op::UpdateKeyDescription
            | Op::EnableKey
            | Op::DisableKey
            | Op::ScheduleKeyDeletion
            | Op::CancelKeyDeletion
            | Op::CreateAlias
            | Op::UpdateAlias
            | Op::DeleteAlias
            | Op::ListAliases
            | Op::TagResource
            | Op::UntagResource
            | Op::ListResourceTags
            | Op::GetKeyPolicy
            | Op::PutKeyPolicy
            | Op::ListKeyPolicies
            | Op::GenerateRandom
            | Op::RotateKeyOnDemand
            | Op::EnableKeyRotation
            | Op::DisableKeyRotation
            | Op::GetKeyRotationStatus
            | Op::ListKeyRotations
            | Op::ListGrants
            | Op::ListRetirableGrants
            | Op::RevokeGrant
            | Op::WatchKeys => None,
        }
    }
}

/// A principal as a grant names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// A root, user or role, or a session.
    Principal(PrincipalArn),
    /// A service, acting for itself.
    Service(ServiceName),
}

impl Grantee {
    /// The name under which grants know `principal`.
    pub(crate) fn of(principal: &Principal) -> Self {
        match principal.as_service() {
            Some(service) => Self::Service(service.clone()),
            None => Self::Principal(principal.arn.clone()),
        }
    }

    /// Reads a principal ARN or a service name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(arn) => Some(Self::Principal(arn)),
            Err(_) => text.parse().ok().map(Self::Service),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Principal(arn) => arn.as_str(),
            Self::Service(name) => name.as_str(),
        }
    }
}

/// What the encryption context of a request must be for a grant to apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Decode)]
#[shape(name = "GrantConstraints", later("SourceArn"))]
pub struct Constraints {
    /// The request's context must contain these pairs.
    #[shape(rename = "EncryptionContextSubset", via = BTreeMap<String, String>, by = |pairs| Some(EncryptionContext::from(pairs)))]
    pub subset: Option<EncryptionContext>,
    /// The request's context must be these pairs and no others.
    #[shape(rename = "EncryptionContextEquals", via = BTreeMap<String, String>, by = |pairs| Some(EncryptionContext::from(pairs)))]
    pub equals: Option<EncryptionContext>,
}

impl Constraints {
    /// Whether a request with this context is within them.
    pub(crate) fn admit(&self, context: &EncryptionContext) -> bool {
        self.subset.as_ref().is_none_or(|subset| context.contains(subset))
            && self.equals.as_ref().is_none_or(|equals| context == equals)
    }

    /// Whether every request that is within `self` is within `parent` as well.
    pub(crate) fn at_least_as_strict_as(&self, parent: &Self) -> bool {
        let subset_kept = parent.subset.as_ref().is_none_or(|required| {
            self.subset.as_ref().is_some_and(|own| own.contains(required))
                || self.equals.as_ref().is_some_and(|own| own.contains(required))
        });
        let equals_kept =
            parent.equals.as_ref().is_none_or(|required| self.equals.as_ref() == Some(required));
        subset_kept && equals_kept
    }
}

/// What a grant gives, to whom, and who may end it: all that a repeated CreateGrant must repeat to mean the same grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GrantTerms {
    pub(crate) name: Option<String>,
    pub(crate) grantee: Grantee,
    pub(crate) retiring: Option<Grantee>,
    pub(crate) issuing_account: AccountId,
    pub(crate) operations: BTreeSet<GrantOperation>,
    pub(crate) constraints: Constraints,
}

impl GrantTerms {
    /// Whether a grantee of `self` that may create grants may create `child`.
    fn covers(&self, child: &Self) -> bool {
        child.operations.is_subset(&self.operations)
            && child.constraints.at_least_as_strict_as(&self.constraints)
    }
}

/// A grant on a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) id: GrantId,
    pub(crate) key: KeyId,
    pub(crate) created: Timestamp,
    pub(crate) terms: GrantTerms,
}

/// What a request brings that a grant's constraints look at.
#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    /// Nothing: the operation has neither context nor terms.
    Plain,
    /// A cryptographic operation's encryption context.
    Context(&'a EncryptionContext),
    /// The grant that is to be created.
    Grant(&'a GrantTerms),
}

impl Asked<'_> {
    /// Whether it has this pair; of a grant that is to be created, its constraints. The names of pairs are compared as a
    /// policy's condition keys are: case does not matter. So no second pair whose name differs in case alone may say
    /// something else.
    pub(crate) fn has_pair(self, name: &str, value: &str) -> bool {
        let has = |context: &EncryptionContext| {
            let mut named = context.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).peekable();
            named.peek().is_some() && named.all(|(_, its)| its == value)
        };
        match self {
            Self::Plain => false,
            Self::Context(context) => has(context),
            Self::Grant(GrantTerms { constraints, .. }) => {
                constraints.subset.iter().chain(&constraints.equals).any(has)
            }
        }
    }
}

impl Grant {
    /// Whether it allows `op` for what is asked. The caller has checked that it is the grantee.
    pub(crate) fn allows(&self, op: Op, asked: Asked<'_>) -> bool {
        let named =
            GrantOperation::allowing(op).is_some_and(|needed| self.terms.operations.contains(&needed));
        named
            && match asked {
                // DescribeKey: constraints on a context do not apply to what has none.
                Asked::Plain => true,
                Asked::Context(context) => self.terms.constraints.admit(context),
                Asked::Grant(child) => self.terms.covers(child),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        pairs.iter().copied().collect()
    }

    #[test]
    fn subset_and_equals_look_at_the_whole_pair() {
        let subset = Constraints { subset: Some(context(&[("t", "1")])), equals: None };
        assert!(subset.admit(&context(&[("t", "1"), ("u", "2")])));
        assert!(!subset.admit(&context(&[("t", "2")])));
        assert!(!subset.admit(&context(&[("T", "1")])), "case matters");
        assert!(!subset.admit(&context(&[])));
        let equals = Constraints { subset: None, equals: Some(context(&[("t", "1")])) };
        assert!(equals.admit(&context(&[("t", "1")])));
        assert!(!equals.admit(&context(&[("t", "1"), ("u", "2")])));
        assert!(Constraints::default().admit(&context(&[("any", "thing")])));
        let empty = Constraints { subset: None, equals: Some(context(&[])) };
        assert!(empty.admit(&context(&[])) && !empty.admit(&context(&[("a", "b")])));
    }

    #[test]
    fn a_child_is_never_wider_than_its_parent() {
        let of = |subset: Option<&[(&str, &str)]>, equals: Option<&[(&str, &str)]>| Constraints {
            subset: subset.map(context),
            equals: equals.map(context),
        };
        let one: &[(&str, &str)] = &[("a", "1")];
        let two: &[(&str, &str)] = &[("a", "1"), ("b", "2")];
        let cases = [
            (of(None, None), of(None, None), true),
            (of(Some(one), None), of(None, None), true),
            (of(None, None), of(Some(one), None), false),
            (of(Some(two), None), of(Some(one), None), true),
            (of(Some(one), None), of(Some(two), None), false),
            (of(None, Some(two)), of(Some(one), None), true),
            (of(None, Some(one)), of(Some(two), None), false),
            (of(None, Some(one)), of(None, Some(one)), true),
            (of(None, Some(two)), of(None, Some(one)), false),
            (of(Some(one), None), of(None, Some(one)), false),
        ];
        for (child, parent, expected) in cases {
            assert_eq!(child.at_least_as_strict_as(&parent), expected, "{child:?} under {parent:?}");
        }
    }
}
