//! ReEncrypt: from one key or context to another; the plaintext does not leave.

use std::collections::BTreeMap;

use envelope::EncryptionContext;
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
    grant::Asked,
    ops::ciphertext::{Ciphertext, seal},
    spec::EncryptionAlgorithm,
};

/// What to encrypt anew.
#[derive(Default, Decode)]
pub struct ReEncrypt {
    /// 1 to 6144 bytes, unless a dry run leaves them out.
    pub ciphertext_blob: Vec<u8>,
    /// What was given to encrypt, exactly.
    #[shape(rename = "SourceEncryptionContext", via = BTreeMap<String, String>)]
    pub source_context: EncryptionContext,
    /// The key that encrypted, if the caller insists on one.
    pub source_key_id: Option<String>,
    /// How it was encrypted.
    #[shape(rename = "SourceEncryptionAlgorithm")]
    pub source_algorithm: EncryptionAlgorithm,
    /// Key id, key ARN, alias name or alias ARN.
    #[shape(required)]
    pub destination_key_id: String,
    /// The context from now on.
    #[shape(rename = "DestinationEncryptionContext", via = BTreeMap<String, String>)]
    pub destination_context: EncryptionContext,
    /// How to encrypt.
    #[shape(rename = "DestinationEncryptionAlgorithm")]
    pub destination_algorithm: EncryptionAlgorithm,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
    /// Whether only to check.
    pub dry_run: bool,
    /// What that leaves out.
    pub dry_run_modifiers: Vec<DryRunModifier>,
}

/// The new ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReEncrypted {
    /// Under the destination key.
    pub ciphertext_blob: Vec<u8>,
    /// The key that decrypted.
    pub source_key_arn: String,
    /// The material that decrypted.
    pub source_material_id: String,
    /// The key that encrypted.
    pub destination_key_arn: String,
    /// The material that encrypted.
    pub destination_material_id: String,
}

impl Request for ReEncrypt {
    fn constraints(&self, violations: &mut Violations) {
        constraints::ciphertext(violations, &self.ciphertext_blob, &self.dry_run_modifiers);
        constraints::context(violations, "sourceEncryptionContext", &self.source_context);
        if let Some(key_id) = &self.source_key_id {
            check_length(violations, "sourceKeyId", key_id);
        }
        check_length(violations, "destinationKeyId", &self.destination_key_id);
        constraints::context(violations, "destinationEncryptionContext", &self.destination_context);
        constraints::grant_tokens(violations, &self.grant_tokens);
    }
}

impl ReEncrypt {
    fn source(&self, is_ignored: bool) -> Ciphertext<'_> {
        Ciphertext {
            blob: &self.ciphertext_blob,
            context: &self.source_context,
            key_id: self.source_key_id.as_deref(),
            is_ignored,
        }
    }
}

impl Kms {
    /// Encrypts anew. Two permissions: `kms:ReEncryptFrom` on the source key, `kms:ReEncryptTo` on the destination.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops), the source key before the destination.
    pub async fn re_encrypt(&self, caller: &Caller, request: ReEncrypt) -> Result<ReEncrypted, KmsError> {
        let (who, reference) = (caller.clone(), request.destination_key_id.clone());
        self.use_key(caller, Operation::ReEncrypt, &reference, move |view, trail| {
            request.check()?;
            trail.context(&request.destination_context);
            trail.source_context(&request.source_context);
            let source_key_id = request.source_key_id.as_deref();
            let ignored = ignores_ciphertext(request.dry_run, &request.dry_run_modifiers, source_key_id)?;
            view.check_tokens(&request.grant_tokens)?;
            let ciphertext = request.source(ignored);
            let source =
                ciphertext.admit::<may::ReEncryptFrom>(view, &who, |entry| trail.source_key(entry))?;
            let entry = view.key::<may::ReEncryptTo>(&who, &request.destination_key_id)?;
            trail.key(entry);
            let asked = Asked::Context(&request.destination_context);
            let destination = view.authorize::<may::ReEncryptTo>(&who, entry, asked)?.admit()?;
            request.source_algorithm.check()?;
            request.destination_algorithm.check()?;
            if ignored {
                return Err(KmsError::DryRun);
            }
            let opened = ciphertext.open(&source)?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            let (ciphertext_blob, destination_material_id) =
                seal(view, &destination, &request.destination_context, opened.plaintext.expose())?;
            Ok(ReEncrypted {
                ciphertext_blob,
                source_key_arn: source.arn().to_owned(),
                source_material_id: opened.material_id,
                destination_key_arn: destination.arn().to_owned(),
                destination_material_id,
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GrantOperation, testing::*};

    #[tokio::test]
    async fn a_blob_moves_to_another_key_and_context() {
        let world = World::new().await;
        let (from, to) = (world.key().await, world.key().await);
        let (old, new) = (context(&[("a", "1")]), context(&[("b", "2")]));
        let blob = world.seal(&from.arn, b"x", old.clone()).await;
        let request =
            ReEncrypt { destination_context: new.clone(), ..re_encrypt(&blob, old.clone(), &to.arn) };
        let moved = world.kms.re_encrypt(&root(), request).await.unwrap();
        assert_eq!((&moved.source_key_arn, &moved.destination_key_arn), (&from.arn, &to.arn));
        assert_eq!(moved.source_material_id, from.material());
        assert_eq!(moved.destination_material_id, to.material());
        let opened = world.open(&root(), &moved.ciphertext_blob, new).await.unwrap();
        assert_eq!((opened.plaintext.expose(), opened.key_arn.as_str()), (&b"x"[..], to.arn.as_str()));
        assert_eq!(
            code(&world.open(&root(), &moved.ciphertext_blob, old).await),
            "InvalidCiphertextException"
        );
        assert_eq!(world.audit.len(), 6);
    }

    #[tokio::test]
    async fn it_takes_two_permissions_and_two_usable_keys() {
        let world = World::new().await;
        let (from, to) = (world.key().await.arn, world.key().await.arn);
        let blob = world.seal(&from, b"x", context(&[])).await;
        let attempt = async |caller: &Caller| {
            code(&world.kms.re_encrypt(caller, re_encrypt(&blob, context(&[]), &to)).await)
        };
        let mover = user("mover", &[]);
        assert_eq!(attempt(&mover).await, "AccessDeniedException");
        world.grant(&from, &mover, &[GrantOperation::ReEncryptFrom]).await;
        assert_eq!(attempt(&mover).await, "AccessDeniedException");
        world.grant(&to, &mover, &[GrantOperation::ReEncryptTo]).await;
        assert_eq!(attempt(&mover).await, "ok");
        for key in [&from, &to] {
            world.kms.disable_key(&root(), key.clone()).await.unwrap();
            assert_eq!(attempt(&root()).await, "DisabledException");
            world.kms.enable_key(&root(), key.clone()).await.unwrap();
        }
        let both = [GrantOperation::ReEncryptFrom, GrantOperation::ReEncryptTo];
        let other = user("other", &[]);
        world.grant(&from, &other, &both).await;
        assert_eq!(attempt(&other).await, "AccessDeniedException", "both on the source are not enough");
    }

    /// Each permission alone is refused, on whichever key; so is each on the wrong key. Only the two, each on its own, do.
    #[tokio::test]
    async fn each_permission_is_needed_on_its_own_key() {
        let world = World::new().await;
        let (from, to) = (world.key().await.arn, world.key().await.arn);
        let blob = world.seal(&from, b"x", context(&[])).await;
        let attempt = async |statements: &[(&str, &str)], source: Option<&str>| {
            let statements = statements.iter().map(|(action, key)| {
                format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{key}"}}"#)
            });
            let statements = statements.collect::<Vec<_>>().join(",");
            let policy = identity::PolicyDocument::parse(&format!(r#"{{"Statement":[{statements}]}}"#));
            let principal = identity::Principal::user(user_arn("mover"), policy.unwrap());
            let caller = Caller::direct(std::sync::Arc::new(principal));
            let source_key_id = source.map(str::to_owned);
            let request = ReEncrypt { source_key_id, ..re_encrypt(&blob, context(&[]), &to) };
            world.kms.re_encrypt(&caller, request).await
        };
        let (re_from, re_to) = ("kms:ReEncryptFrom", "kms:ReEncryptTo");
        let named = Some(from.as_str());
        // Without its source named, a request does not learn which key that is.
        let hidden = refusal(attempt(&[(re_to, &to)], None).await).1;
        assert!(hidden.starts_with("The ciphertext refers to"), "{hidden}");
        for (statements, action, key) in [
            (vec![(re_to, to.as_str())], re_from, &from),
            (vec![(re_from, from.as_str())], re_to, &to),
            (vec![(re_from, to.as_str()), (re_to, from.as_str())], re_from, &from),
            (vec![(re_from, from.as_str()), (re_to, from.as_str())], re_to, &to),
            (vec![(re_from, to.as_str()), (re_to, to.as_str())], re_from, &from),
            (vec![("kms:Decrypt", from.as_str()), ("kms:Encrypt", to.as_str())], re_from, &from),
        ] {
            let (reason, text) = refusal(attempt(&statements, named).await);
            assert_eq!(reason, "AccessDeniedException", "{statements:?}");
            assert!(text.contains(&format!("{action} on resource: {key} because")), "{statements:?}: {text}");
        }
        for source in [named, None] {
            attempt(&[(re_from, &from), (re_to, &to)], source).await.unwrap();
            attempt(&[("kms:ReEncrypt*", "*")], source).await.unwrap();
        }
    }
}
