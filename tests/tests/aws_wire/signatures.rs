//! Who is let in.

use std::time::{Duration, SystemTime};

use serde_json::json;
use tests::{Credentials, Json, PERMISSIVE, Principals, Protocol, Settings, Signer, Stack};

use crate::{PAIRS, connect, refusal, signer};

const MINUTE: Duration = Duration::from_secs(60);
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                        Access Key and signing method. Consult the service documentation for details.";

/// What is answered to each request, in order, on one connection.
async fn codes(stack: &Stack, protocol: Protocol, requests: &[Vec<u8>]) -> Vec<(u16, String, String)> {
    let mut connection = connect(stack, protocol).await;
    let mut answers = Vec::new();
    for request in requests {
        let answer = connection.exchange(request).await.expect("an answer");
        answers.push(if answer.status == 200 {
            (200, String::new(), String::new())
        } else {
            refusal(&answer)
        });
    }
    answers
}

fn replaced(request: &[u8], old: &str, new: &str) -> Vec<u8> {
    let text = std::str::from_utf8(request).expect("text");
    assert!(text.contains(old), "{old} in {text}");
    text.replacen(old, new, 1).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_secrets_keys_and_times_are_refused_in_awss_words() {
    let stack = Stack::together().await;
    let root = stack.root_credentials().expect("it has some").clone();
    for (protocol, operation) in PAIRS {
        let signer = signer(&stack, protocol);
        let other =
            Signer::new(protocol, "here", &Credentials::new(&root.access_key_id, "not the secret at all"));
        let nobody = Signer::new(protocol, "here", &Credentials::new("AKIAIOSFODNN7EXAMPLE", &root.secret));
        let at = |time| signer.request_at(time, operation, b"{}", &[]);
        let now = SystemTime::now();
        let good = signer.request(operation, b"{}");
        let found = codes(
            &stack,
            protocol,
            &[
                good.clone(),
                at(now - 14 * MINUTE),
                at(now + 14 * MINUTE),
                other.request(operation, b"{}"),
                nobody.request(operation, b"{}"),
                at(now - 16 * MINUTE),
                at(now + 16 * MINUTE),
                // What was signed is not what arrived.
                replaced(&good, "\r\n\r\n{}", "\r\n\r\n[]"),
                replaced(&good, "POST / ", "POST /?a=b "),
                replaced(&good, "host: here", "host: there"),
                replaced(&good, "us-east-1", "eu-west-1"),
                // A token belongs to temporary credentials, and there are none.
                signer.request_at(now, operation, b"{}", &[("x-amz-security-token", "token")]),
                good,
            ],
        )
        .await;
        let code = |index: usize| (found[index].0, found[index].1.as_str());
        for good in [0, 1, 2, 12] {
            assert_eq!(code(good), (200, ""), "{good}: {found:?}");
        }
        for mismatch in [3, 7, 8, 9] {
            assert_eq!(code(mismatch), (400, "InvalidSignatureException"), "{mismatch}");
            assert_eq!(found[mismatch].2, MISMATCH);
        }
        for unknown in [4, 11] {
            assert_eq!(code(unknown), (400, "UnrecognizedClientException"), "{unknown}");
            assert_eq!(found[unknown].2, "The security token included in the request is invalid.");
        }
        for (index, text) in [(5, "Signature expired: "), (6, "Signature not yet current: ")] {
            assert_eq!(code(index), (400, "InvalidSignatureException"), "{index}");
            assert!(found[index].2.starts_with(text), "{}", found[index].2);
        }
        assert_eq!(code(10), (400, "InvalidSignatureException"));
        assert!(found[10].2.contains("valid region, not 'eu-west-1'"), "{}", found[10].2);
    }
}

/// A header says nothing of the body, and nothing that begins with `x-amz-` counts unless it is signed.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_signed_counts() {
    let stack = Stack::together().await;
    let (protocol, operation) = PAIRS[0];
    let signer = signer(&stack, protocol);
    let good = signer.request(operation, b"{}");
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let lying = signer.request_at(SystemTime::now(), operation, b"", &[("x-amz-content-sha256", empty)]);
    let found = codes(
        &stack,
        protocol,
        &[
            replaced(&good, "content-length", "x-amz-extra: 1\r\ncontent-length"),
            replaced(&lying, "content-length: 0", "content-length: 2").iter().chain(b"{}").copied().collect(),
            replaced(&good, "POST / ", "POST /?X-Amz-Signature=0 "),
            replaced(&good, "content-length", "authorization: Basic eDp5\r\ncontent-length"),
            replaced(&good, "AWS4-HMAC-SHA256", "Basic"),
            replaced(
                &good,
                "content-length",
                "x-keystead-on-behalf-of: arn:aws:iam::000000000000:root\r\ncontent-length",
            ),
        ],
    )
    .await;
    let codes: Vec<_> = found.iter().map(|(status, code, _)| (*status, code.as_str())).collect();
    assert_eq!(
        codes,
        [
            (400, "InvalidSignatureException"),
            (400, "InvalidSignatureException"),
            (400, "InvalidSignatureException"),
            (400, "IncompleteSignatureException"),
            (400, "MissingAuthenticationTokenException"),
            (400, "AccessDeniedException"),
        ],
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_principal_may_what_its_policy_says() {
    let reader = r#"{"Statement":{"Effect":"Allow","Action":"dynamodb:List*","Resource":"*"}}"#;
    let principals = Principals::new().with("alice", PERMISSIVE).with("bob", reader);
    let stack = Stack::apart(Settings::knowing(principals)).await;
    let client = |name| {
        Json::new(Protocol::DynamoDb, stack.table_address(), &stack.principals().user(name).credentials)
    };
    for name in ["alice", "bob"] {
        client(name).call("ListTables", &json!({})).await.expect("both may");
    }
    client("alice").call("DescribeLimits", &json!({})).await.expect("she may");
    let refused = client("bob").call("DescribeLimits", &json!({})).await.expect_err("he may not");
    assert_eq!((refused.status, refused.code.as_str()), (400, "AccessDeniedException"));
    assert!(
        refused.message.contains("user/bob is not authorized to perform: dynamodb:DescribeLimits"),
        "{refused:?}"
    );
}

/// Any key will do where that was asked for, and a known one must be right all the same.
#[tokio::test(flavor = "multi_thread")]
async fn any_credentials_are_taken_where_that_was_asked_for() {
    let settings = Settings::default().together_flags(["--accept-any-credentials"]);
    let stack = Stack::together_with(settings).await;
    for (protocol, operation) in PAIRS {
        let anybody = Signer::new(protocol, "here", &Credentials::new("anybody", "whatever it is"));
        let root = stack.root_credentials().expect("it has some").access_key_id.clone();
        let wrong = Signer::new(protocol, "here", &Credentials::new(root, "not the secret at all"));
        let unsigned = [
            ("content-type", protocol.content_type()),
            ("x-amz-target", &format!("{}.{operation}", protocol.target())),
        ];
        let requests = [
            anybody.request(operation, b"{}"),
            wrong.request(operation, b"{}"),
            crate::unsigned("POST", "/", &unsigned, "{}"),
        ];
        let found = codes(&stack, protocol, &requests).await;
        let codes: Vec<_> = found.iter().map(|(_, code, _)| code.as_str()).collect();
        assert_eq!(codes, ["", "InvalidSignatureException", "MissingAuthenticationTokenException"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn principals_that_nobody_has_to_be_are_none() {
    let directory = tempfile::tempdir().expect("a directory");
    let arguments = ["serve", "--principals", "p.toml", "--accept-any-credentials", "--check-config"];
    let (status, printed) = tests::run_to_end("kms-service", &arguments, directory.path()).await;
    assert_eq!(status.code(), Some(64), "{printed}");
    assert!(printed.contains("exclude each other"), "{printed}");
}
