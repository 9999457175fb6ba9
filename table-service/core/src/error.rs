//! What can go wrong in the table domain, as data, and its AWS code, kind and text.
//!
//! [`TableError`] is the one error of the engine; [`Invalid`] is its part for requests that are wrong in themselves.
//! `Display` and `Debug` go to logs and show nothing that a customer stored or sent; only `public_message` (the answer
//! to the very caller) quotes the caller's own input, as DynamoDB's texts do.

use std::borrow::Cow;

use fault::{Fault, Kind};
use identity::PrincipalArn;
use shape::Violated;
use store::StoreError;

use crate::quota::Exhausted;
use crate::value::Item;

mod echo;
mod invalid;
mod kms;
mod secondary;

pub use echo::Echoes;
pub use invalid::{Duplicates, ExpectationError, ExpressionError, ExpressionKind, Invalid};
pub use kms::{KmsError, Plane};
pub use secondary::SecondaryIndexError;
pub use shape::Echo;

/// Why an operation of the table service failed.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The request is wrong in itself.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The table does not exist; control plane.
    #[error("table {table} not found")]
    TableNotFound {
        /// The name asked for.
        table: String,
    },
    /// The table does not exist; in the words of operations on backups.
    #[error("table {table} not found")]
    BackedUpTableNotFound {
        /// The name asked for.
        table: String,
    },
    /// The table does not exist; in the words of operations on tags.
    #[error("the resource was not found")]
    TaggedTableNotFound {
        /// The ARN asked for.
        arn: String,
    },
    /// The ARN of another account's table.
    #[error("the table is another account's")]
    ForeignAccount,
    /// The table does not exist or is not ready; data plane.
    #[error("table not found")]
    ResourceNotFound,
    /// A table of that name exists.
    #[error("table {table} already exists")]
    TableExists {
        /// The name.
        table: String,
    },
    /// A key switch is still running.
    #[error("table {table} is switching its key")]
    SwitchRunning {
        /// The name.
        table: String,
    },
    /// The table's key was changed too often.
    #[error("the key was changed too often")]
    SwitchQuota(Exhausted),
    /// The table is protected against deletion.
    #[error("the table is protected against deletion")]
    DeletionProtected,
    /// The caller may not do this to the table.
    #[error("{principal} may not {action} on {resource}")]
    Denied {
        /// The caller.
        principal: PrincipalArn,
        /// The IAM action, `dynamodb:GetItem`.
        action: &'static str,
        /// ARN of the table.
        resource: String,
        /// Whether a statement denies it, rather than none allowing it.
        explicit: bool,
    },
    /// KMS refused to use the table's key.
    #[error(transparent)]
    Kms(#[from] KmsError),
    /// KMS does not answer, and no lease is left.
    #[error("the key service does not answer")]
    KmsUnavailable,
    /// The item is not what the request demands.
    #[error("the item does not meet the condition")]
    ConditionFailed {
        /// The item as it is, if there is one and the request asked for it.
        item: Option<Item>,
    },
    /// Two writers raced too often.
    #[error("too many concurrent writers")]
    Contention,
    /// Part of the request is understood and not offered yet.
    #[error("{feature} is not offered yet")]
    NotOffered {
        /// The request member, in the wire's spelling.
        feature: &'static str,
    },
    /// A stored record did not authenticate or decode.
    #[error("a stored record ({record}) did not authenticate or decode")]
    DataLoss {
        /// Which kind of record, never which key.
        record: &'static str,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something that cannot be, or another environment failure.
    #[error("internal failure: {what}")]
    Internal {
        /// What was violated, without customer data.
        what: &'static str,
    },
}

impl From<Violated> for TableError {
    fn from(violated: Violated) -> Self {
        Self::Invalid(violated.into())
    }
}

impl Fault for TableError {
    fn kind(&self) -> Kind {
        match self {
            Self::Invalid(_) => Kind::Invalid,
            Self::TableNotFound { .. }
            | Self::BackedUpTableNotFound { .. }
            | Self::TaggedTableNotFound { .. }
            | Self::ResourceNotFound => Kind::NotFound,
            Self::TableExists { .. } => Kind::AlreadyExists,
            Self::SwitchRunning { .. } | Self::DeletionProtected | Self::ConditionFailed { .. } => {
                Kind::Precondition
            }
            Self::SwitchQuota(_) => Kind::Exhausted,
            Self::ForeignAccount | Self::Denied { .. } => Kind::Denied,
            Self::Kms(error) => error.kind(),
            Self::KmsUnavailable => Kind::Unavailable,
            Self::Contention => Kind::Conflict,
            Self::NotOffered { .. } => Kind::Unimplemented,
            Self::DataLoss { .. } => Kind::DataLoss,
            Self::Store(error) => error.kind(),
            Self::Internal { .. } => Kind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) | Self::DeletionProtected => "ValidationException",
            Self::TableNotFound { .. } | Self::TaggedTableNotFound { .. } | Self::ResourceNotFound => {
                "ResourceNotFoundException"
            }
            Self::BackedUpTableNotFound { .. } => "TableNotFoundException",
            Self::TableExists { .. } | Self::SwitchRunning { .. } => "ResourceInUseException",
            Self::SwitchQuota(_) => "LimitExceededException",
            Self::ForeignAccount | Self::Denied { .. } => "AccessDeniedException",
            Self::Kms(error) => error.reason(),
            Self::KmsUnavailable => "ServiceUnavailable",
            Self::ConditionFailed { .. } => "ConditionalCheckFailedException",
            // The one data-plane code of DynamoDB that SDKs retry and that means "somebody else is writing this".
            Self::Contention => "TransactionConflictException",
            // DynamoDB has no such code, because it has all features; KMS's name for it is the one that AWS users know.
            Self::NotOffered { .. } => "UnsupportedOperationException",
            Self::Store(error) if error.kind() == Kind::Unavailable => "ServiceUnavailable",
            Self::DataLoss { .. } | Self::Store(_) | Self::Internal { .. } => "InternalServerError",
        }
    }

    fn public_message(&self) -> Cow<'_, str> {
        match self {
            Self::Invalid(invalid) => Cow::Owned(invalid.public_text()),
            Self::TableNotFound { table } => format!("Requested resource not found: Table: {table} not found").into(),
            Self::BackedUpTableNotFound { table } => format!("Table not found: {table}").into(),
            // Misspelled there, too.
            Self::TaggedTableNotFound { arn } => {
                format!("Requested resource not found: ResourcArn: {arn} not found").into()
            }
            Self::ForeignAccount => "Access is denied".into(),
            Self::ResourceNotFound => "Requested resource not found".into(),
            Self::TableExists { table } => format!("Table already exists: {table}").into(),
            Self::SwitchRunning { .. } => {
                "Attempt to change a resource which is still in use: Server-Side Encryption is still being updated".into()
            }
            Self::SwitchQuota(exhausted) => exhausted.text().into(),
            Self::DeletionProtected => "Resource cannot be deleted as it is currently protected against deletion. \
                                        Disable deletion protection first."
                .into(),
            Self::Denied { principal, action, resource, explicit } => {
                let why = match explicit {
                    true => "with an explicit deny in an identity-based policy".to_owned(),
                    false => format!("because no identity-based policy allows the {action} action"),
                };
                format!("User: {principal} is not authorized to perform: {action} on resource: {resource} {why}").into()
            }
            Self::Kms(error) => error.public_message(),
            Self::Store(error) if error.kind() == Kind::Unavailable => error.public_message(),
            Self::KmsUnavailable => "The key management service is currently unavailable. Please retry later.".into(),
            Self::ConditionFailed { .. } => "The conditional request failed".into(),
            Self::Contention => "Transaction is ongoing for the item".into(),
            Self::NotOffered { feature } => format!("{feature} is not supported by this service yet").into(),
            Self::DataLoss { .. } => "A stored record failed its authenticity check".into(),
            Self::Store(_) | Self::Internal { .. } => "Internal server error".into(),
        }
    }
}

#[cfg(test)]
mod tests;
