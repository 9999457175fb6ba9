//! EnableKeyRotation: a key rotates by itself from now on.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    error::KmsError,
    limits::{ROTATION_PERIOD_DAYS_DEFAULT, ROTATION_PERIOD_DAYS_MAX, ROTATION_PERIOD_DAYS_MIN},
    plan::Plan,
};

/// Which key, and how often.
#[derive(Clone, Debug, Default, Decode)]
pub struct EnableKeyRotation {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// 90 to 2560; 365 if it is not given.
    pub rotation_period_in_days: Option<i32>,
}

impl Request for EnableKeyRotation {
    fn constraints(&self, violations: &mut Violations) {
        let range = ROTATION_PERIOD_DAYS_MIN..=ROTATION_PERIOD_DAYS_MAX;
        check_length(violations, "keyId", &self.key_id);
        violations.range("rotationPeriodInDays", self.rotation_period_in_days, range);
    }
}

impl Kms {
    /// Has a key rotated each time that its period has passed, counted from now. The same period again changes nothing.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn enable_key_rotation(
        &self,
        caller: &Caller,
        request: EnableKeyRotation,
    ) -> Result<(), KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::EnableKeyRotation, move |view, trail| {
            request.check()?;
            let key = view.admit(&who, trail, &request.key_id)?;
            let given = request.rotation_period_in_days.map(u32::try_from);
            let period_days = given.and_then(Result::ok).unwrap_or(ROTATION_PERIOD_DAYS_DEFAULT);
            let mut plan = Plan::nothing();
            plan.rotate_every(&key, period_days, view.now());
            Ok((plan, ()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        KeyKind, RotationType, Timestamp, Upkeep,
        limits::{AUTOMATIC_ROTATION_DAYS, ROTATION_PAUSE_MILLIS},
        ops::{
            get_key_rotation_status::KeyRotationStatus,
            list_key_rotations::{IncludeKeyMaterial, KeyMaterialState, KeyRotationEntry, ListKeyRotations},
        },
        testing::*,
    };

    impl World {
        async fn enable_rotation(&self, key: &str, days: Option<i32>) -> Result<(), KmsError> {
            let request = EnableKeyRotation { key_id: key.to_owned(), rotation_period_in_days: days };
            self.kms.enable_key_rotation(&root(), request).await
        }

        async fn rotation(&self, key: &str) -> KeyRotationStatus {
            self.kms.get_key_rotation_status(&root(), key.to_owned()).await.unwrap()
        }

        async fn rotations(&self, key: &str, include: IncludeKeyMaterial) -> Vec<KeyRotationEntry> {
            let request = ListKeyRotations {
                key_id: key.to_owned(),
                include_key_material: include,
                ..Default::default()
            };
            self.kms.list_key_rotations(&root(), request).await.unwrap().items
        }

        fn now(&self) -> Timestamp {
            crate::Clock::now(&*self.clock)
        }
    }

    #[tokio::test]
    async fn a_key_rotates_each_time_that_its_period_has_passed() {
        let mut world = World::new().await;
        let key = world.key().await;
        let off = KeyRotationStatus {
            key_id: key.key_id,
            key_rotation_enabled: false,
            rotation_period_in_days: None,
            next_rotation_date: None,
        };
        assert_eq!(world.rotation(&key.arn).await, off);
        let (blob, made) = (world.seal(&key.arn, b"old", context(&[])).await, world.now());
        world.clock.advance_days(30);
        world.enable_rotation(&key.arn, Some(90)).await.unwrap();
        let on = |since: Timestamp| KeyRotationStatus {
            key_rotation_enabled: true,
            rotation_period_in_days: Some(90),
            next_rotation_date: Some(since.plus_days(90)),
            ..off.clone()
        };
        assert_eq!(world.rotation(&key.arn).await, on(made.plus_days(30)));
        world.clock.advance_days(89);
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep::default());
        world.clock.advance_days(1);
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep { destroyed: 0, rotated: 1 });
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep::default());
        world.restart().await;
        assert_eq!(world.rotation(&key.arn).await, on(world.now()));
        let opened = world.open(&root(), &blob, context(&[])).await.unwrap();
        assert_eq!(opened.plaintext.expose(), b"old");
        assert_eq!(Some(opened.material_id), key.current_material_id, "the old material opens");
        let now = world.describe(&root(), &key.arn).await.unwrap();
        assert_ne!(now.current_material_id, key.current_material_id, "new material seals");

        world.clock.advance_days(1);
        world.kms.rotate_key_on_demand(&root(), key.arn.clone()).await.unwrap();
        let asked = world.now();
        assert_eq!(world.rotation(&key.arn).await, on(made.plus_days(120)), "one on demand shifts nothing");
        let materials = world.rotations(&key.arn, IncludeKeyMaterial::AllKeyMaterial).await;
        let seen: Vec<_> =
            materials.iter().map(|entry| (entry.state, entry.rotation_date, entry.rotation_type)).collect();
        let expected = [
            (KeyMaterialState::NonCurrent, None, None),
            (KeyMaterialState::NonCurrent, Some(made.plus_days(120)), Some(RotationType::Automatic)),
            (KeyMaterialState::Current, Some(asked), Some(RotationType::OnDemand)),
        ];
        assert_eq!(seen, expected);
        assert_eq!(Some(&materials[0].material_id), key.current_material_id.as_ref());
        assert_eq!(world.rotations(&key.arn, IncludeKeyMaterial::RotationsOnly).await, materials[1..]);

        world.kms.disable_key_rotation(&root(), key.arn.clone()).await.unwrap();
        assert_eq!(world.rotation(&key.arn).await, off);
        world.clock.advance_days(1000);
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep::default());
        assert_eq!(world.rotations(&key.arn, IncludeKeyMaterial::AllKeyMaterial).await, materials);
    }

    #[tokio::test]
    async fn a_period_is_90_to_2560_days_and_a_year_if_none_is_given() {
        let world = World::new().await;
        let key = world.key().await.arn;
        for (days, text) in [
            (
                89,
                "Value '89' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value greater than or equal to 90",
            ),
            (
                2561,
                "Value '2561' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value less than or equal to 2560",
            ),
        ] {
            let (reason, message) = refusal(world.enable_rotation(&key, Some(days)).await);
            assert_eq!(
                (reason, message),
                ("ValidationException", format!("1 validation error detected: {text}"))
            );
        }
        for (days, expected) in [(Some(90), 90), (Some(2560), 2560), (None, 365)] {
            world.enable_rotation(&key, days).await.unwrap();
            assert_eq!(world.rotation(&key).await.rotation_period_in_days, Some(expected));
        }
        let (commits, next) = (world.store.commits(), world.rotation(&key).await.next_rotation_date);
        world.clock.advance_days(10);
        world.enable_rotation(&key, None).await.unwrap();
        assert_eq!(world.store.commits(), commits, "the same period again is no change");
        assert_eq!(world.rotation(&key).await.next_rotation_date, next);
        world.kms.disable_key_rotation(&root(), key.clone()).await.unwrap();
        world.kms.disable_key_rotation(&root(), key).await.unwrap();
        assert_eq!(world.store.commits(), commits + 1);
    }

    #[tokio::test]
    async fn a_rotation_waits_for_a_key_that_cannot_be_used_and_no_longer() {
        let world = World::new().await;
        let key = world.key().await.arn;
        world.enable_rotation(&key, Some(90)).await.unwrap();
        let due = world.rotation(&key).await.next_rotation_date;
        world.kms.disable_key(&root(), key.clone()).await.unwrap();
        world.clock.advance_days(100);
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep::default());
        assert_eq!(world.rotation(&key).await.next_rotation_date, due, "disabled it keeps its setting");
        world.kms.schedule_key_deletion(&root(), schedule(&key, 30)).await.unwrap();
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep::default());
        let dying = world.rotation(&key).await;
        assert_eq!((dying.key_rotation_enabled, dying.next_rotation_date), (false, None));
        world.kms.cancel_key_deletion(&root(), key.clone()).await.unwrap();
        assert_eq!(world.rotation(&key).await.next_rotation_date, due, "and saved it has it back");
        let before = world.describe(&root(), &key).await.unwrap().current_material_id;
        world.kms.enable_key(&root(), key.clone()).await.unwrap();
        let after = world.describe(&root(), &key).await.unwrap();
        assert_ne!(after.current_material_id, before, "rotated at once");
        assert_eq!(after.state, crate::KeyState::Enabled);
        assert_eq!(world.rotation(&key).await.next_rotation_date, Some(world.now().plus_days(90)));
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep::default(), "and not once more");
    }

    #[tokio::test]
    async fn one_on_demand_keeps_its_distance_from_an_automatic_one() {
        let world = World::new().await;
        let key = world.key().await.arn;
        world.enable_rotation(&key, Some(90)).await.unwrap();
        world.clock.advance_days(90);
        world.clock.advance_millis(0);
        let soon =
            ("ConflictException", format!("{key} is due for its automatic rotation within 20 minutes."));
        let ask = async || world.kms.rotate_key_on_demand(&root(), key.clone()).await;
        assert_eq!(refusal(ask().await), soon, "it is due and not done");
        world.kms.run_upkeep().await.unwrap();
        let fresh = ("ConflictException", format!("{key} was rotated less than 20 minutes ago."));
        assert_eq!(refusal(ask().await), fresh);
        world.clock.advance_millis(ROTATION_PAUSE_MILLIS);
        ask().await.unwrap();
        world.clock.advance_days(90);
        assert_eq!(refusal(ask().await), soon, "counted from the automatic one");
    }

    #[tokio::test]
    async fn the_managed_keys_year_is_shown_and_not_for_users_to_change() {
        let world = World::new().await;
        let managed = world.describe(&root(), MANAGED_ALIAS).await.unwrap();
        assert_eq!(managed.kind, KeyKind::Managed);
        let status = world.rotation(&managed.arn).await;
        let next = Some(world.now().plus_days(AUTOMATIC_ROTATION_DAYS));
        assert!(status.key_rotation_enabled);
        assert_eq!((status.rotation_period_in_days, status.next_rotation_date), (Some(365), next));
        for outcome in [
            world.enable_rotation(&managed.arn, None).await,
            world.kms.disable_key_rotation(&root(), managed.arn.clone()).await,
        ] {
            let (reason, text) = refusal(outcome);
            assert_eq!(reason, "AccessDeniedException");
            assert!(text.contains("because no resource-based policy allows the kms:"), "{text}");
        }
        world.clock.advance_days(AUTOMATIC_ROTATION_DAYS);
        assert_eq!(world.kms.run_upkeep().await.unwrap().rotated, 1);
        let done = world.rotations(&managed.arn, IncludeKeyMaterial::RotationsOnly).await;
        assert_eq!(done.len(), 1);
        assert_eq!(done[0].rotation_type, Some(RotationType::Automatic));
    }
}
