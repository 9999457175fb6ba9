//! The audit port: one record for every use of the service, told to whoever keeps the log and the meters.

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
    CreateKey DescribeKey ListKeys EnableKey DisableKey ScheduleKeyDeletion CancelKeyDeletion
    CreateAlias UpdateAlias DeleteAlias ListAliases
    Encrypt Decrypt ReEncrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateRandom
    RotateKeyOnDemand CreateGrant ListGrants RetireGrant RevokeGrant WatchKeys
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
    /// The encryption context, which is not secret.
    pub context: EncryptionContext,
    /// The AWS code of the refusal; none if it was done.
    pub refusal: Option<&'static str>,
}

/// Where audit records go. Called once for every operation, before it is answered; it must not block.
pub trait Audit: Send + Sync + 'static {
    /// Takes note.
    fn record(&self, record: &AuditRecord);
}

/// What an operation learns on its way, for the record at its end.
pub(crate) struct Trail(AuditRecord);

impl Trail {
    pub(crate) fn new(caller: &Caller, operation: Operation) -> Self {
        Self(AuditRecord {
            principal: caller.principal.arn.clone(),
            via: caller.via.clone(),
            operation,
            key_arn: None,
            key_kind: None,
            source_key_arn: None,
            context: EncryptionContext::new(),
            refusal: None,
        })
    }

    /// The key was found.
    pub(crate) fn key(&mut self, entry: &Entry) {
        self.0.key_arn = Some(entry.arn().to_owned());
        self.0.key_kind = Some(entry.record().kind);
    }

    /// The key that is decrypted with, while another encrypts.
    pub(crate) fn source_key(&mut self, entry: &Entry) {
        self.0.source_key_arn = Some(entry.arn().to_owned());
    }

    /// The encryption context.
    pub(crate) fn context(&mut self, context: &EncryptionContext) {
        self.0.context = context.clone();
    }

    /// The operation is over.
    pub(crate) fn close<T>(mut self, outcome: &Result<T, KmsError>, audit: &dyn Audit) {
        self.0.refusal = outcome.as_ref().err().map(Fault::reason);
        audit.record(&self.0);
    }
}
