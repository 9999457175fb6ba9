//! Decrypt: opens a blob with the key and material that the blob itself names.

use std::collections::BTreeMap;

use envelope::{EncryptionContext, Plaintext};
use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    authorize::may,
    constraints,
    dry_run::{DryRunModifier, ignores_ciphertext},
    error::KmsError,
    ops::ciphertext::{Ciphertext, Opened},
    spec::EncryptionAlgorithm,
};

/// What to decrypt.
#[derive(Default, Decode)]
#[shape(later("Recipient"))]
pub struct Decrypt {
    /// 1 to 6144 bytes, unless a dry run leaves them out.
    pub ciphertext_blob: Vec<u8>,
    /// What was given to encrypt, exactly.
    #[shape(rename = "EncryptionContext", via = BTreeMap<String, String>)]
    pub context: EncryptionContext,
    /// The key, if the caller insists on one.
    pub key_id: Option<String>,
    /// How it was encrypted.
    #[shape(rename = "EncryptionAlgorithm")]
    pub algorithm: EncryptionAlgorithm,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
    /// Whether only to check.
    pub dry_run: bool,
    /// What that leaves out.
    pub dry_run_modifiers: Vec<DryRunModifier>,
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

impl Request for Decrypt {
    fn constraints(&self, violations: &mut Violations) {
        constraints::ciphertext(violations, &self.ciphertext_blob, &self.dry_run_modifiers);
        constraints::context(violations, "encryptionContext", &self.context);
        if let Some(key_id) = &self.key_id {
            check_length(violations, "keyId", key_id);
        }
        constraints::grant_tokens(violations, &self.grant_tokens);
    }
}

impl Decrypt {
    fn ciphertext(&self, is_ignored: bool) -> Ciphertext<'_> {
        let (blob, key_id) = (&self.ciphertext_blob, self.key_id.as_deref());
        Ciphertext { blob, context: &self.context, key_id, is_ignored }
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
            request.check()?;
            trail.context(&request.context);
            let key_id = request.key_id.as_deref();
            let ignored = ignores_ciphertext(request.dry_run, &request.dry_run_modifiers, key_id)?;
            view.check_tokens(&request.grant_tokens)?;
            let ciphertext = request.ciphertext(ignored);
            let key = ciphertext.admit::<may::Decrypt>(view, caller, |entry| trail.key(entry))?;
            request.algorithm.check()?;
            if ignored {
                return Err(KmsError::DryRun);
            }
            let Opened { plaintext, material_id } = ciphertext.open(&key)?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            Ok(Decrypted { plaintext, key_arn: key.arn().to_owned(), material_id })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GrantOperation, testing::*};

    /// Without a key in the request, nobody learns whether the key of a blob exists.
    #[tokio::test]
    async fn a_key_that_is_not_there_and_one_that_is_not_allowed_are_answered_alike() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let blob = world.seal(&key, b"x", context(&[])).await;
        let mut unknown = blob.clone();
        unknown[5] ^= 1;
        let owned = world.kms.encrypt(&service(), encrypt(OWNED_ALIAS, b"x", context(&[]))).await.unwrap();
        let refused = (
            "AccessDeniedException",
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you \
             are not allowed to access."
                .to_owned(),
        );
        for blob in [&blob, &unknown, &owned.ciphertext_blob] {
            assert_eq!(refusal(world.open(&nobody(), blob, context(&[])).await), refused);
        }
        assert_eq!(refusal(world.open(&root(), &owned.ciphertext_blob, context(&[])).await), refused);
        assert_eq!(refusal(world.open(&via(&root()), &owned.ciphertext_blob, context(&[])).await), refused);
        assert!(world.open(&service(), &owned.ciphertext_blob, context(&[])).await.is_ok());
        // Not even its state.
        world.kms.disable_key(&root(), key.clone()).await.unwrap();
        assert_eq!(refusal(world.open(&nobody(), &blob, context(&[])).await), refused);
        // With the key in the request the caller has named it, and is told more.
        let named = Decrypt { key_id: Some(key.clone()), ..decrypt(&blob, context(&[])) };
        let (_, text) = refusal(world.kms.decrypt(&nobody(), named).await);
        assert!(text.contains("kms:Decrypt on resource: ") && text.contains(&key), "{text}");
    }

    #[tokio::test]
    async fn the_key_that_is_insisted_on_must_be_the_blobs() {
        let world = World::new().await;
        let (key, other) = (world.key().await.arn, world.key().await.arn);
        world.alias("alias/x", &key).await;
        let blob = world.seal(&key, b"x", context(&[])).await;
        let insisting = async |name: &str, blob: &[u8]| {
            let request = Decrypt { key_id: Some(name.to_owned()), ..decrypt(blob, context(&[])) };
            world.kms.decrypt(&root(), request).await
        };
        assert!(insisting(&key, &blob).await.is_ok());
        assert_eq!(insisting("alias/x", &blob).await.unwrap().key_arn, key);
        assert_eq!(code(&insisting(&other, &blob).await), "IncorrectKeyException");
        let hmac = world.hmac_key(crate::KeySpec::Hmac256).await.arn;
        assert_eq!(code(&insisting(&hmac, &blob).await), "IncorrectKeyException");
        assert_eq!(code(&insisting(&other, b"rubbish").await), "InvalidCiphertextException");
        assert_eq!(code(&insisting("alias/y", &blob).await), "NotFoundException");
        world.kms.disable_key(&root(), other.clone()).await.unwrap();
        assert_eq!(code(&insisting(&other, b"rubbish").await), "DisabledException", "the state comes first");
    }

    #[tokio::test]
    async fn unparsable_blobs_and_wrong_contexts_have_no_message() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let blob = world.seal(&key, b"x", context(&[("a", "1")])).await;
        let nothing = ("InvalidCiphertextException", String::new());
        for wrong in [context(&[]), context(&[("a", "2")]), context(&[("a", "1"), ("b", "2")])] {
            assert_eq!(refusal(world.open(&root(), &blob, wrong).await), nothing);
        }
        for rubbish in [&b"x"[..], &[0; 6144], &[1; 200]] {
            let outcome = world.open(&root(), rubbish, context(&[])).await;
            assert!(matches!(
                outcome.map(drop),
                Err(KmsError::InvalidCiphertext | KmsError::CiphertextRefused)
            ));
        }
        let outcome = world.open(&root(), &[1; 6145], context(&[])).await;
        assert_eq!(code(&outcome), "ValidationException");
        let request = Decrypt {
            algorithm: EncryptionAlgorithm::RsaesOaepSha256,
            ..decrypt(&blob, context(&[("a", "1")]))
        };
        assert_eq!(code(&world.kms.decrypt(&root(), request).await), "InvalidKeyUsageException");
    }

    #[tokio::test]
    async fn a_dry_run_looks_at_the_ciphertext_too() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let blob = world.seal(&key, b"x", context(&[])).await;
        let dry = |blob: &[u8]| Decrypt { dry_run: true, ..decrypt(blob, context(&[])) };
        assert_eq!(code(&world.kms.decrypt(&root(), dry(&blob)).await), "DryRunOperationException");
        assert_eq!(code(&world.kms.decrypt(&root(), dry(b"rubbish")).await), "InvalidCiphertextException");
    }

    #[tokio::test]
    async fn a_grant_opens_within_its_context() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let (one, two) = (context(&[("t", "1")]), context(&[("t", "2")]));
        let mut request = grant(&key, nobody().principal.arn.as_str(), &[GrantOperation::Decrypt]);
        request.constraints.equals = Some(one.clone());
        world.kms.create_grant(&root(), request).await.unwrap();
        let blobs = [world.seal(&key, b"x", one.clone()).await, world.seal(&key, b"x", two.clone()).await];
        assert!(world.open(&nobody(), &blobs[0], one.clone()).await.is_ok());
        assert_eq!(code(&world.open(&nobody(), &blobs[1], two).await), "AccessDeniedException");
        // To claim the context of the grant is not to have the blob of that context.
        assert_eq!(code(&world.open(&nobody(), &blobs[1], one).await), "InvalidCiphertextException");
    }
}
