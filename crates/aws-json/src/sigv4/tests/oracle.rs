//! Random requests, signed by `aws-sigv4`, which the SDK for Rust signs with: each is accepted as it is, and refused with
//! any part of it altered.

use super::*;
use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};

#[derive(Clone, Debug)]
struct Plan {
    method: &'static str,
    uri: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    has_body_hash: bool,
    token: Option<String>,
}

prop_compose! {
    fn plan()(
        method in prop_oneof![Just("POST"), Just("GET"), Just("PUT")],
        path in "(/[a-zA-Z0-9._~-]{0,6}|/%[2-7][0-9A-F]){1,4}",
        query in "(\\?([a-c]{1,2}=(%[2-7][0-9A-F]|[a-z0-9]){0,3}&?){1,3})?",
        names in prop::collection::vec("x-amz-[a-c]{1,2}|content-type|my-header", 0..4),
        value in "[!-~]( {0,3}[!-~]){0,10}",
        body in prop::collection::vec(any::<u8>(), 0..200),
        has_body_hash: bool,
        token in prop::option::of("[A-Za-z0-9+/]{1,40}"),
    ) -> Plan {
        let uri = format!("http://127.0.0.1:8000{path}{query}");
        let headers = names.into_iter().map(|name| (name, value.clone())).collect();
        Plan { method, uri, headers, body, has_body_hash, token }
    }
}

/// The head as a server sees it over HTTP/1.1.
fn signed(plan: &Plan) -> Parts {
    let secret = std::str::from_utf8(SECRET).unwrap();
    let identity = Credentials::new("AKIDEXAMPLE", secret, plan.token.clone(), None, "test").into();
    let mut settings = SigningSettings::default();
    if plan.has_body_hash {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let params = SigningParams::builder().identity(&identity).region("us-east-1").name("service");
    let params = params.time(UNIX_EPOCH + THEN).settings(settings).build().unwrap().into();
    let mut request = Request::builder().method(plan.method).uri(&plan.uri).header("user-agent", "unsigned");
    for (name, value) in &plan.headers {
        request = request.header(name, value);
    }
    let mut request = request.body(()).unwrap();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let body = SignableBody::Bytes(&plan.body);
    let signable = SignableRequest::new(plan.method, plan.uri.clone(), headers, body).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    let mut head = request.into_parts().0;
    let host = head.uri.authority().unwrap().as_str().parse().unwrap();
    head.headers.insert("host", host);
    head.uri = head.uri.path_and_query().unwrap().as_str().parse().unwrap();
    head
}

fn is_accepted(head: &Parts, body: &[u8]) -> bool {
    verify(head, body, &here()).is_ok()
}

proptest! {
    #[test]
    fn what_aws_signs_is_accepted_and_nothing_else(plan in plan(), flip: prop::sample::Index, which: prop::sample::Index) {
        let head = signed(&plan);
        prop_assert!(is_accepted(&head, &plan.body), "{head:?}");

        let mut body = plan.body.clone();
        match body.len() {
            0 => body.push(b' '),
            bytes => body[flip.index(bytes)] ^= 1 << flip.index(8),
        }
        prop_assert!(!is_accepted(&head, &body));

        let signed: Vec<&str> = {
            let authorization = head.headers["authorization"].to_str().unwrap();
            let list = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
            list.split(';').chain(["authorization"]).collect()
        };
        let name = signed[which.index(signed.len())].to_owned();
        let mut other = clone(&head);
        let value = other.headers.get_mut(&name).unwrap();
        let mut bytes = value.as_bytes().to_vec();
        let at = flip.index(bytes.len());
        bytes[at] ^= 1 << flip.index(7);
        // A flip may make a byte that no header can have, and spaces are not all counted.
        if let Ok(changed) = HeaderValue::from_bytes(&bytes)
            && !bytes[at].is_ascii_whitespace()
            && !value.as_bytes()[at].is_ascii_whitespace()
        {
            *value = changed;
            prop_assert!(!is_accepted(&other, &plan.body), "{name}: {other:?}");
        }

        let mut other = clone(&head);
        other.headers.remove(&name);
        prop_assert!(!is_accepted(&other, &plan.body), "without {name}");
        let mut other = clone(&head);
        other.headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), "more".parse().unwrap());
        prop_assert!(!is_accepted(&other, &plan.body), "two of {name}");
        let mut other = clone(&head);
        other.method = http::Method::PATCH;
        prop_assert!(!is_accepted(&other, &plan.body));
        let mut other = clone(&head);
        let separator = if head.uri.query().is_some() { '&' } else { '?' };
        other.uri = format!("{}{separator}more=1", head.uri).parse().unwrap();
        prop_assert!(!is_accepted(&other, &plan.body));
        let claim = Claim::read(&head, Some(&here())).unwrap();
        prop_assert!(!claim.is_signed_with(b"another secret", &BodyHash::of(&plan.body)));
        prop_assert_eq!(claim.has_session_token(), plan.token.is_some());
    }
}

fn clone(head: &Parts) -> Parts {
    let mut request = Request::builder().method(head.method.clone()).uri(head.uri.clone());
    request.headers_mut().unwrap().extend(head.headers.clone());
    request.body(()).unwrap().into_parts().0
}
