//! RotateKeyOnDemand: new material at once.

use identity::Caller;

use crate::{
    Kms,
    audit::Operation,
    error::{KmsError, Quota},
    limits::ON_DEMAND_ROTATIONS_MAX,
    plan::Plan,
};

impl Kms {
    /// Gives a key new material, which encrypts from now on, and returns the key's ARN. Old ciphertexts stay readable.
    ///
    /// The rotation is over when this returns, so there is none of AWS's `ConflictException` for one under way.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops); and the quota of 25 for the life of a key.
    pub async fn rotate_key_on_demand(&self, caller: &Caller, key_id: String) -> Result<String, KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::RotateKeyOnDemand, move |view, trail| {
            let key = view.admit(&who, trail, &key_id)?;
            let arn = key.arn().to_owned();
            if key.record().on_demand_rotations >= ON_DEMAND_ROTATIONS_MAX {
                return Err(KmsError::Limit(Quota::Rotations { arn }));
            }
            let mut plan = Plan::nothing();
            plan.rotate_on_demand(&key, view.now(), view.entropy());
            Ok((plan, arn))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::*;

    /// What happened to others: a rotation that recorded a date and left the material as it was.
    #[tokio::test]
    async fn every_rotation_makes_material_and_old_blobs_open() {
        let mut world = World::new().await;
        let key = world.key().await;
        let mut materials = BTreeSet::from([key.current_material_id.clone()]);
        let mut blobs = Vec::new();
        for round in 0..ON_DEMAND_ROTATIONS_MAX {
            let made = world.kms.generate_data_key(&root(), data_key(&key.arn, context(&[]))).await.unwrap();
            assert_eq!(
                made.material_id,
                world.describe(&root(), &key.arn).await.unwrap().current_material_id
            );
            blobs.push((made.ciphertext_blob, made.plaintext, made.material_id));
            let arn = world.kms.rotate_key_on_demand(&root(), key.key_id.to_string()).await.unwrap();
            assert_eq!(arn, key.arn);
            let material = world.describe(&root(), &key.arn).await.unwrap().current_material_id;
            assert!(materials.insert(material), "round {round}");
        }
        world.restart().await;
        for (blob, plaintext, material_id) in &blobs {
            let opened = world.open(&root(), blob, context(&[])).await.unwrap();
            assert!(opened.plaintext.expose() == plaintext.expose());
            assert_eq!(&opened.material_id, material_id);
        }
        assert_eq!(
            refusal(world.kms.rotate_key_on_demand(&root(), key.arn.clone()).await),
            (
                "LimitExceededException",
                format!(
                    "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations \
                     can be performed for this key: {}",
                    key.arn
                )
            )
        );
    }

    /// A blob that names a version which the key does not have.
    #[tokio::test]
    async fn no_material_is_tried_but_the_one_named() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let blob = world.seal(&key, b"x", context(&[])).await;
        world.kms.rotate_key_on_demand(&root(), key).await.unwrap();
        for version in [0_u32, 2, 3, u32::MAX] {
            let mut renamed = blob.clone();
            renamed[17..21].copy_from_slice(&version.to_be_bytes());
            let outcome = world.open(&root(), &renamed, context(&[])).await;
            assert_eq!(code(&outcome), "InvalidCiphertextException", "{version}");
        }
        assert!(world.open(&root(), &blob, context(&[])).await.is_ok());
    }
}
