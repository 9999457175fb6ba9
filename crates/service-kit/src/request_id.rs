//! The id by which a caller and the logs speak of the same request.

use http::{HeaderMap, HeaderValue};
use std::{fmt, sync::Arc};

/// The header that carries it, both ways.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// Longest id taken from a caller, in bytes.
const MAX_BYTES: usize = 128;

/// A request's id: the caller's own, if it is short and harmless in a log, otherwise a new UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A new random id.
    pub fn generate() -> Self {
        Self(uuid::Uuid::new_v4().to_string().into())
    }

    /// An id that was made elsewhere.
    pub(crate) fn made(id: String) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
        given.filter(|id| is_harmless(id)).map_or_else(Self::generate, |id| Self(id.into()))
    }

    pub(crate) fn write_to(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.0) {
            headers.insert(REQUEST_ID_HEADER, value);
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a request that came through the [`Server`](crate::Server)'s stack; a new one for any other.
pub fn request_id<T>(request: &tonic::Request<T>) -> RequestId {
    request.extensions().get().cloned().unwrap_or_else(RequestId::generate)
}

fn is_harmless(id: &str) -> bool {
    (1..=MAX_BYTES).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(value: &'static str) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID_HEADER, HeaderValue::from_static(value));
        RequestId::from_headers(&headers)
    }

    #[test]
    fn a_harmless_id_is_kept_and_any_other_replaced() {
        assert_eq!(taken("order-17.retry:2").as_str(), "order-17.retry:2");
        for value in ["", "two words", "a\tb", "\"quoted\"", "x=1"] {
            assert_ne!(taken(value).as_str(), value);
            assert_eq!(taken(value).as_str().len(), 36);
        }
        assert_eq!(taken("a".repeat(129).leak()).as_str().len(), 36);
        assert_ne!(RequestId::from_headers(&HeaderMap::new()), RequestId::from_headers(&HeaderMap::new()));
    }
}
