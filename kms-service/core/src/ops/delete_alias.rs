//! DeleteAlias: the name is free again; the key stays.

use identity::Caller;

use crate::{
    Kms,
    alias::AliasName,
    audit::Operation,
    authorize::{Op, authorize_account},
    error::KmsError,
    grant::Asked,
    ids::alias_arn,
    plan::Plan,
};

impl Kms {
    /// Removes an alias. Needs `kms:DeleteAlias` on the alias and on its key. Works in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn delete_alias(&self, caller: &Caller, alias_name: String) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::DeleteAlias, move |view, trail| {
            let op = Op::DeleteAlias;
            let name = AliasName::chosen(&alias_name)?;
            let account = &who.principal.account;
            let arn = alias_arn(view.realm().region(), account, &name);
            let _authorized = authorize_account(&who, op, &arn)?;
            let alias = view.ring.alias(account, &name).ok_or(KmsError::AliasNotFound { arn })?;
            let entry = view.ring.key(alias.target).ok_or(KmsError::Defect("an alias without a key"))?;
            trail.key(entry);
            let target = view.authorize(&who, op, entry, Asked::Plain)?.admit()?;
            let mut plan = Plan::nothing();
            plan.remove_alias(alias, &target);
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
