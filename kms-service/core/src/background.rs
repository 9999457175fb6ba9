//! The service's own upkeep, run at start and then again and again: destroying keys whose waiting period is over, rotating
//! keys whose time for it has come, and loading memory anew after a failure of the store.

use crate::{
    error::KmsError,
    ids::KeyId,
    key::KeyState,
    kms::{Kms, View},
    plan::Plan,
    ring::Entry,
};

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// Keys destroyed.
    pub destroyed: usize,
    /// Keys rotated.
    pub rotated: usize,
}

/// The right to do what nobody asks for when it is done: destroying and rotating what is due. Made here and
/// nowhere else.
pub(crate) struct Duty(());

impl Kms {
    /// One round. Each key is one commit, so a round that is cut short loses nothing: the next one goes on. A key that fails
    /// is reported and does not stand in the way of the others.
    ///
    /// # Errors
    /// The first failure, when everything else is done.
    pub async fn run_upkeep(&self) -> Result<Upkeep, KmsError> {
        self.refresh().await?;
        let (due, old) = self.look(|view| Ok((select(view, is_due), select(view, is_to_be_rotated))))?;
        let mut failed = None;
        let destroyed = self.each(due, destroy, "destroyed: its waiting period is over", &mut failed).await;
        // At once, and after a crash at the next start: it is this that destroys the material.
        if let Err(error) = self.efface_orphans().await {
            tracing::error!(%error, "the secrets of destroyed keys could not be effaced");
            failed.get_or_insert(error);
        }
        let rotated = self.each(old, rotate, "rotated: its period is over", &mut failed).await;
        failed.map_or(Ok(Upkeep { destroyed, rotated }), Err)
    }

    /// Does one thing with each of the keys, and counts those with which it was done. Keeps the first failure.
    async fn each(
        &self,
        keys: Vec<KeyId>,
        change: impl Fn(&View<'_>, KeyId) -> Result<(Plan, bool), KmsError> + Copy + Send + 'static,
        what: &'static str,
        failed: &mut Option<KmsError>,
    ) -> usize {
        let mut done = 0;
        for id in keys {
            match self.upkeep(move |view| change(view, id)).await {
                Ok(false) => {}
                Ok(true) => {
                    done += 1;
                    tracing::info!(key = %id, "the key is {what}");
                }
                Err(error) => {
                    tracing::error!(key = %id, %error, "the key could not be {what}");
                    failed.get_or_insert(error);
                    if self.check().is_err() {
                        // Not this key's failure but the store's, and every other's.
                        break;
                    }
                }
            }
        }
        done
    }
}

fn select(view: &View<'_>, wanted: impl Fn(&View<'_>, &Entry) -> bool) -> Vec<KeyId> {
    let entries = view.ring.keys().filter(|entry| wanted(view, entry));
    entries.map(|entry| entry.record().id).collect()
}

fn is_due(view: &View<'_>, entry: &Entry) -> bool {
    entry.record().is_due(view.now())
}

/// While a key cannot be used its rotation waits.
fn is_to_be_rotated(view: &View<'_>, entry: &Entry) -> bool {
    let record = entry.record();
    record.state == KeyState::Enabled && record.is_to_be_rotated(view.now())
}

/// Asks again, because the deletion may have been cancelled since.
fn destroy(view: &View<'_>, id: KeyId) -> Result<(Plan, bool), KmsError> {
    let mut plan = Plan::nothing();
    let entry = view.ring.key(id).filter(|entry| is_due(view, entry));
    if let Some(entry) = entry {
        plan.destroy(&Duty(()), entry);
    }
    Ok((plan, entry.is_some()))
}

fn rotate(view: &View<'_>, id: KeyId) -> Result<(Plan, bool), KmsError> {
    let mut plan = Plan::nothing();
    let entry = view.ring.key(id).filter(|entry| is_to_be_rotated(view, entry));
    if let Some(entry) = entry {
        plan.rotate_when_due(&Duty(()), entry, view.now(), view.entropy());
    }
    Ok((plan, entry.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::AUTOMATIC_ROTATION_DAYS, testing::*};

    #[tokio::test]
    async fn keys_of_the_service_rotate_once_a_year_and_customer_keys_do_not() {
        let mut world = World::new().await;
        let customer = world.key().await;
        let managed = world.describe(&root(), MANAGED_ALIAS).await.unwrap();
        let sealed =
            world.kms.encrypt(&via(&nobody()), encrypt(MANAGED_ALIAS, b"old", context(&[]))).await.unwrap();
        let made =
            world.kms.generate_data_key(&service(), data_key(OWNED_ALIAS, context(&[]))).await.unwrap();
        world.clock.advance_days(AUTOMATIC_ROTATION_DAYS - 1);
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep::default());
        world.clock.advance_days(1);
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep { destroyed: 0, rotated: 2 });
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep::default());
        world.restart().await;
        let owned = world.describe(&service(), OWNED_ALIAS).await.unwrap();
        assert_ne!(owned.material(), made.material_id);
        assert!(world.open(&service(), &made.ciphertext_blob, context(&[])).await.is_ok());
        let now = world.describe(&root(), MANAGED_ALIAS).await.unwrap();
        assert_ne!(now.material(), managed.current_material_id);
        assert_eq!(now.arn, managed.arn, "it is the same key");
        let opened = world.open(&via(&nobody()), &sealed.ciphertext_blob, context(&[])).await.unwrap();
        assert_eq!((opened.plaintext.expose(), opened.material_id), (&b"old"[..], managed.material()));
        let fresh =
            world.kms.generate_data_key(&service(), data_key(OWNED_ALIAS, context(&[]))).await.unwrap();
        assert_eq!(fresh.material_id, owned.material(), "the newest encrypts");
        // And again a year after that, not a year after the key was made.
        world.clock.advance_days(AUTOMATIC_ROTATION_DAYS - 1);
        assert_eq!(world.kms.run_upkeep().await.unwrap(), Upkeep::default());
        world.clock.advance_days(1);
        assert_eq!(world.kms.run_upkeep().await.unwrap().rotated, 2);
        assert!(world.open(&service(), &made.ciphertext_blob, context(&[])).await.is_ok());
        assert_eq!(world.describe(&root(), &customer.arn).await.unwrap(), customer);
    }

    /// A round is one commit for each key, and a failure in the middle keeps neither the others nor the next round.
    #[tokio::test]
    async fn a_key_that_fails_does_not_stand_in_the_way_of_the_others() {
        let world = World::new().await;
        for _ in 0..3 {
            let key = world.key().await.arn;
            world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap();
        }
        world.clock.advance_days(7);
        world.store.fail(1, Failure::Before, false);
        assert!(world.kms.run_upkeep().await.is_err());
        let page = crate::PageRequest::default();
        assert_eq!(world.kms.list_keys(&root(), page.clone()).await.unwrap().items.len(), 1);
        assert_eq!(world.kms.run_upkeep().await.unwrap().destroyed, 1);
        assert!(world.kms.list_keys(&root(), page).await.unwrap().items.is_empty());
    }
}
