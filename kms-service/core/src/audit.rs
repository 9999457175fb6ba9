//! The audit port: one record for every use of the service, told to whoever keeps the log and the meters.

use std::sync::Arc;

use envelope::EncryptionContext;
use fault::Fault;
use identity::{Caller, PrincipalArn, ServiceName};

use crate::{error::KmsError, key::KeyKind, ring::Entry};

macro_rules! operations {
    ($($operation:ident)+) => {
        /// An operation of the service.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are those of the operations")]
        pub enum Operation {
            $($operation,)+
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &[Self] = &[$(Self::$operation,)+];

            /// Its name, as in the API.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$operation => stringify!($operation),)+
                }
            }
        }
    };
}

operations! {
    CreateKey DescribeKey ListKeys UpdateKeyDescription EnableKey DisableKey ScheduleKeyDeletion CancelKeyDeletion
    CreateAlias UpdateAlias DeleteAlias ListAliases TagResource UntagResource ListResourceTags
    GetKeyPolicy PutKeyPolicy ListKeyPolicies
    Encrypt Decrypt ReEncrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateRandom GenerateMac VerifyMac
    RotateKeyOnDemand EnableKeyRotation DisableKeyRotation GetKeyRotationStatus ListKeyRotations
    CreateGrant ListGrants ListRetirableGrants RetireGrant RevokeGrant WatchKeys
}

/// Who did what with which key, and how it was decided. It never holds plaintext, ciphertext or a grant token.
#[derive(Clone, Debug)]
pub struct AuditRecord {
    /// Whose rights were evaluated.
    pub principal: PrincipalArn,
    /// The service that called on the principal's behalf.
    pub via: Option<ServiceName>,
    /// What was asked for.
    pub operation: Operation,
    /// The key, once it was found.
    pub key_arn: Option<String>,
    /// Who that key is for.
    pub key_kind: Option<KeyKind>,
    /// The key that ReEncrypt decrypts with.
    pub source_key_arn: Option<String>,
    /// The encryption context, which is not secret. Empty if the request was refused for its lengths or ranges: the log is
    /// not to be filled with what has no bound.
    pub context: EncryptionContext,
    /// The encryption context that ReEncrypt decrypts with.
    pub source_context: Option<EncryptionContext>,
    /// The AWS code of the refusal; none if it was done.
    pub refusal: Option<&'static str>,
}

/// Where audit records go. Called once for every operation, before it is answered, and once more for a key that is made
/// on its first use, as `CreateKey`; it must not block.
pub trait Audit: Send + Sync + 'static {
    /// Takes note.
    fn record(&self, record: &AuditRecord);
}

/// What an operation learns on its way. Whatever becomes of the operation, dropping its trail puts it on record: as a
/// failure of the service, unless it was closed with an outcome.
pub(crate) struct Trail {
    record: AuditRecord,
    /// A key that the service makes by itself on the way.
    made: Option<(String, KeyKind)>,
    audit: Arc<dyn Audit>,
}

impl Trail {
    pub(crate) fn new(caller: &Caller, operation: Operation, audit: Arc<dyn Audit>) -> Self {
        let record = AuditRecord {
            principal: caller.principal.arn.clone(),
            via: caller.via.clone(),
            operation,
            key_arn: None,
            key_kind: None,
            source_key_arn: None,
            context: EncryptionContext::new(),
            source_context: None,
            refusal: Some(KmsError::Defect("an operation was torn down").reason()),
        };
        Self { record, made: None, audit }
    }

    /// The key was found.
    pub(crate) fn key(&mut self, entry: &Entry) {
        self.record.key_arn = Some(entry.arn().to_owned());
        self.record.key_kind = Some(entry.record().kind);
    }

    /// The key is made by the same step, because the operation is its first use.
    pub(crate) fn makes(&mut self, entry: &Entry) {
        self.made = Some((entry.arn().to_owned(), entry.record().kind));
    }

    /// The key was not made after all, and there is none of its name.
    pub(crate) fn forget(&mut self, entry: &Entry) {
        let AuditRecord { key_arn, key_kind, source_key_arn, .. } = &mut self.record;
        if key_arn.as_deref() == Some(entry.arn()) {
            (*key_arn, *key_kind) = (None, None);
        }
        if source_key_arn.as_deref() == Some(entry.arn()) {
            *source_key_arn = None;
        }
    }

    /// The key that is decrypted with, while another encrypts.
    pub(crate) fn source_key(&mut self, entry: &Entry) {
        self.record.source_key_arn = Some(entry.arn().to_owned());
    }

    /// The encryption context, once its length was checked.
    pub(crate) fn context(&mut self, context: &EncryptionContext) {
        self.record.context = context.clone();
    }

    /// The encryption context that is decrypted with, while another encrypts. Its length was checked as well.
    pub(crate) fn source_context(&mut self, context: &EncryptionContext) {
        self.record.source_context = Some(context.clone());
    }

    /// The operation is over.
    pub(crate) fn close(mut self, refusal: Option<&KmsError>) {
        self.record.refusal = refusal.map(Fault::reason);
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        let record = &self.record;
        if let (Some((arn, kind)), None) = (self.made.take(), record.refusal) {
            self.audit.record(&AuditRecord {
                operation: Operation::CreateKey,
                key_arn: Some(arn),
                key_kind: Some(kind),
                source_key_arn: None,
                context: EncryptionContext::new(),
                source_context: None,
                ..record.clone()
            });
        }
        self.audit.record(record);
    }
}
