//! Who may do what: the one decision in front of every key, and the proofs that it was made.
//!
//! [`authorize`] answers with an [`Authorized`], [`Authorized::admit`] (the state table) with an [`Admitted`]. Both
//! borrow the key they speak of, have private fields and cannot be cloned; the ring hands out material, and a plan
//! takes a change to a key, for an `Admitted` only. So a forgotten check does not compile, and a proof for one key
//! opens no other.
//!
//! The decision (AWS developer guide, "Policy evaluation"): an explicit deny in the caller's own policy wins; else the
//! key policy allows the caller; or it leaves the matter to the account, and the caller is the account's root or the
//! caller's policy allows; or a grant on the key does.

use identity::{Caller, PrincipalKind, ServiceName, Verdict};

use crate::{
    error::{Denial, DenialReason, KmsError},
    grant::{Asked, Grant, GrantOperation, Grantee},
    key::KeyRecord,
    policy::PolicyVerdict,
    ring::{Entry, Material},
};

macro_rules! ops {
    ($($op:ident)+) => {
        /// A permission. Nearly one for each operation; ReEncrypt needs two.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are those of the permissions")]
        pub enum Op {
            $($op,)+
        }

        impl Op {
            /// Every permission.
            pub const ALL: &[Self] = &[$(Self::$op,)+];

            /// The permission as policies write it.
            pub const fn action(self) -> &'static str {
                match self {
                    $(Self::$op => concat!("kms:", stringify!($op)),)+
                }
            }
        }
    };
}

ops! {
    CreateKey TagResource DescribeKey ListKeys EnableKey DisableKey ScheduleKeyDeletion CancelKeyDeletion
    CreateAlias UpdateAlias DeleteAlias ListAliases
    Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateRandom
    RotateKeyOnDemand CreateGrant ListGrants RetireGrant RevokeGrant WatchKeys
}

/// Proof that the caller may do one thing with one key, whatever the key's state.
#[must_use]
pub(crate) struct Authorized<'r> {
    entry: &'r Entry,
    op: Op,
}

/// Proof that the caller may, and that the key's state allows it.
#[must_use]
pub(crate) struct Admitted<'r> {
    entry: &'r Entry,
}

/// Proof that the caller may do something that concerns no existing key.
#[must_use]
pub(crate) struct AccountAuthorized {
    _private: (),
}

impl<'r> Authorized<'r> {
    /// Goes on if the key's state allows the operation.
    pub(crate) fn admit(self) -> Result<Admitted<'r>, KmsError> {
        self.entry.record().state.admit(self.op, self.entry.arn())?;
        Ok(Admitted { entry: self.entry })
    }
}

impl<'r> Admitted<'r> {
    /// The service's own upkeep: destroying what is due, rotating what it manages itself. Nobody asked for it, so
    /// there is nobody to authorize. For the background task, and for nothing else.
    pub(crate) const fn upkeep(entry: &'r Entry) -> Self {
        Self { entry }
    }

    /// The key.
    pub(crate) const fn entry(&self) -> &'r Entry {
        self.entry
    }

    /// The key's record.
    pub(crate) const fn record(&self) -> &'r KeyRecord {
        self.entry.record()
    }

    /// The key's ARN.
    pub(crate) fn arn(&self) -> &'r str {
        self.entry.arn()
    }

    /// The material that encrypts.
    pub(crate) fn current(&self) -> Result<&'r Material, KmsError> {
        self.entry
            .material(self, self.record().current_material)
            .ok_or(KmsError::Defect("a key has no current material"))
    }

    /// The material of one version, if the key has it.
    pub(crate) fn version(&self, version: u32) -> Option<&'r Material> {
        self.entry.material(self, version)
    }
}

/// Decides whether `caller` may do `op` with the key.
pub(crate) fn authorize<'r>(
    caller: &Caller,
    op: Op,
    entry: &'r Entry,
    asked: Asked<'_>,
    dynamodb: &ServiceName,
) -> Result<Authorized<'r>, KmsError> {
    let refuse = |why| Err(denied(caller, op, entry.arn(), why));
    let identity = caller.principal.policy.evaluate(op.action(), entry.arn());
    if identity == Verdict::Deny {
        return refuse(DenialReason::ExplicitDeny);
    }
    let record = entry.record();
    let verdict = record.policy.verdict(op, caller, &record.account, dynamodb);
    let allowed = match verdict {
        PolicyVerdict::Allows => true,
        PolicyVerdict::Delegates => caller.principal.is_root() || identity == Verdict::Allow,
        PolicyVerdict::Silent => false,
    };
    if allowed || granted(caller, op, entry, asked) {
        return Ok(Authorized { entry, op });
    }
    let foreign = caller.principal.account != record.account && caller.principal.as_service().is_none();
    match verdict {
        PolicyVerdict::Delegates => refuse(DenialReason::NoIdentityPolicy),
        PolicyVerdict::Allows | PolicyVerdict::Silent if foreign => refuse(DenialReason::OtherAccount),
        PolicyVerdict::Allows | PolicyVerdict::Silent => refuse(DenialReason::NoResourcePolicy),
    }
}

fn granted(caller: &Caller, op: Op, entry: &Entry, asked: Asked<'_>) -> bool {
    // A service's grants are for what it does itself: while it acts for somebody, that one's grants count.
    let is_service = caller.principal.as_service().is_some();
    if is_service && caller.via.is_some() {
        return false;
    }
    let grantee = Grantee::of(&caller.principal);
    entry.grants_to(&grantee).any(|grant| grant.allows(op, asked))
}

/// Decides whether `caller` may retire `grant`: the retiring principal, a grantee that was given that right, the root
/// of the issuing account, or whoever an identity policy of that account allows. A key policy has no say in this.
pub(crate) fn authorize_retirement<'r>(
    caller: &Caller,
    entry: &'r Entry,
    grant: &Grant,
) -> Result<Authorized<'r>, KmsError> {
    let op = Op::RetireGrant;
    let refuse = |why| Err(denied(caller, op, entry.arn(), why));
    let identity = caller.principal.policy.evaluate(op.action(), entry.arn());
    if identity == Verdict::Deny {
        return refuse(DenialReason::ExplicitDeny);
    }
    let principal = &caller.principal;
    let acts_for_itself = caller.via.is_none() || principal.as_service().is_none();
    let name = Grantee::of(principal);
    let by_terms = acts_for_itself
        && (grant.terms.retiring.as_ref() == Some(&name)
            || (grant.terms.grantee == name
                && grant.terms.operations.contains(&GrantOperation::RetireGrant)));
    let by_account = principal.account == grant.terms.issuing_account
        && match principal.kind {
            PrincipalKind::Root => true,
            PrincipalKind::User => identity == Verdict::Allow,
            PrincipalKind::Service(_) => false,
        };
    if by_terms || by_account {
        return Ok(Authorized { entry, op });
    }
    refuse(DenialReason::NoIdentityPolicy)
}

/// Decides what concerns no existing key: only the caller's own policy has a say.
pub(crate) fn authorize_account(
    caller: &Caller,
    op: Op,
    resource: &str,
) -> Result<AccountAuthorized, KmsError> {
    match caller.principal.policy.evaluate(op.action(), resource) {
        Verdict::Allow => Ok(AccountAuthorized { _private: () }),
        Verdict::Silent if caller.principal.is_root() => Ok(AccountAuthorized { _private: () }),
        Verdict::Silent => Err(denied(caller, op, resource, DenialReason::NoIdentityPolicy)),
        Verdict::Deny => Err(denied(caller, op, resource, DenialReason::ExplicitDeny)),
    }
}

/// Watching is for services that act for themselves.
pub(crate) fn authorize_watch(caller: &Caller) -> Result<AccountAuthorized, KmsError> {
    match caller.as_service() {
        Some(_) => Ok(AccountAuthorized { _private: () }),
        None => Err(denied(caller, Op::WatchKeys, "*", DenialReason::NoResourcePolicy)),
    }
}

impl AccountAuthorized {
    /// The first use of a key that the service makes by itself was authorized against the key as it is going to be.
    pub(crate) fn first_use(_: &Authorized<'_>) -> Self {
        Self { _private: () }
    }
}

pub(crate) fn denied(caller: &Caller, op: Op, resource: &str, why: DenialReason) -> KmsError {
    KmsError::Denied(Box::new(Denial {
        principal: caller.principal.arn.clone(),
        op,
        resource: resource.to_owned(),
        why,
    }))
}
