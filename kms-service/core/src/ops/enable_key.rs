//! EnableKey: a disabled key works again.

use identity::Caller;

use crate::{Kms, audit::Operation, error::KmsError, plan::Plan};

impl Kms {
    /// Enables a key, named by id or ARN. An enabled key stays so. If its automatic rotation came due meanwhile, it is
    /// rotated by the same step.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn enable_key(&self, caller: &Caller, key_id: String) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::EnableKey, move |view, trail| {
            let key = view.admit(&who, trail, &key_id)?;
            let mut plan = Plan::nothing();
            plan.enable(&key, view.now(), view.entropy());
            Ok((plan, ()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::{KeyState, testing::*};

    #[tokio::test]
    async fn enabling_heals_and_is_idempotent() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let blob = world.seal(&key, b"x", context(&[])).await;
        world.kms.disable_key(&root(), key.clone()).await.unwrap();
        world.kms.enable_key(&root(), key.clone()).await.unwrap();
        assert!(world.open(&root(), &blob, context(&[])).await.is_ok());
        let commits = world.store.commits();
        world.kms.enable_key(&root(), key.clone()).await.unwrap();
        assert_eq!(world.store.commits(), commits, "what is so already costs no commit");
        assert_eq!(world.describe(&root(), &key).await.unwrap().state, KeyState::Enabled);
    }
}
