//! ListGrants: the grants of a key, in the order of their ids.

use identity::{AccountId, Caller};
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    authorize::may,
    clock::Timestamp,
    error::KmsError,
    grant::{Constraints, Grant, GrantOperation},
    ids::GrantId,
    limits::{GRANT_ID_CHARS_MAX, LIST_PAGE, PRINCIPAL_CHARS_MAX},
    page::{Page, PageRequest},
    ring::Entry,
};

/// Which grants.
#[derive(Clone, Debug, Default, Decode)]
#[shape(later("GranteeServicePrincipal"))]
pub struct ListGrants {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// Only this one.
    pub grant_id: Option<String>,
    /// Only those of this grantee.
    pub grantee_principal: Option<String>,
    /// Which part of the list.
    #[shape(flatten)]
    pub page: PageRequest,
}

/// A grant in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantListEntry {
    /// The key.
    pub key_arn: String,
    /// The grant.
    pub grant_id: GrantId,
    /// Its name, empty if it has none.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Who was given it.
    pub grantee_principal: String,
    /// Who may retire it.
    pub retiring_principal: Option<String>,
    /// The account of whoever made it.
    pub issuing_account: AccountId,
    /// What it allows.
    pub operations: Vec<GrantOperation>,
    /// Within which encryption contexts.
    pub constraints: Constraints,
}

impl Request for ListGrants {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        if let Some(grant_id) = &self.grant_id {
            violations.text("grantId", grant_id, 1..=GRANT_ID_CHARS_MAX);
        }
        if let Some(grantee) = &self.grantee_principal {
            violations.text("granteePrincipal", grantee, 1..=PRINCIPAL_CHARS_MAX);
        }
        self.page.check(violations, LIST_PAGE);
    }
}

impl ListGrants {
    fn grant_id(&self) -> Result<Option<GrantId>, KmsError> {
        self.grant_id.as_deref().map(parse_grant_id).transpose()
    }
}

impl Kms {
    /// Lists grants. Works in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn list_grants(
        &self,
        caller: &Caller,
        request: ListGrants,
    ) -> Result<Page<GrantListEntry>, KmsError> {
        self.read(caller, Operation::ListGrants, |view, trail| {
            request.check()?;
            let wanted = request.grant_id()?;
            let key = view.admit::<may::ListGrants>(caller, trail, &request.key_id)?;
            let list = format!("grants/{}", key.record().id);
            let after = request.page.after(view, &list)?;
            let after = after.and_then(|bytes| bytes.try_into().ok()).map(GrantId::from_bytes);
            let grantee = request.grantee_principal.as_deref();
            let grants = key.entry().grants_after(after).filter(|grant| {
                wanted.is_none_or(|wanted| wanted == grant.id)
                    && grantee.is_none_or(|grantee| grantee == grant.terms.grantee.as_str())
            });
            let grants = grants.map(|grant| list_entry(key.entry(), grant));
            let position = |entry: &GrantListEntry| entry.grant_id.bytes().to_vec();
            Ok(request.page.page(view, &list, LIST_PAGE, grants, position))
        })
    }
}

/// A grant id as a request writes it.
pub(crate) fn parse_grant_id(text: &str) -> Result<GrantId, KmsError> {
    GrantId::parse(text).ok_or_else(|| KmsError::InvalidGrantId { given: text.to_owned() })
}

/// A grant as lists have it.
pub(crate) fn list_entry(entry: &Entry, grant: &Grant) -> GrantListEntry {
    let terms = &grant.terms;
    GrantListEntry {
        key_arn: entry.arn().to_owned(),
        grant_id: grant.id,
        name: terms.name.clone().unwrap_or_default(),
        created: grant.created,
        grantee_principal: terms.grantee.as_str().to_owned(),
        retiring_principal: terms.retiring.as_ref().map(|retiring| retiring.as_str().to_owned()),
        issuing_account: terms.issuing_account.clone(),
        operations: terms.operations.iter().copied().collect(),
        constraints: terms.constraints.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[tokio::test]
    async fn filters_and_entries() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let mut request = grant(&key, user_arn("a").as_str(), &[GrantOperation::Decrypt]);
        request.name = Some("n".to_owned());
        request.retiring_principal = Some(user_arn("r").to_string());
        request.constraints.equals = Some(context(&[("t", "1")]));
        let made = world.kms.create_grant(&root(), request.clone()).await.unwrap();
        world.grant(&key, &user("b", &[]), &[GrantOperation::Encrypt]).await;

        let list = async |grant_id: Option<String>, grantee: Option<String>| {
            let request = ListGrants {
                key_id: key.clone(),
                grant_id,
                grantee_principal: grantee,
                ..Default::default()
            };
            world.kms.list_grants(&root(), request).await
        };
        assert_eq!(list(None, None).await.unwrap().items.len(), 2);
        let expected = GrantListEntry {
            key_arn: key.clone(),
            grant_id: made.grant_id,
            name: "n".to_owned(),
            created: crate::Clock::now(&*world.clock),
            grantee_principal: user_arn("a").to_string(),
            retiring_principal: Some(user_arn("r").to_string()),
            issuing_account: account(),
            operations: vec![GrantOperation::Decrypt],
            constraints: request.constraints,
        };
        assert_eq!(list(Some(made.grant_id.to_string()), None).await.unwrap().items.first(), Some(&expected));
        assert_eq!(list(None, Some(user_arn("a").to_string())).await.unwrap().items, [expected]);
        assert!(list(None, Some(user_arn("c").to_string())).await.unwrap().items.is_empty());
        let other = GrantId::from_bytes([0; 32]).to_string();
        assert!(list(Some(other), None).await.unwrap().items.is_empty());
        assert_eq!(code(&list(Some("zz".to_owned()), None).await), "InvalidGrantIdException");
    }
}
