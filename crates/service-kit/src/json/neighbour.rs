//! The service beside this one: what is asked of it here is passed on as it came, so that one address is enough for both.
//!
//! Nothing is checked on the way but how much it is, and that it was not passed on before. The signature is the caller's own and
//! covers head and body, so the neighbour finds out who calls, and answers as if it had been asked itself. What is of one connection
//! alone is not carried (RFC 9110, section 7.6.1); whoever signs such headers, which no SDK does, has to ask the neighbour itself.

use crate::{
    client::{Connector, Upstream},
    refusal::Unserved,
};
use axum::body::{Body, Bytes};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, Uri,
    header::{CONNECTION, CONTENT_LENGTH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA},
    request::Parts,
    uri::PathAndQuery,
};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How long a connection that nobody needs is kept. Shorter than what the other side keeps one, so that no request meets
/// a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(20);
/// Most bytes of an answer that is passed on: more than any has.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// What is of one connection and not of a request (RFC 9110, section 7.6.1), or is written anew.
const OF_A_CONNECTION: [HeaderName; 8] = [
    CONNECTION,
    CONTENT_LENGTH,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// How a request says that one of these services has passed it on (RFC 9110, section 7.6.3): the protocol, and by whom.
const OURS: &str = "1.1 keystead";
const BY_US: &[u8] = b"keystead";

/// Another service, once it is known where it is. All clones are the same.
#[derive(Clone, Default)]
pub struct Neighbour(Arc<OnceLock<Link>>);

struct Link {
    url: Uri,
    client: Client<Connector, Body>,
}

impl Neighbour {
    /// The service at `upstream`.
    pub fn at(upstream: &Upstream) -> Self {
        let neighbour = Self::default();
        neighbour.is(upstream);
        neighbour
    }

    /// Says where it is. It stays at the first place that was named.
    pub fn is(&self, upstream: &Upstream) {
        self.0.get_or_init(|| {
            let client = Client::builder(TokioExecutor::new())
                .pool_idle_timeout(IDLE)
                .pool_timer(TokioTimer::new())
                // The signature covers the host that the caller has called.
                .set_host(false)
                .build(upstream.connector());
            Link { url: upstream.url().clone(), client }
        });
    }

    /// Passes on a request, and gives the whole answer. One that was passed on already would go round for ever.
    pub(super) async fn pass_on(&self, head: Parts, body: Bytes) -> Result<Response<Bytes>, Unserved> {
        let link = self.0.get().filter(|_| !was_passed_on(&head.headers)).ok_or(Unserved::Away)?;
        let request = link.request(head, body).ok_or(Unserved::Away)?;
        let answer = link.client.request(request).await.map_err(|error| {
            tracing::debug!(%error, "a request could not be passed on");
            Unserved::Away
        })?;
        let (mut head, body) = answer.into_parts();
        keep_end_to_end(&mut head.headers);
        let bytes = axum::body::to_bytes(Body::new(body), MAX_ANSWER_BYTES).await;
        Ok(Response::from_parts(head, bytes.map_err(|_| Unserved::Away)?))
    }
}

impl Link {
    fn request(&self, head: Parts, body: Bytes) -> Option<Request<Body>> {
        let Parts { method, uri, mut headers, .. } = head;
        keep_end_to_end(&mut headers);
        headers.append(VIA, HeaderValue::from_static(OURS));
        if let Some(authority) = uri.authority() {
            headers.entry(http::header::HOST).or_insert(authority.as_str().parse().ok()?);
        }
        let mut to = self.url.clone().into_parts();
        to.path_and_query = Some(uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/")));
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from_parts(to).ok()?;
        *request.headers_mut() = headers;
        Some(request)
    }
}

impl fmt::Debug for Neighbour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Neighbour({:?})", self.0.get().map(|link| &link.url))
    }
}

fn was_passed_on(headers: &HeaderMap) -> bool {
    let values = headers.get_all(VIA).iter();
    let mut hops = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    hops.any(|hop| by_whom(hop).is_some_and(|name| name.eq_ignore_ascii_case(BY_US)))
}

/// Behind the protocol, and before any comment.
fn by_whom(hop: &[u8]) -> Option<&[u8]> {
    hop.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).nth(1)
}

fn keep_end_to_end(headers: &mut HeaderMap) {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named = values.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok());
    for name in named.collect::<Vec<HeaderName>>() {
        headers.remove(name);
    }
    for name in &OF_A_CONNECTION {
        headers.remove(name);
    }
}
