//! The host that a request was sent to, with its port, in its caller's own words.

use http::{header::HOST, request::Parts, uri::Authority};

/// What HTTP/2 has in the target of a request, for gRPC's handlers, whose requests have none any more.
#[derive(Clone)]
pub(crate) struct Called(pub(crate) Authority);

/// The host that was called: over HTTP/1.1 a header says it, over HTTP/2 the target.
pub(crate) fn called(head: &Parts) -> String {
    let header = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = || head.uri.authority().map(Authority::as_str);
    header.or_else(authority).unwrap_or_default().to_owned()
}

/// The host that was called over gRPC; empty if the caller named none.
pub fn host<T>(request: &tonic::Request<T>) -> String {
    let called = request.extensions().get::<Called>();
    called.map(|Called(authority)| authority.to_string()).unwrap_or_default()
}
