//! Headers as a signature sees them: `host` is where the request was sent to, also where HTTP/2 has no header for it.

use super::SignatureError;
use http::{HeaderMap, HeaderName, HeaderValue, header::HOST, request::Parts};

/// The values of a header, in their order.
pub(super) fn values<'a>(head: &'a Parts, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let authority =
        head.uri.authority().filter(|_| name == HOST.as_str() && !head.headers.contains_key(HOST));
    let authority = authority.map(|authority| authority.as_str().as_bytes());
    head.headers.get_all(name).iter().map(HeaderValue::as_bytes).chain(authority)
}

/// The one value of a header, which must be text. Two values are refused: which one counts would be a matter of taste.
pub(super) fn single<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
) -> Result<Option<&'h str>, SignatureError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| unreadable(name)),
        (Some(_), Some(_)) => {
            let text = format!("'{name}' appears more than once in the request.");
            Err(SignatureError::Malformed(text))
        }
    }
}

/// Whether a request says in two ways where it was sent to, and they differ.
pub(super) fn has_two_hosts(head: &Parts) -> bool {
    let mut hosts = head.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next(), head.uri.authority()) {
        (Some(_), Some(_), _) => true,
        (Some(host), None, Some(authority)) => host.as_bytes() != authority.as_str().as_bytes(),
        _ => false,
    }
}

/// Whether a list of signed headers has the one form it may have: names in lower case, sorted, each once, and each of a
/// header that is there.
pub(super) fn is_list(head: &Parts, signed: &str) -> bool {
    let is_sorted = signed.split(';').is_sorted_by(|one, next| one < next);
    // A name that no header can have is none that is there.
    is_sorted && signed.split(';').all(|name| is_lower(name) && values(head, name).next().is_some())
}

/// The first header that must be signed and is not: where the request goes, and whatever is there that begins with
/// `x-amz-`, for it may say something to whoever serves the request.
pub(super) fn first_unsigned<'h>(head: &'h Parts, signed: &str) -> Option<&'h str> {
    let is_signed = |name: &str| signed.split(';').any(|signed| signed.eq_ignore_ascii_case(name));
    if !is_signed(HOST.as_str()) {
        return Some("Host");
    }
    let amazon = head.headers.keys().map(HeaderName::as_str).filter(|name| name.starts_with("x-amz-"));
    amazon.into_iter().find(|name| !is_signed(name))
}

fn is_lower(name: &str) -> bool {
    name.bytes().all(|byte| !byte.is_ascii_uppercase())
}

fn unreadable(name: &str) -> SignatureError {
    SignatureError::Malformed(format!("'{name}' is not text."))
}
