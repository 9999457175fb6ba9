//! The keys that the service makes by itself, on the first use of their reserved names: the managed key of an account
//! (`alias/aws/dynamodb`) and the owned key.
//!
//! A first use is decided on the key as it is going to be, and the key is made only if the use goes through, in the same
//! step. So a refusal and a dry run make nothing.

use identity::{AccountId, Caller};

use crate::{
    alias::{Alias, AliasName},
    arn::KeyRef,
    audit::{Operation, Trail},
    error::{Denial, KmsError},
    ids::{KeyId, alias_arn},
    key::{KeyKind, KeyRecord},
    kms::{Kms, View},
    plan::Plan,
    realm::Realm,
    ring::{Entry, Material},
};

const MANAGED_DESCRIPTION: &str = "Default key that protects my DynamoDB data when no other key is defined";
const OWNED_DESCRIPTION: &str = "Key of the service for tables without a key of their own";

/// A reserved name, as one caller may use it.
#[derive(PartialEq, Eq)]
struct Reserved {
    account: AccountId,
    name: AliasName,
    kind: KeyKind,
}

/// A key as it is going to be, under its reserved name. Made here and nowhere else.
pub(crate) struct Prospect {
    reserved: Reserved,
    entry: Entry,
}

impl Kms {
    /// Runs an operation that uses the key `reference` and changes nothing, except that its first use makes the key.
    pub(crate) async fn use_key<T: Send + 'static>(
        &self,
        caller: &Caller,
        operation: Operation,
        reference: &str,
        decide: impl FnOnce(&View<'_>, &mut Trail) -> Result<T, KmsError> + Send + 'static,
    ) -> Result<T, KmsError> {
        match self.look(|view| Ok(missing(view, caller, reference))) {
            Ok(Some(missing)) => {
                let make = move |view: &View<'_>, trail: &mut Trail| first_use(view, trail, missing, decide);
                self.change(caller, operation, make).await
            }
            // What kept it from looking keeps it from reading, which takes note of it.
            Ok(None) | Err(_) => self.read(caller, operation, decide),
        }
    }
}

/// The reserved name, if that is what the reference is and if it has no key yet.
fn missing(view: &View<'_>, caller: &Caller, reference: &str) -> Option<Reserved> {
    let reference = KeyRef::parse(reference, view.realm().region()).ok()?;
    let reserved = Reserved::meant_by(caller, &reference, view.realm())?;
    view.ring.alias(&reserved.account, &reserved.name).is_none().then_some(reserved)
}

fn first_use<T>(
    view: &View<'_>,
    trail: &mut Trail,
    missing: Reserved,
    decide: impl FnOnce(&View<'_>, &mut Trail) -> Result<T, KmsError>,
) -> Result<(Plan, T), KmsError> {
    let mut plan = Plan::nothing();
    if view.ring.alias(&missing.account, &missing.name).is_some() {
        // Somebody else was first.
        return Ok((plan, decide(view, trail)?));
    }
    let prospect = Prospect::new(missing, view);
    match decide(&view.with(&prospect), trail) {
        Ok(answer) => {
            trail.makes(&prospect.entry);
            plan.create_on_first_use(prospect);
            Ok((plan, answer))
        }
        Err(error) => {
            trail.forget(&prospect.entry);
            Err(prospect.name_the_alias(error, view.realm()))
        }
    }
}

impl Reserved {
    fn meant_by(caller: &Caller, reference: &KeyRef, realm: &Realm) -> Option<Self> {
        let KeyRef::Alias { account, name } = reference else { return None };
        let home = &caller.principal.account;
        let name = name.clone();
        if name == AliasName::managed() && account.as_ref().is_none_or(|account| account == home) {
            Some(Self { account: home.clone(), name, kind: KeyKind::Managed })
        } else if name == AliasName::owned() && caller.as_service() == Some(realm.dynamodb()) {
            Some(Self { account: AccountId::of_services(), name, kind: KeyKind::Owned })
        } else {
            None
        }
    }
}

impl Prospect {
    fn new(reserved: Reserved, view: &View<'_>) -> Self {
        let id = KeyId::generate(view.entropy());
        let mut record = KeyRecord::new(id, reserved.account.clone(), reserved.kind, view.now());
        record.description = match reserved.kind {
            KeyKind::Owned => OWNED_DESCRIPTION.to_owned(),
            KeyKind::Managed | KeyKind::Customer => MANAGED_DESCRIPTION.to_owned(),
        };
        let (version, key_type) = (record.current_material(), record.key_type);
        let mut entry = Entry::new(view.realm().region(), record);
        entry.add_material(version, Material::generate(key_type, view.entropy()));
        Self { reserved, entry }
    }

    /// The key, if it is what the reference means.
    pub(crate) fn meant_by(&self, caller: &Caller, reference: &KeyRef, realm: &Realm) -> Option<&Entry> {
        let meant = Reserved::meant_by(caller, reference, realm)?;
        (meant == self.reserved).then_some(&self.entry)
    }

    /// The key and its alias, to be made.
    pub(crate) fn into_parts(self) -> (Entry, Alias) {
        let Reserved { account, name, .. } = self.reserved;
        let KeyRecord { id: target, created, .. } = *self.entry.record();
        (self.entry, Alias { account, name, target, created, updated: created })
    }

    /// A refusal names the alias: the key that would have been made does not exist and never will.
    fn name_the_alias(&self, error: KmsError, realm: &Realm) -> KmsError {
        match error {
            KmsError::Denied(denial) if denial.resource == self.entry.arn() => {
                let resource = alias_arn(realm.region(), &self.reserved.account, &self.reserved.name);
                KmsError::Denied(Box::new(Denial { resource, ..*denial }))
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        PageRequest,
        ops::{
            encrypt::Encrypt, generate_data_key::GenerateDataKey, list_aliases::ListAliases,
            list_grants::ListGrants, re_encrypt::ReEncrypt,
        },
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
        let none = format!("arn:aws:kms:{REGION}:999999999999:key/1234abcd-12ab-4cd4-a123-456a12a34567");
        for caller in [root(), via(&root()), nobody(), stranger()] {
            let described = refusal(world.describe(&caller, &made.key_arn).await);
            assert_eq!(described.0, "AccessDeniedException");
            assert_eq!(described, refusal(world.describe(&caller, &none).await), "as if it were not there");
            let request = ListGrants { key_id: made.key_arn.clone(), ..Default::default() };
            assert_eq!(code(&world.kms.list_grants(&caller, request).await), "AccessDeniedException");
            let outcome = world.kms.disable_key(&caller, made.key_arn.clone()).await;
            assert_eq!(code(&outcome), "AccessDeniedException");
        }
        let described = refusal(world.describe(&via(&service()), &made.key_arn).await);
        assert_eq!(described, ("NotFoundException", format!("Key '{}' does not exist", made.key_arn)));
        for caller in [root(), via(&root()), via(&service()), nobody(), stranger()] {
            let id = made.key_arn.rsplit('/').next().unwrap();
            assert_eq!(code(&world.describe(&caller, id).await), "NotFoundException");
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

    #[tokio::test]
    async fn a_dry_run_makes_no_key() {
        let world = World::new().await;
        let (caller, none) = (via(&nobody()), || context(&[]));
        let encrypt = Encrypt { dry_run: true, ..encrypt(MANAGED_ALIAS, b"x", none()) };
        let generate = GenerateDataKey { dry_run: true, ..data_key(MANAGED_ALIAS, none()) };
        let dry = "DryRunOperationException";
        assert_eq!(code(&world.kms.encrypt(&caller, encrypt).await), dry);
        assert_eq!(code(&world.kms.generate_data_key(&caller, generate.clone()).await), dry);
        assert_eq!(code(&world.kms.generate_data_key_without_plaintext(&caller, generate).await), dry);
        assert_eq!(world.store.commits(), 1);
    }

    /// Whatever is wrong with the source, the destination is not made for it.
    #[tokio::test]
    async fn a_re_encryption_that_fails_makes_no_key() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let blob = world.seal(&key, b"x", context(&[])).await;
        let commits = world.store.commits();
        let attempt = async |blob: &[u8], bound, dry_run| {
            let request = ReEncrypt { dry_run, ..re_encrypt(blob, bound, MANAGED_ALIAS) };
            code(&world.kms.re_encrypt(&via(&root()), request).await)
        };
        assert_eq!(attempt(b"rubbish", context(&[]), false).await, "InvalidCiphertextException");
        assert_eq!(attempt(&blob, context(&[("a", "b")]), false).await, "InvalidCiphertextException");
        assert_eq!(attempt(&blob, context(&[]), true).await, "DryRunOperationException");
        let request = ReEncrypt {
            source_key_id: Some(MANAGED_ALIAS.to_owned()),
            ..re_encrypt(&blob, context(&[]), MANAGED_ALIAS)
        };
        assert_eq!(code(&world.kms.re_encrypt(&via(&root()), request).await), "IncorrectKeyException");
        world.kms.disable_key(&root(), key.clone()).await.unwrap();
        assert_eq!(attempt(&blob, context(&[]), false).await, "DisabledException");
        assert_eq!(world.store.commits(), commits + 1, "the switch, and nothing else");
        world.kms.enable_key(&root(), key).await.unwrap();
        let request = re_encrypt(&blob, context(&[]), MANAGED_ALIAS);
        let moved = world.kms.re_encrypt(&via(&root()), request).await.unwrap();
        assert_eq!(world.describe(&root(), MANAGED_ALIAS).await.unwrap().arn, moved.destination_key_arn);
        let opened = world.open(&via(&root()), &moved.ciphertext_blob, context(&[])).await.unwrap();
        assert_eq!(opened.plaintext.expose(), b"x");
    }
}
