//! May this caller do this to this table? The answer is a proof that every later step demands.
//!
//! The account root may do everything. Any other principal may do what its identity policy allows and does not deny.
//! Whether the caller may use the table's *key* is a second question, which KMS answers (see [`crate::access`]).

use std::sync::Arc;

use identity::{AccountId, Caller, Principal, PrincipalKind, Verdict};

use crate::error::TableError;

/// What can be done to tables, by its IAM action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `dynamodb:CreateTable`
    CreateTable,
    /// `dynamodb:DescribeTable`
    DescribeTable,
    /// `dynamodb:ListTables`
    ListTables,
    /// `dynamodb:UpdateTable`
    UpdateTable,
    /// `dynamodb:DeleteTable`
    DeleteTable,
    /// `dynamodb:PutItem`
    PutItem,
    /// `dynamodb:GetItem`
    GetItem,
    /// `dynamodb:UpdateItem`
    UpdateItem,
    /// `dynamodb:DeleteItem`
    DeleteItem,
    /// `dynamodb:Query`
    Query,
    /// `dynamodb:Scan`
    Scan,
    /// `dynamodb:BatchGetItem`
    BatchGetItem,
    /// `dynamodb:BatchWriteItem`
    BatchWriteItem,
    /// `dynamodb:DescribeLimits`
    DescribeLimits,
    /// `dynamodb:DescribeEndpoints`
    DescribeEndpoints,
    /// `dynamodb:DescribeTimeToLive`
    DescribeTimeToLive,
    /// `dynamodb:DescribeContinuousBackups`
    DescribeContinuousBackups,
    /// `dynamodb:TagResource`
    TagResource,
    /// `dynamodb:UntagResource`
    UntagResource,
    /// `dynamodb:ListTagsOfResource`
    ListTagsOfResource,
}

impl Op {
    /// The IAM action.
    pub const fn action(self) -> &'static str {
        match self {
            Self::CreateTable => "dynamodb:CreateTable",
            Self::DescribeTable => "dynamodb:DescribeTable",
            Self::ListTables => "dynamodb:ListTables",
            Self::UpdateTable => "dynamodb:UpdateTable",
            Self::DeleteTable => "dynamodb:DeleteTable",
            Self::PutItem => "dynamodb:PutItem",
            Self::GetItem => "dynamodb:GetItem",
            Self::UpdateItem => "dynamodb:UpdateItem",
            Self::DeleteItem => "dynamodb:DeleteItem",
            Self::Query => "dynamodb:Query",
            Self::Scan => "dynamodb:Scan",
            Self::BatchGetItem => "dynamodb:BatchGetItem",
            Self::BatchWriteItem => "dynamodb:BatchWriteItem",
            Self::DescribeLimits => "dynamodb:DescribeLimits",
            Self::DescribeEndpoints => "dynamodb:DescribeEndpoints",
            Self::DescribeTimeToLive => "dynamodb:DescribeTimeToLive",
            Self::DescribeContinuousBackups => "dynamodb:DescribeContinuousBackups",
            Self::TagResource => "dynamodb:TagResource",
            Self::UntagResource => "dynamodb:UntagResource",
            Self::ListTagsOfResource => "dynamodb:ListTagsOfResource",
        }
    }
}

/// Proof that a caller may do an operation on a resource. Only [`authorize`] makes one.
#[derive(Debug)]
pub(crate) struct Granted {
    principal: Arc<Principal>,
}

impl Granted {
    /// Who was granted.
    pub(crate) fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }
}

/// Decides for the tables of `account`, and proves the decision. Principals of other accounts have no business here.
pub(crate) fn authorize(
    account: &AccountId,
    caller: &Caller,
    op: Op,
    resource: &str,
) -> Result<Granted, TableError> {
    let principal = &caller.principal;
    let verdict = match &principal.kind {
        _ if principal.account != *account => Verdict::Silent,
        PrincipalKind::Root => Verdict::Allow,
        PrincipalKind::User => principal.policy.evaluate(op.action(), resource),
        // A service principal acts for callers in KMS; it has no business with tables.
        PrincipalKind::Service(_) => Verdict::Silent,
    };
    match verdict {
        Verdict::Allow => Ok(Granted { principal: Arc::clone(principal) }),
        Verdict::Silent | Verdict::Deny => Err(TableError::Denied {
            principal: principal.arn.clone(),
            action: op.action(),
            resource: resource.to_owned(),
            explicit: verdict == Verdict::Deny,
        }),
    }
}
