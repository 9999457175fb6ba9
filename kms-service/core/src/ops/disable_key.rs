//! DisableKey: nothing works with the key until it is enabled again.

use identity::Caller;

use crate::{Kms, audit::Operation, error::KmsError, plan::Plan};

impl Kms {
    /// Disables a key, named by id or ARN. When this returns, no use of the key is under way. A disabled key stays so.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn disable_key(&self, caller: &Caller, key_id: String) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::DisableKey, move |view, trail| {
            let key = view.admit(&who, trail, &key_id)?;
            let mut plan = Plan::nothing();
            plan.disable(&key);
            Ok((plan, ()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[tokio::test]
    async fn a_disabled_key_does_nothing_and_survives_a_restart_so() {
        let mut world = World::new().await;
        let key = world.key().await.arn;
        let blob = world.seal(&key, b"x", context(&[])).await;
        world.kms.disable_key(&root(), key.clone()).await.unwrap();
        for restart in [false, true] {
            if restart {
                world.restart().await;
            }
            let disabled = ("DisabledException", format!("{key} is disabled."));
            assert_eq!(refusal(world.open(&root(), &blob, context(&[])).await), disabled);
            let sealed = world.kms.encrypt(&root(), encrypt(&key, b"x", context(&[]))).await;
            assert_eq!(refusal(sealed), disabled);
            assert_eq!(refusal(world.kms.rotate_key_on_demand(&root(), key.clone()).await), disabled);
        }
    }

    #[tokio::test]
    async fn it_is_not_done_by_an_alias() {
        let world = World::new().await;
        let key = world.key().await.arn;
        world.alias("alias/x", &key).await;
        assert_eq!(
            refusal(world.kms.disable_key(&root(), "alias/x".to_owned()).await),
            ("NotFoundException", "Invalid keyId 'alias/x'".to_owned())
        );
        let alias_arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/x");
        assert_eq!(code(&world.kms.disable_key(&root(), alias_arn).await), "ValidationException");
        assert_eq!(code(&world.kms.disable_key(&root(), String::new()).await), "ValidationException");
    }
}
