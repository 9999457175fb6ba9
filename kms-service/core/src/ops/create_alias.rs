//! CreateAlias: a name for a customer key.

use identity::Caller;

use crate::{
    Kms,
    alias::AliasName,
    arn::{KeyRef, check_length},
    audit::{Operation, Trail},
    authorize::{Admitted, Op, authorize_account},
    constraints::Violations,
    error::{KmsError, Quota, Rule},
    grant::Asked,
    ids::alias_arn,
    kms::View,
    limits::ALIASES_PER_KEY_MAX,
    plan::Plan,
};

/// Which name, for which key.
#[derive(Clone, Debug)]
pub struct CreateAlias {
    /// Begins with `alias/`.
    pub alias_name: String,
    /// Key id or key ARN.
    pub target_key_id: String,
}

impl Kms {
    /// Makes an alias. Needs `kms:CreateAlias` on the alias and on the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn create_alias(&self, caller: &Caller, request: CreateAlias) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::CreateAlias, move |view, trail| {
            let op = Op::CreateAlias;
            let name = AliasName::chosen(&request.alias_name)?;
            let account = &who.principal.account;
            let arn = alias_arn(view.realm().region(), account, &name);
            let _authorized = authorize_account(&who, op, &arn)?;
            let target = admit_target(view, &who, trail, op, &request.target_key_id)?;
            if view.ring.alias(account, &name).is_some() {
                return Err(KmsError::AliasExists { arn });
            }
            check_quota(&target)?;
            let mut plan = Plan::nothing();
            plan.create_alias(&target, name, view.now());
            Ok((plan, ()))
        })
        .await
    }
}

/// The key that an alias is to point at. A permission on another account's key would come from a policy of its own or
/// from a grant, and neither gives this one, so the key is of the caller's account.
pub(crate) fn admit_target<'r>(
    view: &View<'r>,
    caller: &Caller,
    trail: &mut Trail,
    op: Op,
    target: &str,
) -> Result<Admitted<'r>, KmsError> {
    let mut violations = Violations::default();
    check_length(&mut violations, "targetKeyId", target);
    violations.finish()?;
    let reference = KeyRef::parse(target, view.realm().region())?;
    if matches!(reference, KeyRef::Alias { .. }) {
        return Err(KmsError::Rule(Rule::AliasTargetIsAlias));
    }
    let entry = view.ring.resolve(caller, &reference, view.realm())?;
    trail.key(entry);
    view.authorize(caller, op, entry, Asked::Plain)?.admit()
}

/// One more alias must fit.
pub(crate) fn check_quota(target: &Admitted<'_>) -> Result<(), KmsError> {
    if target.entry().aliases().len() >= ALIASES_PER_KEY_MAX {
        return Err(KmsError::Limit(Quota::Aliases));
    }
    Ok(())
}
