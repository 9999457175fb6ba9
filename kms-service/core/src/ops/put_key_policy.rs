//! PutKeyPolicy: another policy for a key.

use identity::{Caller, Verdict};
use shape::{Decode, Request, Rule, Shown, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    authorize::Op,
    error::{KmsError, PolicyFault, Quota, Unsupported},
    grant::Asked,
    kms::View,
    limits::{POLICY_BYTES_MAX, POLICY_CHARS_MAX},
    ops::get_key_policy::{check_name, is_default},
    plan::Plan,
    policy::{KeyPolicy, PolicyVerdict},
    ring::Entry,
};

/// Which policy, for which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct PutKeyPolicy {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// The document.
    #[shape(required)]
    pub policy: String,
    /// Its name. A key has one, `default`.
    pub policy_name: Option<String>,
    /// Whether it may keep its own author from putting another.
    pub bypass_policy_lockout_safety_check: bool,
}

impl Request for PutKeyPolicy {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        check_name(violations, self.policy_name.as_deref());
        check_text(violations, &self.policy);
    }
}

impl Kms {
    /// Puts a policy in the place of the present one; what it does not allow any more is refused when this returns. Works
    /// in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops); last, what is wrong with the policy.
    pub async fn put_key_policy(&self, caller: &Caller, request: PutKeyPolicy) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::PutKeyPolicy, move |view, trail| {
            request.check()?;
            let key = view.admit(&who, trail, &request.key_id)?;
            if !is_default(request.policy_name.as_deref()) {
                return Err(KmsError::Unsupported(Unsupported::PolicyName));
            }
            let bypass = request.bypass_policy_lockout_safety_check;
            let policy = write(view, &who, request.policy, key.entry(), bypass)?;
            let mut plan = Plan::nothing();
            plan.put_policy(&key, policy);
            Ok((plan, ()))
        })
        .await
    }
}

/// The rules of the model for a policy's text, which an answer never repeats.
pub(crate) fn check_text(violations: &mut Violations, text: &str) {
    let legal = |character: char| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}');
    violations.count("policy", text.chars().count(), 1..=POLICY_CHARS_MAX);
    if !text.chars().all(legal) {
        violations.push("policy", Shown::Hidden, Rule::Pattern("[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"));
    }
}

/// The policy that the caller writes for a key.
pub(crate) fn write(
    view: &View<'_>,
    caller: &Caller,
    text: String,
    key: &Entry,
    bypass_lockout_check: bool,
) -> Result<KeyPolicy, KmsError> {
    if text.len() > POLICY_BYTES_MAX {
        return Err(KmsError::Limit(Quota::PolicySize));
    }
    let policy = KeyPolicy::write(text, &key.record().account)?;
    if bypass_lockout_check || could_put_another(view, caller, &policy, key) {
        Ok(policy)
    } else {
        Err(KmsError::MalformedPolicy(PolicyFault::LocksOut))
    }
}

/// Whether the caller could put yet another policy on the key once it has this one.
fn could_put_another(view: &View<'_>, caller: &Caller, policy: &KeyPolicy, key: &Entry) -> bool {
    let (op, principal) = (Op::PutKeyPolicy, &caller.principal);
    match policy.verdict(op, caller, &key.record().account, view.realm().dynamodb(), Asked::Plain) {
        PolicyVerdict::Allows => true,
        PolicyVerdict::Delegates => {
            principal.is_root() || principal.policy.evaluate(op.action(), key.arn()) == Verdict::Allow
        }
        PolicyVerdict::Silent => false,
    }
}

#[cfg(test)]
mod tests;
