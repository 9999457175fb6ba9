//! GetKeyPolicy: the text of a key's policy.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms, arn::check_length, audit::Operation, authorize::may, error::KmsError, limits::POLICY_NAME_CHARS_MAX,
    policy::POLICY_NAME,
};

/// Of which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct GetKeyPolicy {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// The name of the policy. A key has one, `default`.
    pub policy_name: Option<String>,
}

/// A key's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPolicy {
    /// The document, as it was written.
    pub policy: String,
    /// Its name.
    pub policy_name: &'static str,
}

impl Request for GetKeyPolicy {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        check_name(violations, self.policy_name.as_deref());
    }
}

impl Kms {
    /// Shows a key's policy. Works in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops); last, a name that no policy has.
    pub async fn get_key_policy(
        &self,
        caller: &Caller,
        request: GetKeyPolicy,
    ) -> Result<NamedPolicy, KmsError> {
        self.read(caller, Operation::GetKeyPolicy, |view, trail| {
            request.check()?;
            let key = view.admit::<may::GetKeyPolicy>(caller, trail, &request.key_id)?;
            if !is_default(request.policy_name.as_deref()) {
                return Err(KmsError::PolicyNotFound);
            }
            let record = key.record();
            let policy = record.policy.text(&record.account, view.realm().region());
            Ok(NamedPolicy { policy, policy_name: POLICY_NAME })
        })
    }
}

/// The rules of the model for a policy's name.
pub(crate) fn check_name(violations: &mut Violations, name: Option<&str>) {
    let Some(name) = name else { return };
    let legal = |character: char| character.is_ascii_alphanumeric() || character == '_';
    violations.text("policyName", name, 1..=POLICY_NAME_CHARS_MAX);
    violations.pattern("policyName", name, "[\\w]+", name.chars().all(legal));
}

/// Whether it is the name of the one policy of a key; not to name it is to mean it.
pub(crate) fn is_default(name: Option<&str>) -> bool {
    name.is_none_or(|name| name == POLICY_NAME)
}
