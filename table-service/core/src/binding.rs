//! Binding a table to a key: what CreateTable and UpdateTable ask of KMS before anything is committed, and giving
//! grants back when they are not needed any more.
//!
//! The caller's own rights are what counts: the key is described and the grants are made on the caller's behalf. Two
//! grants are made, as DynamoDB does; with them the service works on the table by itself.

use std::sync::Arc;

use envelope::EncryptionContext;

use crate::engine::Inner;
use crate::error::{Plane, TableError};
use crate::kms::{Actor, KeyState, KmsFailure, MANAGED_KEY_ALIAS, OWNED_KEY_NAME, Refusal};
use crate::record::{KeyBinding, KeyKind, SpentGrant, TableRecord};
use crate::request;
use crate::sse::Choice;
use crate::table::Table;

/// Grants per table and key.
const GRANTS: usize = 2;

impl Inner {
    /// Checks that `actor` may put a table under the chosen key, and obtains the grants.
    pub(crate) async fn bind(
        &self,
        actor: &Actor,
        choice: &Choice,
        context: &EncryptionContext,
    ) -> Result<KeyBinding, TableError> {
        let name = match choice {
            Choice::Owned => {
                // The owned key's ARN is learned from the first use.
                let key_arn = OWNED_KEY_NAME.to_owned();
                return Ok(KeyBinding { kind: KeyKind::Owned, key_arn, grants: Vec::new() });
            }
            Choice::Managed => MANAGED_KEY_ALIAS,
            Choice::Customer(key) => key.as_str(),
        };
        let key = self.kms.describe_key(actor, name).await.map_err(rejected)?;
        match key.state {
            KeyState::Enabled => {}
            KeyState::Disabled => return Err(unusable(&key.arn, "DisabledException", "is disabled.")),
            KeyState::PendingDeletion => {
                return Err(unusable(&key.arn, "KMSInvalidStateException", "is pending deletion."));
            }
        }
        let kind = if key.managed { KeyKind::Managed } else { KeyKind::Customer };
        let grants = self.obtain_grants(actor, &key.arn, context).await?;
        Ok(KeyBinding { kind, key_arn: key.arn, grants })
    }

    /// Makes the grants on a key, all or none.
    pub(crate) async fn obtain_grants(
        &self,
        actor: &Actor,
        key_arn: &str,
        context: &EncryptionContext,
    ) -> Result<Vec<String>, TableError> {
        let mut grants = Vec::with_capacity(GRANTS);
        for _ in 0..GRANTS {
            let mut name = [0; 16];
            self.entropy.fill(&mut name);
            let name = uuid::Builder::from_random_bytes(name).into_uuid().to_string();
            match self.create_grant(actor, key_arn, context, &name).await {
                Ok(grant) => grants.push(grant),
                Err(error) => {
                    self.give_back(&spent(key_arn, grants)).await;
                    return Err(rejected(error));
                }
            }
        }
        Ok(grants)
    }

    /// Makes one grant. If the answer is lost the grant may have been made all the same, and nobody would know its id to
    /// give it back: asked once more under its name, KMS answers with the same grant.
    async fn create_grant(
        &self,
        actor: &Actor,
        key_arn: &str,
        context: &EncryptionContext,
        name: &str,
    ) -> Result<String, KmsFailure> {
        match self.kms.create_grant(actor, key_arn, context, name).await {
            Err(KmsFailure::Outage { .. }) => self.kms.create_grant(actor, key_arn, context, name).await,
            answer => answer,
        }
    }

    /// Gives grants back; returns those for which KMS did not answer. One that KMS refuses to retire is beyond this
    /// service's reach (its key is gone), and nothing would change by asking again.
    pub(crate) async fn give_back(&self, grants: &[SpentGrant]) -> Vec<SpentGrant> {
        let mut left = Vec::new();
        for grant in grants {
            match self.kms.retire_grant(&grant.key_arn, &grant.grant_id).await {
                Ok(()) => {}
                Err(KmsFailure::Outage { .. }) => left.push(grant.clone()),
                Err(KmsFailure::Refused(refusal)) => {
                    tracing::info!(key = grant.key_arn, code = refusal.code, "a grant could not be retired");
                }
            }
        }
        left
    }

    /// Gives back the spent grants of a table, and records it.
    pub(crate) async fn give_back_spent(&self, table: &Arc<Table>) -> Result<bool, TableError> {
        let spent = table.committed().record.spent.clone();
        if spent.is_empty() || table.is_closed() {
            return Ok(true);
        }
        let left = self.give_back(&spent).await;
        let control = table.control.lock().await;
        if table.is_closed() {
            return Ok(true);
        }
        let committed = table.committed();
        // Others may have been added meanwhile; take away just those that were given back.
        let mut record = TableRecord { ..committed.record.clone() };
        record.spent.retain(|grant| !spent.contains(grant) || left.contains(grant));
        table.show(self.replace(&committed, record, None).await?);
        drop(control);
        Ok(left.is_empty())
    }
}

/// The grants of a binding that is given up.
pub(crate) fn spent(key_arn: &str, grants: Vec<String>) -> Vec<SpentGrant> {
    grants.into_iter().map(|grant_id| SpentGrant { key_arn: key_arn.to_owned(), grant_id }).collect()
}

/// What KMS's failure means to a caller who names a key.
pub(crate) fn rejected(error: KmsFailure) -> TableError {
    match error {
        KmsFailure::Refused(refusal) => refusal.on(Plane::Control),
        KmsFailure::Outage { .. } => TableError::KmsUnavailable,
    }
}

fn unusable(key_arn: &str, code: &str, state: &str) -> TableError {
    let message = format!("{key_arn} {state}");
    // Found out by looking at the key, which KMS was asked for under the id of the request that needs it.
    let request_id = request::origin().map(|origin| origin.id.to_string()).unwrap_or_default();
    Refusal { code: code.to_owned(), message, request_id }.on(Plane::Control)
}
