//! GetKeyRotationStatus: whether a key rotates by itself, and when next.

use identity::Caller;

use crate::{
    Kms, audit::Operation, authorize::may, clock::Timestamp, error::KmsError, ids::KeyId, key::KeyState,
};

/// What is decided about a key's automatic rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRotationStatus {
    /// The key.
    pub key_id: KeyId,
    /// Whether it rotates by itself.
    pub key_rotation_enabled: bool,
    /// After how many days, if it does.
    pub rotation_period_in_days: Option<u32>,
    /// When next, if it does. While the key is disabled this may lie in the past.
    pub next_rotation_date: Option<Timestamp>,
}

impl Kms {
    /// Tells of the automatic rotation of a key, named by id or ARN. Works in every state of the key; while it waits for its
    /// deletion it does not rotate. A rotation on demand is over when it is answered, so none is ever under way.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn get_key_rotation_status(
        &self,
        caller: &Caller,
        key_id: String,
    ) -> Result<KeyRotationStatus, KmsError> {
        self.read(caller, Operation::GetKeyRotationStatus, |view, trail| {
            let key = view.admit::<may::GetKeyRotationStatus>(caller, trail, &key_id)?;
            let record = key.record();
            let stays = !matches!(record.state, KeyState::PendingDeletion { .. });
            let rotations = Some(&record.rotations).filter(|_| stays);
            let rotation_period_in_days = rotations.and_then(|rotations| rotations.period_days());
            Ok(KeyRotationStatus {
                key_id: record.id,
                key_rotation_enabled: rotation_period_in_days.is_some(),
                rotation_period_in_days,
                next_rotation_date: rotations.and_then(|rotations| rotations.next(record.created)),
            })
        })
    }
}
