//! DisableKeyRotation: a key rotates only when somebody asks for it.

use identity::Caller;

use crate::{Kms, audit::Operation, error::KmsError, plan::Plan};

impl Kms {
    /// Ends the automatic rotation of a key, named by id or ARN. What is rotated stays so.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn disable_key_rotation(&self, caller: &Caller, key_id: String) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::DisableKeyRotation, move |view, trail| {
            let key = view.admit(&who, trail, &key_id)?;
            let mut plan = Plan::nothing();
            plan.rotate_never(&key);
            Ok((plan, ()))
        })
        .await
    }
}
