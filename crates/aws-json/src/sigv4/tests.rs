//! AWS's published examples, AWS's own signer as an oracle, and every way to be wrong.

use super::*;
use fault::Fault;
use http::{HeaderName, HeaderValue, Request};
use proptest::prelude::*;
use std::time::UNIX_EPOCH;

mod oracle;
mod published;

const SECRET: &[u8] = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 2015-08-30, 12:36:00 UTC: when the published examples were signed.
const THEN: Duration = Duration::from_secs(1_440_938_160);

fn here() -> Here<'static> {
    Here { region: "us-east-1", service: "service", now: UNIX_EPOCH + THEN }
}

fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

/// What becomes of a request with this body where `AKIDEXAMPLE` is the one access key.
fn verify(head: &Parts, body: &[u8], here: &Here<'_>) -> Result<(), SignatureError> {
    let claim = Claim::read(head, Some(here))?;
    if claim.access_key_id() != "AKIDEXAMPLE" {
        return Err(SignatureError::Unrecognized);
    }
    let is_signed = claim.is_signed_with(SECRET, &BodyHash::of(body));
    if is_signed { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// A signature of the right form, of `get-vanilla` of the published examples.
const GOOD: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                    SignedHeaders=host;x-amz-date, \
                    Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const HOST: (&str, &str) = ("host", "example.amazonaws.com");
const DATE: (&str, &str) = ("x-amz-date", "20150830T123600Z");

/// The code and the text for a request with these headers, and the good ones that are not among them.
fn refusal(uri: &str, changed: &[(&str, &str)]) -> (&'static str, String) {
    let good = [HOST, DATE, ("authorization", GOOD)];
    let kept = good.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    let headers: Vec<_> = kept.chain(changed).copied().filter(|(_, value)| !value.is_empty()).collect();
    let error = verify(&head("GET", uri, &headers), b"", &here()).unwrap_err();
    (error.reason(), error.public_message().into_owned())
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";

#[test]
fn what_is_missing_is_said_in_awss_words() {
    let missing =
        ("MissingAuthenticationTokenException", "Request is missing Authentication Token".to_owned());
    assert_eq!(refusal("/", &[("authorization", "")]), missing);
    assert_eq!(refusal("/", &[("authorization", "Basic YTpi")]), missing);
    let incomplete = "IncompleteSignatureException";
    let (code, text) = refusal("/", &[("x-amz-date", "")]);
    assert_eq!(
        (code, text.as_str()),
        (
            incomplete,
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. \
             Authorization=AWS4-HMAC-SHA256"
        )
    );
    assert_eq!(refusal("/", &[("authorization", "AWS4-HMAC-SHA256")]).0, incomplete);
    for date in ["201", "20150830", "Sun, 30 Aug 2015 12:36:00 GMT", "2015-08-30T12:36:00Z"] {
        let expected = format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        );
        assert_eq!(refusal("/", &[("x-amz-date", date)]), (incomplete, expected));
    }
    let other = GOOD.replace("SHA256 ", "SHA25 ");
    assert_eq!(
        refusal("/", &[("authorization", &other)]),
        (
            incomplete,
            "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' (only AWS4-HMAC-SHA256 for now). ".to_owned()
        )
    );
    let four = GOOD.replace("/aws4_request", "");
    assert_eq!(refusal("/", &[("authorization", &four)]).0, incomplete);
}

#[test]
fn https_own_date_will_do_in_any_form() {
    for (date, signature) in [
        ("Sun, 30 Aug 2015 12:36:00 GMT", "1262aceaf1a79c7f0b69fda81cd744572fcbe2e4c23b647b4de183cd5a0f1075"),
        (
            "Sun, 30 Aug 2015 12:36:00 -0000",
            "7680771e48fa28c7db272da980f990fa8ee39dee61905c4203f5da9d3d48ac86",
        ),
        ("20150830T123600Z", "b9498f120b174820093a3c726637a11f74f6c8f7c033c4407ddc702fef3705bb"),
    ] {
        let (list, end) = (GOOD.rfind("SignedHeaders").unwrap(), GOOD.len());
        let mut signed = GOOD.to_owned();
        signed.replace_range(list..end, &format!("SignedHeaders=date;host, Signature={signature}"));
        let asked = |date| head("GET", "/", &[HOST, ("date", date), ("authorization", &signed)]);
        assert_eq!(verify(&asked(date), b"", &here()), Ok(()), "{date}");
        let later = "Sun, 30 Aug 2015 12:36:01 GMT";
        assert_eq!(verify(&asked(later), b"", &here()), Err(SignatureError::Mismatch), "{date}");
        let late = verify(&asked("Sun, 30 Aug 2015 12:51:01 GMT"), b"", &here()).unwrap_err();
        assert!(late.public_message().starts_with("Signature not yet current: "), "{late}");
    }
    let (code, text) = refusal("/", &[("x-amz-date", ""), ("date", "yesterday")]);
    assert_eq!(code, "IncompleteSignatureException");
    assert!(text.starts_with("Date must be in ISO-8601 'basic format'. Got 'yesterday'."), "{text}");
}

#[test]
fn a_signature_is_good_for_fifteen_minutes_either_way() {
    let signed = head("GET", "/", &[HOST, DATE, ("authorization", GOOD)]);
    let at = |seconds: i64| {
        let now = UNIX_EPOCH + Duration::from_secs(THEN.as_secs().checked_add_signed(seconds).unwrap());
        verify(&signed, b"", &Here { now, ..here() })
    };
    for seconds in [-900, -1, 0, 1, 900] {
        assert_eq!(at(seconds), Ok(()), "{seconds}");
    }
    let late = at(901).unwrap_err();
    assert_eq!(late.reason(), "InvalidSignatureException");
    assert_eq!(
        late.public_message(),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"
    );
    assert_eq!(
        at(-901).unwrap_err().public_message(),
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)"
    );
}

#[test]
fn everything_that_is_wrong_with_a_scope_is_said_at_once() {
    let other = GOOD.replace("20150830/us-east-1/service/aws4_request", "b/c/d/e");
    assert_eq!(
        refusal("/", &[("authorization", &other)]),
        (
            "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'c'. Credential should be scoped to correct service: \
             'service'. Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. Date in \
             Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'b' != '20150830', from \
             '20150830T123600Z'."
                .to_owned()
        )
    );
    for (part, wrong) in [("20150830/", "20150831/"), ("us-east-1", "US-EAST-1"), ("_request", "_REQUEST")] {
        let other = GOOD.replace(part, wrong);
        assert_eq!(refusal("/", &[("authorization", &other)]).0, "InvalidSignatureException", "{wrong}");
    }
}

#[test]
fn the_host_and_everything_that_begins_with_x_amz_must_be_signed() {
    let unsigned = |name| {
        let text = format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
        ("InvalidSignatureException", text)
    };
    let without = |name: &str| GOOD.replace(name, "");
    assert_eq!(refusal("/", &[("authorization", &without("host;"))]), unsigned("Host"));
    assert_eq!(refusal("/", &[("authorization", &without(";x-amz-date"))]), unsigned("x-amz-date"));
    for name in ["x-amz-target", "x-amz-security-token", "x-amz-made-up"] {
        assert_eq!(refusal("/", &[(name, "v")]), unsigned(name));
    }
    let traced = head("GET", "/", &[HOST, DATE, ("authorization", GOOD), ("x-amzn-trace-id", "v")]);
    assert_eq!(verify(&traced, b"", &here()), Ok(()), "a proxy may add what is not x-amz-");
}

#[test]
fn a_list_of_signed_headers_has_one_form_and_names_what_is_there() {
    for list in [
        "x-amz-date;host",
        "Host;x-amz-date",
        "host;host;x-amz-date",
        "host;x-amz-date;",
        ";host;x-amz-date",
        "host;x-amz-date;zebra",
        "a b;host;x-amz-date",
    ] {
        let other = GOOD.replace("host;x-amz-date", list);
        let (code, text) = refusal("/", &[("authorization", &other)]);
        assert!(
            ["InvalidSignatureException", "IncompleteSignatureException"].contains(&code),
            "{list}: {text}"
        );
    }
}

#[test]
fn what_is_there_twice_is_refused() {
    for (name, value) in [DATE, HOST, ("authorization", GOOD)] {
        let twice = head("GET", "/", &[HOST, DATE, ("authorization", GOOD), (name, value)]);
        assert!(verify(&twice, b"", &here()).is_err(), "{name}");
    }
}

#[test]
fn http_2_says_the_host_in_its_own_way() {
    let authority = "http://example.amazonaws.com/";
    let signed = |headers: &[(&str, &str)]| verify(&head("GET", authority, headers), b"", &here());
    assert_eq!(signed(&[DATE, ("authorization", GOOD)]), Ok(()));
    assert_eq!(signed(&[HOST, DATE, ("authorization", GOOD)]), Ok(()));
    let elsewhere = ("host", "elsewhere.amazonaws.com");
    assert_eq!(signed(&[elsewhere, DATE, ("authorization", GOOD)]), Err(SignatureError::Mismatch));
    let other = head("GET", "http://elsewhere/", &[HOST, DATE, ("authorization", GOOD)]);
    assert_eq!(verify(&other, b"", &here()), Err(SignatureError::Mismatch));
}

#[test]
fn no_signature_in_the_query_counts() {
    let query = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0";
    assert_eq!(
        refusal(query, &[]),
        (
            "InvalidSignatureException",
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
                .to_owned()
        )
    );
    let (code, text) = refusal(query, &[("authorization", "")]);
    assert_eq!(code, "IncompleteSignatureException");
    assert!(text.contains("not supported"), "{text}");
    assert_eq!(refusal("/?a=1&x-aMz-date=1", &[]).0, "InvalidSignatureException");
}

/// Regression of others: a header that says what the hash of the body is was believed.
#[test]
fn no_header_says_what_the_body_is() {
    let body = b"{}";
    let signed = |value: &str| {
        // As a client signs that takes the header for the hash.
        let mut canonical = Sha256::new();
        let list = "host;x-amz-content-sha256;x-amz-date";
        canonical.update(format!(
            "POST\n/\n\nhost:{}\nx-amz-content-sha256:{value}\nx-amz-date:{}\n\n{list}\n{value}",
            HOST.1, DATE.1
        ));
        let scope = "20150830/us-east-1/service/aws4_request";
        let lines = format!("{ALGORITHM}\n{}\n{scope}\n{}", DATE.1, text(hex(&canonical.finalize())));
        let key = scope
            .split('/')
            .fold([b"AWS4", SECRET].concat(), |key, part| mac(&key, [part.as_bytes()]).unwrap().to_vec());
        let signature = text(hex(&*mac(&key, [lines.as_bytes()]).unwrap()));
        let header = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={list}, Signature={signature}"
        );
        let head =
            head("POST", "/", &[HOST, DATE, ("x-amz-content-sha256", value), ("authorization", &header)]);
        verify(&head, body, &here())
    };
    assert_eq!(signed(&text(BodyHash::of(body).hex())), Ok(()));
    for value in
        ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]
    {
        assert_eq!(signed(value), Err(SignatureError::Mismatch), "{value}");
    }
    assert_eq!(signed(&text(BodyHash::of(b"{ }").hex())), Err(SignatureError::Mismatch));
}

#[test]
fn a_signature_has_one_spelling() {
    let hex = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    for other in [
        &hex.to_uppercase(),
        &hex[1..],
        &format!("{hex}00"),
        &format!("{}g", &hex[..63]),
        "0",
        &"0".repeat(64),
        &"\u{e9}".repeat(32),
    ] {
        let changed = GOOD.replace(hex, other);
        let (code, text) = refusal("/", &[("authorization", &changed)]);
        assert_ne!(code, "UnrecognizedClientException");
        assert!(text == MISMATCH || !other.is_ascii(), "{other}: {text}");
    }
}

#[test]
fn without_a_place_any_place_and_time_will_do() {
    let other = GOOD.replace("20150830/us-east-1/service", "20990101/moon/anything");
    let elsewhere = head("GET", "/", &[HOST, ("x-amz-date", "20990101T000000Z"), ("authorization", &other)]);
    let claim = Claim::read(&elsewhere, None).unwrap();
    assert_eq!(claim.access_key_id(), "AKIDEXAMPLE");
    assert!(!claim.has_session_token());
    let unsigned = head("GET", "/", &[HOST, DATE]);
    assert_eq!(Claim::read(&unsigned, None).unwrap_err(), SignatureError::Missing);
}

#[test]
fn nothing_of_a_signature_is_shown() {
    let signed = head("GET", "/", &[HOST, DATE, ("authorization", GOOD)]);
    let shown = format!("{:?} {:?}", Claim::read(&signed, None).unwrap(), BodyHash::of(b"body"));
    assert_eq!(shown, "Claim(AKIDEXAMPLE) BodyHash");
}

/// The longest head that a server takes in, with as many names as fit.
#[test]
fn a_long_list_takes_no_long_time() {
    let names: Vec<String> = (0..2_000).map(|n| format!("n{n:05}")).collect();
    let list = format!("host;{};x-amz-date", names.join(";"));
    let authorization = GOOD.replace("host;x-amz-date", &list);
    assert_eq!(refusal("/", &[("authorization", &authorization)]).1, MISMATCH);
}

prop_compose! {
    /// A header value of any bytes that HTTP allows.
    fn any_value()(bytes in prop::collection::vec(prop_oneof![0x20_u8..=0x7e, 0x80_u8..=0xff, Just(b'\t')], 0..60)) -> HeaderValue {
        HeaderValue::from_bytes(&bytes).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn hostile_headers_are_refused_and_nothing_worse(
        values in prop::collection::vec((0_usize..6, any_value()), 0..8),
        parts in prop::collection::vec("(Credential|SignedHeaders|Signature|[a-z]*)=?[-a-z0-9/;:_ ,=]{0,30}", 0..5),
        path in "/[a-z./%]{0,20}(\\?[a-zA-Z%=&-]{0,20})?",
    ) {
        let mut head = head("POST", &path, &[]);
        let names = ["authorization", "x-amz-date", "host", "x-amz-target", "x-amz-security-token", "content-type"];
        for (name, value) in values {
            head.headers.append(HeaderName::from_static(names[name]), value);
        }
        let signature = format!("AWS4-HMAC-SHA256 {}", parts.join(","));
        head.headers.append("authorization", signature.parse().unwrap());
        for here in [Some(&here()), None] {
            if let Ok(claim) = Claim::read(&head, here) {
                prop_assert!(!claim.is_signed_with(SECRET, &BodyHash::of(b"")));
            }
        }
    }
}

fn text(hex: [u8; 64]) -> String {
    String::from_utf8(hex.to_vec()).unwrap()
}
