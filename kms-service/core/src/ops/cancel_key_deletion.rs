//! CancelKeyDeletion: the key stays, disabled.

use identity::Caller;

use crate::{Kms, audit::Operation, error::KmsError, plan::Plan};

impl Kms {
    /// Cancels a deletion and returns the key's ARN. The key is disabled afterwards, as in AWS.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn cancel_key_deletion(&self, caller: &Caller, key_id: String) -> Result<String, KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::CancelKeyDeletion, move |view, trail| {
            let key = view.admit(&who, trail, &key_id)?;
            let mut plan = Plan::nothing();
            plan.cancel_deletion(&key);
            Ok((plan, key.arn().to_owned()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::{KeyState, testing::*};

    #[tokio::test]
    async fn a_cancelled_key_is_disabled_and_whole() {
        let mut world = World::new().await;
        let key = world.key().await.arn;
        let blob = world.seal(&key, b"x", context(&[])).await;
        let refused = refusal(world.kms.cancel_key_deletion(&root(), key.clone()).await);
        assert_eq!(refused, ("KMSInvalidStateException", format!("{key} is not pending deletion.")));
        world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap();
        assert_eq!(world.kms.cancel_key_deletion(&root(), key.clone()).await.unwrap(), key);
        world.clock.advance_days(30);
        assert_eq!(world.kms.run_upkeep().await.unwrap().destroyed, 0);
        world.restart().await;
        assert_eq!(world.describe(&root(), &key).await.unwrap().state, KeyState::Disabled);
        world.kms.enable_key(&root(), key.clone()).await.unwrap();
        assert!(world.open(&root(), &blob, context(&[])).await.is_ok());
    }
}
