//! Key policies: what the key itself says of an action, before identity policies and grants are asked.
//!
//! There are three, one for each kind of key. Policies that users write come later and become a fourth.

use identity::{AccountId, Caller, PrincipalKind, ServiceName};

use crate::{authorize::Op, key::KeyKind};

/// The policy of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPolicy {
    /// `key-default-1`: the account decides, through its identity policies (`arn:...:root`, `kms:*`).
    Default,
    /// `auto-dynamodb-1`: use through the table service for everyone in the account; metadata for the account.
    ManagedDynamoDb,
    /// The table service, acting for itself.
    Owned,
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

    /// What it says of `op` by `caller`, for a key of `account`.
    pub(crate) fn verdict(
        self,
        op: Op,
        caller: &Caller,
        account: &AccountId,
        dynamodb: &ServiceName,
    ) -> PolicyVerdict {
        let in_account = &caller.principal.account == account
            && matches!(caller.principal.kind, PrincipalKind::Root | PrincipalKind::User);
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
        }
    }
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
        | Op::TagResource
        | Op::ListKeys
        | Op::EnableKey
        | Op::DisableKey
        | Op::ScheduleKeyDeletion
        | Op::CancelKeyDeletion
        | Op::CreateAlias
        | Op::UpdateAlias
        | Op::DeleteAlias
        | Op::ListAliases
        | Op::GenerateRandom
        | Op::RotateKeyOnDemand
        | Op::ListGrants
        | Op::RetireGrant
        | Op::RevokeGrant
        | Op::WatchKeys => false,
    }
}

/// `kms:Describe*`, `kms:Get*`, `kms:List*`, as far as they concern a key.
const fn is_metadata(op: Op) -> bool {
    match op {
        Op::DescribeKey | Op::ListGrants | Op::ListAliases => true,
        Op::CreateKey
        | Op::TagResource
        | Op::ListKeys
        | Op::EnableKey
        | Op::DisableKey
        | Op::ScheduleKeyDeletion
        | Op::CancelKeyDeletion
        | Op::CreateAlias
        | Op::UpdateAlias
        | Op::DeleteAlias
        | Op::Encrypt
        | Op::Decrypt
        | Op::ReEncryptFrom
        | Op::ReEncryptTo
        | Op::GenerateDataKey
        | Op::GenerateDataKeyWithoutPlaintext
        | Op::GenerateRandom
        | Op::RotateKeyOnDemand
        | Op::CreateGrant
        | Op::RetireGrant
        | Op::RevokeGrant
        | Op::WatchKeys => false,
    }
}
