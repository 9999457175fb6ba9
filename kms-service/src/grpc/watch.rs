//! The watch stream. Its buffer is in the domain's hub, and is bounded there; the server ends the stream when it stops.

use std::pin::Pin;

use identity::Caller;
use kms_core::{KeyChange, Kms, Watch, WatchEvent};
use proto::kms::{
    self as pb,
    watch_keys_response::{Changed, Event, Missed, Started},
};
use tokio_stream::Stream;
use tonic::Status;

use super::Refusal;

/// Events as they happen.
pub(super) type Events = Pin<Box<dyn Stream<Item = Result<pb::WatchKeysResponse, Status>> + Send>>;

pub(super) async fn watch_keys(
    kms: Kms,
    caller: Caller,
    _request: pb::WatchKeysRequest,
) -> Result<Events, Refusal> {
    Ok(events(kms.watch_keys(&caller)?))
}

/// Dropping the stream ends the subscription.
fn events(watch: Watch) -> Events {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(forward(watch, sender));
    Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver))
}

async fn forward(mut watch: Watch, sender: tokio::sync::mpsc::Sender<Result<pb::WatchKeysResponse, Status>>) {
    loop {
        let event = tokio::select! {
            () = sender.closed() => return,
            event = watch.next() => event,
        };
        let Some(event) = event else { return };
        if sender.send(Ok(wire_event(event))).await.is_err() {
            return;
        }
    }
}

fn wire_event(event: WatchEvent) -> pb::WatchKeysResponse {
    let event = match event {
        WatchEvent::Started => Event::Started(Started {}),
        WatchEvent::Missed => Event::Missed(Missed {}),
        WatchEvent::Changed { key_arn, change } => {
            let change = match change {
                KeyChange::State => pb::KeyChange::State,
                KeyChange::Grant => pb::KeyChange::Grant,
                KeyChange::Policy => pb::KeyChange::Policy,
                KeyChange::Deleted => pb::KeyChange::Deleted,
            };
            Event::Changed(Changed { key_arn, change: change.into() })
        }
    };
    pb::WatchKeysResponse { event: Some(event) }
}
