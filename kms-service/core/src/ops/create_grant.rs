//! CreateGrant: an allowance on a key for one grantee.

use std::collections::BTreeSet;

use identity::{Caller, ServiceName};
use shape::{Choice as _, Decode, Request, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    authorize::{Op, denied, may},
    constraints,
    error::{DenialReason, KmsError, Quota, Rule},
    grant::{Asked, Constraints, GrantOperation, GrantTerms, Grantee},
    ids::GrantId,
    limits::{CONSTRAINT_PAIRS_MAX, CONSTRAINT_VALUE_CHARS_MAX, GRANT_NAME_CHARS_MAX, GRANTS_PER_KEY_MAX},
    plan::Plan,
    ring::Entry,
    spec::KeyType,
};

/// What to allow, to whom.
#[derive(Clone, Debug, Default, Decode)]
#[shape(later("GranteeServicePrincipal", "RetiringServicePrincipal"))]
pub struct CreateGrant {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// A principal's ARN, or the name of the service that calls.
    pub grantee_principal: String,
    /// Who may retire the grant, written alike.
    pub retiring_principal: Option<String>,
    /// What is allowed; at least one.
    #[shape(required)]
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

impl Request for CreateGrant {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        constraints::principal(violations, "granteePrincipal", &self.grantee_principal);
        if let Some(retiring) = &self.retiring_principal {
            constraints::principal(violations, "retiringPrincipal", retiring);
        }
        violations.count("operations", self.operations.len(), 1..=usize::MAX);
        check_constraints(violations, &self.constraints);
        constraints::grant_tokens(violations, &self.grant_tokens);
        if let Some(name) = &self.name {
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '_' | '-');
            violations.text("name", name, 1..=GRANT_NAME_CHARS_MAX);
            violations.pattern("name", name, "^[a-zA-Z0-9:/_-]+$", name.chars().all(legal));
        }
    }
}

impl CreateGrant {
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
        constraints::context(violations, &path, context);
        violations.count(&path, context.len(), 0..=CONSTRAINT_PAIRS_MAX);
        // More than that are wrong already, and a complaint about each would have no bound.
        for (_, value) in context.iter().take(CONSTRAINT_PAIRS_MAX) {
            violations.count(&format!("{path}.value"), value.chars().count(), 0..=CONSTRAINT_VALUE_CHARS_MAX);
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
            let (dry_run, key_id) = (request.dry_run, request.key_id.clone());
            let terms = request.terms(&who)?;
            let entry = view.managed_key::<may::CreateGrant>(&who, &key_id)?;
            trail.key(entry);
            let authorized = view.authorize(&who, entry, Asked::Grant(&terms))?;
            check_services(&who, entry, &terms)?;
            let key = authorized.admit()?;
            check_fit(key.record().key_type, &terms)?;
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

/// A grant allows what its key can do, and only a key that encrypts knows encryption contexts.
fn check_fit(key_type: KeyType, terms: &GrantTerms) -> Result<(), KmsError> {
    let Constraints { subset, equals } = &terms.constraints;
    if key_type != KeyType::Symmetric && (subset.is_some() || equals.is_some()) {
        return Err(KmsError::Rule(Rule::GrantContextOfSpec));
    }
    match terms.operations.iter().find(|operation| !operation.fits(key_type)) {
        Some(misfit) => {
            let (operation, spec) = (misfit.name(), key_type.spec().as_str());
            Err(KmsError::Rule(Rule::GrantOperationOfSpec { operation, spec }))
        }
        None => Ok(()),
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

#[cfg(test)]
mod tests {
    use envelope::EncryptionContext;

    use super::*;
    use crate::{grant::Grant, ops::list_grants::ListGrants, testing::*};

    async fn count(world: &World, key: &str) -> usize {
        let request = ListGrants { key_id: key.to_owned(), ..Default::default() };
        world.kms.list_grants(&root(), request).await.unwrap().items.len()
    }

    #[tokio::test]
    async fn with_a_name_the_same_request_means_the_same_grant() {
        let mut world = World::new().await;
        let key = world.key().await.arn;
        let named = CreateGrant {
            name: Some("once".to_owned()),
            ..grant(&key, user_arn("a").as_str(), &[GrantOperation::Encrypt, GrantOperation::Decrypt])
        };
        let first = world.kms.create_grant(&root(), named.clone()).await.unwrap();
        world.restart().await;
        let commits = world.store.commits();
        let reordered = CreateGrant {
            operations: vec![GrantOperation::Decrypt, GrantOperation::Encrypt, GrantOperation::Decrypt],
            ..named.clone()
        };
        let again = world.kms.create_grant(&root(), reordered).await.unwrap();
        assert_eq!(first.grant_id, again.grant_id);
        assert_ne!(first.grant_token, again.grant_token);
        assert_eq!(world.store.commits(), commits);

        let different = [
            CreateGrant { name: None, ..named.clone() },
            CreateGrant { name: None, ..named.clone() },
            CreateGrant { name: Some("twice".to_owned()), ..named.clone() },
            CreateGrant { operations: vec![GrantOperation::Decrypt], ..named.clone() },
            CreateGrant { grantee_principal: user_arn("b").to_string(), ..named.clone() },
            CreateGrant { retiring_principal: Some(user_arn("a").to_string()), ..named.clone() },
            CreateGrant {
                constraints: Constraints { subset: Some(context(&[("a", "b")])), equals: None },
                ..named.clone()
            },
        ];
        let mut ids = BTreeSet::from([first.grant_id]);
        for request in different {
            assert!(ids.insert(world.kms.create_grant(&root(), request).await.unwrap().grant_id));
        }
        assert_eq!(count(&world, &key).await, 8);
    }

    #[tokio::test]
    async fn a_service_names_itself_and_nobody_else_does() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let to_service = grant(&key, dynamodb().as_str(), &[GrantOperation::Decrypt]);
        let retired_by_service = CreateGrant {
            retiring_principal: Some(dynamodb().to_string()),
            ..grant(&key, user_arn("a").as_str(), &[GrantOperation::Decrypt])
        };
        for request in [to_service.clone(), retired_by_service] {
            let (reason, text) = refusal(world.kms.create_grant(&root(), request.clone()).await);
            assert_eq!(reason, "AccessDeniedException");
            assert!(text.contains("may name itself in a grant"), "{text}");
            world.kms.create_grant(&via(&root()), request).await.unwrap();
        }
        let other = CreateGrant { grantee_principal: "s3.us-east-1.amazonaws.com".to_owned(), ..to_service };
        assert_eq!(code(&world.kms.create_grant(&via(&root()), other).await), "AccessDeniedException");
        let session = grant(&key, "arn:aws:sts::111122223333:assumed-role/r/s", &[GrantOperation::Decrypt]);
        world.kms.create_grant(&root(), session).await.unwrap();
        for principal in ["x", "arn:aws:iam::1:root", "arn:aws:s3:::bucket"] {
            let request = grant(&key, principal, &[GrantOperation::Decrypt]);
            let outcome = world.kms.create_grant(&root(), request).await;
            assert_eq!(code(&outcome), "InvalidArnException", "{principal}");
        }
    }

    /// A grantee who may create grants hands on what it has itself, and never more.
    #[tokio::test]
    async fn a_child_is_within_its_parent() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let parent = user("parent", &[]);
        let mut request = grant(
            &key,
            parent.principal.arn.as_str(),
            &[GrantOperation::CreateGrant, GrantOperation::Decrypt],
        );
        request.constraints.subset = Some(context(&[("t", "1")]));
        world.kms.create_grant(&root(), request).await.unwrap();
        let child = async |operations: &[GrantOperation], subset: &[(&str, &str)]| {
            let mut request = grant(&key, user_arn("child").as_str(), operations);
            request.constraints.subset = (!subset.is_empty()).then(|| context(subset));
            code(&world.kms.create_grant(&parent, request).await)
        };
        let denied = "AccessDeniedException";
        let (decrypt, encrypt) = (GrantOperation::Decrypt, GrantOperation::Encrypt);
        assert_eq!(child(&[decrypt], &[("t", "1")]).await, "ok");
        assert_eq!(child(&[decrypt, GrantOperation::CreateGrant], &[("t", "1"), ("u", "2")]).await, "ok");
        assert_eq!(child(&[decrypt], &[]).await, denied, "wider in context");
        assert_eq!(child(&[decrypt], &[("t", "2")]).await, denied);
        assert_eq!(child(&[encrypt], &[("t", "1")]).await, denied, "wider in operations");
        assert_eq!(child(&[decrypt, encrypt], &[("t", "1")]).await, denied);
    }

    #[tokio::test]
    async fn a_key_has_at_most_50_000_grants_and_a_repeated_one_is_none_more() {
        let world = World::new().await;
        let key = world.key().await;
        let base = || grant(&key.arn, user_arn("a").as_str(), &[GrantOperation::Decrypt]);
        let named = |name: &str| CreateGrant { name: Some(name.to_owned()), ..base() };
        let attempt = async |request| refusal(world.kms.create_grant(&root(), request).await);
        world.kms.fill(|ring| {
            let entropy = envelope::SeededEntropy::danger_predictable(7);
            let entry = ring.entry_mut(key.key_id).unwrap();
            let terms = grant(&key.arn, user_arn("b").as_str(), &[GrantOperation::Encrypt]).terms(&root());
            let terms = terms.unwrap();
            for _ in 1..GRANTS_PER_KEY_MAX {
                let id = GrantId::generate(&entropy);
                entry.add_grant(Grant { id, key: key.key_id, created: key.created, terms: terms.clone() });
            }
        });
        let last = world.kms.create_grant(&root(), named("once")).await.unwrap();
        let commits = world.store.commits();
        let text = "The key has 50000 grants and can have no more.".to_owned();
        let full = ("LimitExceededException", text);
        for request in [base(), named("twice"), CreateGrant { dry_run: true, ..base() }] {
            assert_eq!(attempt(request).await, full);
        }
        let again = world.kms.create_grant(&root(), named("once")).await.unwrap();
        assert_eq!(again.grant_id, last.grant_id, "the same request is the same grant, and takes no room");
        let dry = CreateGrant { dry_run: true, ..named("once") };
        assert_eq!(attempt(dry).await.0, "DryRunOperationException");
        assert_eq!(world.store.commits(), commits);
        // Another key has room of its own.
        let other = world.key().await.arn;
        world.kms.create_grant(&root(), CreateGrant { key_id: other, ..named("once") }).await.unwrap();
    }

    #[tokio::test]
    async fn members_have_limits() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let base = || grant(&key, user_arn("a").as_str(), &[GrantOperation::Decrypt]);
        let pairs = |count: usize| (0..count).map(|number| (number.to_string(), "v".to_owned())).collect();
        let subset = |subset| Constraints { subset: Some(subset), equals: None };
        let long_values: EncryptionContext = (0..20).map(|n| (n.to_string(), "v".repeat(385))).collect();
        let bad = [
            CreateGrant { operations: Vec::new(), ..base() },
            CreateGrant { grantee_principal: String::new(), ..base() },
            CreateGrant { grantee_principal: "x".repeat(257), ..base() },
            CreateGrant { name: Some("a b".to_owned()), ..base() },
            CreateGrant { name: Some("n".repeat(257)), ..base() },
            CreateGrant { constraints: subset(pairs(9)), ..base() },
            CreateGrant { constraints: subset(context(&[("k", &"v".repeat(385))])), ..base() },
            CreateGrant { constraints: subset(long_values.clone()), ..base() },
            CreateGrant { grant_tokens: vec!["t".to_owned(); 11], ..base() },
        ];
        for request in bad {
            let label = format!("{request:?}");
            assert_eq!(
                code(&world.kms.create_grant(&root(), request).await),
                "ValidationException",
                "{label}"
            );
        }
        let many = CreateGrant { constraints: subset(long_values), ..base() };
        let (_, text) = refusal(world.kms.create_grant(&root(), many).await);
        assert!(
            text.starts_with("9 validation errors detected: "),
            "one for the count and 8 at most: {text}"
        );
        let good =
            CreateGrant { constraints: subset(pairs(8)), name: Some("a:b/c_d-1".to_owned()), ..base() };
        world.kms.create_grant(&root(), good).await.unwrap();
        let forged = CreateGrant { grant_tokens: vec!["t".to_owned()], ..base() };
        assert_eq!(code(&world.kms.create_grant(&root(), forged).await), "InvalidGrantTokenException");
        let dry = CreateGrant { dry_run: true, ..base() };
        assert_eq!(code(&world.kms.create_grant(&root(), dry).await), "DryRunOperationException");
        assert_eq!(count(&world, &key).await, 1);
    }

    #[tokio::test]
    async fn the_managed_key_gives_grants_through_the_service_only() {
        let world = World::new().await;
        let key = world.describe(&root(), MANAGED_ALIAS).await.unwrap().arn;
        let request = grant(&key, user_arn("a").as_str(), &[GrantOperation::Decrypt]);
        assert_eq!(code(&world.kms.create_grant(&root(), request.clone()).await), "AccessDeniedException");
        world.kms.create_grant(&via(&nobody()), request).await.unwrap();
        assert_eq!(count(&world, &key).await, 1);
    }
}
