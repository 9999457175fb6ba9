//! ListKeyRotations: the rotations of a key that are done, oldest first.

use identity::Caller;
use shape::{Decode, Request, Violations, choices};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    authorize::may,
    clock::Timestamp,
    error::KmsError,
    ids::KeyId,
    limits::LIST_KEYS_PAGE,
    page::{Page, PageRequest},
    ring::Entry,
    rotation::RotationType,
};

/// Of which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct ListKeyRotations {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// Whether the material that came with the key is listed too.
    pub include_key_material: IncludeKeyMaterial,
    /// Which part of the list.
    #[shape(flatten)]
    pub page: PageRequest,
}

/// What a list of rotations has in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncludeKeyMaterial {
    /// The first material as well.
    AllKeyMaterial,
    /// What a rotation made.
    #[default]
    RotationsOnly,
}

choices!(IncludeKeyMaterial { AllKeyMaterial = "ALL_KEY_MATERIAL", RotationsOnly = "ROTATIONS_ONLY" });

/// Whether material encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMaterialState {
    /// It does.
    Current,
    /// It only decrypts what it encrypted once.
    NonCurrent,
}

/// One version of a key's material, and the rotation that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRotationEntry {
    /// The key.
    pub key_id: KeyId,
    /// The material.
    pub material_id: String,
    /// Whether it encrypts.
    pub state: KeyMaterialState,
    /// When it was made; none for the first material.
    pub rotation_date: Option<Timestamp>,
    /// Why it was made; none for the first material.
    pub rotation_type: Option<RotationType>,
}

impl Request for ListKeyRotations {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        self.page.check(violations, LIST_KEYS_PAGE);
    }
}

impl Kms {
    /// Lists rotations. Works in every state of the key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn list_key_rotations(
        &self,
        caller: &Caller,
        request: ListKeyRotations,
    ) -> Result<Page<KeyRotationEntry>, KmsError> {
        self.read(caller, Operation::ListKeyRotations, |view, trail| {
            request.check()?;
            let key = view.admit::<may::ListKeyRotations>(caller, trail, &request.key_id)?;
            let list = format!("rotations/{}", key.record().id);
            let after = request.page.after(view, &list)?;
            let after = after.and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
            let first = match request.include_key_material {
                IncludeKeyMaterial::AllKeyMaterial => 1,
                IncludeKeyMaterial::RotationsOnly => 2,
            };
            let versions = first.max(after.saturating_add(1))..=key.record().current_material();
            let entries = versions.map(|version| (version, entry(key.entry(), version)));
            let page = request
                .page
                .page(view, &list, LIST_KEYS_PAGE, entries, |(version, _)| version.to_be_bytes().to_vec());
            Ok(page.map(|(_, entry)| entry))
        })
    }
}

fn entry(key: &Entry, version: u32) -> KeyRotationEntry {
    let record = key.record();
    // Version 2 is what the first rotation made.
    let made_by = version.checked_sub(2).and_then(|index| usize::try_from(index).ok());
    let rotation = made_by.and_then(|index| record.rotations.done().get(index));
    KeyRotationEntry {
        key_id: record.id,
        material_id: key.material_id(version).unwrap_or_default().to_owned(),
        state: if version == record.current_material() {
            KeyMaterialState::Current
        } else {
            KeyMaterialState::NonCurrent
        },
        rotation_date: rotation.map(|rotation| rotation.at),
        rotation_type: rotation.map(|rotation| rotation.by),
    }
}
