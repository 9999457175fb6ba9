//! RotateKeyOnDemand: new material at once.

use identity::Caller;

use crate::{
    Kms,
    audit::Operation,
    authorize::Op,
    error::{KmsError, Quota},
    limits::ON_DEMAND_ROTATIONS_MAX,
    plan::Plan,
};

impl Kms {
    /// Gives a key new material, which encrypts from now on, and returns the key's ARN. Old ciphertexts stay readable.
    ///
    /// The rotation is over when this returns, so there is none of AWS's `ConflictException` for one under way.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops); and the quota of 25 for the life of a key.
    pub async fn rotate_key_on_demand(&self, caller: &Caller, key_id: String) -> Result<String, KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::RotateKeyOnDemand, move |view, trail| {
            let key = view.admit(&who, trail, Op::RotateKeyOnDemand, &key_id)?;
            let arn = key.arn().to_owned();
            if key.record().on_demand_rotations >= ON_DEMAND_ROTATIONS_MAX {
                return Err(KmsError::Limit(Quota::Rotations { arn }));
            }
            let mut plan = Plan::nothing();
            plan.rotate(&key, view.now(), true, view.entropy());
            Ok((plan, arn))
        })
        .await
    }
}
