//! RotateKeyOnDemand: new material at once.

use identity::Caller;

use crate::{
    Kms,
    audit::Operation,
    error::{KmsError, Quota},
    limits::{ON_DEMAND_ROTATIONS_MAX, ROTATION_PAUSE_MILLIS},
    plan::Plan,
};

impl Kms {
    /// Gives a key new material, which encrypts from now on, and returns the key's ARN. Old ciphertexts stay readable.
    ///
    /// The rotation is over when this returns, so AWS's `ConflictException` is never for one under way: only for one of the
    /// last 20 minutes, and for an automatic one within the next.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops); then the quota of 25 for the life of a key, which no waiting helps, and
    /// a rotation that is too close to another.
    pub async fn rotate_key_on_demand(&self, caller: &Caller, key_id: String) -> Result<String, KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::RotateKeyOnDemand, move |view, trail| {
            let key = view.admit(&who, trail, &key_id)?;
            let arn = key.arn().to_owned();
            let rotations = &key.record().rotations;
            if rotations.on_demand() >= ON_DEMAND_ROTATIONS_MAX {
                return Err(KmsError::Limit(Quota::Rotations { arn }));
            }
            if rotations.is_fresh(view.now()) {
                return Err(KmsError::RotatedRecently { arn });
            }
            if key.record().is_to_be_rotated(view.now().plus_millis(ROTATION_PAUSE_MILLIS)) {
                return Err(KmsError::RotatesSoon { arn });
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
        let mut materials = BTreeSet::from([key.material()]);
        let mut blobs = Vec::new();
        for round in 0..ON_DEMAND_ROTATIONS_MAX {
            let made = world.kms.generate_data_key(&root(), data_key(&key.arn, context(&[]))).await.unwrap();
            assert_eq!(made.material_id, world.describe(&root(), &key.arn).await.unwrap().material());
            blobs.push((made.ciphertext_blob, made.plaintext, made.material_id));
            let arn = world.kms.rotate_key_on_demand(&root(), key.key_id.to_string()).await.unwrap();
            assert_eq!(arn, key.arn);
            let material = world.describe(&root(), &key.arn).await.unwrap().material();
            assert!(materials.insert(material), "round {round}");
            world.clock.advance_millis(ROTATION_PAUSE_MILLIS);
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

    #[tokio::test]
    async fn a_rotation_follows_another_after_20_minutes_only() {
        let mut world = World::new().await;
        let key = world.key().await.arn;
        world.kms.rotate_key_on_demand(&root(), key.clone()).await.unwrap();
        let material = world.describe(&root(), &key).await.unwrap().material();
        let conflict = ("ConflictException", format!("{key} was rotated less than 20 minutes ago."));
        let again = async |world: &World| world.kms.rotate_key_on_demand(&root(), key.clone()).await;
        assert_eq!(refusal(again(&world).await), conflict);
        world.restart().await;
        world.clock.advance_millis(ROTATION_PAUSE_MILLIS - 1);
        assert_eq!(refusal(again(&world).await), conflict, "a restart does not forget when it was");
        let now = world.describe(&root(), &key).await.unwrap().material();
        assert_eq!(now, material, "what is refused is not done");
        // Permission and state come first, and another key is not concerned.
        let denied = world.kms.rotate_key_on_demand(&nobody(), key.clone()).await;
        assert_eq!(code(&denied), "AccessDeniedException");
        world.kms.disable_key(&root(), key.clone()).await.unwrap();
        assert_eq!(code(&again(&world).await), "DisabledException");
        world.kms.enable_key(&root(), key.clone()).await.unwrap();
        let other = world.key().await.arn;
        world.kms.rotate_key_on_demand(&root(), other).await.unwrap();
        world.clock.advance_millis(1);
        again(&world).await.unwrap();
        assert_eq!(refusal(again(&world).await), conflict, "the second one counts as the first did");
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
