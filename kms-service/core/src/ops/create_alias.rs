//! CreateAlias: a name for a customer key.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    alias::AliasName,
    arn::{KeyRef, check_length},
    audit::{Operation, Trail},
    authorize::{Admitted, Permission, authorize_account},
    error::{KmsError, Quota, Rule},
    grant::Asked,
    ids::alias_arn,
    kms::View,
    limits::{ALIAS_NAME_CHARS_MAX, ALIASES_PER_KEY_MAX},
    plan::Plan,
    ring::Entry,
};

/// Which name, for which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct CreateAlias {
    /// Begins with `alias/`.
    #[shape(required)]
    pub alias_name: String,
    /// Key id or key ARN.
    #[shape(required)]
    pub target_key_id: String,
}

impl Request for CreateAlias {
    fn constraints(&self, violations: &mut Violations) {
        violations.text("aliasName", &self.alias_name, 1..=ALIAS_NAME_CHARS_MAX);
        check_length(violations, "targetKeyId", &self.target_key_id);
    }
}

impl Kms {
    /// Makes an alias. Needs `kms:CreateAlias` on the alias and on the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn create_alias(&self, caller: &Caller, request: CreateAlias) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::CreateAlias, move |view, trail| {
            request.check()?;
            let name = AliasName::chosen(&request.alias_name)?;
            let account = &who.principal.account;
            let arn = alias_arn(view.realm().region(), account, &name);
            let authorized = authorize_account(&who, &arn)?;
            let target = admit_target(view, &who, trail, &request.target_key_id)?;
            if view.ring.alias(account, &name).is_some() {
                return Err(KmsError::AliasExists { arn });
            }
            check_quota(target.entry())?;
            let mut plan = Plan::nothing();
            plan.create_alias(&authorized, &target, name, view.now());
            Ok((plan, ()))
        })
        .await
    }
}

/// The key that an alias is to point at. A permission on another account's key would come from a policy of its own or
/// from a grant, and neither gives this one, so the key is of the caller's account.
pub(crate) fn admit_target<'r, P: Permission>(
    view: &View<'r>,
    caller: &Caller,
    trail: &mut Trail,
    target: &str,
) -> Result<Admitted<'r, P>, KmsError> {
    let reference = KeyRef::parse(target, view.realm().region())?;
    if matches!(reference, KeyRef::Alias { .. }) {
        return Err(KmsError::Rule(Rule::AliasTargetIsAlias));
    }
    let entry = view.ring.resolve::<P>(caller, &reference, view.realm())?;
    trail.key(entry);
    view.authorize(caller, entry, Asked::Plain)?.admit()
}

/// One more alias must fit.
pub(crate) fn check_quota(target: &Entry) -> Result<(), KmsError> {
    if target.aliases().len() >= ALIASES_PER_KEY_MAX {
        return Err(KmsError::Limit(Quota::Aliases));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    fn request(name: &str, target: &str) -> CreateAlias {
        CreateAlias { alias_name: name.to_owned(), target_key_id: target.to_owned() }
    }

    #[tokio::test]
    async fn an_alias_is_unique_in_its_account() {
        let world = World::new().await;
        let (first, second) = (world.key().await.arn, world.key().await.arn);
        world.alias("alias/x", &first).await;
        let refused = refusal(world.kms.create_alias(&root(), request("alias/x", &second)).await);
        let text = format!("An alias with the name arn:aws:kms:{REGION}:{ACCOUNT}:alias/x already exists");
        assert_eq!(refused, ("AlreadyExistsException", text));
        let theirs = world.kms.create_key(&stranger(), create_key()).await.unwrap().arn;
        world.kms.create_alias(&stranger(), request("alias/x", &theirs)).await.unwrap();
        assert_eq!(world.describe(&root(), "alias/x").await.unwrap().arn, first);
        assert_eq!(world.describe(&stranger(), "alias/x").await.unwrap().arn, theirs);
    }

    #[tokio::test]
    async fn the_target_is_a_customer_key_of_the_account() {
        let world = World::new().await;
        let key = world.key().await.arn;
        world.alias("alias/x", &key).await;
        let attempt =
            async |target: &str| refusal(world.kms.create_alias(&root(), request("alias/y", target)).await);
        let not_aliases = ("ValidationException", "Aliases must refer to keys. Not aliases".to_owned());
        assert_eq!(attempt("alias/x").await, not_aliases);
        assert_eq!(attempt(&format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/x")).await, not_aliases);
        let managed = world.describe(&root(), MANAGED_ALIAS).await.unwrap().arn;
        let (reason, text) = attempt(&managed).await;
        assert_eq!(reason, "AccessDeniedException");
        assert!(
            text.contains("because no resource-based policy allows the kms:CreateAlias action"),
            "{text}"
        );
        let owned =
            world.kms.encrypt(&service(), encrypt(OWNED_ALIAS, b"x", context(&[]))).await.unwrap().key_arn;
        assert_eq!(attempt(&owned).await.0, "AccessDeniedException");
        let theirs = world.kms.create_key(&stranger(), create_key()).await.unwrap().arn;
        assert_eq!(attempt(&theirs).await.0, "AccessDeniedException");
        assert_eq!(attempt("").await.0, "ValidationException");
        world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap();
        assert_eq!(attempt(&key).await, ("KMSInvalidStateException", format!("{key} is pending deletion.")));
    }

    #[tokio::test]
    async fn a_key_has_at_most_50_aliases() {
        let world = World::new().await;
        let key = world.key().await.arn;
        for number in 0..ALIASES_PER_KEY_MAX {
            world.alias(&format!("alias/{number}"), &key).await;
        }
        let outcome = world.kms.create_alias(&root(), request("alias/more", &key)).await;
        assert_eq!(code(&outcome), "LimitExceededException");
    }

    #[tokio::test]
    async fn the_permission_is_needed_on_alias_and_key() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let policy = |resource: &str| {
            let policy = format!(
                r#"{{"Statement":{{"Effect":"Allow","Action":"kms:CreateAlias","Resource":"{resource}"}}}}"#
            );
            let policy = identity::PolicyDocument::parse(&policy).unwrap();
            Caller::direct(std::sync::Arc::new(identity::Principal::user(user_arn("one"), policy)))
        };
        let on_alias = policy("arn:aws:kms:us-east-1:111122223333:alias/mine-*");
        let (_, text) = refusal(world.kms.create_alias(&on_alias, request("alias/mine-1", &key)).await);
        assert!(text.contains(&format!("on resource: {key} because no identity-based policy")), "{text}");
        let on_key = policy(&key);
        let (_, text) = refusal(world.kms.create_alias(&on_key, request("alias/mine-1", &key)).await);
        assert!(text.contains("on resource: arn:aws:kms:us-east-1:111122223333:alias/mine-1"), "{text}");
        let on_both = policy("arn:aws:kms:us-east-1:111122223333:*");
        world.kms.create_alias(&on_both, request("alias/mine-1", &key)).await.unwrap();
    }
}
