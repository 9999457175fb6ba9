//! GenerateDataKey: random bytes, in plaintext and sealed.

use std::collections::BTreeMap;

use envelope::{EncryptionContext, Plaintext};
use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    authorize::{Seals, may},
    constraints,
    error::KmsError,
    grant::Asked,
    ops::ciphertext::seal,
    spec::DataKeySize,
};

/// What data key to make.
#[derive(Clone, Debug, Default, Decode)]
#[shape(later("Recipient"))]
pub struct GenerateDataKey {
    /// Key id, key ARN, alias name or alias ARN.
    #[shape(required)]
    pub key_id: String,
    /// How long it is.
    #[shape(flatten)]
    pub size: DataKeySize,
    /// Needed again to decrypt.
    #[shape(rename = "EncryptionContext", via = BTreeMap<String, String>)]
    pub context: EncryptionContext,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
    /// Whether only to check.
    pub dry_run: bool,
}

/// A data key.
pub struct GeneratedDataKey {
    /// The data key itself.
    pub plaintext: Plaintext,
    /// The data key, sealed.
    pub ciphertext_blob: Vec<u8>,
    /// The key that sealed it.
    pub key_arn: String,
    /// The material that sealed it.
    pub material_id: String,
}

impl Request for GenerateDataKey {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        self.size.check(violations);
        constraints::context(violations, "encryptionContext", &self.context);
        constraints::grant_tokens(violations, &self.grant_tokens);
    }
}

impl GenerateDataKey {}

impl Kms {
    /// Makes a data key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn generate_data_key(
        &self,
        caller: &Caller,
        request: GenerateDataKey,
    ) -> Result<GeneratedDataKey, KmsError> {
        self.make_data_key::<may::GenerateDataKey>(caller, request, Operation::GenerateDataKey).await
    }

    /// The one way data keys are made; with plaintext or without are two permissions.
    pub(crate) async fn make_data_key<P: Seals>(
        &self,
        caller: &Caller,
        request: GenerateDataKey,
        operation: Operation,
    ) -> Result<GeneratedDataKey, KmsError> {
        let (who, reference) = (caller.clone(), request.key_id.clone());
        self.use_key(caller, operation, &reference, move |view, trail| {
            request.check()?;
            trail.context(&request.context);
            let length = request.size.bytes()?;
            view.check_tokens(&request.grant_tokens)?;
            let entry = view.key::<P>(&who, &request.key_id)?;
            trail.key(entry);
            let asked = Asked::Context(&request.context);
            let key = view.authorize::<P>(&who, entry, asked)?.admit()?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            let plaintext = Plaintext::generate(length, view.entropy());
            let (ciphertext_blob, material_id) = seal(view, &key, &request.context, plaintext.expose())?;
            Ok(GeneratedDataKey { plaintext, ciphertext_blob, key_arn: key.arn().to_owned(), material_id })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataKeySpec, testing::*};

    #[tokio::test]
    async fn exactly_one_size_is_given() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let made = async |spec, number_of_bytes| {
            let size = DataKeySize { spec, number_of_bytes };
            let request = GenerateDataKey { size, ..data_key(&key, context(&[])) };
            world.kms.generate_data_key(&root(), request).await
        };
        let good = [
            (Some(DataKeySpec::Aes256), None, 32),
            (Some(DataKeySpec::Aes128), None, 16),
            (None, Some(1), 1),
            (None, Some(1024), 1024),
        ];
        for (spec, number_of_bytes, expected) in good {
            assert_eq!(made(spec, number_of_bytes).await.unwrap().plaintext.len(), expected);
        }
        let exclusive =
            ("ValidationException", "Please specify either number of bytes or key spec.".to_owned());
        assert_eq!(refusal(made(None, None).await), exclusive);
        assert_eq!(refusal(made(Some(DataKeySpec::Aes128), Some(16)).await), exclusive);
        for number in [0, -1, 1025, i32::MIN] {
            let (reason, text) = refusal(made(None, Some(number)).await);
            assert_eq!(reason, "ValidationException");
            assert!(text.contains(&format!("Value '{number}' at 'numberOfBytes'")), "{text}");
        }
    }

    #[tokio::test]
    async fn the_blob_is_the_plaintext_under_the_key() {
        let world = World::new().await;
        let key = world.key().await;
        let bound = context(&[("t", "1")]);
        let first = world.kms.generate_data_key(&root(), data_key(&key.arn, bound.clone())).await.unwrap();
        let second = world.kms.generate_data_key(&root(), data_key(&key.arn, bound.clone())).await.unwrap();
        assert!(first.plaintext.expose() != second.plaintext.expose());
        let opened = world.open(&root(), &first.ciphertext_blob, bound).await.unwrap();
        assert!(opened.plaintext.expose() == first.plaintext.expose());
        assert_eq!((first.key_arn, first.material_id), (key.arn.clone(), key.material()));
    }
}
