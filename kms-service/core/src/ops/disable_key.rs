//! DisableKey: nothing works with the key until it is enabled again.

use identity::Caller;

use crate::{Kms, audit::Operation, authorize::Op, error::KmsError, key::KeyState, plan::Plan};

impl Kms {
    /// Disables a key, named by id or ARN. When this returns, no use of the key is under way. A disabled key stays so.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn disable_key(&self, caller: &Caller, key_id: String) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::DisableKey, move |view, trail| {
            let key = view.admit(&who, trail, Op::DisableKey, &key_id)?;
            let mut plan = Plan::nothing();
            plan.set_state(&key, KeyState::Disabled);
            Ok((plan, ()))
        })
        .await
    }
}
