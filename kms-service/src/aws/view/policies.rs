//! Key policies.

use kms_core::{Page, ops::get_key_policy::NamedPolicy};
use serde::Serialize;

use super::page::End;

/// GetKeyPolicy's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeyPolicy {
    policy: String,
    policy_name: &'static str,
}

impl From<NamedPolicy> for KeyPolicy {
    fn from(NamedPolicy { policy, policy_name }: NamedPolicy) -> Self {
        Self { policy, policy_name }
    }
}

/// ListKeyPolicies'.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PolicyNames {
    policy_names: Vec<&'static str>,
    #[serde(flatten)]
    end: End,
}

impl From<Page<&'static str>> for PolicyNames {
    fn from(page: Page<&'static str>) -> Self {
        Self { policy_names: page.items, end: page.next_marker.into() }
    }
}
