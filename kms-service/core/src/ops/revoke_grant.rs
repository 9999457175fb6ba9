//! RevokeGrant: whoever manages a key takes a grant back.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms, arn::check_length, audit::Operation, authorize::may, error::KmsError, limits::GRANT_ID_CHARS_MAX,
    ops::list_grants::parse_grant_id, plan::Plan,
};

/// Which grant.
#[derive(Clone, Debug, Default, Decode)]
pub struct RevokeGrant {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// The grant's id.
    #[shape(required)]
    pub grant_id: String,
    /// Whether only to check.
    pub dry_run: bool,
}

impl Request for RevokeGrant {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        violations.text("grantId", &self.grant_id, 1..=GRANT_ID_CHARS_MAX);
    }
}

impl Kms {
    /// Revokes a grant; it is without effect when this returns. Works in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn revoke_grant(&self, caller: &Caller, request: RevokeGrant) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::RevokeGrant, move |view, trail| {
            request.check()?;
            let id = parse_grant_id(&request.grant_id)?;
            let key = view.admit::<may::RevokeGrant>(&who, trail, &request.key_id)?;
            let grant =
                key.grant(&id).ok_or_else(|| KmsError::GrantNotFound { id: request.grant_id.clone() })?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            let mut plan = Plan::nothing();
            plan.end_grant(&grant);
            Ok((plan, ()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GrantOperation, testing::*};

    #[tokio::test]
    async fn a_revoked_grant_is_without_effect_at_once_and_for_good() {
        let mut world = World::new().await;
        let key = world.key().await.arn;
        let blob = world.seal(&key, b"x", context(&[])).await;
        let made = world.grant(&key, &nobody(), &[GrantOperation::Decrypt]).await;
        let twin = world.grant(&key, &nobody(), &[GrantOperation::Decrypt]).await;
        let revoke = |id: String| RevokeGrant { key_id: key.clone(), grant_id: id, dry_run: false };
        world.kms.revoke_grant(&root(), revoke(made.grant_id.to_string())).await.unwrap();
        assert!(world.open(&nobody(), &blob, context(&[])).await.is_ok(), "the other grant still allows");
        world.kms.revoke_grant(&root(), revoke(twin.grant_id.to_string())).await.unwrap();
        for restart in [false, true] {
            if restart {
                world.restart().await;
            }
            assert_eq!(code(&world.open(&nobody(), &blob, context(&[])).await), "AccessDeniedException");
        }
        let gone = world.kms.revoke_grant(&root(), revoke(made.grant_id.to_string())).await;
        assert_eq!(code(&gone), "NotFoundException");
        let malformed = world.kms.revoke_grant(&root(), revoke("not-a-grant".to_owned())).await;
        assert_eq!(code(&malformed), "InvalidGrantIdException");
        // A token of a grant that has ended is no mistake, and gives nothing.
        let request = crate::ops::decrypt::Decrypt {
            grant_tokens: vec![made.grant_token],
            ..decrypt(&blob, context(&[]))
        };
        assert_eq!(code(&world.kms.decrypt(&nobody(), request).await), "AccessDeniedException");
    }

    #[tokio::test]
    async fn the_account_may_revoke_grants_on_its_managed_key() {
        let world = World::new().await;
        let key = world.describe(&root(), MANAGED_ALIAS).await.unwrap().arn;
        let request = grant(&key, dynamodb().as_str(), &[GrantOperation::Decrypt]);
        let made = world.kms.create_grant(&via(&root()), request).await.unwrap();
        let request =
            RevokeGrant { key_id: key.clone(), grant_id: made.grant_id.to_string(), dry_run: false };
        world.kms.revoke_grant(&root(), request).await.unwrap();
    }
}
