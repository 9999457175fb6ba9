//! Key policies: what the key itself says of an action, before identity policies and grants are asked.
//!
//! Three are built in, one for each kind of key; a customer key may have one that a user wrote instead
//! ([`written`]). The text of a policy and what it does are the same thing: a test holds the built-in ones against their
//! texts.

mod texts;
mod written;

use std::sync::Arc;

use identity::{AccountId, Caller, PrincipalKind, Region, ServiceName};

use crate::{authorize::Op, error::KmsError, grant::Asked, key::KeyKind};
pub(crate) use written::WrittenPolicy;

/// The name of the one policy of a key.
pub(crate) const POLICY_NAME: &str = "default";

/// The policy of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyPolicy {
    /// `key-default-1`: the account decides, through its identity policies (`arn:...:root`, `kms:*`).
    Default,
    /// `auto-dynamodb-1`: use through the table service for everyone in the account; metadata for the account.
    ManagedDynamoDb,
    /// The table service, acting for itself.
    Owned,
    /// What a user wrote.
    Written(Arc<WrittenPolicy>),
}

/// What a key policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyVerdict {
    /// It allows this caller.
    Allows,
    /// It allows the account: its root, and whoever the account's identity policies allow.
    Delegates,
    /// It says nothing.
    Silent,
}

impl KeyPolicy {
    /// The policy that a new key of this kind gets.
    pub(crate) const fn initial(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Owned => Self::Owned,
            KeyKind::Managed => Self::ManagedDynamoDb,
            KeyKind::Customer => Self::Default,
        }
    }

    /// A policy that a user writes, for a key of `account`.
    ///
    /// # Errors
    /// It is none, or says what cannot be honoured yet.
    pub(crate) fn write(text: String, account: &AccountId) -> Result<Self, KmsError> {
        WrittenPolicy::parse(text, account).map(Arc::new).map(Self::Written)
    }

    /// The document.
    pub(crate) fn text(&self, account: &AccountId, region: &Region) -> String {
        match self {
            Self::Default => texts::default(account),
            Self::ManagedDynamoDb => texts::managed(account, region),
            Self::Owned => texts::owned(),
            Self::Written(policy) => policy.text().to_owned(),
        }
    }

    /// What it says of `op` by `caller`, for a key of `account`.
    pub(crate) fn verdict(
        &self,
        op: Op,
        caller: &Caller,
        account: &AccountId,
        dynamodb: &ServiceName,
        asked: Asked<'_>,
    ) -> PolicyVerdict {
        let in_account = is_of(caller, account);
        let is_dynamodb = caller.as_service() == Some(dynamodb);
        match self {
            Self::Default if in_account => PolicyVerdict::Delegates,
            Self::ManagedDynamoDb if in_account && caller.via.as_ref() == Some(dynamodb) && is_use(op) => {
                PolicyVerdict::Allows
            }
            Self::ManagedDynamoDb if in_account && (is_metadata(op) || op == Op::RevokeGrant) => {
                PolicyVerdict::Delegates
            }
            Self::ManagedDynamoDb if is_dynamodb && is_metadata(op) => PolicyVerdict::Allows,
            Self::Owned if is_dynamodb && (is_use(op) || is_metadata(op)) => PolicyVerdict::Allows,
            Self::Default | Self::ManagedDynamoDb | Self::Owned => PolicyVerdict::Silent,
            Self::Written(policy) => policy.verdict(op, caller, account, dynamodb, asked),
        }
    }
}

/// Whether the caller is a root, user or role of the account.
fn is_of(caller: &Caller, account: &AccountId) -> bool {
    &caller.principal.account == account
        && matches!(caller.principal.kind, PrincipalKind::Root | PrincipalKind::User)
}

/// `kms:Encrypt`, `kms:Decrypt`, `kms:ReEncrypt*`, `kms:GenerateDataKey*`, `kms:CreateGrant`, `kms:DescribeKey`.
const fn is_use(op: Op) -> bool {
    match op {
        Op::Encrypt
        | Op::Decrypt
        | Op::ReEncryptFrom
        | Op::ReEncryptTo
        | Op::GenerateDataKey
        | Op::GenerateDataKeyWithoutPlaintext
        | Op::CreateGrant
        | Op::DescribeKey => true,
        Op::CreateKey
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
        | Op::GenerateMac
        | Op::VerifyMac
        | Op::RotateKeyOnDemand
        | Op::EnableKeyRotation
        | Op::DisableKeyRotation
        | Op::GetKeyRotationStatus
        | Op::ListKeyRotations
        | Op::ListGrants
        | Op::ListRetirableGrants
        | Op::RetireGrant
        | Op::RevokeGrant
        | Op::WatchKeys => false,
    }
}

/// `kms:Describe*`, `kms:Get*`, `kms:List*`.
const fn is_metadata(op: Op) -> bool {
    match op {
        Op::DescribeKey
        | Op::ListGrants
        | Op::ListAliases
        | Op::ListResourceTags
        | Op::GetKeyPolicy
        | Op::ListKeyPolicies
        | Op::GetKeyRotationStatus
        | Op::ListKeyRotations
        // These concern no key, so no key policy is asked.
        | Op::ListKeys
        | Op::ListRetirableGrants => true,
        Op::CreateKey
        | Op::UpdateKeyDescription
        | Op::EnableKey
        | Op::DisableKey
        | Op::ScheduleKeyDeletion
        | Op::CancelKeyDeletion
        | Op::CreateAlias
        | Op::UpdateAlias
        | Op::DeleteAlias
        | Op::TagResource
        | Op::UntagResource
        | Op::PutKeyPolicy
        | Op::Encrypt
        | Op::Decrypt
        | Op::ReEncryptFrom
        | Op::ReEncryptTo
        | Op::GenerateDataKey
        | Op::GenerateDataKeyWithoutPlaintext
        | Op::GenerateRandom
        | Op::GenerateMac
        | Op::VerifyMac
        | Op::RotateKeyOnDemand
        | Op::EnableKeyRotation
        | Op::DisableKeyRotation
        | Op::CreateGrant
        | Op::RetireGrant
        | Op::RevokeGrant
        | Op::WatchKeys => false,
    }
}

#[cfg(test)]
mod tests;
