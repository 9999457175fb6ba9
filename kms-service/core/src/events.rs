//! The watch hub: whoever holds a permission's fruit asks here to be told when the permission may have ended.
//!
//! An event is sent by the same call that makes the change, after the change is in effect and before it is answered.
//! The buffer is bounded; a watcher that falls behind is told that it missed something and must ask about every key.

use tokio::sync::broadcast::{self, error::RecvError};

use crate::{
    authorize::{AccountAuthorized, may},
    limits::WATCH_BUFFER,
};

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// Its state.
    State,
    /// A grant on it ended.
    Grant,
    /// Its policy.
    Policy,
    /// It is gone.
    Deleted,
}

/// What a watcher is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchEvent {
    /// The subscription is in effect. Always the first.
    Started,
    /// A key changed.
    Changed {
        /// Which.
        key_arn: String,
        /// How.
        change: KeyChange,
    },
    /// Changes were missed: any key may have changed.
    Missed,
}

pub(crate) struct Hub(broadcast::Sender<WatchEvent>);

impl Hub {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(WATCH_BUFFER))
    }

    /// Tells every watcher. Nobody watching is not an error.
    pub(crate) fn send(&self, event: WatchEvent) {
        let _ = self.0.send(event);
    }

    pub(crate) fn watch(&self, _: &AccountAuthorized<may::WatchKeys>) -> Watch {
        self.subscribe()
    }

    fn subscribe(&self) -> Watch {
        Watch { started: false, events: self.0.subscribe() }
    }
}

/// One watcher's subscription.
#[derive(Debug)]
pub struct Watch {
    started: bool,
    events: broadcast::Receiver<WatchEvent>,
}

impl Watch {
    /// The next event; none once the service is gone. Cancel-safe.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        if !self.started {
            self.started = true;
            return Some(WatchEvent::Started);
        }
        match self.events.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(_)) => Some(WatchEvent::Missed),
            Err(RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(number: usize) -> WatchEvent {
        WatchEvent::Changed { key_arn: number.to_string(), change: KeyChange::State }
    }

    #[tokio::test]
    async fn a_watcher_that_falls_behind_is_told_and_goes_on() {
        let hub = Hub::new();
        let mut watch = hub.subscribe();
        for number in 0..=WATCH_BUFFER {
            hub.send(changed(number));
        }
        assert_eq!(watch.next().await, Some(WatchEvent::Started));
        assert_eq!(watch.next().await, Some(WatchEvent::Missed));
        assert_eq!(watch.next().await, Some(changed(1)));
        drop(hub);
        let mut last = None;
        while let Some(event) = watch.next().await {
            last = Some(event);
        }
        assert_eq!(last, Some(changed(WATCH_BUFFER)));
    }
}
