//! Aliases.

use identity::Caller;
use kms_core::{
    Kms,
    ops::{
        create_alias::CreateAlias,
        list_aliases::{AliasListEntry, ListAliases},
        update_alias::UpdateAlias,
    },
};
use proto::kms as pb;

use super::{Refusal, convert};

pub(super) async fn create_alias(
    kms: Kms,
    caller: Caller,
    request: pb::CreateAliasRequest,
) -> Result<pb::CreateAliasResponse, Refusal> {
    let command = CreateAlias { alias_name: request.alias_name, target_key_id: request.target_key_id };
    kms.create_alias(&caller, command).await?;
    Ok(pb::CreateAliasResponse {})
}

pub(super) async fn update_alias(
    kms: Kms,
    caller: Caller,
    request: pb::UpdateAliasRequest,
) -> Result<pb::UpdateAliasResponse, Refusal> {
    let command = UpdateAlias { alias_name: request.alias_name, target_key_id: request.target_key_id };
    kms.update_alias(&caller, command).await?;
    Ok(pb::UpdateAliasResponse {})
}

pub(super) async fn delete_alias(
    kms: Kms,
    caller: Caller,
    request: pb::DeleteAliasRequest,
) -> Result<pb::DeleteAliasResponse, Refusal> {
    kms.delete_alias(&caller, request.alias_name).await?;
    Ok(pb::DeleteAliasResponse {})
}

pub(super) async fn list_aliases(
    kms: Kms,
    caller: Caller,
    request: pb::ListAliasesRequest,
) -> Result<pb::ListAliasesResponse, Refusal> {
    let command = ListAliases {
        key_id: convert::optional(request.key_id),
        page: convert::page(request.limit, request.marker),
    };
    let page = kms.list_aliases(&caller, command).await?;
    Ok(pb::ListAliasesResponse {
        aliases: page.items.into_iter().map(entry).collect(),
        truncated: page.next_marker.is_some(),
        next_marker: page.next_marker.unwrap_or_default(),
    })
}

fn entry(alias: AliasListEntry) -> pb::AliasListEntry {
    pb::AliasListEntry {
        alias_name: alias.name.to_string(),
        alias_arn: alias.arn,
        target_key_id: alias.target.map(|target| target.key_id.to_string()),
        creation_date: alias.target.map(|target| convert::timestamp(target.created)),
        last_updated_date: alias.target.map(|target| convert::timestamp(target.updated)),
    }
}
