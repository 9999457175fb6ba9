//! ScheduleKeyDeletion: the key stops working now, and is destroyed after a waiting period.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    arn::check_length,
    audit::Operation,
    clock::Timestamp,
    error::{KmsError, Rule},
    limits::{PENDING_WINDOW_DAYS_MAX, PENDING_WINDOW_DAYS_MIN, PENDING_WINDOW_DAYS_MODEL_MAX},
    plan::Plan,
};

/// Which key, and how long to wait.
#[derive(Clone, Debug, Default, Decode)]
pub struct ScheduleKeyDeletion {
    /// Key id or key ARN.
    #[shape(required)]
    pub key_id: String,
    /// 7 to 30, 30 if not given.
    pub pending_window_in_days: Option<i32>,
}

/// When it will happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledDeletion {
    /// The key.
    pub key_arn: String,
    /// When the material is destroyed.
    pub deletion_date: Timestamp,
    /// The waiting period.
    pub pending_window_in_days: u32,
}

impl ScheduleKeyDeletion {
    fn days(&self) -> Result<u32, KmsError> {
        let days = self.pending_window_in_days.unwrap_or(PENDING_WINDOW_DAYS_MAX);
        let allowed = PENDING_WINDOW_DAYS_MIN..=PENDING_WINDOW_DAYS_MAX;
        let days = u32::try_from(days).ok().filter(|_| allowed.contains(&days));
        days.ok_or(KmsError::Rule(Rule::PendingWindow))
    }
}

impl Request for ScheduleKeyDeletion {
    fn constraints(&self, violations: &mut Violations) {
        check_length(violations, "keyId", &self.key_id);
        violations.range(
            "pendingWindowInDays",
            self.pending_window_in_days,
            1..=PENDING_WINDOW_DAYS_MODEL_MAX,
        );
    }
}

impl Kms {
    /// Schedules the deletion of a key.
    ///
    /// # Errors
    /// In the order of the module [`ops`](crate::ops).
    pub async fn schedule_key_deletion(
        &self,
        caller: &Caller,
        request: ScheduleKeyDeletion,
    ) -> Result<ScheduledDeletion, KmsError> {
        let who = caller.clone();
        self.change(caller, Operation::ScheduleKeyDeletion, move |view, trail| {
            request.check()?;
            let days = request.days()?;
            let key = view.admit(&who, trail, &request.key_id)?;
            let at = view.now().plus_days(days);
            let mut plan = Plan::nothing();
            plan.schedule_deletion(&key, at);
            let key_arn = key.arn().to_owned();
            Ok((plan, ScheduledDeletion { key_arn, deletion_date: at, pending_window_in_days: days }))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[tokio::test]
    async fn the_waiting_period_is_7_to_30_days() {
        let world = World::new().await;
        let now = crate::Clock::now(&*world.clock);
        for (days, expected) in [(Some(7), 7), (Some(30), 30), (None, 30)] {
            let key = world.key().await.arn;
            let request = ScheduleKeyDeletion { key_id: key.clone(), pending_window_in_days: days };
            let scheduled = world.kms.schedule_key_deletion(&root(), request).await.unwrap();
            let deletion_date = now.plus_days(expected);
            let pending_window_in_days = expected;
            assert_eq!(scheduled, ScheduledDeletion { key_arn: key, deletion_date, pending_window_in_days });
        }
        let key = world.key().await.arn;
        let refused =
            async |days| refusal(world.kms.schedule_key_deletion(&root(), schedule(&key, days)).await);
        for days in [1, 6, 31, 365] {
            let text = "PendingWindowInDays must be between 7 and 30".to_owned();
            assert_eq!(refused(days).await, ("ValidationException", text), "{days}");
        }
        for days in [0, -7, 366, i32::MAX] {
            let (reason, text) = refused(days).await;
            assert_eq!(reason, "ValidationException");
            assert!(text.contains(&format!("Value '{days}' at 'pendingWindowInDays'")), "{text}");
        }
    }

    #[tokio::test]
    async fn nothing_works_while_it_waits() {
        let world = World::new().await;
        let key = world.key().await.arn;
        let blob = world.seal(&key, b"x", context(&[])).await;
        world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap();
        let pending = ("KMSInvalidStateException", format!("{key} is pending deletion."));
        assert_eq!(refusal(world.open(&root(), &blob, context(&[])).await), pending);
        assert_eq!(refusal(world.kms.enable_key(&root(), key.clone()).await), pending);
        let again = world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await;
        assert_eq!(refusal(again), pending);
    }
}
