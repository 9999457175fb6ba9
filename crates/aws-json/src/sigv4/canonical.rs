//! The canonical form of a request, which is what is signed
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
//!
//! It is made of what arrived: the path and the query as they were on the wire, header values byte by byte, and the hash
//! of the body as it was received, whatever a header says that it should be.

use super::{BodyHash, headers};
use http::request::Parts;
use std::fmt::Write;

/// Gives the canonical form piece by piece. `signed` is the list of signed headers as the request writes it, which was
/// found to be in order.
pub(super) fn write(head: &Parts, signed: &str, body: &BodyHash, out: &mut impl FnMut(&[u8])) {
    out(head.method.as_str().as_bytes());
    out(b"\n");
    out(path(head.uri.path()).as_bytes());
    out(b"\n");
    out(query(head.uri.query().unwrap_or_default()).as_bytes());
    out(b"\n");
    for name in signed.split(';') {
        out(name.as_bytes());
        out(b":");
        for (index, value) in headers::values(head, name).enumerate() {
            if index > 0 {
                out(b",");
            }
            write_value(value, out);
        }
        out(b"\n");
    }
    out(b"\n");
    out(signed.as_bytes());
    out(b"\n");
    out(&body.hex());
}

/// The value without spaces around it, and with one space where there are several.
fn write_value(value: &[u8], out: &mut impl FnMut(&[u8])) {
    let has_extra = |pair: &[u8]| pair == b"  ";
    if value.first() != Some(&b' ') && value.last() != Some(&b' ') && !value.windows(2).any(has_extra) {
        return out(value);
    }
    let words = value.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            out(b" ");
        }
        out(word);
    }
}

/// The path without dot segments and empty ones, encoded once more than it was on the wire.
fn path(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let mut text = String::from("/");
    for (index, segment) in kept.iter().enumerate() {
        if index > 0 {
            text.push('/');
        }
        encode(segment.as_bytes(), &mut text);
    }
    let ends_with_slash = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    if ends_with_slash && !text.ends_with('/') {
        text.push('/');
    }
    text
}

/// The parameters, each name and value decoded and encoded in the one way that is canonical, in order.
fn query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (normal(name), normal(value))
        })
        .collect();
    pairs.sort();
    let mut text = String::new();
    for (name, value) in pairs {
        let separator = if text.is_empty() { "" } else { "&" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{name}={value}");
    }
    text
}

fn normal(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, after @ ..] => hex_byte(*high, *low).map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*byte, after));
        encode(&[byte], &mut encoded);
        rest = after;
    }
    encoded
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn encode(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? * 16 + digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_dots_and_are_encoded_again() {
        for (wire, canonical) in [
            ("/", "/"),
            ("", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/example/..", "/"),
            ("/example/../..", "/"),
            ("//example//", "/example/"),
            ("/a/./b/../c", "/a/c"),
            ("/a/b/.", "/a/b/"),
            ("/a%20b", "/a%2520b"),
            ("/a b", "/a%20b"),
            ("/-._~", "/-._~"),
        ] {
            assert_eq!(path(wire), canonical, "{wire}");
        }
    }

    #[test]
    fn queries_are_sorted_and_encoded_in_one_way() {
        for (wire, canonical) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1", "a=1&a=2"),
            ("a", "a="),
            ("a=b=c", "a=b%3Dc"),
            ("a=%7e%2f%2F", "a=~%2F%2F"),
            ("a=%", "a=%25"),
            ("a=%4", "a=%254"),
            ("a=%zz", "a=%25zz"),
            ("&&a=1&", "a=1"),
        ] {
            assert_eq!(query(wire), canonical, "{wire}");
        }
    }
}
