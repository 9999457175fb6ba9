//! What answers look like, byte by byte.

use super::*;
use crate::{DYNAMODB, KMS};
use proptest::prelude::*;
use std::collections::HashSet;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pairs = pairs.iter();
    pairs.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

fn error(protocol: &Protocol, code: &str, text: &str, members: &Members) -> String {
    String::from_utf8(protocol.error(code, text, members)).unwrap()
}

#[test]
fn errors_have_namespaces_where_the_protocol_has() {
    for (code, namespace) in [
        ("ResourceNotFoundException", "com.amazonaws.dynamodb.v20120810"),
        ("InternalServerError", "com.amazonaws.dynamodb.v20120810"),
        ("ValidationException", "com.amazon.coral.validate"),
        ("AccessDeniedException", "com.amazon.coral.service"),
        ("UnknownOperationException", "com.amazon.coral.service"),
        ("ThrottlingException", "com.amazon.coral.availability"),
    ] {
        let expected = format!(r#"{{"__type":"{namespace}#{code}","message":"a \"text\""}}"#);
        assert_eq!(error(&DYNAMODB, code, "a \"text\"", &Members::new()), expected);
        let expected = format!(r#"{{"__type":"{code}","message":"a \"text\""}}"#);
        assert_eq!(error(&KMS, code, "a \"text\"", &Members::new()), expected);
    }
}

#[test]
fn an_error_may_have_no_text_a_capital_one_and_more_members() {
    assert_eq!(
        error(&KMS, "InvalidCiphertextException", "", &Members::new()),
        r#"{"__type":"InvalidCiphertextException"}"#
    );
    assert_eq!(
        error(&DYNAMODB, "SerializationException", "t", &Members::new()),
        r#"{"__type":"com.amazon.coral.service#SerializationException","Message":"t"}"#
    );
    let item = vec![("Item", br#"{"pk":{"S":"a"}}"#.to_vec())];
    assert_eq!(
        error(&DYNAMODB, "ConditionalCheckFailedException", "The conditional request failed", &item),
        concat!(
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","#,
            r#""message":"The conditional request failed","Item":{"pk":{"S":"a"}}}"#
        )
    );
}

/// The checksums are those that DynamoDB itself was seen to send with these bodies.
#[test]
fn answers_carry_the_checksum_of_their_bytes_where_the_protocol_has_one() {
    let checksum = |answer: &Response<Bytes>| {
        answer.headers().get(CHECKSUM_HEADER).map(|value| value.to_str().unwrap().to_owned())
    };
    let serialization = DYNAMODB.error("SerializationException", "", &Members::new());
    let answer = DYNAMODB.answer(StatusCode::BAD_REQUEST, Some(PLAIN_JSON), serialization.clone());
    assert_eq!(checksum(&answer).as_deref(), Some("3948637019"));
    assert_eq!(answer.headers().get(CONTENT_TYPE).unwrap(), PLAIN_JSON);
    let unknown = DYNAMODB.bare(StatusCode::NOT_FOUND, UNKNOWN_OPERATION);
    assert_eq!(checksum(&unknown).as_deref(), Some("3552371480"));
    assert!(!unknown.headers().contains_key(CONTENT_TYPE));
    let health = DYNAMODB.bare(StatusCode::OK, DYNAMODB.health("us-east-1"));
    assert_eq!(health.body(), "healthy: dynamodb.us-east-1.amazonaws.com ");
    assert_eq!(checksum(&health).as_deref(), Some("3128867991"));
    let plain = KMS.answer(StatusCode::OK, None, serialization);
    assert_eq!((plain.status(), checksum(&plain)), (StatusCode::OK, None));
    assert_eq!(plain.headers().get(CONTENT_TYPE).unwrap(), "application/x-amz-json-1.1");
}

#[test]
fn a_target_is_the_prefix_a_dot_and_the_operation() {
    let target = |value: &'static str| headers(&[("x-amz-target", value)]);
    assert_eq!(DYNAMODB.target(&target("DynamoDB_20120810.GetItem")), Some("GetItem"));
    assert_eq!(DYNAMODB.target(&target("DynamoDB_20120810.")), Some(""));
    for other in ["", "GetItem", "DynamoDB_20120810", "DynamoDB_20120810x.GetItem", "TrentService.Encrypt"] {
        assert_eq!(DYNAMODB.target(&target(other)), None, "{other}");
    }
    assert_eq!(DYNAMODB.target(&HeaderMap::new()), None);
    let twice =
        [("x-amz-target", "DynamoDB_20120810.GetItem"), ("x-amz-target", "DynamoDB_20120810.PutItem")];
    assert_eq!(DYNAMODB.target(&headers(&twice)), None);
}

#[test]
fn the_type_of_an_answer_is_that_of_its_request() {
    let of =
        |protocol: &Protocol, value: &'static str| protocol.type_of(&headers(&[("content-type", value)]));
    assert_eq!(of(&DYNAMODB, "application/x-amz-json-1.0"), Some("application/x-amz-json-1.0"));
    assert_eq!(
        of(&DYNAMODB, "Application/X-Amz-JSON-1.0 ; charset=utf-8"),
        Some("application/x-amz-json-1.0")
    );
    assert_eq!(of(&DYNAMODB, "application/json"), Some("application/json"));
    assert_eq!(of(&KMS, "application/x-amz-json-1.1"), Some("application/x-amz-json-1.1"));
    for other in ["", "text/plain", "application/x-amz-json-1.1", "application/x-amz-json-1.00"] {
        assert_eq!(of(&DYNAMODB, other), None, "{other}");
    }
    assert_eq!(DYNAMODB.type_of(&HeaderMap::new()), None);
}

#[test]
fn request_ids_look_like_awss_and_differ() {
    let ids: HashSet<String> = (0..100).map(|_| DYNAMODB.request_id()).collect();
    assert_eq!(ids.len(), 100);
    let is_legal = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    assert!(ids.iter().all(|id| id.len() == 52 && id.bytes().all(is_legal)), "{ids:?}");
    assert_eq!(KMS.request_id().len(), 36);
    // RFC 4648, section 10.
    assert_eq!((base32(b"foobar").as_str(), base32(b"fooba").as_str()), ("CPNMUOJ1E8", "CPNMUOJ1"));
}

#[test]
fn json_may_be_nested_as_deep_as_it_likes() {
    for good in ["{}", "[]", "1", "null", " {\"a\" : [1, 2.5e3, \"\\u00e9\"]} "] {
        assert!(is_json(good.as_bytes()), "{good}");
    }
    for bad in ["", "hi", "{", "{}x", "{'a':1}", "{\"a\":1,}", "\u{feff}{}", "[1,]", "01", "\"\t\""] {
        assert!(!is_json(bad.as_bytes()), "{bad}");
    }
    assert!(!is_json(b"\"\xff\""));
    let deep = "[".repeat(1_000_000);
    assert!(!is_json(deep.as_bytes()));
    assert!(is_json(format!("{deep}{}", "]".repeat(1_000_000)).as_bytes()));
}

proptest! {
    #[test]
    fn every_text_is_escaped(code in "[A-Za-z]{1,20}", text in "\\PC*|[\\x00-\\x7f]*") {
        let body = DYNAMODB.error(&code, &text, &vec![("Item", b"{}".to_vec())]);
        let parsed: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let expected = if text.is_empty() { serde_json::Value::Null } else { text.into() };
        prop_assert_eq!(&parsed["message"], &expected);
        prop_assert!(parsed["__type"].as_str().unwrap().ends_with(&code));
        prop_assert!(parsed["Item"].is_object());
    }
}
