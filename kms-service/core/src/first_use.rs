//! The keys that the service makes by itself, on the first use of their reserved names: the managed key of an account
//! (`alias/aws/dynamodb`) and the owned key.

use identity::{AccountId, Caller};

use crate::{
    alias::{Alias, AliasName},
    arn::KeyRef,
    authorize::{Permission, authorize_first_use},
    error::{Denial, KmsError},
    ids::{KeyId, alias_arn},
    key::{KeyKind, KeyRecord},
    kms::{Kms, View},
    plan::Plan,
    ring::Entry,
};

const MANAGED_DESCRIPTION: &str = "Default key that protects my DynamoDB data when no other key is defined";
const OWNED_DESCRIPTION: &str = "Key of the service for tables without a key of their own";

/// A key that is not there yet.
#[derive(Clone)]
struct Missing {
    account: AccountId,
    name: AliasName,
    kind: KeyKind,
}

impl Kms {
    /// Makes the key that `reference` names, if it is a reserved name that has no key yet and the caller may do `P` with
    /// the key as it is going to be. Every other reference is left alone.
    pub(crate) async fn first_use<P: Permission>(
        &self,
        caller: &Caller,
        reference: &str,
    ) -> Result<(), KmsError> {
        let Some(missing) = self.look(|view| Ok(missing(view, caller, reference)))? else { return Ok(()) };
        let caller = caller.clone();
        self.upkeep(move |view| make::<P>(view, &caller, &missing)).await
    }
}

fn missing(view: &View<'_>, caller: &Caller, reference: &str) -> Option<Missing> {
    let home = &caller.principal.account;
    let Ok(KeyRef::Alias { account, name }) = KeyRef::parse(reference, view.realm().region()) else {
        return None;
    };
    let (account, kind) =
        if name == AliasName::managed() && account.as_ref().is_none_or(|account| account == home) {
            (home.clone(), KeyKind::Managed)
        } else if name == AliasName::owned() && caller.as_service() == Some(view.realm().dynamodb()) {
            (AccountId::of_services(), KeyKind::Owned)
        } else {
            return None;
        };
    view.ring.alias(&account, &name).is_none().then_some(Missing { account, name, kind })
}

fn make<P: Permission>(view: &View<'_>, caller: &Caller, missing: &Missing) -> Result<(Plan, ()), KmsError> {
    let Missing { account, name, kind } = missing;
    if view.ring.alias(account, name).is_some() {
        // Somebody else was first.
        return Ok((Plan::nothing(), ()));
    }
    let now = view.now();
    let mut record = KeyRecord::new(KeyId::generate(view.entropy()), account.clone(), *kind, now);
    record.description = match kind {
        KeyKind::Owned => OWNED_DESCRIPTION.to_owned(),
        KeyKind::Managed | KeyKind::Customer => MANAGED_DESCRIPTION.to_owned(),
    };
    let prospect = Entry::new(view.realm().region(), record.clone());
    let proof = authorize_first_use::<P>(caller, &prospect, view.realm().dynamodb())
        .map_err(|error| name_the_alias(error, view, missing))?;
    let target = record.id;
    let mut plan = Plan::nothing();
    plan.create_key(&proof, record, view.entropy());
    plan.create_first_alias(
        &proof,
        Alias { account: account.clone(), name: name.clone(), target, created: now, updated: now },
    );
    Ok((plan, ()))
}

/// A refusal names the alias: the key that would have been made does not exist and never will.
fn name_the_alias(error: KmsError, view: &View<'_>, missing: &Missing) -> KmsError {
    match error {
        KmsError::Denied(denial) => {
            let resource = alias_arn(view.realm().region(), &missing.account, &missing.name);
            KmsError::Denied(Box::new(Denial { resource, ..*denial }))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        PageRequest,
        ops::{list_aliases::ListAliases, list_grants::ListGrants},
        testing::*,
    };

    #[tokio::test]
    async fn the_owned_key_is_the_services_and_nobody_else_can_see_it() {
        let mut world = World::new().await;
        for caller in [root(), via(&root()), nobody(), stranger()] {
            let outcome = world.describe(&caller, OWNED_ALIAS).await;
            assert_eq!(code(&outcome), "NotFoundException");
        }
        assert_eq!(world.store.commits(), 1, "and nobody else makes it");
        let made =
            world.kms.generate_data_key(&service(), data_key(OWNED_ALIAS, context(&[]))).await.unwrap();
        assert!(made.key_arn.starts_with(&format!("arn:aws:kms:{REGION}:999999999999:key/")));
        world.restart().await;
        let again =
            world.kms.generate_data_key(&service(), data_key(OWNED_ALIAS, context(&[]))).await.unwrap();
        assert_eq!(again.key_arn, made.key_arn, "it is made once");
        assert!(world.open(&service(), &made.ciphertext_blob, context(&[])).await.is_ok());
        for caller in [root(), via(&root()), via(&service()), nobody(), stranger()] {
            let described = refusal(world.describe(&caller, &made.key_arn).await);
            assert_eq!(described, ("NotFoundException", format!("Key '{}' does not exist", made.key_arn)));
            let id = made.key_arn.rsplit('/').next().unwrap();
            assert_eq!(code(&world.describe(&caller, id).await), "NotFoundException");
            let request = ListGrants { key_id: made.key_arn.clone(), ..Default::default() };
            assert_eq!(code(&world.kms.list_grants(&caller, request).await), "NotFoundException");
            let outcome = world.kms.disable_key(&caller, made.key_arn.clone()).await;
            assert_eq!(code(&outcome), "NotFoundException");
        }
        assert!(world.kms.list_keys(&root(), PageRequest::default()).await.unwrap().items.is_empty());
        let aliases = world.kms.list_aliases(&root(), ListAliases::default()).await.unwrap().items;
        assert_eq!(aliases.len(), 1);
        // The service may use it and look at it, and no more.
        let outcome = world.kms.disable_key(&service(), made.key_arn.clone()).await;
        assert_eq!(code(&outcome), "AccessDeniedException");
    }

    #[tokio::test]
    async fn a_wrong_request_makes_no_key() {
        let world = World::new().await;
        let request = encrypt(MANAGED_ALIAS, &[0; 4097], context(&[]));
        assert_eq!(code(&world.kms.encrypt(&via(&root()), request).await), "ValidationException");
        let outcome = world.kms.encrypt(&root(), encrypt(MANAGED_ALIAS, b"x", context(&[]))).await;
        assert_eq!(code(&outcome), "AccessDeniedException", "not used directly");
        assert_eq!(world.store.commits(), 1);
        world.kms.encrypt(&via(&nobody()), encrypt(MANAGED_ALIAS, b"x", context(&[]))).await.unwrap();
        assert_eq!(world.store.commits(), 2);
    }
}
