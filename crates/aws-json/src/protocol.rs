//! One service's JSON protocol: what tells its requests from others, and how its answers look.
//!
//! What both of AWS's protocols have in common is here; what differs is in the members of [`Protocol`], which a service
//! fills in. Errors have their code in the body (`__type`), which is where every SDK looks first.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderName},
};
use serde::de::IgnoredAny;

/// Names the operation: the protocol's prefix, a dot, and the operation.
const TARGET_HEADER: &str = "x-amz-target";
/// Where SDKs look for a request's id.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-amzn-requestid");
const CHECKSUM_HEADER: HeaderName = HeaderName::from_static("x-amz-crc32");
/// Taken beside the protocol's own type, and then given back as the type of the answer.
const PLAIN_JSON: &str = "application/json";
/// What is answered to a request that is none of this protocol's, not even a wrong one.
pub const UNKNOWN_OPERATION: &str = "<UnknownOperationException/>\n";
/// Random bytes of a long request id: 52 characters of base32.
const LONG_ID_BYTES: usize = 32;
/// The codes whose namespace is not that of the service's own errors, in a protocol that writes namespaces.
const SHARED: [(&str, &[&str]); 3] = [
    ("com.amazon.coral.validate", &["ValidationException"]),
    (
        "com.amazon.coral.service",
        &[
            "AccessDeniedException",
            "IncompleteSignatureException",
            "InvalidSignatureException",
            "MissingAuthenticationTokenException",
            "SerializationException",
            "UnknownOperationException",
            "UnrecognizedClientException",
        ],
    ),
    ("com.amazon.coral.availability", &["ThrottlingException"]),
];

/// One service's protocol.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// What its targets begin with, such as `DynamoDB_20120810`; also its name in metrics and logs.
    pub target_prefix: &'static str,
    /// The type of its requests and answers, such as `application/x-amz-json-1.0`.
    pub content_type: &'static str,
    /// The name under which requests are signed for it, which is also the first part of its host name.
    pub signing_name: &'static str,
    /// The namespace of the service's own errors. Without one, errors have no namespaces at all.
    pub namespace: Option<&'static str>,
    /// The codes of errors whose text is the member `Message`. It is `message` of all others.
    pub capital_message: &'static [&'static str],
    /// Whether a body that is no JSON is refused before anybody asks who signed it.
    pub body_comes_first: bool,
    /// Whether answers have a checksum.
    pub has_checksum: bool,
    /// How its request ids look.
    pub request_ids: RequestIds,
    /// Most bytes of a request's body, also after it was decompressed.
    pub max_body_bytes: usize,
}

/// How request ids look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestIds {
    /// 52 capital letters and digits.
    Long,
    /// A UUID.
    Uuid,
}

/// Members of an error beside its code and its text, each with its value as JSON.
pub type Members = Vec<(&'static str, Vec<u8>)>;

impl Protocol {
    /// The operation that a request names, if it is one of this protocol's. Two targets are none.
    pub fn target<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let mut targets = headers.get_all(TARGET_HEADER).iter();
        let (Some(target), None) = (targets.next(), targets.next()) else { return None };
        target.to_str().ok()?.strip_prefix(self.target_prefix)?.strip_prefix('.')
    }

    /// The type of the answer to a request, which is the type of the request. Nothing if that is none of this protocol's.
    pub fn type_of(&self, headers: &HeaderMap) -> Option<&'static str> {
        let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let essence = value.split(';').next().unwrap_or_default().trim();
        [self.content_type, PLAIN_JSON].into_iter().find(|known| essence.eq_ignore_ascii_case(known))
    }

    /// A new request id of the kind that its clients know.
    pub fn request_id(&self) -> String {
        match self.request_ids {
            RequestIds::Long => base32(&rand::random::<[u8; LONG_ID_BYTES]>()),
            RequestIds::Uuid => uuid::Uuid::new_v4().to_string(),
        }
    }

    /// An answer with a body of the type that [`Protocol::type_of`] gives, or of the protocol's own.
    pub fn answer(
        &self,
        status: StatusCode,
        content_type: Option<&'static str>,
        body: Vec<u8>,
    ) -> Response<Bytes> {
        let content_type = HeaderValue::from_static(content_type.unwrap_or(self.content_type));
        let mut answer = self.bare(status, body);
        answer.headers_mut().insert(CONTENT_TYPE, content_type);
        answer
    }

    /// An answer whose body has no type.
    pub fn bare(&self, status: StatusCode, body: impl Into<Bytes>) -> Response<Bytes> {
        let mut answer = Response::new(body.into());
        *answer.status_mut() = status;
        if self.has_checksum {
            let checksum = crc32fast::hash(answer.body());
            answer.headers_mut().insert(CHECKSUM_HEADER, checksum.into());
        }
        answer
    }

    /// The body of an error. A text that is empty is left out: some of AWS's errors have none.
    pub fn error(&self, code: &str, text: &str, members: &Members) -> Vec<u8> {
        let mut body = b"{\"__type\":".to_vec();
        match self.namespace_of(code) {
            Some(namespace) => write_text(&mut body, &format!("{namespace}#{code}")),
            None => write_text(&mut body, code),
        }
        if !text.is_empty() {
            let name = if self.capital_message.contains(&code) { "Message" } else { "message" };
            write_member(&mut body, name, |body| write_text(body, text));
        }
        for (name, json) in members {
            write_member(&mut body, name, |body| body.extend_from_slice(json));
        }
        body.push(b'}');
        body
    }

    /// What `GET /` says of a server in `region`.
    pub fn health(&self, region: &str) -> String {
        format!("healthy: {}.{region}.amazonaws.com ", self.signing_name)
    }

    /// Writes a request's id where SDKs look for it.
    pub fn write_id(headers: &mut HeaderMap, id: &str) {
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert(REQUEST_ID_HEADER, id);
        }
    }

    fn namespace_of(&self, code: &str) -> Option<&'static str> {
        let own = self.namespace?;
        let shared = SHARED.iter().find(|(_, codes)| codes.contains(&code));
        Some(shared.map_or(own, |(namespace, _)| namespace))
    }
}

/// Whether `body` is one JSON text. Takes one byte of memory for each level of nesting, and no stack.
pub fn is_json(body: &[u8]) -> bool {
    // From text, because what is ignored of bytes need not be UTF-8.
    std::str::from_utf8(body).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

fn write_member(body: &mut Vec<u8>, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
    body.push(b',');
    write_text(body, name);
    body.push(b':');
    value(body);
}

fn write_text(body: &mut Vec<u8>, text: &str) {
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(body, text);
}

/// Base32 with the alphabet of RFC 4648, section 7.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for group in bytes.chunks(5) {
        let bits =
            group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)) << (8 * (5 - group.len()));
        for digit in (0..8).rev().take((group.len() * 8).div_ceil(5)) {
            let index = usize::try_from(bits >> (5 * digit) & 31).unwrap_or_default();
            text.extend(ALPHABET.get(index).copied().map(char::from));
        }
    }
    text
}

#[cfg(test)]
mod tests;
