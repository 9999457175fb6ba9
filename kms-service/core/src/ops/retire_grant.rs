//! RetireGrant: whoever a grant serves ends it when it is no longer needed.

use identity::Caller;

use crate::{
    Kms,
    arn::{KeyRef, check_length},
    audit::Operation,
    authorize::authorize_retirement,
    constraints::Violations,
    error::{KmsError, Rule},
    grant::Grant,
    kms::View,
    limits::{GRANT_ID_CHARS_MAX, GRANT_TOKEN_CHARS_MAX},
    ops::list_grants::parse_grant_id,
    plan::Plan,
    ring::Entry,
};

/// Which grant: by its token, or by key ARN and id.
#[derive(Clone)]
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

impl RetireGrant {
    fn check(&self) -> Result<(), KmsError> {
        let mut violations = Violations::default();
        if let Some(token) = &self.grant_token {
            violations.count("grantToken", token.chars().count(), 1, GRANT_TOKEN_CHARS_MAX);
        }
        if let Some(key_id) = &self.key_id {
            check_length(&mut violations, "keyId", key_id);
        }
        if let Some(grant_id) = &self.grant_id {
            violations.text("grantId", grant_id, 1, GRANT_ID_CHARS_MAX);
        }
        violations.finish()
    }

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
                let entry = view.ring.resolve(caller, &reference, view.realm())?;
                let found = entry.grants().get(&grant).map(|grant| (entry, grant));
                found.ok_or_else(|| KmsError::GrantNotFound { id: grant_id.clone() })
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
            let key = authorize_retirement(&who, entry, grant)?.admit()?;
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
