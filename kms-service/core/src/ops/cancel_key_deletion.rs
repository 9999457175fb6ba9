//! CancelKeyDeletion: the key stays, disabled.

use identity::Caller;

use crate::{Kms, audit::Operation, authorize::Op, error::KmsError, key::KeyState, plan::Plan};

impl Kms {
    /// Cancels a deletion and returns the key's ARN. The key is disabled afterwards, as in AWS.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn cancel_key_deletion(&self, caller: &Caller, key_id: String) -> Result<String, KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::CancelKeyDeletion, move |view, trail| {
            let key = view.admit(&who, trail, Op::CancelKeyDeletion, &key_id)?;
            let mut plan = Plan::nothing();
            plan.set_state(&key, KeyState::Disabled);
            Ok((plan, key.arn().to_owned()))
        })
        .await
    }
}
