//! Encrypt: up to 4096 bytes under a key's current material.

use std::collections::BTreeMap;

use envelope::{EncryptionContext, Plaintext};
use identity::Caller;
use shape::{Decode, Request, Secret, Violations};

use crate::{
    Kms, arn::check_length, audit::Operation, authorize::may, constraints, error::KmsError, grant::Asked,
    limits::PLAINTEXT_BYTES_MAX, ops::ciphertext::seal, spec::EncryptionAlgorithm,
};

/// What to encrypt, and under which key.
#[derive(Decode)]
pub struct Encrypt {
    /// Key id, key ARN, alias name or alias ARN.
    #[shape(required)]
    pub key_id: String,
    /// 1 to 4096 bytes.
    #[shape(required, via = Secret, by = |secret: Secret| Plaintext::from_vec(secret.into_bytes()))]
    pub plaintext: Plaintext,
    /// Needed again to decrypt.
    #[shape(rename = "EncryptionContext", via = BTreeMap<String, String>)]
    pub context: EncryptionContext,
    /// How.
    #[shape(rename = "EncryptionAlgorithm")]
    pub algorithm: EncryptionAlgorithm,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
    /// Whether only to check.
    pub dry_run: bool,
}

impl Default for Encrypt {
    fn default() -> Self {
        Self {
            key_id: String::new(),
            plaintext: Plaintext::from_vec(Vec::new()),
            context: EncryptionContext::default(),
            algorithm: EncryptionAlgorithm::default(),
            grant_tokens: Vec::new(),
            dry_run: false,
        }
    }
}

/// The ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    /// Names its key and material itself.
    pub ciphertext_blob: Vec<u8>,
    /// The key that encrypted.
    pub key_arn: String,
}

impl Request for Encrypt {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        violations.count("plaintext", self.plaintext.len(), 1..=PLAINTEXT_BYTES_MAX);
        constraints::context(violations, "encryptionContext", &self.context);
        constraints::grant_tokens(violations, &self.grant_tokens);
    }
}

impl Encrypt {}

impl Kms {
    /// Encrypts.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn encrypt(&self, caller: &Caller, request: Encrypt) -> Result<Encrypted, KmsError> {
        let (who, reference) = (caller.clone(), request.key_id.clone());
        self.use_key(caller, Operation::Encrypt, &reference, move |view, trail| {
            request.check()?;
            trail.context(&request.context);
            view.check_tokens(&request.grant_tokens)?;
            let entry = view.key::<may::Encrypt>(&who, &request.key_id)?;
            trail.key(entry);
            let asked = Asked::Context(&request.context);
            let key = view.authorize::<may::Encrypt>(&who, entry, asked)?.admit()?;
            request.algorithm.check()?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            let (ciphertext_blob, _) = seal(view, &key, &request.context, request.plaintext.expose())?;
            Ok(Encrypted { ciphertext_blob, key_arn: key.arn().to_owned() })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[tokio::test]
    async fn up_to_4096_bytes_under_any_name_of_the_key() {
        let world = World::new().await;
        let key = world.key().await;
        world.alias("alias/x", &key.arn).await;
        let bound = context(&[("t", "1")]);
        for name in [&key.arn, &key.key_id.to_string(), "alias/x"] {
            let request = encrypt(name, &[7; 4096], bound.clone());
            let made = world.kms.encrypt(&root(), request).await.unwrap();
            assert_eq!(made.key_arn, key.arn, "an answer names the key by its ARN");
            let opened = world.open(&root(), &made.ciphertext_blob, bound.clone()).await.unwrap();
            assert!(opened.plaintext.expose() == [7; 4096]);
        }
        let sealed = async |length| {
            refusal(world.kms.encrypt(&root(), encrypt(&key.arn, &vec![7; length], context(&[]))).await)
        };
        assert_eq!(
            sealed(4097).await,
            (
                "ValidationException",
                "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have \
                 length less than or equal to 4096"
                    .to_owned()
            )
        );
        assert_eq!(sealed(0).await.0, "ValidationException");
        let two =
            [world.seal(&key.arn, b"x", context(&[])).await, world.seal(&key.arn, b"x", context(&[])).await];
        assert_ne!(two[0], two[1], "the same plaintext never looks the same");
    }

    /// Constraints, key, permission, state, algorithm: each check is seen only when those before it pass.
    #[tokio::test]
    async fn checks_come_in_their_order() {
        let world = World::new().await;
        let key = world.key().await.arn;
        world.kms.disable_key(&root(), key.clone()).await.unwrap();
        let missing = key.replace(&key[key.len() - 12..], "123456789abc");
        let attempt = async |caller: &Caller, name: &str, length, tokens: Vec<String>| {
            let mut request = encrypt(name, &vec![1; length], context(&[]));
            request.algorithm = EncryptionAlgorithm::RsaesOaepSha1;
            request.dry_run = true;
            request.grant_tokens = tokens;
            refusal(world.kms.encrypt(caller, request).await).0
        };
        let forged = || vec!["forged".to_owned()];
        assert_eq!(attempt(&nobody(), &missing, 0, forged()).await, "ValidationException");
        assert_eq!(attempt(&nobody(), &missing, 1, forged()).await, "InvalidGrantTokenException");
        assert_eq!(attempt(&nobody(), &missing, 1, vec![]).await, "NotFoundException");
        assert_eq!(attempt(&nobody(), &key, 1, vec![]).await, "AccessDeniedException");
        assert_eq!(attempt(&root(), &key, 1, vec![]).await, "DisabledException");
        world.kms.enable_key(&root(), key.clone()).await.unwrap();
        assert_eq!(attempt(&root(), &key, 1, vec![]).await, "InvalidKeyUsageException");
        let request = Encrypt { dry_run: true, ..encrypt(&key, b"x", context(&[])) };
        assert_eq!(
            refusal(world.kms.encrypt(&root(), request).await),
            (
                "DryRunOperationException",
                "The request would have succeeded, but the DryRun option is set.".to_owned()
            )
        );
    }

    #[tokio::test]
    async fn every_use_is_on_record_and_no_plaintext_is() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let bound = context(&[("t", "1")]);
        world.kms.encrypt(&via(&root()), encrypt(&key, b"canary", bound.clone())).await.unwrap();
        let record = world.audit.last();
        assert_eq!((record.operation, record.refusal), (Operation::Encrypt, None));
        assert_eq!(record.principal, root().principal.arn);
        assert_eq!((record.via.clone(), record.key_arn.as_deref()), (Some(dynamodb()), Some(key.as_str())));
        assert_eq!(record.context, bound);
        assert!(!format!("{record:?}").contains("canary"));
        let before = world.audit.len();
        world.kms.encrypt(&nobody(), encrypt(&key, b"x", context(&[]))).await.unwrap_err();
        assert_eq!(world.audit.len(), before + 1);
        assert_eq!(world.audit.last().refusal, Some("AccessDeniedException"));
        assert_eq!(world.audit.last().key_kind, Some(crate::KeyKind::Customer));
    }

    #[tokio::test]
    async fn a_context_has_limits() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let sealed = async |pairs: &[(&str, &str)]| {
            code(&world.kms.encrypt(&root(), encrypt(&key, b"x", context(pairs))).await)
        };
        assert_eq!(sealed(&[("k", &"v".repeat(8191))]).await, "ok");
        assert_eq!(sealed(&[("k", &"v".repeat(8192))]).await, "ValidationException");
        assert_eq!(sealed(&[("", "v")]).await, "ValidationException");
        assert_eq!(sealed(&[("k", "")]).await, "ok");
    }
}
