//! Rotation, by time and on demand.

use identity::Caller;
use kms_core::{
    Kms,
    ops::{
        enable_key_rotation::EnableKeyRotation,
        list_key_rotations::{KeyRotationEntry, ListKeyRotations},
    },
};
use proto::kms as pb;

use super::{Refusal, convert};

pub(super) async fn rotate_key_on_demand(
    kms: Kms,
    caller: Caller,
    request: pb::RotateKeyOnDemandRequest,
) -> Result<pb::RotateKeyOnDemandResponse, Refusal> {
    let key_id = kms.rotate_key_on_demand(&caller, request.key_id).await?;
    Ok(pb::RotateKeyOnDemandResponse { key_id })
}

pub(super) async fn enable_key_rotation(
    kms: Kms,
    caller: Caller,
    request: pb::EnableKeyRotationRequest,
) -> Result<pb::EnableKeyRotationResponse, Refusal> {
    let command = EnableKeyRotation {
        key_id: request.key_id,
        rotation_period_in_days: request.rotation_period_in_days,
    };
    kms.enable_key_rotation(&caller, command).await?;
    Ok(pb::EnableKeyRotationResponse {})
}

pub(super) async fn disable_key_rotation(
    kms: Kms,
    caller: Caller,
    request: pb::DisableKeyRotationRequest,
) -> Result<pb::DisableKeyRotationResponse, Refusal> {
    kms.disable_key_rotation(&caller, request.key_id).await?;
    Ok(pb::DisableKeyRotationResponse {})
}

pub(super) async fn get_key_rotation_status(
    kms: Kms,
    caller: Caller,
    request: pb::GetKeyRotationStatusRequest,
) -> Result<pb::GetKeyRotationStatusResponse, Refusal> {
    let status = kms.get_key_rotation_status(&caller, request.key_id).await?;
    Ok(pb::GetKeyRotationStatusResponse {
        key_id: status.key_id.to_string(),
        key_rotation_enabled: status.key_rotation_enabled,
        rotation_period_in_days: status.rotation_period_in_days.and_then(|days| i32::try_from(days).ok()),
        next_rotation_date: status.next_rotation_date.map(convert::timestamp),
    })
}

pub(super) async fn list_key_rotations(
    kms: Kms,
    caller: Caller,
    request: pb::ListKeyRotationsRequest,
) -> Result<pb::ListKeyRotationsResponse, Refusal> {
    let command = ListKeyRotations {
        key_id: request.key_id,
        include_key_material: convert::include_key_material(request.include_key_material)?,
        page: convert::page(request.limit, request.marker),
    };
    let page = kms.list_key_rotations(&caller, command).await?;
    Ok(pb::ListKeyRotationsResponse {
        rotations: page.items.into_iter().map(entry).collect(),
        truncated: page.next_marker.is_some(),
        next_marker: page.next_marker.unwrap_or_default(),
    })
}

fn entry(rotation: KeyRotationEntry) -> pb::RotationsListEntry {
    pb::RotationsListEntry {
        key_id: rotation.key_id.to_string(),
        key_material_id: rotation.material_id,
        key_material_state: convert::key_material_state(rotation.state).into(),
        rotation_date: rotation.rotation_date.map(convert::timestamp),
        rotation_type: convert::rotation_type(rotation.rotation_type).into(),
    }
}
