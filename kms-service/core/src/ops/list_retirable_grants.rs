//! ListRetirableGrants: the grants that a principal may retire, on whichever keys, in the order of keys and grants.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    audit::Operation,
    authorize::authorize_retirable,
    error::{KmsError, Rule},
    grant::Grantee,
    ids::{GrantId, KeyId},
    limits::{LIST_PAGE, PRINCIPAL_CHARS_MAX},
    ops::list_grants::{GrantListEntry, list_entry},
    page::{Page, PageRequest},
};

/// By which principal.
#[derive(Clone, Debug, Default, Decode)]
#[shape(later("RetiringServicePrincipal"))]
pub struct ListRetirableGrants {
    /// Its ARN; of a service that calls, its name.
    pub retiring_principal: Option<String>,
    /// Which part of the list.
    #[shape(flatten)]
    pub page: PageRequest,
}

impl Request for ListRetirableGrants {
    fn constraints(&self, violations: &mut Violations) {
        if let Some(principal) = &self.retiring_principal {
            violations.text("retiringPrincipal", principal, 1..=PRINCIPAL_CHARS_MAX);
        }
        self.page.check(violations, LIST_PAGE);
    }
}

impl Kms {
    /// Lists grants by their retiring principal, which is of the caller's account. Grants on keys of other accounts are among
    /// them.
    ///
    /// # Errors
    /// Members out of range, no principal, no `kms:ListRetirableGrants`.
    pub async fn list_retirable_grants(
        &self,
        caller: &Caller,
        request: ListRetirableGrants,
    ) -> Result<Page<GrantListEntry>, KmsError> {
        self.read(caller, Operation::ListRetirableGrants, |view, _| {
            request.check()?;
            let given = request.retiring_principal.as_deref();
            let given = given.ok_or(KmsError::Rule(Rule::RetiringPrincipalRequired))?;
            let retiring =
                Grantee::parse(given).ok_or_else(|| KmsError::InvalidArn { given: given.to_owned() })?;
            let _authorized = authorize_retirable(caller, &retiring)?;
            let list = format!("retirable/{}", retiring.as_str());
            let after = request.page.after(view, &list)?.as_deref().and_then(place);
            let grants = view.ring.retirable(caller, &retiring, after, view.realm());
            let grants = grants.map(|(key, grant)| (key.record().id, list_entry(key, grant)));
            let page = request.page.page(view, &list, LIST_PAGE, grants, |(key, entry)| {
                [key.bytes().as_slice(), entry.grant_id.bytes()].concat()
            });
            Ok(page.map(|(_, entry)| entry))
        })
    }
}

/// Where a page ended: at a grant on a key.
fn place(bytes: &[u8]) -> Option<(KeyId, GrantId)> {
    let (key, grant) = bytes.split_first_chunk()?;
    Some((KeyId::from_bytes(*key), GrantId::from_bytes(grant.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GrantOperation, ops::create_grant::CreateGrant, testing::*};

    fn request(principal: &str) -> ListRetirableGrants {
        ListRetirableGrants { retiring_principal: Some(principal.to_owned()), ..Default::default() }
    }

    fn retirable(key: &str, retiring: &str) -> CreateGrant {
        let grant = grant(key, user_arn("grantee").as_str(), &[GrantOperation::Decrypt]);
        CreateGrant { retiring_principal: Some(retiring.to_owned()), ..grant }
    }

    #[tokio::test]
    async fn they_are_found_on_every_key_in_pages_of_any_size() {
        let mut world = World::new().await;
        let retiring = user_arn("retiring");
        let mut made = Vec::new();
        for _ in 0..3 {
            let key = world.key().await.arn;
            for _ in 0..3 {
                let grant = retirable(&key, retiring.as_str());
                made.push(world.kms.create_grant(&root(), grant).await.unwrap().grant_id);
            }
            world.kms.create_grant(&root(), retirable(&key, user_arn("other").as_str())).await.unwrap();
            world.grant(&key, &nobody(), &[GrantOperation::Decrypt]).await;
        }
        let theirs = world.kms.create_key(&stranger(), create_key()).await.unwrap().arn;
        let grant = retirable(&theirs, retiring.as_str());
        made.push(world.kms.create_grant(&stranger(), grant).await.unwrap().grant_id);
        made.sort();
        world.restart().await;
        for limit in [1, 2, 3, 4, 9, 10, 100] {
            let (mut found, mut marker) = (Vec::new(), None);
            loop {
                let page = PageRequest { limit: Some(limit), marker };
                let request = ListRetirableGrants { page, ..request(retiring.as_str()) };
                let page = world.kms.list_retirable_grants(&root(), request).await.unwrap();
                found.extend(page.items);
                marker = page.next_marker;
                if marker.is_none() {
                    break;
                }
            }
            assert!(found.iter().all(|entry| entry.retiring_principal.as_deref() == Some(retiring.as_str())));
            let mut ids: Vec<_> = found.iter().map(|entry| entry.grant_id).collect();
            ids.sort();
            assert_eq!(ids, made, "pages of {limit}");
        }
        let ended = made.pop().unwrap();
        let key = world.kms.list_retirable_grants(&root(), request(retiring.as_str())).await.unwrap();
        let key_id = key.items.iter().find(|entry| entry.grant_id == ended).unwrap().key_arn.clone();
        let owner = if key_id == theirs { stranger() } else { root() };
        let revoke =
            crate::ops::revoke_grant::RevokeGrant { key_id, grant_id: ended.to_string(), dry_run: false };
        world.kms.revoke_grant(&owner, revoke).await.unwrap();
        let rest = world.kms.list_retirable_grants(&root(), request(retiring.as_str())).await.unwrap();
        assert_eq!(rest.items.len(), made.len());
    }

    #[tokio::test]
    async fn an_account_asks_about_its_own_principals_and_a_service_about_itself() {
        let world = World::new().await;
        let attempt = async |caller: &Caller, principal: &str| {
            world.kms.list_retirable_grants(caller, request(principal)).await
        };
        let retiring = user_arn("retiring");
        let (reason, text) = refusal(attempt(&nobody(), retiring.as_str()).await);
        assert_eq!(reason, "AccessDeniedException");
        assert!(
            text.contains(&format!("kms:ListRetirableGrants on resource: {retiring} because no identity")),
            "{text}"
        );
        assert!(
            attempt(&user("a", &[("Allow", "kms:ListRetirableGrants")]), retiring.as_str()).await.is_ok()
        );
        assert_eq!(code(&attempt(&stranger(), retiring.as_str()).await), "AccessDeniedException");
        assert_eq!(code(&attempt(&root(), dynamodb().as_str()).await), "AccessDeniedException");
        assert_eq!(code(&attempt(&via(&root()), dynamodb().as_str()).await), "AccessDeniedException");
        assert!(attempt(&service(), dynamodb().as_str()).await.is_ok());
        assert_eq!(code(&attempt(&root(), "bob").await), "InvalidArnException");
        assert_eq!(code(&attempt(&root(), &"x".repeat(257)).await), "ValidationException");
        let none = world.kms.list_retirable_grants(&root(), ListRetirableGrants::default()).await;
        assert_eq!(refusal(none), ("ValidationException", "Specify the retiring principal.".to_owned()));
    }

    /// The owned key's grants are for the service alone, whoever else is named in one.
    #[tokio::test]
    async fn what_is_on_the_owned_key_is_nobodys_to_see() {
        let world = World::new().await;
        world.kms.encrypt(&service(), encrypt(OWNED_ALIAS, b"x", context(&[]))).await.unwrap();
        let retiring = user_arn("retiring");
        world.kms.create_grant(&service(), retirable(&world.owned().await, retiring.as_str())).await.unwrap();
        let seen = world.kms.list_retirable_grants(&root(), request(retiring.as_str())).await.unwrap();
        assert!(seen.items.is_empty());
    }

    impl World {
        async fn owned(&self) -> String {
            self.describe(&service(), OWNED_ALIAS).await.unwrap().arn
        }
    }
}
