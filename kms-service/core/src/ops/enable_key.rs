//! EnableKey: a disabled key works again.

use identity::Caller;

use crate::{Kms, audit::Operation, authorize::Op, error::KmsError, key::KeyState, plan::Plan};

impl Kms {
    /// Enables a key, named by id or ARN. An enabled key stays so.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn enable_key(&self, caller: &Caller, key_id: String) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::EnableKey, move |view, trail| {
            let key = view.admit(&who, trail, Op::EnableKey, &key_id)?;
            let mut plan = Plan::nothing();
            plan.set_state(&key, KeyState::Enabled);
            Ok((plan, ()))
        })
        .await
    }
}
