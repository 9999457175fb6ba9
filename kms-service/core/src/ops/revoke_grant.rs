//! RevokeGrant: whoever manages a key takes a grant back.

use identity::Caller;

use crate::{
    Kms, audit::Operation, authorize::Op, constraints::Violations, error::KmsError,
    limits::GRANT_ID_CHARS_MAX, ops::list_grants::parse_grant_id, plan::Plan,
};

/// Which grant.
#[derive(Clone, Debug)]
pub struct RevokeGrant {
    /// Key id or key ARN.
    pub key_id: String,
    /// The grant's id.
    pub grant_id: String,
    /// Whether only to check.
    pub dry_run: bool,
}

impl Kms {
    /// Revokes a grant; it is without effect when this returns. Works in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn revoke_grant(&self, caller: &Caller, request: RevokeGrant) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::RevokeGrant, move |view, trail| {
            let mut violations = Violations::default();
            violations.text("grantId", &request.grant_id, 1, GRANT_ID_CHARS_MAX);
            violations.finish()?;
            let id = parse_grant_id(&request.grant_id)?;
            let key = view.admit(&who, trail, Op::RevokeGrant, &request.key_id)?;
            let grant = key.entry().grants().get(&id);
            let grant = grant.ok_or_else(|| KmsError::GrantNotFound { id: request.grant_id.clone() })?;
            if request.dry_run {
                return Err(KmsError::DryRun);
            }
            let mut plan = Plan::nothing();
            plan.remove_grant(&key, grant);
            Ok((plan, ()))
        })
        .await
    }
}
