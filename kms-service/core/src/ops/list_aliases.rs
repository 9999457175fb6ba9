//! ListAliases: the aliases of the caller's account, in the order of their names.

use identity::{AccountId, Caller};
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    alias::{Alias, AliasName},
    arn::check_length,
    audit::Operation,
    authorize::{Op, authorize_account, denied, may},
    clock::Timestamp,
    error::{DenialReason, KmsError},
    ids::{KeyId, alias_arn},
    kms::View,
    limits::LIST_PAGE,
    page::{Page, PageRequest},
};

/// Which aliases.
#[derive(Clone, Debug, Default, Decode)]
pub struct ListAliases {
    /// Only those of one key, named by id or ARN.
    pub key_id: Option<String>,
    /// Which part of the list.
    #[shape(flatten)]
    pub page: PageRequest,
}

/// An alias in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasListEntry {
    /// Its name.
    pub name: AliasName,
    /// Its ARN.
    pub arn: String,
    /// What it points at; nothing for a predefined alias whose key has not been made yet.
    pub target: Option<AliasTarget>,
}

/// What an alias points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AliasTarget {
    /// The key.
    pub key_id: KeyId,
    /// When the alias was made.
    pub created: Timestamp,
    /// When it was last pointed at a key.
    pub updated: Timestamp,
}

impl Kms {
    /// Lists aliases. `alias/aws/dynamodb` is in the list of every account, before its first use without a target. The owned
    /// key's name is in nobody's list.
    ///
    /// # Errors
    /// A bad limit or marker, no `kms:ListAliases`, or a key that does not exist or is another account's.
    pub async fn list_aliases(
        &self,
        caller: &Caller,
        request: ListAliases,
    ) -> Result<Page<AliasListEntry>, KmsError> {
        self.read(caller, Operation::ListAliases, |view, trail| {
            request.check()?;
            let _authorized = authorize_account::<may::ListAliases>(caller, "*")?;
            let key = match &request.key_id {
                Some(reference) => Some(view.managed_key::<may::ListAliases>(caller, reference)?),
                None => None,
            };
            if let Some(entry) = key {
                trail.key(entry);
                // The list is the caller's account's own: also a service's, which is at home in every account.
                if entry.record().account != caller.principal.account {
                    return Err(denied(caller, Op::ListAliases, entry.arn(), DenialReason::OtherAccount));
                }
            }
            let key = key.map(|entry| entry.record().id);
            let account = &caller.principal.account;
            let list = format!("aliases/{account}");
            let after = request.page.after(view, &list)?.and_then(|bytes| String::from_utf8(bytes).ok());
            let after = after.and_then(AliasName::stored).unwrap_or_else(AliasName::first);
            let aliases = listed(view, account, after).filter(|entry| {
                key.is_none_or(|key| entry.target.as_ref().is_some_and(|target| target.key_id == key))
            });
            let position = |entry: &AliasListEntry| entry.name.as_str().as_bytes().to_vec();
            Ok(request.page.page(view, &list, LIST_PAGE, aliases, position))
        })
    }
}

impl Request for ListAliases {
    fn constraints(&self, violations: &mut Violations) {
        if let Some(key_id) = &self.key_id {
            check_length(violations, "keyId", key_id);
        }
        self.page.check(violations, LIST_PAGE);
    }
}

/// The aliases behind `after`, the predefined one at its place among them.
fn listed<'a>(
    view: &View<'a>,
    account: &'a AccountId,
    after: AliasName,
) -> impl Iterator<Item = AliasListEntry> + use<'a> {
    let region = view.realm().region();
    let managed = AliasName::managed();
    let is_missing = view.ring.alias(account, &managed).is_none() && managed > after;
    let mut predefined = is_missing.then(|| AliasListEntry {
        arn: alias_arn(region, account, &managed),
        name: managed,
        target: None,
    });
    // Not even in the list of the account that it belongs to, should somebody claim to be of it.
    let owned = AliasName::owned();
    let aliases = view.ring.aliases_after(account, after).filter(move |alias| alias.name != owned);
    let mut aliases = aliases.map(move |alias| entry(region, alias)).peekable();
    std::iter::from_fn(move || match (&predefined, aliases.peek()) {
        (Some(first), Some(next)) if first.name < next.name => predefined.take(),
        (Some(_), None) => predefined.take(),
        (Some(_) | None, Some(_)) | (None, None) => aliases.next(),
    })
}

fn entry(region: &identity::Region, alias: &Alias) -> AliasListEntry {
    AliasListEntry {
        name: alias.name.clone(),
        arn: alias_arn(region, &alias.account, &alias.name),
        target: Some(AliasTarget { key_id: alias.target, created: alias.created, updated: alias.updated }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[tokio::test]
    async fn the_predefined_alias_has_a_target_after_its_first_use() {
        let world = World::new().await;
        let list = async || world.kms.list_aliases(&root(), ListAliases::default()).await.unwrap().items;
        let before = list().await;
        assert_eq!(before.len(), 1);
        assert_eq!((before[0].name.as_str(), before[0].target), (MANAGED_ALIAS, None));
        let key = world.describe(&root(), MANAGED_ALIAS).await.unwrap();
        let after = list().await;
        assert_eq!(after.len(), 1);
        assert_eq!(after[0].target.unwrap().key_id, key.key_id);
        assert_eq!(after[0].arn, format!("arn:aws:kms:{REGION}:{ACCOUNT}:{MANAGED_ALIAS}"));
    }

    #[tokio::test]
    async fn the_owned_keys_name_is_in_nobodys_list() {
        let world = World::new().await;
        world.kms.generate_data_key(&service(), data_key(OWNED_ALIAS, context(&[]))).await.unwrap();
        let claimant =
            Caller::direct(std::sync::Arc::new(identity::Principal::root(AccountId::of_services())));
        for caller in [root(), claimant] {
            let items = world.kms.list_aliases(&caller, ListAliases::default()).await.unwrap().items;
            let names: Vec<_> = items.iter().map(|alias| alias.name.as_str()).collect();
            assert_eq!(names, [MANAGED_ALIAS]);
        }
    }

    #[tokio::test]
    async fn a_key_that_is_not_there_has_no_aliases() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let list = async |key_id: &str| {
            let request = ListAliases { key_id: Some(key_id.to_owned()), page: PageRequest::default() };
            world.kms.list_aliases(&root(), request).await
        };
        assert!(list(&key).await.unwrap().items.is_empty());
        let missing = "1234abcd-12ab-4cd4-a123-456a12a34567";
        assert_eq!(code(&list(missing).await), "NotFoundException");
        assert_eq!(code(&list("alias/x").await), "NotFoundException");
    }
}
