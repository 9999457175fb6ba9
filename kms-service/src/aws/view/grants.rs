//! Grants.

use std::collections::BTreeMap;

use aws_json::Millis;
use envelope::EncryptionContext;
use kms_core::{
    Page,
    ops::{create_grant, list_grants::GrantListEntry},
};
use serde::Serialize;
use shape::Choice as _;

use super::page::End;

/// CreateGrant's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreatedGrant {
    grant_token: String,
    grant_id: String,
}

impl From<create_grant::CreatedGrant> for CreatedGrant {
    fn from(created: create_grant::CreatedGrant) -> Self {
        Self { grant_token: created.grant_token, grant_id: created.grant_id.to_string() }
    }
}

/// ListGrants'.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Grants {
    grants: Vec<Grant>,
    #[serde(flatten)]
    end: End,
}

impl From<Page<GrantListEntry>> for Grants {
    fn from(page: Page<GrantListEntry>) -> Self {
        Self { grants: page.items.into_iter().map(Grant::from).collect(), end: page.next_marker.into() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Grant {
    key_id: String,
    grant_id: String,
    name: String,
    creation_date: Millis,
    grantee_principal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    retiring_principal: Option<String>,
    issuing_account: String,
    operations: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints: Option<Constraints>,
}

impl From<GrantListEntry> for Grant {
    fn from(grant: GrantListEntry) -> Self {
        Self {
            key_id: grant.key_arn,
            grant_id: grant.grant_id.to_string(),
            name: grant.name,
            creation_date: Millis(grant.created.millis()),
            grantee_principal: grant.grantee_principal,
            retiring_principal: grant.retiring_principal,
            issuing_account: grant.issuing_account.root_arn().to_string(),
            operations: grant.operations.into_iter().map(|operation| operation.name()).collect(),
            constraints: constraints(grant.constraints),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Constraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_subset: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_equals: Option<BTreeMap<String, String>>,
}

fn constraints(constraints: kms_core::Constraints) -> Option<Constraints> {
    let is_given = constraints.subset.is_some() || constraints.equals.is_some();
    is_given.then(|| Constraints {
        encryption_context_subset: constraints.subset.map(EncryptionContext::into_map),
        encryption_context_equals: constraints.equals.map(EncryptionContext::into_map),
    })
}
