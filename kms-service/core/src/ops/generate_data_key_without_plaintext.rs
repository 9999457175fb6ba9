//! GenerateDataKeyWithoutPlaintext: a data key for later, sealed only.

use identity::Caller;

use crate::{
    Kms,
    audit::Operation,
    authorize::may,
    error::KmsError,
    ops::generate_data_key::{GenerateDataKey, GeneratedDataKey},
};

/// A data key that nobody has seen yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedDataKey {
    /// The data key, sealed.
    pub ciphertext_blob: Vec<u8>,
    /// The key that sealed it.
    pub key_arn: String,
    /// The material that sealed it.
    pub material_id: String,
}

impl Kms {
    /// Makes a data key and keeps its plaintext to itself.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn generate_data_key_without_plaintext(
        &self,
        caller: &Caller,
        request: GenerateDataKey,
    ) -> Result<SealedDataKey, KmsError> {
        let operation = Operation::GenerateDataKeyWithoutPlaintext;
        let GeneratedDataKey { ciphertext_blob, key_arn, material_id, .. } =
            self.make_data_key::<may::GenerateDataKeyWithoutPlaintext>(caller, request, operation).await?;
        Ok(SealedDataKey { ciphertext_blob, key_arn, material_id })
    }
}

#[cfg(test)]
mod tests {
    use crate::{GrantOperation, testing::*};

    #[tokio::test]
    async fn the_data_key_can_be_opened_later() {
        let world = World::new().await;
        let key = world.key().await;
        let request = data_key(&key.arn, context(&[]));
        let made = world.kms.generate_data_key_without_plaintext(&root(), request).await.unwrap();
        assert_eq!((made.key_arn, made.material_id), (key.arn.clone(), key.material()));
        assert_eq!(
            world.open(&root(), &made.ciphertext_blob, context(&[])).await.unwrap().plaintext.len(),
            32
        );
        assert_eq!(world.audit.last().operation, crate::Operation::Decrypt);
        // Neither permission is the other.
        let holder = user("holder", &[]);
        world.grant(&key.arn, &holder, &[GrantOperation::GenerateDataKeyWithoutPlaintext]).await;
        let request = data_key(&key.arn, context(&[]));
        assert!(world.kms.generate_data_key_without_plaintext(&holder, request.clone()).await.is_ok());
        assert_eq!(code(&world.kms.generate_data_key(&holder, request).await), "AccessDeniedException");
    }
}
