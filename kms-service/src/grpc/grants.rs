//! Grants.

use identity::Caller;
use kms_core::{
    Kms,
    ops::{
        create_grant::CreateGrant,
        list_grants::{GrantListEntry, ListGrants},
        list_retirable_grants::ListRetirableGrants,
        retire_grant::RetireGrant,
        revoke_grant::RevokeGrant,
    },
};
use proto::kms as pb;

use super::{Refusal, convert};

pub(super) async fn create_grant(
    kms: Kms,
    caller: Caller,
    request: pb::CreateGrantRequest,
) -> Result<pb::CreateGrantResponse, Refusal> {
    let command = CreateGrant {
        key_id: request.key_id,
        grantee_principal: request.grantee_principal,
        retiring_principal: convert::optional(request.retiring_principal),
        operations: request.operations.into_iter().map(convert::grant_operation).collect::<Result<_, _>>()?,
        constraints: convert::constraints(request.constraints),
        grant_tokens: request.grant_tokens,
        name: convert::optional(request.name),
        dry_run: request.dry_run,
    };
    let created = kms.create_grant(&caller, command).await?;
    Ok(pb::CreateGrantResponse { grant_token: created.grant_token, grant_id: created.grant_id.to_string() })
}

pub(super) async fn list_grants(
    kms: Kms,
    caller: Caller,
    request: pb::ListGrantsRequest,
) -> Result<pb::ListGrantsResponse, Refusal> {
    let command = ListGrants {
        key_id: request.key_id,
        grant_id: convert::optional(request.grant_id),
        grantee_principal: convert::optional(request.grantee_principal),
        page: convert::page(request.limit, request.marker),
    };
    let page = kms.list_grants(&caller, command).await?;
    Ok(pb::ListGrantsResponse {
        grants: page.items.into_iter().map(entry).collect(),
        truncated: page.next_marker.is_some(),
        next_marker: page.next_marker.unwrap_or_default(),
    })
}

pub(super) async fn list_retirable_grants(
    kms: Kms,
    caller: Caller,
    request: pb::ListRetirableGrantsRequest,
) -> Result<pb::ListRetirableGrantsResponse, Refusal> {
    let command = ListRetirableGrants {
        retiring_principal: convert::optional(request.retiring_principal),
        page: convert::page(request.limit, request.marker),
    };
    let page = kms.list_retirable_grants(&caller, command).await?;
    Ok(pb::ListRetirableGrantsResponse {
        grants: page.items.into_iter().map(entry).collect(),
        truncated: page.next_marker.is_some(),
        next_marker: page.next_marker.unwrap_or_default(),
    })
}

pub(super) async fn retire_grant(
    kms: Kms,
    caller: Caller,
    request: pb::RetireGrantRequest,
) -> Result<pb::RetireGrantResponse, Refusal> {
    let command = RetireGrant {
        grant_token: convert::optional(request.grant_token),
        key_id: convert::optional(request.key_id),
        grant_id: convert::optional(request.grant_id),
        dry_run: request.dry_run,
    };
    kms.retire_grant(&caller, command).await?;
    Ok(pb::RetireGrantResponse {})
}

pub(super) async fn revoke_grant(
    kms: Kms,
    caller: Caller,
    request: pb::RevokeGrantRequest,
) -> Result<pb::RevokeGrantResponse, Refusal> {
    let command =
        RevokeGrant { key_id: request.key_id, grant_id: request.grant_id, dry_run: request.dry_run };
    kms.revoke_grant(&caller, command).await?;
    Ok(pb::RevokeGrantResponse {})
}

fn entry(grant: GrantListEntry) -> pb::GrantListEntry {
    pb::GrantListEntry {
        key_id: grant.key_arn,
        grant_id: grant.grant_id.to_string(),
        name: grant.name,
        creation_date: Some(convert::timestamp(grant.created)),
        grantee_principal: grant.grantee_principal,
        retiring_principal: grant.retiring_principal.unwrap_or_default(),
        issuing_account: grant.issuing_account.root_arn().to_string(),
        operations: grant.operations.into_iter().map(convert::wire_grant_operation).collect(),
        constraints: convert::wire_constraints(grant.constraints),
    }
}
