//! Heads of requests: the first line is what is asked for, each further line a header, and what follows an empty line is the
//! body. Whatever it says, nothing of it is a signature with a secret that nobody has.

#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use aws_json::sigv4::{BodyHash, Claim, Here};
use aws_json::{DYNAMODB, gunzip, is_gzip, is_json};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use libfuzzer_sys::fuzz_target;

/// When the seeds were signed.
const THEN: Duration = Duration::from_secs(1_440_938_160);
const SECRET: &[u8] = b"a secret that signs nothing here";
/// Most bytes that a body may become.
const MAX_PLAIN_BYTES: usize = 1 << 20;

/// What an HTTP server would make of it.
fn head(text: &[u8]) -> Option<Parts> {
    let mut lines = text.split(|byte| *byte == b'\n');
    let mut request = Request::builder().method("POST").uri(lines.next()?).body(()).ok()?;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        let name = HeaderName::from_bytes(name).ok()?;
        let value = HeaderValue::from_bytes(value[1..].trim_ascii()).ok()?;
        request.headers_mut().append(name, value);
    }
    Some(request.into_parts().0)
}

fuzz_target!(|input: &[u8]| {
    let end = input.windows(2).position(|pair| pair == b"\n\n");
    let (text, body) = end.map_or((input, &[][..]), |end| (&input[..end], &input[end + 2..]));
    let Some(head) = head(text) else { return };
    let here = Here { region: "us-east-1", service: "dynamodb", now: UNIX_EPOCH + THEN };
    for here in [Some(&here), None] {
        match Claim::read(&head, here) {
            Ok(claim) => {
                assert!(!claim.is_signed_with(SECRET, &BodyHash::of(body)), "a signature was forged");
                assert!(!claim.access_key_id().is_empty() || here.is_none());
            }
            Err(error) => {
                use fault::Fault as _;
                let text = error.public_message();
                assert!(DYNAMODB.error(error.reason(), &text, &Vec::new()).starts_with(b"{\"__type\":"));
            }
        }
    }
    let _ = (DYNAMODB.target(&head.headers), DYNAMODB.type_of(&head.headers), is_json(body));
    if is_gzip(&head.headers) == Ok(true) {
        if let Ok(plain) = gunzip(body, MAX_PLAIN_BYTES, |_| true) {
            assert!(plain.len() <= MAX_PLAIN_BYTES);
        }
    }
});
