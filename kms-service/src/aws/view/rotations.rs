//! Rotation of keys.

use aws_json::Millis;
use kms_core::{
    Page, RotationType,
    ops::{
        get_key_rotation_status::KeyRotationStatus,
        list_key_rotations::{KeyMaterialState, KeyRotationEntry},
    },
};
use serde::Serialize;

use super::page::End;

/// GetKeyRotationStatus's. A rotation on demand is over when it is answered, so none is ever under way.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RotationStatus {
    key_id: String,
    key_rotation_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_period_in_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_rotation_date: Option<Millis>,
}

impl From<KeyRotationStatus> for RotationStatus {
    fn from(status: KeyRotationStatus) -> Self {
        Self {
            key_id: status.key_id.to_string(),
            key_rotation_enabled: status.key_rotation_enabled,
            rotation_period_in_days: status.rotation_period_in_days,
            next_rotation_date: status.next_rotation_date.map(|at| Millis(at.millis())),
        }
    }
}

/// ListKeyRotations'.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Rotations {
    rotations: Vec<Rotation>,
    #[serde(flatten)]
    end: End,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rotation {
    key_id: String,
    key_material_id: String,
    key_material_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_date: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_type: Option<&'static str>,
}

impl From<Page<KeyRotationEntry>> for Rotations {
    fn from(page: Page<KeyRotationEntry>) -> Self {
        Self { rotations: page.items.into_iter().map(Rotation::from).collect(), end: page.next_marker.into() }
    }
}

impl From<KeyRotationEntry> for Rotation {
    fn from(entry: KeyRotationEntry) -> Self {
        Self {
            key_id: entry.key_id.to_string(),
            key_material_id: entry.material_id,
            key_material_state: match entry.state {
                KeyMaterialState::Current => "CURRENT",
                KeyMaterialState::NonCurrent => "NON_CURRENT",
            },
            rotation_date: entry.rotation_date.map(|at| Millis(at.millis())),
            rotation_type: entry.rotation_type.map(|by| match by {
                RotationType::Automatic => "AUTOMATIC",
                RotationType::OnDemand => "ON_DEMAND",
            }),
        }
    }
}
