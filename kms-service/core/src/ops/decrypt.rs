//! Decrypt: opens a blob with the key and material that the blob itself names.

use envelope::{EncryptionContext, Plaintext};
use identity::Caller;

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    authorize::Op,
    constraints::Violations,
    error::KmsError,
    limits::CIPHERTEXT_BYTES_MAX,
    ops::ciphertext::{Ciphertext, Opened},
    spec::EncryptionAlgorithm,
};

/// What to decrypt.
pub struct Decrypt {
    /// 1 to 6144 bytes.
    pub ciphertext_blob: Vec<u8>,
    /// What was given to encrypt, exactly.
    pub context: EncryptionContext,
    /// The key, if the caller insists on one.
    pub key_id: Option<String>,
    /// How it was encrypted.
    pub algorithm: EncryptionAlgorithm,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
    /// Whether only to check.
    pub dry_run: bool,
}

/// The plaintext.
pub struct Decrypted {
    /// What was encrypted.
    pub plaintext: Plaintext,
    /// The key that decrypted.
    pub key_arn: String,
    /// The material that decrypted.
    pub material_id: String,
}

impl Decrypt {
    fn check(&self) -> Result<(), KmsError> {
        let mut violations = Violations::default();
        violations.count("ciphertextBlob", self.ciphertext_blob.len(), 1, CIPHERTEXT_BYTES_MAX);
        violations.context("encryptionContext", &self.context);
        if let Some(key_id) = &self.key_id {
            check_length(&mut violations, "keyId", key_id);
        }
        violations.grant_tokens(&self.grant_tokens);
        violations.finish()
    }

    fn ciphertext(&self) -> Ciphertext<'_> {
        Ciphertext { blob: &self.ciphertext_blob, context: &self.context, key_id: self.key_id.as_deref() }
    }
}

impl Kms {
    /// Decrypts.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops). Without a key in the request, a key that does not exist and one that
    /// the caller may not use are refused with the same words.
    pub async fn decrypt(&self, caller: &Caller, request: Decrypt) -> Result<Decrypted, KmsError> {
        self.read(caller, Operation::Decrypt, |view, trail| {
            trail.context(&request.context);
            request.check()?;
            view.check_tokens(&request.grant_tokens)?;
            let ciphertext = request.ciphertext();
            let key = ciphertext.admit(view, caller, Op::Decrypt, |entry| trail.key(entry))?;
            request.algorithm.check()?;
            let Opened { plaintext, material_id } = ciphertext.open(&key)?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            Ok(Decrypted { plaintext, key_arn: key.arn().to_owned(), material_id })
        })
    }
}
