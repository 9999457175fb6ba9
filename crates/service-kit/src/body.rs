//! The answer's body on its way out: it notes how the call ended, and ends streams that wait when the server stops.

use crate::stack::Record;
use axum::body::{Body, Bytes};
use http::{HeaderMap, HeaderValue};
use http_body::{Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Code, Status};

/// What a body has given already, if it was asked.
pub(crate) type First = Option<Result<Frame<Bytes>, axum::Error>>;

/// A body with the record of its request. A stream that has nothing to send (a watch) would hold up a stop for as long
/// as its caller likes; so when the server stops, it ends with UNAVAILABLE, and the caller asks again elsewhere.
/// The answer of a unary call never waits here: its handler is done when the body begins.
pub(crate) struct Observed {
    first: First,
    inner: Body,
    record: Record,
    stop: CancellationToken,
    /// Made when the body waits for the first time, which unary answers never do.
    stopped: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    is_ended: bool,
}

impl Observed {
    pub(crate) fn new(first: First, inner: Body, record: Record, stop: CancellationToken) -> Self {
        Self { first, inner, record, stop, stopped: None, is_ended: false }
    }

    fn poll_stop(&mut self, cx: &mut Context<'_>) -> Poll<Frame<Bytes>> {
        let stop = &self.stop;
        let stopped = self.stopped.get_or_insert_with(|| Box::pin(stop.clone().cancelled_owned()));
        stopped.as_mut().poll(cx).map(|()| {
            self.is_ended = true;
            self.record.note_code(Code::Unavailable);
            Frame::trailers(stopping())
        })
    }
}

impl http_body::Body for Observed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.is_ended {
            return Poll::Ready(None);
        }
        let next = match self.first.take() {
            Some(first) => Poll::Ready(Some(first)),
            None => Pin::new(&mut self.inner).poll_frame(cx),
        };
        match next {
            Poll::Ready(frame) => {
                if let Some(trailers) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.trailers_ref()) {
                    self.record.note_head(trailers);
                }
                Poll::Ready(frame)
            }
            Poll::Pending => self.poll_stop(cx).map(|frame| Some(Ok(frame))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_ended || (self.first.is_none() && self.inner.is_end_stream())
    }

    /// HTTP/1.1 writes the length of a body before it.
    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
        let more = first.map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let rest = self.inner.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(more));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(more));
        }
        hint
    }
}

fn stopping() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert(Status::GRPC_STATUS, HeaderValue::from(i32::from(Code::Unavailable)));
    trailers.insert(Status::GRPC_MESSAGE, HeaderValue::from_static("The service is stopping."));
    trailers
}
