//! The service's own upkeep, run at start and then again and again: destroying keys whose waiting period is over, rotating
//! the keys that the service manages itself, and loading memory anew after a failure of the store.

use crate::{
    authorize::Admitted,
    error::KmsError,
    ids::KeyId,
    key::KeyState,
    kms::{Kms, View},
    limits::AUTOMATIC_ROTATION_DAYS,
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

impl Kms {
    /// One round. Each key is one commit, so a round that is cut short loses nothing: the next one goes on.
    ///
    /// # Errors
    /// The store's. What was done before stays done.
    pub async fn run_upkeep(&self) -> Result<Upkeep, KmsError> {
        self.refresh().await?;
        let mut done = Upkeep::default();
        let (due, old) = self.look(|view| Ok((select(view, is_due), select(view, is_old))))?;
        for id in due {
            if self.upkeep(move |view| destroy(view, id)).await? {
                done.destroyed += 1;
                tracing::info!(key = %id, "the waiting period is over: the key is destroyed");
            }
        }
        for id in old {
            if self.upkeep(move |view| rotate(view, id)).await? {
                done.rotated += 1;
                tracing::info!(key = %id, "the key is rotated, a year after the last time");
            }
        }
        Ok(done)
    }
}

fn select(view: &View<'_>, wanted: impl Fn(&View<'_>, &Entry) -> bool) -> Vec<KeyId> {
    let entries = view.ring.keys().filter(|entry| wanted(view, entry));
    entries.map(|entry| entry.record().id).collect()
}

fn is_due(view: &View<'_>, entry: &Entry) -> bool {
    entry.record().is_due(view.now())
}

fn is_old(view: &View<'_>, entry: &Entry) -> bool {
    let record = entry.record();
    record.kind.rotates_by_itself()
        && record.state == KeyState::Enabled
        && record.rotated.plus_days(AUTOMATIC_ROTATION_DAYS) <= view.now()
}

/// Asks again, because the deletion may have been cancelled since.
fn destroy(view: &View<'_>, id: KeyId) -> Result<(Plan, bool), KmsError> {
    let mut plan = Plan::nothing();
    let entry = view.ring.key(id).filter(|entry| is_due(view, entry));
    if let Some(entry) = entry {
        plan.destroy(&Admitted::upkeep(entry));
    }
    Ok((plan, entry.is_some()))
}

fn rotate(view: &View<'_>, id: KeyId) -> Result<(Plan, bool), KmsError> {
    let mut plan = Plan::nothing();
    let entry = view.ring.key(id).filter(|entry| is_old(view, entry));
    if let Some(entry) = entry {
        plan.rotate(&Admitted::upkeep(entry), view.now(), false, view.entropy());
    }
    Ok((plan, entry.is_some()))
}
