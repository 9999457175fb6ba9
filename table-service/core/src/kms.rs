//! The port through which this crate uses a key-management service, and what can come back.
//!
//! Two failures are never confused: a *refusal* is the service's considered answer and ends a permission at once; an
//! *outage* is the lack of an answer and ends nothing before the outage grace does.

use std::sync::Arc;

use async_trait::async_trait;
use envelope::{EncryptionContext, TableKey};
use identity::Principal;

use crate::error::{self, Plane, TableError};

/// The name by which the table service, acting for itself, asks for the owned key.
pub const OWNED_KEY_NAME: &str = "alias/aws/owned/dynamodb";
/// The alias of the account's managed key.
pub const MANAGED_KEY_ALIAS: &str = "alias/aws/dynamodb";

/// In whose name a call is made.
#[derive(Clone, Debug)]
pub enum Actor {
    /// The table service itself: authorized by a grant, or by owning the key.
    Service,
    /// The service on behalf of the principal that called it.
    OnBehalfOf(Arc<Principal>),
}

/// A key as KMS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// The key ARN, whatever name was asked for.
    pub arn: String,
    /// Whether the key may be used now.
    pub state: KeyState,
    /// Whether it is a managed key; a customer key otherwise.
    pub managed: bool,
}

/// The states that matter to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Usable.
    Enabled,
    /// Switched off by its owner.
    Disabled,
    /// Waiting for its destruction.
    PendingDeletion,
}

/// A new table key, in both of its forms.
pub struct NewTableKey {
    /// The key itself.
    pub key: TableKey,
    /// The form that is stored.
    pub wrapped: Vec<u8>,
    /// ARN of the key that wrapped it.
    pub key_arn: String,
}

/// Why KMS did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KmsFailure {
    /// KMS answered, and the answer is no.
    #[error("KMS refused: {}", .0.code)]
    Refused(Refusal),
    /// KMS did not answer, or not in time.
    #[error("KMS does not answer: {detail}")]
    Outage {
        /// For the log. Holds no secret.
        detail: String,
    },
}

/// A refusal in AWS's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The AWS error code, such as `DisabledException`.
    pub code: String,
    /// KMS's own text.
    pub message: String,
    /// The id of the KMS request, by which its log can be searched.
    pub request_id: String,
}

impl Refusal {
    /// Whether what was to be unwrapped is not what KMS once wrapped.
    pub(crate) fn is_damage(&self) -> bool {
        self.code == "InvalidCiphertextException"
    }

    /// The refusal as an answer of the table service.
    pub(crate) fn on(&self, plane: Plane) -> TableError {
        TableError::Kms(error::KmsError::new(plane, &*self.code, &*self.message, &*self.request_id))
    }
}

/// What the table service needs of a key-management service. Every call has a deadline of its own.
#[async_trait]
pub trait KeyService: Send + Sync + 'static {
    /// Looks a key up by id, ARN, alias or alias ARN.
    async fn describe_key(&self, actor: &Actor, key: &str) -> Result<KeyInfo, KmsFailure>;

    /// Lets the table service use `key_arn` for `context`, and returns the grant's id. The same `name` and key
    /// answer with the same grant.
    async fn create_grant(
        &self,
        actor: &Actor,
        key_arn: &str,
        context: &EncryptionContext,
        name: &str,
    ) -> Result<String, KmsFailure>;

    /// Gives a grant back, as the service. A grant that is gone already counts as given back.
    async fn retire_grant(&self, key_arn: &str, grant_id: &str) -> Result<(), KmsFailure>;

    /// Makes a table key under `key`, as the service.
    async fn generate_table_key(
        &self,
        key: &str,
        context: &EncryptionContext,
    ) -> Result<NewTableKey, KmsFailure>;

    /// Unwraps a table key. Success is what a lease is made of.
    async fn unwrap_table_key(
        &self,
        actor: &Actor,
        wrapped: &[u8],
        context: &EncryptionContext,
    ) -> Result<TableKey, KmsFailure>;
}
