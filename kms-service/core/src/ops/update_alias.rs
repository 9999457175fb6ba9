//! UpdateAlias: the name stands for another key from now on.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    alias::AliasName,
    arn::check_length,
    audit::Operation,
    error::{KmsError, Rule},
    limits::ALIAS_NAME_CHARS_MAX,
    ops::create_alias::{admit_target, check_quota},
    plan::Plan,
    ring::Entry,
};

/// Which name, for which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct UpdateAlias {
    /// An alias that exists.
    #[shape(required)]
    pub alias_name: String,
    /// Key id or key ARN of the new target.
    #[shape(required)]
    pub target_key_id: String,
}

impl Request for UpdateAlias {
    fn constraints(&self, violations: &mut Violations) {
        violations.text("aliasName", &self.alias_name, 1..=ALIAS_NAME_CHARS_MAX);
        check_length(violations, "targetKeyId", &self.target_key_id);
    }
}

impl Kms {
    /// Moves an alias. Needs `kms:UpdateAlias` on the alias and on both keys. Only the new target's state matters.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn update_alias(&self, caller: &Caller, request: UpdateAlias) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::UpdateAlias, move |view, trail| {
            let name = AliasName::chosen(&request.alias_name)?;
            let alias = view.alias(&who, trail, &name)?;
            let target = admit_target(view, &who, trail, &request.target_key_id)?;
            if target.record().id != alias.alias().target {
                check_type(alias.key(), target.entry())?;
                check_quota(target.entry())?;
            }
            let mut plan = Plan::nothing();
            plan.move_alias(&alias, &target, view.now());
            Ok((plan, ()))
        })
        .await
    }
}

/// Whoever uses the alias counts on what its key can do.
fn check_type(old: &Entry, new: &Entry) -> Result<(), KmsError> {
    if old.record().key_type.usage() == new.record().key_type.usage() {
        Ok(())
    } else {
        Err(KmsError::Rule(Rule::AliasTargetType))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::ALIASES_PER_KEY_MAX, testing::*};

    fn request(name: &str, target: &str) -> UpdateAlias {
        UpdateAlias { alias_name: name.to_owned(), target_key_id: target.to_owned() }
    }

    #[tokio::test]
    async fn an_alias_moves_away_from_a_dying_key_but_not_to_one() {
        let mut world = World::new().await;
        let (old, new) = (world.key().await.arn, world.key().await.arn);
        world.alias("alias/x", &old).await;
        world.kms.schedule_key_deletion(&root(), schedule(&old, 7)).await.unwrap();
        world.clock.advance_millis(5);
        world.kms.update_alias(&root(), request("alias/x", &new)).await.unwrap();
        let refused = refusal(world.kms.update_alias(&root(), request("alias/x", &old)).await);
        assert_eq!(refused, ("KMSInvalidStateException", format!("{old} is pending deletion.")));
        world.restart().await;
        assert_eq!(world.describe(&root(), "alias/x").await.unwrap().arn, new);
        // The alias is the new key's, and goes with that one only.
        world.clock.advance_days(7);
        assert_eq!(world.kms.run_upkeep().await.unwrap().destroyed, 1);
        assert_eq!(world.describe(&root(), "alias/x").await.unwrap().arn, new);
    }

    #[tokio::test]
    async fn the_new_target_has_at_most_50_aliases_too() {
        let world = World::new().await;
        let (old, full) = (world.key().await.arn, world.key().await.arn);
        world.alias("alias/x", &old).await;
        for number in 1..ALIASES_PER_KEY_MAX {
            world.alias(&format!("alias/{number}"), &full).await;
        }
        world.alias("alias/y", &old).await;
        world.kms.update_alias(&root(), request("alias/x", &full)).await.unwrap();
        let refused = refusal(world.kms.update_alias(&root(), request("alias/y", &full)).await);
        let text = "The key has 50 aliases and can have no more.".to_owned();
        assert_eq!(refused, ("LimitExceededException", text));
        assert_eq!(world.describe(&root(), "alias/y").await.unwrap().arn, old);
        // It has this one already, and one that moves away makes room.
        world.kms.update_alias(&root(), request("alias/x", &full)).await.unwrap();
        world.kms.update_alias(&root(), request("alias/x", &old)).await.unwrap();
        world.kms.update_alias(&root(), request("alias/y", &full)).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_not_there_or_reserved_is_refused() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let (reason, text) = refusal(world.kms.update_alias(&root(), request("alias/x", &key)).await);
        assert_eq!(reason, "NotFoundException");
        assert_eq!(text, format!("Alias arn:aws:kms:{REGION}:{ACCOUNT}:alias/x is not found."));
        let outcome = world.kms.update_alias(&root(), request(MANAGED_ALIAS, &key)).await;
        assert_eq!(code(&outcome), "NotAuthorizedException");
    }

    #[tokio::test]
    async fn the_permission_is_needed_on_both_keys() {
        let world = World::new().await;
        let (old, new) = (world.key().await.arn, world.key().await.arn);
        world.alias("alias/x", &old).await;
        for key in [&old, &new] {
            let policy = format!(
                r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":["arn:aws:kms:*:*:alias/x","{key}"]}}}}"#
            );
            let policy = identity::PolicyDocument::parse(&policy).unwrap();
            let one = Caller::direct(std::sync::Arc::new(identity::Principal::user(user_arn("one"), policy)));
            let outcome = world.kms.update_alias(&one, request("alias/x", &new)).await;
            assert_eq!(code(&outcome), "AccessDeniedException");
        }
    }
}
