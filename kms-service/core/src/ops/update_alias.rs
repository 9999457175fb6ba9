//! UpdateAlias: the name stands for another key from now on.

use identity::Caller;

use crate::{
    Kms,
    alias::AliasName,
    audit::Operation,
    authorize::{Op, authorize_account},
    error::KmsError,
    grant::Asked,
    ids::alias_arn,
    ops::create_alias::{admit_target, check_quota},
    plan::Plan,
};

/// Which name, for which key.
#[derive(Clone, Debug)]
pub struct UpdateAlias {
    /// An alias that exists.
    pub alias_name: String,
    /// Key id or key ARN of the new target.
    pub target_key_id: String,
}

impl Kms {
    /// Moves an alias. Needs `kms:UpdateAlias` on the alias and on both keys. Only the new target's state matters.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn update_alias(&self, caller: &Caller, request: UpdateAlias) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::UpdateAlias, move |view, trail| {
            let op = Op::UpdateAlias;
            let name = AliasName::chosen(&request.alias_name)?;
            let account = &who.principal.account;
            let arn = alias_arn(view.realm().region(), account, &name);
            let _authorized = authorize_account(&who, op, &arn)?;
            let alias = view.ring.alias(account, &name).ok_or(KmsError::AliasNotFound { arn })?;
            let old = view.ring.key(alias.target).ok_or(KmsError::Defect("an alias without a key"))?;
            let old = view.authorize(&who, op, old, Asked::Plain)?;
            let new = admit_target(view, &who, trail, op, &request.target_key_id)?;
            if new.record().id != alias.target {
                check_quota(&new)?;
            }
            let mut plan = Plan::nothing();
            plan.move_alias(alias, &old, &new, view.now());
            Ok((plan, ()))
        })
        .await
    }
}
