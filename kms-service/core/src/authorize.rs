//! Who may do what: the one decision in front of every key, and the proofs that it was made.
//!
//! [`authorize`] answers with an [`Authorized`], [`Authorized::admit`] (the state table) with an [`Admitted`]. Both
//! borrow the key they speak of, name what they were given for as a type ([`may`]), have private fields and cannot be
//! cloned. The ring hands out material, and a plan takes a change to a key, for the proof of the fitting permission
//! only. So a forgotten check does not compile, nor does a wrong one, and a proof for one key opens no other.
//!
//! What is smaller than a key has proofs of its own, which hold the very thing they allow: [`AliasAuthorized`] and
//! [`GrantEnding`].
//!
//! The decision (AWS developer guide, "Policy evaluation"): an explicit deny in the caller's own policy wins; else the
//! key policy allows the caller; or it leaves the matter to the account, and the caller is the account's root or the
//! caller's policy allows; or a grant on the key does.

use std::marker::PhantomData;

use envelope::MacKey;
use identity::{AccountId, Caller, PrincipalKind, ServiceName, Verdict};

use crate::{
    alias::{Alias, AliasName},
    error::{Denial, DenialReason, KmsError},
    grant::{Asked, Grant, GrantOperation, Grantee},
    ids::{GrantId, alias_arn},
    key::KeyRecord,
    policy::PolicyVerdict,
    realm::Realm,
    ring::{Entry, Material, Ring, SealingMaterial},
};

macro_rules! permissions {
    ($($name:ident)+) => {
        /// A permission. Nearly one for each operation; ReEncrypt needs two.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are those of the permissions")]
        pub enum Op {
            $($name,)+
        }

        impl Op {
            /// Every permission.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The permission as policies write it.
            pub const fn action(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("kms:", stringify!($name)),)+
                }
            }

            /// The permission without the service's name.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }
        }

        /// The permissions as types, for proofs to carry. They have no values.
        pub(crate) mod may {
            $(
                pub(crate) enum $name {}

                impl super::Permission for $name {
                    const OP: super::Op = super::Op::$name;
                }
            )+
        }
    };
}

permissions! {
    CreateKey DescribeKey ListKeys UpdateKeyDescription EnableKey DisableKey ScheduleKeyDeletion CancelKeyDeletion
    CreateAlias UpdateAlias DeleteAlias ListAliases TagResource UntagResource ListResourceTags
    GetKeyPolicy PutKeyPolicy ListKeyPolicies
    Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateRandom
    GenerateMac VerifyMac
    RotateKeyOnDemand EnableKeyRotation DisableKeyRotation GetKeyRotationStatus ListKeyRotations
    CreateGrant ListGrants ListRetirableGrants RetireGrant RevokeGrant WatchKeys
}

/// What a proof was given for: one of [`may`].
pub(crate) trait Permission {
    /// The same as a value.
    const OP: Op;
}

/// A permission that seals with a key's current material.
pub(crate) trait Seals: Permission {}
impl Seals for may::Encrypt {}
impl Seals for may::ReEncryptTo {}
impl Seals for may::GenerateDataKey {}
impl Seals for may::GenerateDataKeyWithoutPlaintext {}

/// A permission that opens with whichever material a blob names.
pub(crate) trait Opens: Permission {}
impl Opens for may::Decrypt {}
impl Opens for may::ReEncryptFrom {}

/// A permission that computes codes of messages.
pub(crate) trait Macs: Permission {}
impl Macs for may::GenerateMac {}
impl Macs for may::VerifyMac {}

/// Proof that the caller may do `P` with one key, whatever the key's state.
#[must_use]
pub(crate) struct Authorized<'r, P> {
    entry: &'r Entry,
    permission: PhantomData<P>,
}

/// Proof that the caller may, and that the key's state and type allow it.
#[must_use]
pub(crate) struct Admitted<'r, P> {
    entry: &'r Entry,
    permission: PhantomData<P>,
}

/// Proof that the caller may do `P` with something that is no key: the account itself, or a name in it.
#[must_use]
pub(crate) struct AccountAuthorized<P> {
    permission: PhantomData<P>,
}

/// Proof that the caller may do `P` with this alias: with its name, and with the key that it stands for.
#[must_use]
pub(crate) struct AliasAuthorized<'r, P> {
    alias: &'r Alias,
    entry: &'r Entry,
    permission: PhantomData<P>,
}

/// Proof that the caller may end this grant.
#[must_use]
pub(crate) struct GrantEnding<'r> {
    entry: &'r Entry,
    grant: &'r Grant,
}

impl<'r, P: Permission> Authorized<'r, P> {
    const fn given(entry: &'r Entry) -> Self {
        Self { entry, permission: PhantomData }
    }

    /// Goes on if the key's state, and then its type, allow the operation.
    pub(crate) fn admit(self) -> Result<Admitted<'r, P>, KmsError> {
        let record = self.entry.record();
        record.state.admit(P::OP, self.entry.arn())?;
        record.key_type.admit(P::OP, self.entry.arn())?;
        Ok(Admitted { entry: self.entry, permission: PhantomData })
    }
}

impl<'r, P: Permission> Admitted<'r, P> {
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

    /// A proof out of nothing, for tests that look behind the scenes.
    #[cfg(test)]
    pub(crate) const fn danger_assumed(entry: &'r Entry) -> Self {
        Self { entry, permission: PhantomData }
    }
}

impl<'r, P: Seals> Admitted<'r, P> {
    /// The material that encrypts.
    pub(crate) fn current(&self) -> Result<&'r SealingMaterial, KmsError> {
        let material = Entry::material(self, self.record().current_material());
        material.and_then(Material::sealing).ok_or(KmsError::Defect("a key has no current material"))
    }
}

impl<'r, P: Opens> Admitted<'r, P> {
    /// The material of one version, if the key has it.
    pub(crate) fn version(&self, version: u32) -> Option<&'r SealingMaterial> {
        Entry::material(self, version).and_then(Material::sealing)
    }
}

impl<'r, P: Macs> Admitted<'r, P> {
    /// The key that computes.
    pub(crate) fn mac_key(&self) -> Result<&'r MacKey, KmsError> {
        let material = Entry::material(self, self.record().current_material());
        material.and_then(Material::mac).ok_or(KmsError::Defect("a key for codes has no material for them"))
    }
}

impl<'r> Admitted<'r, may::RevokeGrant> {
    /// One of the key's grants, to be ended.
    pub(crate) fn grant(&self, id: &GrantId) -> Option<GrantEnding<'r>> {
        let entry = self.entry;
        entry.grants().get(id).map(|grant| GrantEnding { entry, grant })
    }
}

impl<'r> GrantEnding<'r> {
    /// The grant's key.
    pub(crate) const fn entry(&self) -> &'r Entry {
        self.entry
    }

    /// The grant.
    pub(crate) const fn grant(&self) -> &'r Grant {
        self.grant
    }
}

impl<'r, P> AliasAuthorized<'r, P> {
    /// The alias.
    pub(crate) const fn alias(&self) -> &'r Alias {
        self.alias
    }

    /// The key that it stands for.
    pub(crate) const fn key(&self) -> &'r Entry {
        self.entry
    }
}

/// Decides whether `caller` may do `P` with the key.
pub(crate) fn authorize<'r, P: Permission>(
    caller: &Caller,
    entry: &'r Entry,
    asked: Asked<'_>,
    dynamodb: &ServiceName,
) -> Result<Authorized<'r, P>, KmsError> {
    let op = P::OP;
    let refuse = |why| Err(refused(caller, op, entry, why));
    let identity = caller.principal.policy.evaluate(op.action(), entry.arn());
    if identity == Verdict::Deny {
        return refuse(DenialReason::ExplicitDeny);
    }
    let record = entry.record();
    let verdict = record.policy.verdict(op, caller, &record.account, dynamodb, asked);
    let allowed = match verdict {
        PolicyVerdict::Allows => true,
        PolicyVerdict::Delegates => caller.principal.is_root() || identity == Verdict::Allow,
        PolicyVerdict::Silent => false,
    };
    if allowed || granted(caller, op, entry, asked) {
        return Ok(Authorized::given(entry));
    }
    match verdict {
        PolicyVerdict::Delegates => refuse(DenialReason::NoIdentityPolicy),
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
/// of the issuing account, or whoever an identity policy of that account allows. A key policy has no say in this, and the
/// key's state neither.
pub(crate) fn authorize_retirement<'r>(
    caller: &Caller,
    entry: &'r Entry,
    grant: &'r Grant,
) -> Result<GrantEnding<'r>, KmsError> {
    let op = may::RetireGrant::OP;
    let refuse = |why| Err(refused(caller, op, entry, why));
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
        return Ok(GrantEnding { entry, grant });
    }
    refuse(DenialReason::NoIdentityPolicy)
}

/// Decides what concerns no existing key: only the caller's own policy has a say.
pub(crate) fn authorize_account<P: Permission>(
    caller: &Caller,
    resource: &str,
) -> Result<AccountAuthorized<P>, KmsError> {
    let refuse = |why| Err(denied(caller, P::OP, resource, why));
    match caller.principal.policy.evaluate(P::OP.action(), resource) {
        Verdict::Allow => Ok(AccountAuthorized { permission: PhantomData }),
        Verdict::Silent if caller.principal.is_root() => Ok(AccountAuthorized { permission: PhantomData }),
        Verdict::Silent => refuse(DenialReason::NoIdentityPolicy),
        Verdict::Deny => refuse(DenialReason::ExplicitDeny),
    }
}

/// Finds an alias of the caller's account and decides whether the caller may do `P` with its name and with its key. The
/// key's state has no say: an alias leaves a key in every state. `note` is told of the key before it is decided about.
pub(crate) fn authorize_alias<'r, P: Permission>(
    caller: &Caller,
    name: &AliasName,
    ring: &'r Ring,
    realm: &Realm,
    note: impl FnOnce(&Entry),
) -> Result<AliasAuthorized<'r, P>, KmsError> {
    let account = &caller.principal.account;
    let arn = alias_arn(realm.region(), account, name);
    let AccountAuthorized::<P> { permission } = authorize_account(caller, &arn)?;
    let alias = ring.alias(account, name).ok_or(KmsError::AliasNotFound { arn })?;
    let entry = ring.key(alias.target).ok_or(KmsError::Defect("an alias without a key"))?;
    note(entry);
    let Authorized::<P> { .. } = authorize(caller, entry, Asked::Plain, realm.dynamodb())?;
    Ok(AliasAuthorized { alias, entry, permission })
}

/// Decides whether the caller may list the grants that `retiring` may retire, on whichever keys they are: the caller's own
/// policy has the say, about principals of its own account. A service has grants only for itself to look at.
pub(crate) fn authorize_retirable(
    caller: &Caller,
    retiring: &Grantee,
) -> Result<AccountAuthorized<may::ListRetirableGrants>, KmsError> {
    let refuse = |why| Err(denied(caller, Op::ListRetirableGrants, retiring.as_str(), why));
    match retiring {
        Grantee::Principal(arn) if arn.account() == caller.principal.account => {
            authorize_account(caller, retiring.as_str())
        }
        Grantee::Principal(_) => refuse(DenialReason::OtherAccount),
        Grantee::Service(service) if caller.as_service() == Some(service) => {
            match caller.principal.policy.evaluate(Op::ListRetirableGrants.action(), retiring.as_str()) {
                Verdict::Deny => refuse(DenialReason::ExplicitDeny),
                Verdict::Allow | Verdict::Silent => Ok(AccountAuthorized { permission: PhantomData }),
            }
        }
        Grantee::Service(service) => refuse(DenialReason::ForeignService { service: service.clone() }),
    }
}

/// Watching is for services that act for themselves.
pub(crate) fn authorize_watch(caller: &Caller) -> Result<AccountAuthorized<may::WatchKeys>, KmsError> {
    let refuse = |why| Err(denied(caller, Op::WatchKeys, "*", why));
    if caller.principal.policy.evaluate(Op::WatchKeys.action(), "*") == Verdict::Deny {
        return refuse(DenialReason::ExplicitDeny);
    }
    match caller.as_service() {
        Some(_) => Ok(AccountAuthorized { permission: PhantomData }),
        None => refuse(DenialReason::NoResourcePolicy),
    }
}

/// Whether what is `account`'s is another account's to the caller, who is told of it alone whether they may use it: not even
/// that it is there. A service is at home in every account.
pub(crate) fn is_foreign(caller: &Caller, account: &AccountId) -> bool {
    &caller.principal.account != account && caller.principal.as_service().is_none()
}

/// A refusal to do `op` with a key: why, unless the key is another account's.
pub(crate) fn refused(caller: &Caller, op: Op, entry: &Entry, why: DenialReason) -> KmsError {
    let is_foreign = is_foreign(caller, &entry.record().account);
    denied(caller, op, entry.arn(), if is_foreign { DenialReason::OtherAccount } else { why })
}

pub(crate) fn denied(caller: &Caller, op: Op, resource: &str, why: DenialReason) -> KmsError {
    KmsError::Denied(Box::new(Denial {
        principal: caller.principal.arn.clone(),
        op,
        resource: resource.to_owned(),
        why,
    }))
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use static_assertions::{assert_impl_all, assert_not_impl_any};

    use super::*;

    // A proof is given once, by a decision, and is not copied.
    assert_not_impl_any!(Authorized<'static, may::Decrypt>: Clone, Copy, Default, From<Admitted<'static, may::Decrypt>>);
    assert_not_impl_any!(Admitted<'static, may::Decrypt>: Clone, Copy, Default, From<&'static Entry>);
    assert_not_impl_any!(AccountAuthorized<may::CreateKey>: Clone, Copy, Default);
    assert_not_impl_any!(AliasAuthorized<'static, may::DeleteAlias>: Clone, Copy, Default, From<&'static Alias>);
    assert_not_impl_any!(GrantEnding<'static>: Clone, Copy, Default, From<&'static Grant>);
    assert_not_impl_any!(crate::background::Duty: Clone, Copy, Default);
    assert_not_impl_any!(Material: Clone, Debug, PartialEq);
    assert_not_impl_any!(SealingMaterial: Clone, Debug, PartialEq);

    macro_rules! assert_no_material {
        ($($name:ident)+) => { $(assert_not_impl_any!(may::$name: Seals, Opens, Macs);)+ };
    }

    // What seals does not open, what opens does not seal, and nothing else reaches material.
    assert_impl_all!(may::Encrypt: Seals);
    assert_impl_all!(may::ReEncryptTo: Seals);
    assert_impl_all!(may::GenerateDataKey: Seals);
    assert_impl_all!(may::GenerateDataKeyWithoutPlaintext: Seals);
    assert_impl_all!(may::Decrypt: Opens);
    assert_impl_all!(may::ReEncryptFrom: Opens);
    assert_not_impl_any!(may::Encrypt: Opens);
    assert_not_impl_any!(may::ReEncryptTo: Opens);
    assert_not_impl_any!(may::GenerateDataKey: Opens);
    assert_not_impl_any!(may::GenerateDataKeyWithoutPlaintext: Opens);
    assert_not_impl_any!(may::Decrypt: Seals);
    assert_not_impl_any!(may::ReEncryptFrom: Seals);
    assert_impl_all!(may::GenerateMac: Macs);
    assert_impl_all!(may::VerifyMac: Macs);
    assert_not_impl_any!(may::GenerateMac: Seals, Opens);
    assert_not_impl_any!(may::VerifyMac: Seals, Opens);
    assert_not_impl_any!(may::Encrypt: Macs);
    assert_not_impl_any!(may::Decrypt: Macs);
    assert_no_material! {
        CreateKey DescribeKey ListKeys UpdateKeyDescription EnableKey DisableKey ScheduleKeyDeletion
        CancelKeyDeletion CreateAlias UpdateAlias DeleteAlias ListAliases TagResource UntagResource
        ListResourceTags GetKeyPolicy PutKeyPolicy ListKeyPolicies GenerateRandom RotateKeyOnDemand
        EnableKeyRotation DisableKeyRotation GetKeyRotationStatus ListKeyRotations CreateGrant ListGrants
        ListRetirableGrants RetireGrant RevokeGrant WatchKeys
    }

    #[test]
    fn a_type_and_its_value_are_the_same_permission() {
        assert_eq!(may::CancelKeyDeletion::OP, Op::CancelKeyDeletion);
        assert_eq!(may::CancelKeyDeletion::OP.action(), "kms:CancelKeyDeletion");
    }
}
