//! Whether a service can do its work, and if not, why not.

use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::watch;

/// Shared between the parts of a service that can be unable to work (its store, the service it calls) and those who
/// tell others: `/readyz` and the gRPC health service. Ready is when no part has a reason not to be.
#[derive(Clone, Debug)]
pub struct Readiness {
    reasons: Arc<watch::Sender<BTreeMap<&'static str, String>>>,
}

impl Readiness {
    /// Nobody has a reason yet.
    pub(crate) fn new() -> Self {
        Self { reasons: Arc::new(watch::Sender::new(BTreeMap::new())) }
    }

    /// `part` cannot work. The reason is shown on the admin port: no secrets in it.
    pub fn not_ready(&self, part: &'static str, reason: impl Into<String>) {
        let reason = reason.into();
        self.reasons.send_if_modified(|reasons| {
            let old = reasons.insert(part, reason.clone());
            old.as_ref() != Some(&reason)
        });
    }

    /// `part` works (again).
    pub fn ready(&self, part: &'static str) {
        self.reasons.send_if_modified(|reasons| reasons.remove(part).is_some());
    }

    /// Whether every part works.
    pub fn is_ready(&self) -> bool {
        self.reasons.borrow().is_empty()
    }

    /// Each part that does not work, with its reason, one a line.
    pub fn reasons(&self) -> String {
        self.reasons.borrow().iter().map(|(part, reason)| format!("{part}: {reason}\n")).collect()
    }

    /// Waits until every part works.
    pub async fn wait(&self) {
        // The sender lives as long as `self`, so the only way to end is that it holds.
        let _ = self.reasons.subscribe().wait_for(BTreeMap::is_empty).await;
    }

    /// Waits for the next change and returns whether the service is ready then.
    pub(crate) fn changes(&self) -> watch::Receiver<BTreeMap<&'static str, String>> {
        self.reasons.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_when_no_part_has_a_reason_left() {
        let readiness = Readiness::new();
        readiness.not_ready("store", "poisoned");
        readiness.not_ready("kms", "no answer");
        assert_eq!(readiness.reasons(), "kms: no answer\nstore: poisoned\n");
        readiness.ready("kms");
        readiness.ready("kms");
        assert!(!readiness.is_ready());
        readiness.ready("store");
        assert!(readiness.is_ready());
    }

    #[test]
    fn only_changes_wake_those_who_wait() {
        let readiness = Readiness::new();
        let mut changes = readiness.changes();
        readiness.ready("store");
        assert!(!changes.has_changed().unwrap());
        readiness.not_ready("store", "poisoned");
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        readiness.not_ready("store", "poisoned");
        assert!(!changes.has_changed().unwrap());
    }
}
