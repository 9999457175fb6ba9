//! ListKeys: the keys of the caller's account, in the order of their ids.

use identity::Caller;
use shape::{Decode, Request, Violations, choices};

use crate::{
    Kms,
    audit::Operation,
    authorize::{authorize_account, may},
    error::KmsError,
    ids::KeyId,
    key::KeyKind,
    limits::{LIST_KEYS_PAGE, RESOURCE_OWNERS_MAX},
    page::{Page, PageRequest},
};

/// Which keys.
#[derive(Clone, Debug, Default, Decode)]
pub struct ListKeys {
    /// Whose keys; nothing said, the caller's own.
    pub resource_owners: Option<Vec<ResourceOwner>>,
    /// Which part of the list.
    #[shape(flatten)]
    pub page: PageRequest,
}

/// Whose keys are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceOwner {
    /// The caller's account.
    Own,
}

choices!(ResourceOwner { Own = "SELF" } later { "OTHER_ACCOUNTS_VIA_RAM" });

impl From<PageRequest> for ListKeys {
    fn from(page: PageRequest) -> Self {
        Self { page, ..Self::default() }
    }
}

impl Request for ListKeys {
    fn constraints(&self, violations: &mut Violations) {
        if let Some(owners) = &self.resource_owners {
            violations.count("resourceOwners", owners.len(), 1..=RESOURCE_OWNERS_MAX);
        }
        self.page.check(violations, LIST_KEYS_PAGE);
    }
}

/// A key in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyListEntry {
    /// Its id.
    pub key_id: KeyId,
    /// Its ARN.
    pub key_arn: String,
}

impl Kms {
    /// Lists keys. Owned keys are in nobody's list.
    ///
    /// # Errors
    /// A bad limit or marker, or no `kms:ListKeys`.
    pub async fn list_keys(
        &self,
        caller: &Caller,
        request: impl Into<ListKeys>,
    ) -> Result<Page<KeyListEntry>, KmsError> {
        let request = request.into();
        self.read(caller, Operation::ListKeys, |view, _| {
            request.check()?;
            let _authorized = authorize_account::<may::ListKeys>(caller, "*")?;
            let account = &caller.principal.account;
            let list = format!("keys/{account}");
            let after = request.page.after(view, &list)?;
            let after = after.and_then(|bytes| bytes.try_into().ok()).map(KeyId::from_bytes);
            let keys = view
                .ring
                .keys_after(after)
                .filter(|entry| &entry.record().account == account && entry.record().kind != KeyKind::Owned);
            let keys =
                keys.map(|entry| KeyListEntry { key_id: entry.record().id, key_arn: entry.arn().to_owned() });
            Ok(request.page.page(view, &list, LIST_KEYS_PAGE, keys, |entry| entry.key_id.bytes().to_vec()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[tokio::test]
    async fn an_account_sees_its_own_and_managed_keys_only() {
        let world = World::new().await;
        let own = world.key().await.arn;
        let managed = world.describe(&root(), MANAGED_ALIAS).await.unwrap().arn;
        world.kms.create_key(&stranger(), create_key()).await.unwrap();
        let owned =
            world.kms.generate_data_key(&service(), data_key(OWNED_ALIAS, context(&[]))).await.unwrap();
        let page = world.kms.list_keys(&root(), PageRequest::default()).await.unwrap();
        let listed: Vec<_> = page.items.into_iter().map(|key| key.key_arn).collect();
        assert_eq!(listed.len(), 2);
        assert!(listed.contains(&own) && listed.contains(&managed) && !listed.contains(&owned.key_arn));
        // Not even to the account it belongs to, should somebody claim to be of it.
        let claimant = Caller::direct(std::sync::Arc::new(identity::Principal::root(
            identity::AccountId::of_services(),
        )));
        assert!(world.kms.list_keys(&claimant, PageRequest::default()).await.unwrap().items.is_empty());
        assert_eq!(code(&world.describe(&claimant, &owned.key_arn).await), "NotFoundException");
    }
}
