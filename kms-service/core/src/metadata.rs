//! What DescribeKey and CreateKey tell about a key.

use identity::AccountId;

use crate::{
    clock::Timestamp,
    ids::KeyId,
    key::{KeyKind, KeyState},
    ring::Entry,
    spec::KeyType,
};

/// A key as its users see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMetadata {
    /// The account it belongs to.
    pub account: AccountId,
    /// Its id.
    pub key_id: KeyId,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// What its maker wrote about it.
    pub description: String,
    /// Its state.
    pub state: KeyState,
    /// Who it is for.
    pub kind: KeyKind,
    /// What it is, which says what it is used for and how.
    pub key_type: KeyType,
    /// The id of the material that encrypts now: 64 hexadecimal digits. None for a key that does not encrypt.
    pub current_material_id: Option<String>,
}

impl KeyMetadata {
    pub(crate) fn of(entry: &Entry) -> Self {
        let record = entry.record();
        Self {
            account: record.account.clone(),
            key_id: record.id,
            arn: entry.arn().to_owned(),
            created: record.created,
            description: record.description.clone(),
            state: record.state,
            kind: record.kind,
            key_type: record.key_type,
            current_material_id: entry.current_material_id().map(str::to_owned),
        }
    }
}
