//! RetireGrant: whoever a grant serves ends it when it is no longer needed.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    arn::{KeyRef, check_length},
    audit::Operation,
    authorize::{Op, authorize_retirement, denied, is_foreign, may},
    error::{DenialReason, KmsError, Rule},
    grant::{Grant, Grantee},
    kms::View,
    limits::{GRANT_ID_CHARS_MAX, GRANT_TOKEN_CHARS_MAX},
    ops::list_grants::parse_grant_id,
    plan::Plan,
    ring::Entry,
};

/// Which grant: by its token, or by key ARN and id.
#[derive(Clone, Default, Decode)]
pub struct RetireGrant {
    /// A token of the grant.
    pub grant_token: Option<String>,
    /// The key's ARN.
    pub key_id: Option<String>,
    /// The grant's id.
    pub grant_id: Option<String>,
    /// Whether only to check.
    pub dry_run: bool,
}

impl Request for RetireGrant {
    fn constraints(&self, violations: &mut Violations) {
        if let Some(token) = &self.grant_token {
            violations.count("grantToken", token.chars().count(), 1..=GRANT_TOKEN_CHARS_MAX);
        }
        if let Some(key_id) = &self.key_id {
            check_length(violations, "keyId", key_id);
        }
        if let Some(grant_id) = &self.grant_id {
            violations.text("grantId", grant_id, 1..=GRANT_ID_CHARS_MAX);
        }
    }
}

impl RetireGrant {
    fn find<'r>(&self, view: &View<'r>, caller: &Caller) -> Result<(&'r Entry, &'r Grant), KmsError> {
        match (&self.grant_token, &self.key_id, &self.grant_id) {
            (Some(token), None, None) => {
                let (key, grant) = view.tokens().read_grant(token).ok_or(KmsError::InvalidGrantToken)?;
                let entry = view.ring.key(key);
                let found = entry.and_then(|entry| Some((entry, entry.grants().get(&grant)?)));
                found.ok_or_else(|| KmsError::GrantNotFound { id: grant.to_string() })
            }
            (None, Some(key_id), Some(grant_id)) => {
                let grant = parse_grant_id(grant_id)?;
                let reference = KeyRef::parse_key(key_id, view.realm().region())?;
                if !key_id.starts_with("arn:") {
                    return Err(KmsError::Rule(Rule::RetireNeedsArn));
                }
                let entry = view.ring.resolve::<may::RetireGrant>(caller, &reference, view.realm())?;
                let found = entry.grants().get(&grant).map(|grant| (entry, grant));
                found.ok_or_else(|| match is_foreign(caller, &entry.record().account) {
                    true => denied(caller, Op::RetireGrant, entry.arn(), DenialReason::OtherAccount),
                    false => KmsError::GrantNotFound { id: grant_id.clone() },
                })
            }
            _ => Err(KmsError::Rule(Rule::RetireArguments)),
        }
    }
}

impl Kms {
    /// Retires a grant; it is without effect when this returns. Works in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn retire_grant(&self, caller: &Caller, request: RetireGrant) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::RetireGrant, move |view, trail| {
            request.check()?;
            let (entry, grant) = request.find(view, &who)?;
            trail.key(entry);
            let ending = authorize_retirement(&who, entry, grant)?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            let mut plan = Plan::nothing();
            if who.as_service().is_some() && grant.terms.grantee == Grantee::of(&who.principal) {
                plan.end_grant_quietly(&ending);
            } else {
                plan.end_grant(&ending);
            }
            Ok((plan, ()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GrantOperation, testing::*};

    fn by_token(token: &str) -> RetireGrant {
        RetireGrant { grant_token: Some(token.to_owned()), key_id: None, grant_id: None, dry_run: false }
    }

    fn by_id(key: &str, grant: &str) -> RetireGrant {
        RetireGrant {
            grant_token: None,
            key_id: Some(key.to_owned()),
            grant_id: Some(grant.to_owned()),
            dry_run: false,
        }
    }

    #[tokio::test]
    async fn whoever_the_grant_serves_may_retire_it() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let retire = async |caller: &Caller, operations: &[GrantOperation]| {
            let mut request = grant(&key, user_arn("grantee").as_str(), operations);
            request.retiring_principal = Some(user_arn("retiring").to_string());
            let made = world.kms.create_grant(&root(), request).await.unwrap();
            code(&world.kms.retire_grant(caller, by_token(&made.grant_token)).await)
        };
        let decrypt = [GrantOperation::Decrypt];
        let with_right = [GrantOperation::Decrypt, GrantOperation::RetireGrant];
        let denied = "AccessDeniedException";
        assert_eq!(retire(&root(), &decrypt).await, "ok", "the issuing account");
        assert_eq!(retire(&user("retiring", &[]), &decrypt).await, "ok", "the retiring principal");
        assert_eq!(retire(&user("grantee", &[]), &with_right).await, "ok", "a grantee with the right to");
        assert_eq!(retire(&user("grantee", &[]), &decrypt).await, denied);
        assert_eq!(retire(&user("x", &[("Allow", "kms:RetireGrant")]), &decrypt).await, "ok", "by policy");
        assert_eq!(retire(&user("x", &[]), &with_right).await, denied);
        assert_eq!(retire(&user("retiring", &[("Deny", "kms:*")]), &decrypt).await, denied, "a deny wins");
        assert_eq!(retire(&stranger(), &with_right).await, denied);
        assert_eq!(retire(&service(), &with_right).await, denied);
    }

    #[tokio::test]
    async fn the_service_retires_what_it_was_given_and_only_as_itself() {
        let world = World::new().await;
        let key = world.describe(&root(), MANAGED_ALIAS).await.unwrap().arn;
        let mut request = grant(&key, dynamodb().as_str(), &[GrantOperation::Decrypt]);
        request.retiring_principal = Some(dynamodb().to_string());
        let made = world.kms.create_grant(&via(&nobody()), request).await.unwrap();
        let request = || by_id(&key, &made.grant_id.to_string());
        assert_eq!(code(&world.kms.retire_grant(&via(&nobody()), request()).await), "AccessDeniedException");
        assert_eq!(code(&world.kms.retire_grant(&via(&service()), request()).await), "AccessDeniedException");
        world.kms.retire_grant(&service(), request()).await.unwrap();
        assert_eq!(code(&world.kms.retire_grant(&service(), request()).await), "NotFoundException");
    }

    #[tokio::test]
    async fn the_grant_is_named_in_one_way() {
        let world = World::new().await;
        let key = world.key().await;
        let made = world.grant(&key.arn, &nobody(), &[GrantOperation::Decrypt]).await;
        let id = made.grant_id.to_string();
        let attempt = async |request| code(&world.kms.retire_grant(&root(), request).await);
        let nothing = RetireGrant { grant_token: None, key_id: None, grant_id: None, dry_run: false };
        assert_eq!(attempt(nothing.clone()).await, "ValidationException");
        let both = RetireGrant { grant_token: Some(made.grant_token.clone()), ..by_id(&key.arn, &id) };
        assert_eq!(attempt(both).await, "ValidationException");
        assert_eq!(
            attempt(RetireGrant { key_id: Some(key.arn.clone()), ..nothing }).await,
            "ValidationException"
        );
        assert_eq!(
            attempt(by_id(&key.key_id.to_string(), &id)).await,
            "ValidationException",
            "an ARN it must be"
        );
        assert_eq!(attempt(by_id(&key.arn, "zz")).await, "InvalidGrantIdException");
        assert_eq!(attempt(by_token("zz")).await, "InvalidGrantTokenException");
        let other = world.key().await.arn;
        assert_eq!(attempt(by_id(&other, &id)).await, "NotFoundException", "another key's grant");
        let dry = RetireGrant { dry_run: true, ..by_token(&made.grant_token) };
        assert_eq!(attempt(dry).await, "DryRunOperationException");
        world.kms.disable_key(&root(), key.arn.clone()).await.unwrap();
        assert_eq!(attempt(by_token(&made.grant_token)).await, "ok", "in every state of the key");
        assert_eq!(attempt(by_token(&made.grant_token)).await, "NotFoundException");
    }
}
