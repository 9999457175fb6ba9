//! The table service's port to KMS, answered by the key service in the same process: each call is one of the domain's, and
//! each failure is told apart as the wire's client tells them apart.

use std::sync::Arc;

use async_trait::async_trait;
use envelope::{EncryptionContext, TableKey};
use fault::{Fault, Kind};
use identity::{Caller, Principal, ServiceName};
use kms_core::ops::create_grant::CreateGrant;
use kms_core::ops::decrypt::Decrypt;
use kms_core::ops::describe_key::DescribeKey;
use kms_core::ops::generate_data_key::GenerateDataKey;
use kms_core::ops::retire_grant::RetireGrant;
use kms_core::{Constraints, DataKeySize, DataKeySpec, GrantOperation, KeyKind, Kms, KmsError};
use table_core::kms::{Actor, KeyInfo, KeyService, KeyState, KmsFailure, NewTableKey, Refusal};
use table_core::request;

/// The key service, as the table service uses it.
pub(crate) struct KmsPort {
    kms: Kms,
    service: Arc<Principal>,
    name: ServiceName,
}

impl KmsPort {
    /// Calls `kms` as `service`.
    pub(crate) fn new(kms: Kms, service: Arc<Principal>) -> Self {
        let name = service.as_service().expect("it is a service's principal").clone();
        Self { kms, service, name }
    }

    fn caller(&self, actor: &Actor) -> Caller {
        match actor {
            Actor::Service => Caller::direct(self.service.clone()),
            Actor::OnBehalfOf(principal) => Caller::via(principal.clone(), self.name.clone()),
        }
    }
}

#[async_trait]
impl KeyService for KmsPort {
    async fn describe_key(&self, actor: &Actor, key: &str) -> Result<KeyInfo, KmsFailure> {
        let request = DescribeKey { key_id: key.to_owned(), ..Default::default() };
        let key = self.kms.describe_key(&self.caller(actor), request).await.map_err(failure)?;
        let state = match key.state {
            kms_core::KeyState::Enabled => KeyState::Enabled,
            kms_core::KeyState::Disabled => KeyState::Disabled,
            kms_core::KeyState::PendingDeletion { .. } => KeyState::PendingDeletion,
        };
        Ok(KeyInfo { arn: key.arn, state, managed: key.kind == KeyKind::Managed })
    }

    async fn create_grant(
        &self,
        actor: &Actor,
        key_arn: &str,
        context: &EncryptionContext,
        name: &str,
    ) -> Result<String, KmsFailure> {
        let request = CreateGrant {
            key_id: key_arn.to_owned(),
            grantee_principal: self.name.to_string(),
            retiring_principal: Some(self.name.to_string()),
            operations: vec![
                GrantOperation::DescribeKey,
                GrantOperation::GenerateDataKey,
                GrantOperation::Decrypt,
                GrantOperation::Encrypt,
                GrantOperation::ReEncryptFrom,
                GrantOperation::ReEncryptTo,
                GrantOperation::RetireGrant,
            ],
            constraints: Constraints { subset: Some(context.clone()), ..Default::default() },
            name: Some(name.to_owned()),
            ..Default::default()
        };
        let grant = self.kms.create_grant(&self.caller(actor), request).await.map_err(failure)?;
        Ok(grant.grant_id.to_string())
    }

    async fn retire_grant(&self, key_arn: &str, grant_id: &str) -> Result<(), KmsFailure> {
        let request = RetireGrant {
            key_id: Some(key_arn.to_owned()),
            grant_id: Some(grant_id.to_owned()),
            ..Default::default()
        };
        match self.kms.retire_grant(&self.caller(&Actor::Service), request).await {
            Err(error) if error.kind() == Kind::NotFound => Ok(()),
            retired => retired.map(drop).map_err(failure),
        }
    }

    async fn generate_table_key(
        &self,
        key: &str,
        context: &EncryptionContext,
    ) -> Result<NewTableKey, KmsFailure> {
        let request = GenerateDataKey {
            key_id: key.to_owned(),
            size: DataKeySize { spec: Some(DataKeySpec::Aes256), number_of_bytes: None },
            context: context.clone(),
            ..Default::default()
        };
        let made = self.kms.generate_data_key(&self.caller(&Actor::Service), request).await;
        let made = made.map_err(failure)?;
        let key = TableKey::from_slice(made.plaintext.expose()).expect("32 bytes");
        Ok(NewTableKey { key, wrapped: made.ciphertext_blob, key_arn: made.key_arn })
    }

    async fn unwrap_table_key(
        &self,
        actor: &Actor,
        wrapped: &[u8],
        context: &EncryptionContext,
    ) -> Result<TableKey, KmsFailure> {
        let request =
            Decrypt { ciphertext_blob: wrapped.to_vec(), context: context.clone(), ..Default::default() };
        let opened = self.kms.decrypt(&self.caller(actor), request).await.map_err(failure)?;
        Ok(TableKey::from_slice(opened.plaintext.expose()).expect("32 bytes"))
    }
}

/// A considered answer, or none at all.
fn failure(error: KmsError) -> KmsFailure {
    match error.kind() {
        Kind::Invalid
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::Precondition
        | Kind::Denied
        | Kind::Unimplemented => KmsFailure::Refused(Refusal {
            code: error.reason().to_owned(),
            message: error.public_message().into_owned(),
            request_id: request::origin().map(|origin| origin.id.to_string()).unwrap_or_default(),
        }),
        Kind::Unauthenticated
        | Kind::Exhausted
        | Kind::Conflict
        | Kind::Unavailable
        | Kind::Deadline
        | Kind::DataLoss
        | Kind::Internal => KmsFailure::Outage { detail: error.to_string() },
    }
}
