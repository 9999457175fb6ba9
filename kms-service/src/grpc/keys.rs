//! The life of keys.

use identity::Caller;
use kms_core::{
    Kms,
    ops::{
        create_key::CreateKey, describe_key::DescribeKey, list_keys::KeyListEntry,
        schedule_key_deletion::ScheduleKeyDeletion, update_key_description::UpdateKeyDescription,
    },
};
use proto::kms as pb;

use super::{Refusal, convert};

pub(super) async fn create_key(
    kms: Kms,
    caller: Caller,
    request: pb::CreateKeyRequest,
) -> Result<pb::CreateKeyResponse, Refusal> {
    let command = CreateKey {
        description: request.description,
        key_usage: convert::key_usage(request.key_usage)?,
        key_spec: Some(convert::key_spec(request.key_spec)?),
        customer_master_key_spec: None,
        origin: convert::origin(request.origin)?,
        tags: request.tags.into_iter().map(convert::tag).collect(),
        policy: convert::optional(request.policy),
        bypass_policy_lockout_safety_check: request.bypass_policy_lockout_safety_check,
        multi_region: request.multi_region,
    };
    let key = kms.create_key(&caller, command).await?;
    Ok(pb::CreateKeyResponse { key_metadata: Some(convert::metadata(key)) })
}

pub(super) async fn describe_key(
    kms: Kms,
    caller: Caller,
    request: pb::DescribeKeyRequest,
) -> Result<pb::DescribeKeyResponse, Refusal> {
    let command = DescribeKey { key_id: request.key_id, grant_tokens: request.grant_tokens };
    let key = kms.describe_key(&caller, command).await?;
    Ok(pb::DescribeKeyResponse { key_metadata: Some(convert::metadata(key)) })
}

pub(super) async fn list_keys(
    kms: Kms,
    caller: Caller,
    request: pb::ListKeysRequest,
) -> Result<pb::ListKeysResponse, Refusal> {
    let page = kms.list_keys(&caller, convert::page(request.limit, request.marker)).await?;
    let entry = |key: KeyListEntry| pb::KeyListEntry { key_id: key.key_id.to_string(), key_arn: key.key_arn };
    Ok(pb::ListKeysResponse {
        keys: page.items.into_iter().map(entry).collect(),
        truncated: page.next_marker.is_some(),
        next_marker: page.next_marker.unwrap_or_default(),
    })
}

pub(super) async fn update_key_description(
    kms: Kms,
    caller: Caller,
    request: pb::UpdateKeyDescriptionRequest,
) -> Result<pb::UpdateKeyDescriptionResponse, Refusal> {
    let command = UpdateKeyDescription { key_id: request.key_id, description: request.description };
    kms.update_key_description(&caller, command).await?;
    Ok(pb::UpdateKeyDescriptionResponse {})
}

pub(super) async fn enable_key(
    kms: Kms,
    caller: Caller,
    request: pb::EnableKeyRequest,
) -> Result<pb::EnableKeyResponse, Refusal> {
    kms.enable_key(&caller, request.key_id).await?;
    Ok(pb::EnableKeyResponse {})
}

pub(super) async fn disable_key(
    kms: Kms,
    caller: Caller,
    request: pb::DisableKeyRequest,
) -> Result<pb::DisableKeyResponse, Refusal> {
    kms.disable_key(&caller, request.key_id).await?;
    Ok(pb::DisableKeyResponse {})
}

pub(super) async fn schedule_key_deletion(
    kms: Kms,
    caller: Caller,
    request: pb::ScheduleKeyDeletionRequest,
) -> Result<pb::ScheduleKeyDeletionResponse, Refusal> {
    let command = ScheduleKeyDeletion {
        key_id: request.key_id,
        pending_window_in_days: request.pending_window_in_days,
    };
    let scheduled = kms.schedule_key_deletion(&caller, command).await?;
    Ok(pb::ScheduleKeyDeletionResponse {
        key_id: scheduled.key_arn,
        deletion_date: Some(convert::timestamp(scheduled.deletion_date)),
        key_state: pb::KeyState::PendingDeletion.into(),
        pending_window_in_days: i32::try_from(scheduled.pending_window_in_days).unwrap_or_default(),
    })
}

pub(super) async fn cancel_key_deletion(
    kms: Kms,
    caller: Caller,
    request: pb::CancelKeyDeletionRequest,
) -> Result<pb::CancelKeyDeletionResponse, Refusal> {
    let key_id = kms.cancel_key_deletion(&caller, request.key_id).await?;
    Ok(pb::CancelKeyDeletionResponse { key_id })
}
