//! The policy matrix: what each form of a document says of an action on a resource, and what is refused at load.

use super::*;

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/Music";

fn policy(statement: &str) -> PolicyDocument {
    PolicyDocument::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#)).unwrap()
}

fn refusal(document: &str) -> String {
    PolicyDocument::parse(document).unwrap_err().to_string()
}

#[test]
fn the_matrix() {
    use Verdict::{Allow, Deny, Silent};
    let cases: &[(&str, &str, &str, Verdict)] = &[
        // Wildcards in actions.
        (r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#, "kms:Decrypt", KEY, Allow),
        (r#"{"Effect":"Allow","Action":"kms:*","Resource":"*"}"#, "kms:Decrypt", KEY, Allow),
        (r#"{"Effect":"Allow","Action":"kms:*","Resource":"*"}"#, "dynamodb:GetItem", TABLE, Silent),
        (
            r#"{"Effect":"Allow","Action":"kms:GenerateDataKey*","Resource":"*"}"#,
            "kms:GenerateDataKey",
            KEY,
            Allow,
        ),
        (
            r#"{"Effect":"Allow","Action":"kms:GenerateDataKey*","Resource":"*"}"#,
            "kms:GenerateDataKeyWithoutPlaintext",
            KEY,
            Allow,
        ),
        (
            r#"{"Effect":"Allow","Action":"kms:ReEncrypt????","Resource":"*"}"#,
            "kms:ReEncryptFrom",
            KEY,
            Allow,
        ),
        (r#"{"Effect":"Allow","Action":"kms:ReEncrypt????","Resource":"*"}"#, "kms:ReEncryptTo", KEY, Silent),
        (r#"{"Effect":"Allow","Action":"kms:*crypt","Resource":"*"}"#, "kms:Decrypt", KEY, Allow),
        // Actions are equal whatever their case; resources are not.
        (r#"{"Effect":"Allow","Action":"KMS:decrypt","Resource":"*"}"#, "kms:Decrypt", KEY, Allow),
        (
            r#"{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:us-east-1:000000000000:table/music"}"#,
            "dynamodb:GetItem",
            TABLE,
            Silent,
        ),
        // Resources.
        (
            r#"{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:*:*:table/M*"}"#,
            "dynamodb:GetItem",
            TABLE,
            Allow,
        ),
        (
            r#"{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:*:*:table/Musi"}"#,
            "dynamodb:GetItem",
            TABLE,
            Silent,
        ),
        (r#"{"Effect":"Allow","Action":"kms:*","Resource":"arn:aws:kms"}"#, "kms:Decrypt", KEY, Allow),
        (r#"{"Effect":"Allow","Action":"kms:*","Resource":"arn:aws:s3"}"#, "kms:Decrypt", KEY, Silent),
        (
            r#"{"Effect":"Allow","Action":"kms:ListKeys","Resource":"arn:aws:kms:*:*:key/*"}"#,
            "kms:ListKeys",
            "*",
            Silent,
        ),
        // NotAction, NotResource.
        (r#"{"Effect":"Allow","NotAction":"kms:Delete*","Resource":"*"}"#, "kms:Decrypt", KEY, Allow),
        (r#"{"Effect":"Allow","NotAction":"kms:D*","Resource":"*"}"#, "kms:Decrypt", KEY, Silent),
        (
            r#"{"Effect":"Deny","NotAction":["kms:Decrypt","kms:DescribeKey"],"Resource":"*"}"#,
            "kms:Encrypt",
            KEY,
            Deny,
        ),
        (
            r#"{"Effect":"Deny","NotAction":["kms:Decrypt","kms:DescribeKey"],"Resource":"*"}"#,
            "kms:DESCRIBEKEY",
            KEY,
            Silent,
        ),
        (
            r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:dynamodb:*:*:table/Music"}"#,
            "dynamodb:GetItem",
            TABLE,
            Silent,
        ),
        (
            r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:dynamodb:*:*:table/Films"}"#,
            "dynamodb:GetItem",
            TABLE,
            Allow,
        ),
        // Lists, and a deny that wins from any place.
        (
            r#"{"Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt"],"Resource":["arn:aws:s3:::*","arn:aws:kms:*"]}"#,
            "kms:Decrypt",
            KEY,
            Allow,
        ),
        (
            r#"[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}]"#,
            "kms:Decrypt",
            KEY,
            Deny,
        ),
        (
            r#"[{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]"#,
            "kms:Decrypt",
            KEY,
            Deny,
        ),
        (
            r#"[{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]"#,
            "kms:Encrypt",
            KEY,
            Allow,
        ),
        ("[]", "kms:Decrypt", KEY, Silent),
    ];
    for (statement, action, resource, expected) in cases {
        assert_eq!(policy(statement).evaluate(action, resource), *expected, "{action} under {statement}");
    }
}

#[test]
fn the_extremes() {
    assert_eq!(PolicyDocument::default().evaluate("kms:Decrypt", KEY), Verdict::Silent);
    assert_eq!(PolicyDocument::allow_all().evaluate("kms:Decrypt", KEY), Verdict::Allow);
    assert_eq!(PolicyDocument::allow_all().evaluate("kms:ListKeys", "*"), Verdict::Allow);
}

#[test]
fn optional_members_are_read_and_mean_nothing() {
    let document =
        r#"{"Id": "x", "Statement": {"Sid": "One", "Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    assert_eq!(PolicyDocument::parse(document).unwrap(), PolicyDocument::allow_all());
    assert_eq!(document.parse::<PolicyDocument>().unwrap(), PolicyDocument::allow_all());
}

#[test]
fn a_condition_or_principal_refuses_the_whole_document() {
    for condition in [r#"{"Bool": {"aws:SecureTransport": "true"}}"#, "{}", "null", "[]"] {
        let document = format!(
            r#"{{"Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}}}"#
        );
        assert!(refusal(&document).contains("Condition is not supported"), "{}", refusal(&document));
    }
    for member in ["Principal", "NotPrincipal"] {
        let document = format!(
            r#"{{"Statement": [{{"{member}": "*", "Effect": "Allow", "Action": "*", "Resource": "*"}}]}}"#
        );
        assert!(refusal(&document).contains("an identity policy has no Principal"), "{}", refusal(&document));
    }
}

#[test]
fn what_is_not_a_policy_is_refused_and_the_text_says_why() {
    for (document, expected) in [
        ("", "EOF"),
        ("[]", "struct Document"),
        ("{}", "missing field `Statement`"),
        (r#"{"Statement": "Allow"}"#, "struct StatementMembers"),
        (r#"{"Statement": 7}"#, "one element or a list of them"),
        (r#"{"Statement": [], "Extra": 1}"#, "unknown field `Extra`"),
        (r#"{"Statement": [], "Statement": []}"#, "duplicate field `Statement`"),
        (r#"{"Version": "2012-10-18", "Statement": []}"#, "unknown variant `2012-10-18`"),
        (r#"{"Statement": {"Action": "*", "Resource": "*"}}"#, "missing field `Effect`"),
        (r#"{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}"#, "unknown variant `allow`"),
        (r#"{"Statement": {"Effect": "Allow", "Resource": "*"}}"#, "either Action or NotAction"),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}}"#,
            "either Action or NotAction",
        ),
        (r#"{"Statement": {"Effect": "Allow", "Action": "*"}}"#, "either Resource or NotResource"),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": [], "Resource": "*"}}"#,
            "Action or NotAction is empty",
        ),
        (r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": []}}"#, "NotResource is empty"),
        (
            r#"{"Statement": {"Effect": "Allow", "Effect": "Deny", "Action": "*", "Resource": "*"}}"#,
            "duplicate field `Effect`",
        ),
        (r#"{"Statement": {"Effect": "Allow", "action": "*", "Resource": "*"}}"#, "unknown field `action`"),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": 1, "Resource": "*"}}"#,
            "one element or a list of them",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${aws:username}"}}"#,
            "policy variable",
        ),
        (r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "Music"}}"#, "neither an ARN nor *"),
    ] {
        let text = refusal(document);
        assert!(text.contains(expected), "{document}: {text}");
        assert!(text.contains("line 1 column"), "{document}: {text}");
    }
}

#[test]
fn malformed_actions_are_refused() {
    for action in ["", "Decrypt", "kms:", ":Decrypt", "k*s:Decrypt", "kms:Decrypt:x", "kms: Decrypt", "**"] {
        let document =
            format!(r#"{{"Statement": {{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}}}"#);
        assert!(refusal(&document).contains("is not an action"), "{action:?}");
    }
}

#[test]
fn a_long_document_is_refused_before_it_is_parsed() {
    let document = " ".repeat(MAX_DOCUMENT_BYTES + 1);
    assert!(matches!(PolicyDocument::parse(&document), Err(PolicyError::TooLong(_))));
}
