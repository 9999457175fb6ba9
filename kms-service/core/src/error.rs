//! Everything that can go wrong, with the AWS error code and text of each. The doors only pass them on.
//!
//! Texts that AWS documents or that were recorded from it are kept to the letter. Where AWS's text is not known, ours
//! says what was wrong.

use std::{borrow::Cow, fmt};

use fault::{Fault, Kind};
use identity::{PrincipalArn, ServiceName};
use shape::Violated;
use store::StoreError;

use crate::{authorize::Op, constraints::clip, limits};

/// Why an operation was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum KmsError {
    /// Members of the request break rules of the API model.
    #[error(transparent)]
    Constraints(#[from] Violated),
    /// The request breaks a rule that is more than a length or a range.
    #[error("{0}")]
    Rule(Rule),
    /// The reference is not a key id.
    #[error("Invalid keyId '{}'", clip(given))]
    InvalidKeyId {
        /// What was given.
        given: String,
    },
    /// The reference begins like an ARN and is none of a key or an alias.
    #[error("Invalid ARN '{}'", clip(given))]
    InvalidArn {
        /// What was given.
        given: String,
    },
    /// The ARN is of another region.
    #[error("Invalid arn {}", clip(region))]
    OtherRegion {
        /// That region.
        region: String,
    },
    /// No such key, or none that this caller may know of.
    #[error("Key '{arn}' does not exist")]
    KeyNotFound {
        /// The ARN that the reference stands for.
        arn: String,
    },
    /// No such alias.
    #[error("Alias {arn} is not found.")]
    AliasNotFound {
        /// The ARN that the reference stands for.
        arn: String,
    },
    /// The key has no such grant.
    #[error("Grant ID {} not found", clip(id))]
    GrantNotFound {
        /// The id that was given.
        id: String,
    },
    /// The key is disabled.
    #[error("{arn} is disabled.")]
    Disabled {
        /// The key.
        arn: String,
    },
    /// The key waits for its deletion.
    #[error("{arn} is pending deletion.")]
    PendingDeletion {
        /// The key.
        arn: String,
    },
    /// There is no deletion to cancel.
    #[error("{arn} is not pending deletion.")]
    NotPendingDeletion {
        /// The key.
        arn: String,
    },
    /// The key was rotated a short time ago.
    #[error("{arn} was rotated less than 20 minutes ago.")]
    RotatedRecently {
        /// The key.
        arn: String,
    },
    /// The key rotates by itself before long, or should have by now.
    #[error("{arn} is due for its automatic rotation within 20 minutes.")]
    RotatesSoon {
        /// The key.
        arn: String,
    },
    /// Keys of this type have one material for all their life. AWS gives no message.
    #[error("")]
    NeverRotates,
    /// The blob is not one, was altered, or its context is another. AWS gives no message.
    #[error("")]
    InvalidCiphertext,
    /// The blob was made by another key than the one named.
    #[error("The key ID in the request does not identify a CMK that can perform this operation.")]
    IncorrectKey,
    /// The blob names a key that is not there or that the caller may not use; deliberately one answer for both.
    #[error(
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you \
         are not allowed to access."
    )]
    CiphertextRefused,
    /// The code is not the message's. AWS gives no message.
    #[error("")]
    InvalidMac,
    /// The key is not for this.
    #[error("{arn} key usage is {usage} which is not valid for {operation}.")]
    WrongUsage {
        /// The key.
        arn: String,
        /// What it is for.
        usage: &'static str,
        /// What was asked for.
        operation: &'static str,
    },
    /// The algorithm is not one of the key's.
    #[error("Algorithm {algorithm} is incompatible with key spec {spec}.")]
    WrongAlgorithm {
        /// The algorithm's name.
        algorithm: &'static str,
        /// What the key is.
        spec: &'static str,
    },
    /// The alias exists already.
    #[error("An alias with the name {arn} already exists")]
    AliasExists {
        /// Its ARN.
        arn: String,
    },
    /// Aliases below `alias/aws/` are the service's.
    #[error("Alias names that start with alias/aws/ are reserved.")]
    ReservedAlias,
    /// A quota is used up.
    #[error("{0}")]
    Limit(Quota),
    /// The tags are not acceptable.
    #[error("{0}")]
    Tag(TagRule),
    /// The text is no key policy, or none that a key may have.
    #[error("{0}")]
    MalformedPolicy(PolicyFault),
    /// A key has one policy, and this is not its name.
    #[error("No such policy exists")]
    PolicyNotFound,
    /// A grant token was not made here.
    #[error("The grant token is not valid.")]
    InvalidGrantToken,
    /// A grant id is not of the form of one.
    #[error("The grant ID '{}' is not valid.", clip(given))]
    InvalidGrantId {
        /// What was given.
        given: String,
    },
    /// A marker was not made by this list.
    #[error("The marker is not valid for this request.")]
    InvalidMarker,
    /// Everything was right, and nothing was done.
    #[error("The request would have succeeded, but the DryRun option is set.")]
    DryRun,
    /// The caller may not.
    #[error("{0}")]
    Denied(Box<Denial>),
    /// Understood, and not offered.
    #[error("{0}")]
    Unsupported(Unsupported),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// Somebody else wrote to the store. Memory has been brought up to date; the request may be sent again.
    #[error("the stored state changed underneath the service")]
    Raced,
    /// Memory may not agree with the store, so nothing is answered from it.
    #[error("the key registry is being reloaded after a failure of the store")]
    Stale,
    /// A defect of this service.
    #[error("defect: {0}")]
    Defect(&'static str),
}

/// A rule that a request breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The alias name lacks its prefix.
    AliasPrefix,
    /// The alias name is only the prefix.
    AliasIdentifier,
    /// The alias name has characters that it may not have.
    AliasCharacters {
        /// The name.
        name: String,
    },
    /// An alias was to point at an alias.
    AliasTargetIsAlias,
    /// An alias ARN stands where only a key can.
    KeyNotAlias,
    /// Both or neither of the two ways to give a size.
    DataKeySize,
    /// GenerateRandom without a size.
    NumberOfBytesRequired,
    /// What a dry run leaves out, and no dry run.
    ModifierWithoutDryRun,
    /// A dry run without ciphertext that names no key.
    IgnoredNeedsKey,
    /// The waiting period is out of range.
    PendingWindow,
    /// Both or neither of the two ways to name a grant.
    RetireArguments,
    /// RetireGrant needs the key's ARN.
    RetireNeedsArn,
    /// ListRetirableGrants without a principal.
    RetiringPrincipalRequired,
    /// What a key is to be is said under both of its names.
    TwoKeySpecs,
    /// The key's spec has several usages, or none that goes without saying.
    KeyUsageRequired,
    /// The key's spec does not have this usage.
    UsageOfSpec {
        /// The usage.
        usage: &'static str,
        /// The spec.
        spec: &'static str,
    },
    /// An alias stays with keys of one type and usage.
    AliasTargetType,
    /// A grant was to allow what no key of this spec does.
    GrantOperationOfSpec {
        /// The operation.
        operation: &'static str,
        /// The spec.
        spec: &'static str,
    },
    /// A grant was to be bound to an encryption context on a key that knows none.
    GrantContextOfSpec,
    /// An enum member has a number that this service does not know.
    UnknownEnumValue {
        /// The member's path.
        member: &'static str,
    },
}

/// What is wrong with a text that should be a key policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyFault {
    /// It is not JSON, or not of the shape of a policy document.
    Shape(String),
    /// What stands for a principal is none.
    Principals,
    /// Whoever puts it could not put another.
    LocksOut,
}

/// A quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quota {
    /// Keys of an account.
    Keys,
    /// Aliases of a key.
    Aliases,
    /// Grants of a key.
    Grants,
    /// Bytes of a key policy.
    PolicySize,
    /// On-demand rotations of a key.
    Rotations {
        /// The key.
        arn: String,
    },
}

/// A rule about tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagRule {
    /// Two tags with the same key.
    Duplicate,
    /// More than fit on a key.
    TooMany,
    /// A key that begins with `aws:`.
    Reserved,
}

/// Something AWS has and this service does not have yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// A key policy that says what cannot be honoured yet.
    Policy {
        /// What that is.
        what: &'static str,
    },
    /// A name of a key policy other than `default`.
    PolicyName,
    /// Multi-Region keys.
    MultiRegion,
    /// Keys that are neither symmetric nor for HMAC.
    KeySpec(&'static str),
    /// Other uses than encryption and message authentication.
    KeyUsage(&'static str),
    /// Material from elsewhere.
    Origin(&'static str),
    /// A member or a value of one, in the wire's spelling.
    Member(&'static str),
}

/// Who was refused what, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Who asked.
    pub principal: PrincipalArn,
    /// What for.
    pub op: Op,
    /// On what: an ARN, or `*`.
    pub resource: String,
    /// Why not.
    pub why: DenialReason,
}

/// Why a caller may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DenialReason {
    /// The key leaves it to the account, and the caller's policy does not allow it.
    NoIdentityPolicy,
    /// Neither the key's policy nor a grant allows it.
    NoResourcePolicy,
    /// The caller's own policy denies it.
    ExplicitDeny,
    /// The key is another account's, or would be if there were one.
    OtherAccount,
    /// A service was named where only that service itself may name it.
    ForeignService {
        /// The service.
        service: ServiceName,
    },
}

impl Fault for KmsError {
    fn kind(&self) -> Kind {
        match self {
            Self::Constraints(_)
            | Self::Rule(_)
            | Self::InvalidArn { .. }
            | Self::InvalidCiphertext
            | Self::IncorrectKey
            | Self::InvalidMac
            | Self::WrongUsage { .. }
            | Self::WrongAlgorithm { .. }
            | Self::NeverRotates
            | Self::MalformedPolicy(_)
            | Self::Tag(_)
            | Self::InvalidGrantToken
            | Self::InvalidGrantId { .. }
            | Self::InvalidMarker => Kind::Invalid,
            Self::InvalidKeyId { .. }
            | Self::OtherRegion { .. }
            | Self::KeyNotFound { .. }
            | Self::AliasNotFound { .. }
            | Self::PolicyNotFound
            | Self::GrantNotFound { .. } => Kind::NotFound,
            Self::Disabled { .. }
            | Self::PendingDeletion { .. }
            | Self::NotPendingDeletion { .. }
            | Self::RotatedRecently { .. }
            | Self::RotatesSoon { .. }
            | Self::DryRun => Kind::Precondition,
            Self::CiphertextRefused | Self::ReservedAlias | Self::Denied(_) => Kind::Denied,
            Self::AliasExists { .. } => Kind::AlreadyExists,
            Self::Limit(_) => Kind::Exhausted,
            Self::Unsupported(_) => Kind::Unimplemented,
            Self::Store(error) => error.kind(),
            Self::Raced => Kind::Conflict,
            Self::Stale => Kind::Unavailable,
            Self::Defect(_) => Kind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Constraints(_) | Self::Rule(_) => "ValidationException",
            Self::InvalidKeyId { .. }
            | Self::OtherRegion { .. }
            | Self::KeyNotFound { .. }
            | Self::AliasNotFound { .. }
            | Self::PolicyNotFound
            | Self::GrantNotFound { .. } => "NotFoundException",
            Self::InvalidArn { .. } => "InvalidArnException",
            Self::Disabled { .. } => "DisabledException",
            Self::PendingDeletion { .. } | Self::NotPendingDeletion { .. } => "KMSInvalidStateException",
            Self::InvalidCiphertext => "InvalidCiphertextException",
            Self::IncorrectKey => "IncorrectKeyException",
            Self::CiphertextRefused | Self::Denied(_) => "AccessDeniedException",
            Self::WrongUsage { .. } | Self::WrongAlgorithm { .. } => "InvalidKeyUsageException",
            Self::InvalidMac => "KMSInvalidMacException",
            Self::MalformedPolicy(_) => "MalformedPolicyDocumentException",
            Self::AliasExists { .. } => "AlreadyExistsException",
            Self::ReservedAlias => "NotAuthorizedException",
            Self::Limit(_) => "LimitExceededException",
            Self::Tag(_) => "TagException",
            Self::InvalidGrantToken => "InvalidGrantTokenException",
            Self::InvalidGrantId { .. } => "InvalidGrantIdException",
            Self::InvalidMarker => "InvalidMarkerException",
            Self::DryRun => "DryRunOperationException",
            Self::Unsupported(_) | Self::NeverRotates => "UnsupportedOperationException",
            Self::RotatedRecently { .. } | Self::RotatesSoon { .. } | Self::Raced => "ConflictException",
            Self::Store(_) | Self::Stale | Self::Defect(_) => "KMSInternalException",
        }
    }

    fn public_message(&self) -> Cow<'_, str> {
        match self {
            Self::Constraints(violated) => violated.public_text().into(),
            Self::Store(error) => error.public_message(),
            Self::Raced => "Another request changed the same data at the same time. Try again.".into(),
            Self::Stale => "The service cannot reach its storage at the moment.".into(),
            Self::Defect(_) => "An internal error occurred.".into(),
            other => other.to_string().into(),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AliasPrefix => f.write_str(
                "Alias must start with the prefix \"alias/\". Please see \
                 https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
            ),
            Self::AliasIdentifier => f.write_str("Invalid identifier"),
            Self::AliasCharacters { name } => {
                write!(f, "{} contains invalid characters for an alias", clip(name))
            }
            Self::AliasTargetIsAlias => f.write_str("Aliases must refer to keys. Not aliases"),
            Self::KeyNotAlias => {
                f.write_str("The key must be named by its key ID or key ARN, not by an alias.")
            }
            Self::DataKeySize => f.write_str("Please specify either number of bytes or key spec."),
            Self::NumberOfBytesRequired => f.write_str("NumberOfBytes is required."),
            Self::ModifierWithoutDryRun => f.write_str("DryRunModifiers can be used only in a dry run."),
            Self::IgnoredNeedsKey => {
                f.write_str("With IGNORE_CIPHERTEXT the key that would decrypt must be named.")
            }
            Self::PendingWindow => write!(
                f,
                "PendingWindowInDays must be between {} and {}",
                limits::PENDING_WINDOW_DAYS_MIN,
                limits::PENDING_WINDOW_DAYS_MAX
            ),
            Self::RetireArguments => {
                f.write_str("Specify either a grant token, or a key ARN together with a grant ID.")
            }
            Self::RetireNeedsArn => f.write_str("The key must be named by its ARN."),
            Self::RetiringPrincipalRequired => f.write_str("Specify the retiring principal."),
            Self::TwoKeySpecs => f.write_str(
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is \
                 deprecated.",
            ),
            Self::KeyUsageRequired => f.write_str(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
            ),
            Self::UsageOfSpec { usage, spec } => {
                write!(f, "KeyUsage {usage} is not compatible with KeySpec {spec}")
            }
            Self::AliasTargetType => {
                f.write_str("The new key must have the same key type and key usage as the key that the alias stands for.")
            }
            Self::GrantOperationOfSpec { operation, spec } => {
                write!(f, "The operation {operation} is not compatible with key spec {spec}.")
            }
            Self::GrantContextOfSpec => f.write_str(
                "EncryptionContext is supported only when creating a grant for a symmetric encryption KMS key.",
            ),
            Self::UnknownEnumValue { member } => {
                write!(f, "1 validation error detected: Value at '{member}' failed to satisfy constraint: ")?;
                f.write_str("Member must satisfy enum value set")
            }
        }
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(why) => write!(f, "The key policy is not a valid policy document: {}", clip(why)),
            Self::Principals => {
                f.write_str("Policy contains a statement with one or more invalid principals.")
            }
            Self::LocksOut => {
                f.write_str("The new key policy will not allow you to update the key policy in the future.")
            }
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys => {
                write!(f, "The account has {} keys and can have no more.", limits::KEYS_PER_ACCOUNT_MAX)
            }
            Self::Aliases => {
                write!(f, "The key has {} aliases and can have no more.", limits::ALIASES_PER_KEY_MAX)
            }
            Self::Grants => {
                write!(f, "The key has {} grants and can have no more.", limits::GRANTS_PER_KEY_MAX)
            }
            Self::PolicySize => {
                write!(f, "The key policy is longer than {} bytes.", limits::POLICY_BYTES_MAX)
            }
            Self::Rotations { arn } => write!(
                f,
                "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can \
                 be performed for this key: {arn}"
            ),
        }
    }
}

impl fmt::Display for TagRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duplicate => "Duplicate tag keys",
            Self::TooMany => "Too many tags",
            Self::Reserved => "Tags beginning with aws: are reserved",
        })
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy { what } => write!(
                f,
                "A key policy with {what} is not offered yet. Offered are the default statement for the account, use \
                 through a service by principals of the account, and the viewing of metadata."
            ),
            Self::PolicyName => f.write_str("The one policy of a key is named default."),
            Self::MultiRegion => f.write_str("Multi-Region keys are not offered."),
            Self::KeySpec(name) => {
                write!(f, "KeySpec {name} is not offered; use SYMMETRIC_DEFAULT or HMAC_*.")
            }
            Self::KeyUsage(name) => {
                write!(f, "KeyUsage {name} is not offered; use ENCRYPT_DECRYPT or GENERATE_VERIFY_MAC.")
            }
            Self::Origin(name) => write!(f, "Origin {name} is not offered; use AWS_KMS."),
            Self::Member(name) => write!(f, "{name} is not offered yet."),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { principal, op, resource, why } = self;
        let action = op.action();
        write!(f, "User: {principal} is not authorized to perform: {action} on ")?;
        match why {
            DenialReason::NoIdentityPolicy => {
                write!(f, "resource: {resource} because no identity-based policy allows the {action} action")
            }
            DenialReason::NoResourcePolicy => {
                write!(f, "resource: {resource} because no resource-based policy allows the {action} action")
            }
            DenialReason::ExplicitDeny => {
                write!(f, "resource: {resource} with an explicit deny in an identity-based policy")
            }
            DenialReason::OtherAccount => f.write_str(
                "this resource because the resource does not exist in this Region, no resource-based policies allow \
                 access, or a resource-based policy explicitly denies access",
            ),
            DenialReason::ForeignService { service } => {
                write!(f, "resource: {resource} because only the service {service} may name itself in a grant")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_causes_are_not_shown() {
        let secret = "segment 7 of /var/lib/x";
        for error in [
            KmsError::Store(StoreError::Poisoned { cause: secret.into() }),
            KmsError::Store(StoreError::Corrupt { what: secret.into() }),
            KmsError::Defect(secret),
        ] {
            assert!(!error.public_message().contains("segment"), "{error}");
            assert_eq!(error.reason(), "KMSInternalException");
        }
    }

    #[test]
    fn a_denial_reads_as_in_aws() {
        let denial = |why| {
            Denial {
                principal: "arn:aws:iam::111122223333:user/bob".parse().unwrap(),
                op: Op::Decrypt,
                resource: "K".to_owned(),
                why,
            }
            .to_string()
        };
        let start = "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: kms:Decrypt on";
        assert_eq!(
            denial(DenialReason::NoIdentityPolicy),
            format!("{start} resource: K because no identity-based policy allows the kms:Decrypt action")
        );
        assert_eq!(
            denial(DenialReason::NoResourcePolicy),
            format!("{start} resource: K because no resource-based policy allows the kms:Decrypt action")
        );
        assert_eq!(
            denial(DenialReason::ExplicitDeny),
            format!("{start} resource: K with an explicit deny in an identity-based policy")
        );
        assert!(
            denial(DenialReason::OtherAccount).starts_with(&format!("{start} this resource because the"))
        );
    }
}
