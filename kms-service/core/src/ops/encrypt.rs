//! Encrypt: up to 4096 bytes under a key's current material.

use envelope::{EncryptionContext, Plaintext};
use identity::Caller;

use crate::{
    Kms, arn::check_length, audit::Operation, authorize::Op, constraints::Violations, error::KmsError,
    grant::Asked, limits::PLAINTEXT_BYTES_MAX, ops::ciphertext::seal, spec::EncryptionAlgorithm,
};

/// What to encrypt, and under which key.
pub struct Encrypt {
    /// Key id, key ARN, alias name or alias ARN.
    pub key_id: String,
    /// 1 to 4096 bytes.
    pub plaintext: Plaintext,
    /// Needed again to decrypt.
    pub context: EncryptionContext,
    /// How.
    pub algorithm: EncryptionAlgorithm,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
    /// Whether only to check.
    pub dry_run: bool,
}

/// The ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    /// Names its key and material itself.
    pub ciphertext_blob: Vec<u8>,
    /// The key that encrypted.
    pub key_arn: String,
}

impl Encrypt {
    fn check(&self) -> Result<(), KmsError> {
        let mut violations = Violations::default();
        check_length(&mut violations, "keyId", &self.key_id);
        violations.count("plaintext", self.plaintext.len(), 1, PLAINTEXT_BYTES_MAX);
        violations.context("encryptionContext", &self.context);
        violations.grant_tokens(&self.grant_tokens);
        violations.finish()
    }
}

impl Kms {
    /// Encrypts.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn encrypt(&self, caller: &Caller, request: Encrypt) -> Result<Encrypted, KmsError> {
        let op = Op::Encrypt;
        let ready = match request.check() {
            Ok(()) => self.first_use(caller, &request.key_id, op).await,
            refusal @ Err(_) => refusal,
        };
        self.read(caller, Operation::Encrypt, |view, trail| {
            trail.context(&request.context);
            ready?;
            view.check_tokens(&request.grant_tokens)?;
            let entry = view.key(caller, &request.key_id)?;
            trail.key(entry);
            let key = view.authorize(caller, op, entry, Asked::Context(&request.context))?.admit()?;
            request.algorithm.check()?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            let (ciphertext_blob, _) = seal(view, &key, &request.context, request.plaintext.expose())?;
            Ok(Encrypted { ciphertext_blob, key_arn: key.arn().to_owned() })
        })
    }
}
