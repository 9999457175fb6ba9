//! The request's body on its way in: large ones share a budget of memory, and what a handler leaves unread is read to its
//! end, within bounds.
//!
//! The first bytes of every request are free, so that large requests cannot keep small ones out; the rest is taken from the
//! budget as it comes, and given back when the request is over. When nothing is left, the request is turned away.
//!
//! A handler that refuses a request early (too large, malformed) drops its body. The HTTP/2 stream would then be reset
//! while the caller still sends, and many clients lose the answer over the reset. Reading on costs no memory; beyond
//! the bounds the stream is reset after all.

use crate::budget::FREE_BYTES;
use axum::body::{Body, Bytes};
use http_body::{Body as _, Frame, SizeHint};
use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tonic::Status;

/// Most bytes that are read for nobody: several times the largest request.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// How long to go on reading for nobody.
const MAX_TIME: Duration = Duration::from_secs(10);

/// A request's body that is read to its end even if its reader gives up.
pub(crate) struct Upload<T> {
    inner: Body,
    is_ended: bool,
    free_bytes: usize,
    /// Whether there are as many bytes left to take.
    take: T,
}

impl<T: FnMut(usize) -> bool> Upload<T> {
    pub(crate) fn new(inner: Body, take: T) -> Self {
        let is_ended = inner.is_end_stream();
        Self { inner, is_ended, free_bytes: FREE_BYTES, take }
    }

    /// Whether there is room for as many bytes more.
    fn has_room(&mut self, bytes: usize) -> bool {
        let free = bytes.min(self.free_bytes);
        self.free_bytes = self.free_bytes.saturating_sub(free);
        let counted = bytes.saturating_sub(free);
        counted == 0 || (self.take)(counted)
    }
}

impl<T: FnMut(usize) -> bool + Unpin> http_body::Body for Upload<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.inner.is_end_stream() {
            self.is_ended = true;
        }
        let bytes = match &frame {
            Poll::Ready(Some(Ok(frame))) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        match frame {
            _ if !self.has_room(bytes) => Poll::Ready(Some(Err(no_room()))),
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(cut_off()))),
            frame => frame,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<T> Drop for Upload<T> {
    fn drop(&mut self) {
        if self.is_ended || self.inner.is_end_stream() {
            return;
        }
        let rest = std::mem::take(&mut self.inner);
        // Outside a runtime (it is being torn down) there is nobody left to answer.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(MAX_TIME, drain(rest)));
        }
    }
}

/// Whatever ended a request in the middle, its connection included, is not for want of memory, although HTTP/2 has a code
/// that is translated to the same.
fn cut_off() -> axum::Error {
    axum::Error::new(Status::unknown("the request was cut off"))
}

/// tonic takes the status out of the error again, and `unhandled` makes the answer of it.
fn no_room() -> axum::Error {
    axum::Error::new(Status::resource_exhausted("no memory for this request"))
}

async fn drain(mut body: Body) {
    let mut left = MAX_BYTES;
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::{Budget, Taken};
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    /// Endless frames of 1 MB, counted.
    struct Endless(Arc<AtomicUsize>);

    impl http_body::Body for Endless {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![0; 1024 * 1024])))))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_unread_is_read_within_bounds() {
        let frames = Arc::new(AtomicUsize::new(0));
        let endless = Body::new(Endless(Arc::clone(&frames)));
        let mut upload = Upload::new(endless, |_| true);
        assert!(!upload.is_end_stream());
        poll_fn(|cx| Pin::new(&mut upload).poll_frame(cx)).await.unwrap().unwrap();
        drop(upload);
        tokio::time::sleep(MAX_TIME).await;
        assert_eq!(frames.load(Ordering::SeqCst), 1 + MAX_BYTES / (1024 * 1024) + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_to_its_end_is_left_alone() {
        let mut upload = Upload::new(Body::from("all"), |_| false);
        while poll_fn(|cx| Pin::new(&mut upload).poll_frame(cx)).await.is_some() {}
        assert!(upload.is_ended);
    }

    #[tokio::test]
    async fn large_requests_share_a_budget_and_give_back_what_they_took() {
        let budget = Budget::new(100);
        let body = |bytes: usize| Body::from(vec![0; bytes]);
        let read = async |bytes: usize, taken: &Taken| {
            let mut upload = Upload::new(body(bytes), |bytes| taken.take(bytes, &budget));
            poll_fn(|cx| Pin::new(&mut upload).poll_frame(cx)).await.unwrap()
        };
        let first = Taken::default();
        assert!(read(FREE_BYTES, &Taken::default()).await.is_ok());
        assert!(read(FREE_BYTES + 60, &first).await.is_ok());
        assert!(read(FREE_BYTES + 60, &Taken::default()).await.is_err());
        assert!(read(FREE_BYTES, &Taken::default()).await.is_ok());
        first.give_up();
        assert!(read(FREE_BYTES + 60, &first).await.is_err(), "whoever was given up takes nothing more");
        assert!(read(FREE_BYTES + 60, &Taken::default()).await.is_ok());
    }
}
