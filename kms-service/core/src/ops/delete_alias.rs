//! DeleteAlias: the name is free again; the key stays.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms, alias::AliasName, audit::Operation, error::KmsError, limits::ALIAS_NAME_CHARS_MAX, plan::Plan,
};

/// Which name.
#[derive(Clone, Debug, Default, Decode)]
pub struct DeleteAlias {
    /// An alias that exists.
    #[shape(required)]
    pub alias_name: String,
}

impl Request for DeleteAlias {
    fn constraints(&self, violations: &mut Violations) {
        violations.text("aliasName", &self.alias_name, 1..=ALIAS_NAME_CHARS_MAX);
    }
}

impl Kms {
    /// Removes an alias. Needs `kms:DeleteAlias` on the alias and on its key. Works in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn delete_alias(&self, caller: &Caller, alias_name: String) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::DeleteAlias, move |view, trail| {
            let name = AliasName::chosen(&alias_name)?;
            let alias = view.alias(&who, trail, &name)?;
            let mut plan = Plan::nothing();
            plan.remove_alias(&alias);
            Ok((plan, ()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[tokio::test]
    async fn the_name_is_free_again_in_every_state_of_the_key() {
        let world = World::new().await;
        let key = world.key().await.arn;
        world.alias("alias/x", &key).await;
        world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap();
        world.kms.delete_alias(&root(), "alias/x".to_owned()).await.unwrap();
        let text = format!("Alias arn:aws:kms:{REGION}:{ACCOUNT}:alias/x is not found.");
        let gone = ("NotFoundException", text);
        assert_eq!(refusal(world.kms.delete_alias(&root(), "alias/x".to_owned()).await), gone);
        assert_eq!(refusal(world.describe(&root(), "alias/x").await), gone);
        let other = world.key().await.arn;
        world.alias("alias/x", &other).await;
        let reserved = world.kms.delete_alias(&root(), MANAGED_ALIAS.to_owned()).await;
        assert_eq!(code(&reserved), "NotAuthorizedException");
    }
}
