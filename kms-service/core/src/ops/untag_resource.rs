//! UntagResource: takes tags off a key.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    error::KmsError,
    plan::Plan,
    tags::{check_key_lengths, check_keys},
};

/// Which tags, of which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct UntagResource {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// The keys of the tags.
    #[shape(required)]
    pub tag_keys: Vec<String>,
}

impl Request for UntagResource {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        check_key_lengths(violations, &self.tag_keys);
    }
}

impl Kms {
    /// Takes tags off a key. One that is not there is no mistake.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn untag_resource(&self, caller: &Caller, request: UntagResource) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::UntagResource, move |view, trail| {
            request.check()?;
            check_keys(&request.tag_keys)?;
            let key = view.admit(&who, trail, &request.key_id)?;
            let mut plan = Plan::nothing();
            plan.untag(&key, &request.tag_keys);
            Ok((plan, ()))
        })
        .await
    }
}
