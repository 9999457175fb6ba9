//! A principal, and a caller: a principal together with the service it comes through.

use crate::{AccountId, PolicyDocument, PrincipalArn, ServiceName};
use std::{fmt, sync::Arc};

/// What sort of principal it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// The root of an account: everything in that account.
    Root,
    /// A user or a role: what its own policy and grants give it.
    User,
    /// A service: may name the caller it acts for. By itself it has what grants give it.
    Service(ServiceName),
}

/// Someone who may call. `Debug` shows the ARN only.
#[derive(Clone)]
#[non_exhaustive]
pub struct Principal {
    /// The name it is known by in policies, grants and logs.
    pub arn: PrincipalArn,
    /// The account it belongs to.
    pub account: AccountId,
    /// What sort of principal it is.
    pub kind: PrincipalKind,
    /// Its own identity policy.
    pub policy: PolicyDocument,
}

impl Principal {
    /// The root of `account`, whose policy allows everything.
    pub fn root(account: AccountId) -> Self {
        Self {
            arn: account.root_arn(),
            account,
            kind: PrincipalKind::Root,
            policy: PolicyDocument::allow_all(),
        }
    }

    /// A user or role with its policy. The ARN of an account root makes that root, which no policy restricts.
    pub fn user(arn: PrincipalArn, policy: PolicyDocument) -> Self {
        let account = arn.account();
        if arn.is_root() {
            return Self::root(account);
        }
        Self { arn, account, kind: PrincipalKind::User, policy }
    }

    /// A service that is known as `arn`.
    pub fn service(arn: PrincipalArn, service: ServiceName, policy: PolicyDocument) -> Self {
        Self { account: arn.account(), arn, kind: PrincipalKind::Service(service), policy }
    }

    /// Whether it is its account's root.
    pub fn is_root(&self) -> bool {
        self.kind == PrincipalKind::Root
    }

    /// The service it is, if it is one.
    pub fn as_service(&self) -> Option<&ServiceName> {
        match &self.kind {
            PrincipalKind::Service(name) => Some(name),
            PrincipalKind::Root | PrincipalKind::User => None,
        }
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Principal({})", self.arn)
    }
}

/// Who asks, and through which service. Authentication makes it; authorization reads it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Caller {
    /// Whose rights count.
    pub principal: Arc<Principal>,
    /// The service that calls on the principal's behalf (`kms:ViaService`).
    pub via: Option<ServiceName>,
}

impl Caller {
    /// A principal that calls for itself.
    pub fn direct(principal: Arc<Principal>) -> Self {
        Self { principal, via: None }
    }

    /// A principal on whose behalf `service` calls.
    pub fn via(principal: Arc<Principal>, service: ServiceName) -> Self {
        Self { principal, via: Some(service) }
    }

    /// The service that acts for itself, if this caller is one.
    pub fn as_service(&self) -> Option<&ServiceName> {
        if self.via.is_some() { None } else { self.principal.as_service() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_arn_only() {
        let arn: PrincipalArn = "arn:aws:iam::000000000000:user/alice".parse().unwrap();
        let principal = Principal::user(arn, PolicyDocument::allow_all());
        assert_eq!(format!("{principal:?}"), "Principal(arn:aws:iam::000000000000:user/alice)");
    }

    #[test]
    fn a_service_acts_for_itself_only_when_called_directly() {
        let service: ServiceName = "dynamodb.us-east-1.amazonaws.com".parse().unwrap();
        let arn = PrincipalArn::of_service(&AccountId::of_services(), &service);
        let principal = Arc::new(Principal::service(arn, service.clone(), PolicyDocument::default()));
        assert_eq!(Caller::direct(principal.clone()).as_service(), Some(&service));
        assert_eq!(Caller::via(principal, service).as_service(), None);
    }

    #[test]
    fn no_policy_restricts_an_account_root() {
        let root = AccountId::of_services().root_arn();
        let principal = Principal::user(root, PolicyDocument::default());
        assert!(principal.is_root());
        assert_eq!(principal.policy, PolicyDocument::allow_all());
    }
}
