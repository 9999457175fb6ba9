//! What every list has beside its entries.

use serde::Serialize;

/// Whether the list goes on, which every answer says, and where.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct End {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

impl From<Option<String>> for End {
    fn from(next_marker: Option<String>) -> Self {
        Self { truncated: next_marker.is_some(), next_marker }
    }
}
