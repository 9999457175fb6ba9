//! UpdateKeyDescription: another text about a key.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms, arn::check_length, audit::Operation, error::KmsError, limits::DESCRIPTION_CHARS_MAX, plan::Plan,
};

/// Which text, for which key.
#[derive(Clone, Debug, Default, Decode)]
pub struct UpdateKeyDescription {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// At most 8192 characters; none to have no description.
    #[shape(required)]
    pub description: String,
}

impl Request for UpdateKeyDescription {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        violations.count("description", self.description.chars().count(), 0..=DESCRIPTION_CHARS_MAX);
    }
}

impl Kms {
    /// Describes a key anew.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn update_key_description(
        &self,
        caller: &Caller,
        request: UpdateKeyDescription,
    ) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::UpdateKeyDescription, move |view, trail| {
            request.check()?;
            let key = view.admit(&who, trail, &request.key_id)?;
            let mut plan = Plan::nothing();
            plan.set_description(&key, request.description);
            Ok((plan, ()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[tokio::test]
    async fn the_description_is_the_last_one_given() {
        let mut world = World::new().await;
        let key = world.key().await.arn;
        let update = async |world: &World, description: &str| {
            let request = UpdateKeyDescription { key_id: key.clone(), description: description.to_owned() };
            world.kms.update_key_description(&root(), request).await
        };
        for description in ["for music", &"ä".repeat(8192), ""] {
            update(&world, description).await.unwrap();
            world.restart().await;
            assert_eq!(world.describe(&root(), &key).await.unwrap().description, description);
        }
        assert_eq!(code(&update(&world, &"d".repeat(8193)).await), "ValidationException");
        world.kms.disable_key(&root(), key.clone()).await.unwrap();
        update(&world, "while disabled").await.unwrap();
        world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap();
        let pending = ("KMSInvalidStateException", format!("{key} is pending deletion."));
        assert_eq!(refusal(update(&world, "too late").await), pending);
    }
}
