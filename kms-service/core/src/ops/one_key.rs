//! The request of operations that only name a key: EnableKey, DisableKey, CancelKeyDeletion, RotateKeyOnDemand.

use shape::{Decode, Request, Violations};

use crate::arn::check_length;

/// Which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct OneKey {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
}

impl Request for OneKey {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
    }
}
