//! Keys and what becomes of them.

use aws_json::Millis;
use kms_core::{
    EncryptionAlgorithm, KeyKind, KeyMetadata, KeyState, KeyType, Origin, Page,
    ops::{list_keys::KeyListEntry, schedule_key_deletion},
};
use serde::Serialize;

use super::page::End;

/// CreateKey's and DescribeKey's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribedKey {
    key_metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    #[serde(rename = "AWSAccountId")]
    aws_account_id: String,
    key_id: String,
    arn: String,
    creation_date: Millis,
    enabled: bool,
    description: String,
    key_usage: &'static str,
    key_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<Millis>,
    origin: &'static str,
    key_manager: &'static str,
    /// Deprecated, and still there: old clients know no other.
    customer_master_key_spec: &'static str,
    key_spec: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_algorithms: Option<[&'static str; 1]>,
    multi_region: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac_algorithms: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_key_material_id: Option<String>,
}

impl From<KeyMetadata> for DescribedKey {
    fn from(key: KeyMetadata) -> Self {
        let deletion_date = match key.state {
            KeyState::PendingDeletion { at } => Some(Millis(at.millis())),
            KeyState::Enabled | KeyState::Disabled => None,
        };
        let spec = key.key_type.spec().as_str();
        let key_metadata = Metadata {
            aws_account_id: key.account.to_string(),
            key_id: key.key_id.to_string(),
            arn: key.arn,
            creation_date: Millis(key.created.millis()),
            enabled: key.state == KeyState::Enabled,
            description: key.description,
            key_usage: key.key_type.usage().as_str(),
            key_state: name_of(key.state),
            deletion_date,
            origin: Origin::AwsKms.as_str(),
            key_manager: match key.kind {
                KeyKind::Owned | KeyKind::Managed => "AWS",
                KeyKind::Customer => "CUSTOMER",
            },
            customer_master_key_spec: spec,
            key_spec: spec,
            encryption_algorithms: match key.key_type {
                KeyType::Symmetric => Some([EncryptionAlgorithm::SymmetricDefault.as_str()]),
                KeyType::Hmac(_) => None,
            },
            multi_region: false,
            mac_algorithms: key.key_type.mac_algorithm().map(|algorithm| [algorithm.as_str()]),
            current_key_material_id: key.current_material_id,
        };
        Self { key_metadata }
    }
}

const fn name_of(state: KeyState) -> &'static str {
    match state {
        KeyState::Enabled => "Enabled",
        KeyState::Disabled => "Disabled",
        KeyState::PendingDeletion { .. } => "PendingDeletion",
    }
}

/// ListKeys'.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Keys {
    keys: Vec<Key>,
    #[serde(flatten)]
    end: End,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    key_id: String,
    key_arn: String,
}

impl From<Page<KeyListEntry>> for Keys {
    fn from(page: Page<KeyListEntry>) -> Self {
        let key = |key: KeyListEntry| Key { key_id: key.key_id.to_string(), key_arn: key.key_arn };
        Self { keys: page.items.into_iter().map(key).collect(), end: page.next_marker.into() }
    }
}

/// The answer that only names the key, by its ARN: CancelKeyDeletion's and RotateKeyOnDemand's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OneKey {
    key_id: String,
}

impl From<String> for OneKey {
    fn from(key_id: String) -> Self {
        Self { key_id }
    }
}

/// ScheduleKeyDeletion's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ScheduledDeletion {
    key_id: String,
    deletion_date: Millis,
    key_state: &'static str,
    pending_window_in_days: u32,
}

impl From<schedule_key_deletion::ScheduledDeletion> for ScheduledDeletion {
    fn from(scheduled: schedule_key_deletion::ScheduledDeletion) -> Self {
        let at = scheduled.deletion_date;
        Self {
            key_id: scheduled.key_arn,
            deletion_date: Millis(at.millis()),
            key_state: name_of(KeyState::PendingDeletion { at }),
            pending_window_in_days: scheduled.pending_window_in_days,
        }
    }
}
