//! A key as it is recorded: who it belongs to, what state it is in, and the state table that says what each state allows.

use identity::AccountId;

use crate::{
    authorize::Op, clock::Timestamp, error::KmsError, ids::KeyId, policy::KeyPolicy, rotation::Rotations,
    spec::KeyType, tags::Tag,
};

/// Who a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Belongs to the services; users never see it.
    Owned,
    /// In the user's account, run by the service that uses it.
    Managed,
    /// Made and run by the user.
    Customer,
}

impl KeyKind {
    /// A stable word for metrics and the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owned => "owned",
            Self::Managed => "managed",
            Self::Customer => "customer",
        }
    }

    /// Whether the service itself rotates such keys once a year.
    pub(crate) const fn rotates_by_itself(self) -> bool {
        matches!(self, Self::Owned | Self::Managed)
    }
}

/// What state a key is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Usable.
    Enabled,
    /// Switched off until it is enabled again.
    Disabled,
    /// Unusable, and destroyed at the moment named unless that is cancelled before.
    PendingDeletion {
        /// When the material is destroyed.
        at: Timestamp,
    },
}

/// Everything about a key but its material, aliases and grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRecord {
    pub(crate) id: KeyId,
    pub(crate) account: AccountId,
    pub(crate) kind: KeyKind,
    pub(crate) key_type: KeyType,
    pub(crate) policy: KeyPolicy,
    pub(crate) state: KeyState,
    pub(crate) description: String,
    pub(crate) tags: Vec<Tag>,
    pub(crate) created: Timestamp,
    pub(crate) rotations: Rotations,
}

impl KeyRecord {
    /// A fresh, enabled key.
    pub(crate) fn new(id: KeyId, account: AccountId, kind: KeyKind, now: Timestamp) -> Self {
        Self {
            id,
            account,
            kind,
            key_type: KeyType::Symmetric,
            policy: KeyPolicy::initial(kind),
            state: KeyState::Enabled,
            description: String::new(),
            tags: Vec::new(),
            created: now,
            rotations: Rotations::none(kind),
        }
    }

    /// The version of the material that encrypts. Versions count from 1 and none is ever missing below it.
    pub(crate) fn current_material(&self) -> u32 {
        self.rotations.current_version()
    }

    /// Whether its waiting period is over.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        matches!(self.state, KeyState::PendingDeletion { at } if at <= now)
    }

    /// Whether it is time for its automatic rotation, in whatever state it is.
    pub(crate) fn is_to_be_rotated(&self, now: Timestamp) -> bool {
        self.rotations.next(self.created).is_some_and(|next| next <= now)
    }
}

impl KeyState {
    /// The state table (AWS developer guide, "Key states"): whether an operation may go on with a key in this state.
    ///
    /// Where AWS documents both exceptions for a key that is pending deletion, real answers are
    /// `KMSInvalidStateException`, so that is the one.
    pub(crate) fn admit(self, op: Op, arn: &str) -> Result<(), KmsError> {
        let disabled = || Err(KmsError::Disabled { arn: arn.to_owned() });
        let pending = || Err(KmsError::PendingDeletion { arn: arn.to_owned() });
        match (Demand::of(op), self) {
            (Demand::Nothing, Self::Enabled | Self::Disabled | Self::PendingDeletion { .. })
            | (Demand::NotPending, Self::Enabled | Self::Disabled)
            | (Demand::Enabled, Self::Enabled)
            | (Demand::Pending, Self::PendingDeletion { .. }) => Ok(()),
            (Demand::Enabled, Self::Disabled) => disabled(),
            (Demand::Enabled | Demand::NotPending, Self::PendingDeletion { .. }) => pending(),
            (Demand::Pending, Self::Enabled | Self::Disabled) => {
                Err(KmsError::NotPendingDeletion { arn: arn.to_owned() })
            }
        }
    }
}

/// What an operation demands of a key's state.
#[derive(Clone, Copy)]
enum Demand {
    Nothing,
    Enabled,
    NotPending,
    Pending,
}

impl Demand {
    const fn of(op: Op) -> Self {
        match op {
            Op::Encrypt
            | Op::Decrypt
            | Op::ReEncryptFrom
            | Op::ReEncryptTo
            | Op::GenerateDataKey
            | Op::GenerateDataKeyWithoutPlaintext
            | Op::GenerateMac
            | Op::VerifyMac
            | Op::CreateGrant
            | Op::RotateKeyOnDemand
            | Op::EnableKeyRotation
            | Op::DisableKeyRotation => Self::Enabled,
            Op::UpdateKeyDescription
            | Op::EnableKey
            | Op::DisableKey
            | Op::ScheduleKeyDeletion
            | Op::CreateAlias
            | Op::UpdateAlias
            | Op::TagResource
            | Op::UntagResource => Self::NotPending,
            Op::CancelKeyDeletion => Self::Pending,
            Op::DescribeKey
            | Op::DeleteAlias
            | Op::ListAliases
            | Op::ListResourceTags
            | Op::GetKeyPolicy
            | Op::PutKeyPolicy
            | Op::ListKeyPolicies
            | Op::GetKeyRotationStatus
            | Op::ListKeyRotations
            | Op::ListGrants
            | Op::RetireGrant
            | Op::RevokeGrant => Self::Nothing,
            // These concern no key, or whichever there are.
            Op::CreateKey | Op::ListKeys | Op::GenerateRandom | Op::ListRetirableGrants | Op::WatchKeys => {
                Self::Nothing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fault::Fault;

    use super::*;

    /// AWS-SEMANTICS of "Key states", one row for each operation offered here: Enabled, Disabled, PendingDeletion.
    #[test]
    fn the_state_table_is_that_of_aws() {
        const OK: &str = "";
        const DISABLED: &str = "DisabledException: K is disabled.";
        const PENDING: &str = "KMSInvalidStateException: K is pending deletion.";
        const NOT_PENDING: &str = "KMSInvalidStateException: K is not pending deletion.";
        let table = [
            (Op::CancelKeyDeletion, [NOT_PENDING, NOT_PENDING, OK]),
            (Op::CreateAlias, [OK, OK, PENDING]),
            (Op::CreateGrant, [OK, DISABLED, PENDING]),
            (Op::Encrypt, [OK, DISABLED, PENDING]),
            (Op::Decrypt, [OK, DISABLED, PENDING]),
            (Op::ReEncryptFrom, [OK, DISABLED, PENDING]),
            (Op::ReEncryptTo, [OK, DISABLED, PENDING]),
            (Op::GenerateDataKey, [OK, DISABLED, PENDING]),
            (Op::GenerateDataKeyWithoutPlaintext, [OK, DISABLED, PENDING]),
            (Op::DeleteAlias, [OK, OK, OK]),
            (Op::DescribeKey, [OK, OK, OK]),
            (Op::ListAliases, [OK, OK, OK]),
            (Op::ListGrants, [OK, OK, OK]),
            (Op::RetireGrant, [OK, OK, OK]),
            (Op::RevokeGrant, [OK, OK, OK]),
            (Op::DisableKey, [OK, OK, PENDING]),
            (Op::EnableKey, [OK, OK, PENDING]),
            (Op::RotateKeyOnDemand, [OK, DISABLED, PENDING]),
            (Op::ScheduleKeyDeletion, [OK, OK, PENDING]),
            (Op::TagResource, [OK, OK, PENDING]),
            (Op::UntagResource, [OK, OK, PENDING]),
            (Op::UpdateKeyDescription, [OK, OK, PENDING]),
            (Op::ListResourceTags, [OK, OK, OK]),
            (Op::GetKeyPolicy, [OK, OK, OK]),
            (Op::PutKeyPolicy, [OK, OK, OK]),
            (Op::ListKeyPolicies, [OK, OK, OK]),
            (Op::GenerateMac, [OK, DISABLED, PENDING]),
            (Op::VerifyMac, [OK, DISABLED, PENDING]),
            (Op::EnableKeyRotation, [OK, DISABLED, PENDING]),
            (Op::DisableKeyRotation, [OK, DISABLED, PENDING]),
            (Op::GetKeyRotationStatus, [OK, OK, OK]),
            (Op::ListKeyRotations, [OK, OK, OK]),
            (Op::UpdateAlias, [OK, OK, PENDING]),
        ];
        let states = [
            KeyState::Enabled,
            KeyState::Disabled,
            KeyState::PendingDeletion { at: Timestamp::from_millis(0) },
        ];
        for (op, row) in table {
            for (state, expected) in states.into_iter().zip(row) {
                let answer = match state.admit(op, "K") {
                    Ok(()) => String::new(),
                    Err(error) => format!("{}: {}", error.reason(), error.public_message()),
                };
                assert_eq!(answer, expected, "{op:?} in {state:?}");
            }
        }
        let without_key =
            [Op::CreateKey, Op::ListKeys, Op::GenerateRandom, Op::ListRetirableGrants, Op::WatchKeys];
        assert_eq!(table.len() + without_key.len(), Op::ALL.len(), "an operation is missing from the table");
    }
}
