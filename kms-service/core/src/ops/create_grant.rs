//! CreateGrant: an allowance on a key for one grantee.

use std::collections::BTreeSet;

use identity::{Caller, ServiceName};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    authorize::{Op, denied},
    constraints::Violations,
    error::{DenialReason, KmsError, Quota},
    grant::{Asked, Constraints, GrantOperation, GrantTerms, Grantee},
    ids::GrantId,
    limits::{
        CONSTRAINT_PAIRS_MAX, CONSTRAINT_VALUE_CHARS_MAX, GRANT_NAME_CHARS_MAX, GRANTS_PER_KEY_MAX,
        PRINCIPAL_CHARS_MAX,
    },
    plan::Plan,
    ring::Entry,
};

/// What to allow, to whom.
#[derive(Clone, Debug)]
pub struct CreateGrant {
    /// Key id or key ARN.
    pub key_id: String,
    /// A principal's ARN, or the name of the service that calls.
    pub grantee_principal: String,
    /// Who may retire the grant, written alike.
    pub retiring_principal: Option<String>,
    /// What is allowed; at least one.
    pub operations: Vec<GrantOperation>,
    /// Within which encryption contexts.
    pub constraints: Constraints,
    /// Tokens of grants that the caller was given.
    pub grant_tokens: Vec<String>,
    /// With a name, the same request again means the same grant.
    pub name: Option<String>,
    /// Whether only to check.
    pub dry_run: bool,
}

/// A grant.
#[derive(Clone, PartialEq, Eq)]
pub struct CreatedGrant {
    /// The grant.
    pub grant_id: GrantId,
    /// Another one at each call; all of one grant are interchangeable.
    pub grant_token: String,
}

impl CreateGrant {
    fn check(&self) -> Result<(), KmsError> {
        let mut violations = Violations::default();
        check_length(&mut violations, "keyId", &self.key_id);
        violations.text("granteePrincipal", &self.grantee_principal, 1, PRINCIPAL_CHARS_MAX);
        if let Some(retiring) = &self.retiring_principal {
            violations.text("retiringPrincipal", retiring, 1, PRINCIPAL_CHARS_MAX);
        }
        violations.count("operations", self.operations.len(), 1, usize::MAX);
        check_constraints(&mut violations, &self.constraints);
        violations.grant_tokens(&self.grant_tokens);
        if let Some(name) = &self.name {
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '_' | '-');
            violations.text("name", name, 1, GRANT_NAME_CHARS_MAX);
            violations.pattern("name", name, "^[a-zA-Z0-9:/_-]+$", name.chars().all(legal));
        }
        violations.finish()
    }

    fn terms(self, caller: &Caller) -> Result<GrantTerms, KmsError> {
        let principal = |text: String| Grantee::parse(&text).ok_or(KmsError::InvalidArn { given: text });
        Ok(GrantTerms {
            name: self.name,
            grantee: principal(self.grantee_principal)?,
            retiring: self.retiring_principal.map(principal).transpose()?,
            issuing_account: caller.principal.account.clone(),
            operations: BTreeSet::from_iter(self.operations),
            constraints: self.constraints,
        })
    }
}

fn check_constraints(violations: &mut Violations, constraints: &Constraints) {
    let both =
        [("encryptionContextSubset", &constraints.subset), ("encryptionContextEquals", &constraints.equals)];
    for (member, context) in both {
        let Some(context) = context else { continue };
        let path = format!("constraints.{member}");
        violations.context(&path, context);
        violations.count(&path, context.len(), 0, CONSTRAINT_PAIRS_MAX);
        for (_, value) in context.iter() {
            violations.count(&format!("{path}.value"), value.chars().count(), 0, CONSTRAINT_VALUE_CHARS_MAX);
        }
    }
}

impl Kms {
    /// Makes a grant, in effect when this returns. With a name, an equal grant of that name is the answer.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops); the quota comes last. A service may be named by that service only,
    /// for itself or on somebody's behalf.
    pub async fn create_grant(
        &self,
        caller: &Caller,
        request: CreateGrant,
    ) -> Result<CreatedGrant, KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::CreateGrant, move |view, trail| {
            request.check()?;
            view.check_tokens(&request.grant_tokens)?;
            let dry_run = request.dry_run;
            let entry = view.managed_key(&who, &request.key_id)?;
            trail.key(entry);
            let terms = request.terms(&who)?;
            let authorized = view.authorize(&who, Op::CreateGrant, entry, Asked::Grant(&terms))?;
            check_services(&who, entry, &terms)?;
            let key = authorized.admit()?;
            let mut plan = Plan::nothing();
            let existing = repeated(entry, &terms);
            if existing.is_none() && entry.grants().len() >= GRANTS_PER_KEY_MAX {
                return Err(KmsError::Limit(Quota::Grants));
            }
            if dry_run {
                return Err(KmsError::DryRun);
            }
            let grant_id = existing.unwrap_or_else(|| {
                let id = GrantId::generate(view.entropy());
                plan.create_grant(&key, id, terms, view.now());
                id
            });
            let grant_token = view.tokens().for_grant(key.record().id, &grant_id, view.entropy());
            Ok((plan, CreatedGrant { grant_id, grant_token }))
        })
        .await
    }
}

/// The grant that the same request made before; only a name makes a request the same.
fn repeated(entry: &Entry, terms: &GrantTerms) -> Option<GrantId> {
    terms.name.as_ref()?;
    entry.grants_to(&terms.grantee).find(|grant| &grant.terms == terms).map(|grant| grant.id)
}

/// A user who could name a service would give it rights that it did not ask for, and take its grants' names.
fn check_services(caller: &Caller, entry: &Entry, terms: &GrantTerms) -> Result<(), KmsError> {
    let calling = caller.via.as_ref().or_else(|| caller.as_service());
    let named = |grantee: &Grantee| -> Option<ServiceName> {
        match grantee {
            Grantee::Service(service) => Some(service.clone()),
            Grantee::Principal(_) => None,
        }
    };
    let services = [Some(&terms.grantee), terms.retiring.as_ref()];
    match services.into_iter().flatten().filter_map(named).find(|service| Some(service) != calling) {
        Some(service) => {
            Err(denied(caller, Op::CreateGrant, entry.arn(), DenialReason::ForeignService { service }))
        }
        None => Ok(()),
    }
}
