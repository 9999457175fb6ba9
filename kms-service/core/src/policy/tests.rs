//! What the closed form takes, what it says, and that the built-in policies are what their texts say.

use fault::Fault as _;
use identity::{PolicyDocument, Principal};

use super::*;
use crate::{
    grant::{Constraints, GrantTerms, Grantee},
    testing::*,
};

const BOOKS: &str = "aws:dynamodb:tableName";

fn written(statements: &str) -> Result<KeyPolicy, KmsError> {
    KeyPolicy::write(format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#), &account())
}

fn statement(principal: &str, action: &str, condition: &str) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(r#","Condition":{condition}"#) };
    format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":{action},"Resource":"*"{condition}}}"#)
}

fn says(policy: &KeyPolicy, op: Op, caller: &Caller, asked: Asked<'_>) -> PolicyVerdict {
    policy.verdict(op, caller, &account(), &dynamodb(), asked)
}

fn callers() -> Vec<Caller> {
    let other: ServiceName = "s3.us-east-1.amazonaws.com".parse().unwrap();
    let people = [root(), nobody(), user("lead", &[]), stranger(), service(), service_named(other.clone())];
    let through = people.iter().flat_map(|one| {
        let elsewhere = "dynamodb.eu-west-1.amazonaws.com".parse().unwrap();
        [dynamodb(), other.clone(), elsewhere].map(|via| Caller::via(one.principal.clone(), via))
    });
    people.iter().cloned().chain(through).collect()
}

/// Two ways to say the same: code for the speed of it, and the document that GetKeyPolicy shows.
#[test]
fn built_in_policies_do_what_their_texts_say() {
    for policy in [KeyPolicy::Default, KeyPolicy::ManagedDynamoDb] {
        let text = policy.text(&account(), &region());
        let read = KeyPolicy::write(text, &account()).unwrap();
        for caller in callers() {
            for &op in Op::ALL {
                assert_eq!(
                    says(&policy, op, &caller, Asked::Plain),
                    says(&read, op, &caller, Asked::Plain),
                    "{op:?} by {caller:?} under {policy:?}"
                );
            }
        }
    }
    // The owned key's is beyond what users may write, but a document all the same.
    identity::ResourcePolicy::parse(&KeyPolicy::Owned.text(&account(), &region())).unwrap();
}

const SAMPLE: &str = r#"{"Id":"key-policy-dynamodb","Version":"2012-10-17","Statement":[
    {"Sid":"Allow access through Amazon DynamoDB","Effect":"Allow",
     "Principal":{"AWS":"arn:aws:iam::111122223333:user/lead"},
     "Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:CreateGrant","kms:DescribeKey"],
     "Resource":"*","Condition":{"StringLike":{"kms:ViaService":"dynamodb.*.amazonaws.com"}}},
    {"Sid":"Allow administrators to view the key and revoke grants","Effect":"Allow",
     "Principal":{"AWS":"arn:aws:iam::111122223333:role/team"},
     "Action":["kms:Describe*","kms:Get*","kms:List*","kms:RevokeGrant"],"Resource":"*"}]}"#;

#[test]
fn the_sample_policy_lets_its_user_through_the_service_and_its_administrators_look() {
    let policy = KeyPolicy::write(SAMPLE.to_owned(), &account()).unwrap();
    assert_eq!(policy.text(&account(), &region()), SAMPLE);
    let role = "arn:aws:iam::111122223333:role/team".parse().unwrap();
    let team = Caller::direct(Arc::new(Principal::user(role, PolicyDocument::default())));
    let lead = user("lead", &[]);
    let use_ops = [
        Op::Encrypt,
        Op::Decrypt,
        Op::ReEncryptFrom,
        Op::ReEncryptTo,
        Op::GenerateDataKey,
        Op::GenerateDataKeyWithoutPlaintext,
        Op::CreateGrant,
        Op::DescribeKey,
    ];
    let viewing = [
        Op::DescribeKey,
        Op::GetKeyPolicy,
        Op::GetKeyRotationStatus,
        Op::ListGrants,
        Op::ListAliases,
        Op::ListKeyPolicies,
        Op::ListKeyRotations,
        Op::ListResourceTags,
        Op::RevokeGrant,
        // Of no key.
        Op::ListKeys,
        Op::ListRetirableGrants,
    ];
    for &op in Op::ALL {
        let allowed = |is: bool| if is { PolicyVerdict::Allows } else { PolicyVerdict::Silent };
        assert_eq!(says(&policy, op, &via(&lead), Asked::Plain), allowed(use_ops.contains(&op)), "{op:?}");
        assert_eq!(says(&policy, op, &team, Asked::Plain), allowed(viewing.contains(&op)), "{op:?}");
        assert_eq!(says(&policy, op, &via(&team), Asked::Plain), allowed(viewing.contains(&op)), "{op:?}");
        // Not directly, not through another service, and nobody else: not even the account's root.
        let s3 = Caller::via(lead.principal.clone(), "s3.us-east-1.amazonaws.com".parse().unwrap());
        for caller in
            [lead.clone(), s3, root(), via(&root()), nobody(), via(&nobody()), stranger(), service()]
        {
            assert_eq!(
                says(&policy, op, &caller, Asked::Plain),
                PolicyVerdict::Silent,
                "{op:?} by {caller:?}"
            );
        }
    }
}

#[test]
fn pairs_of_the_context_narrow_what_has_one() {
    let condition = format!(
        r#"{{"StringLike":{{"kms:viaservice":"dynamodb.*.amazonaws.com"}},
            "StringEquals":{{"kms:EncryptionContext:{BOOKS}":["Books","Films"],"KMS:encryptionContext:aws:dynamodb:subscriberId":"{ACCOUNT}"}}}}"#
    );
    let actions = r#"["kms:Decrypt","kms:CreateGrant","kms:DescribeKey"]"#;
    let policy =
        written(&statement(&format!(r#"{{"AWS":"{}"}}"#, user_arn("lead")), actions, &condition)).unwrap();
    let lead = via(&user("lead", &[]));
    let decrypts = |pairs: &[(&str, &str)]| {
        says(&policy, Op::Decrypt, &lead, Asked::Context(&context(pairs))) == PolicyVerdict::Allows
    };
    let subscriber = ("aws:dynamodb:subscriberId", ACCOUNT);
    assert!(decrypts(&[(BOOKS, "Books"), subscriber]));
    assert!(decrypts(&[(BOOKS, "Films"), subscriber, ("more", "x")]));
    assert!(
        decrypts(&[("AWS:dynamodb:TABLENAME", "Books"), subscriber]),
        "the case of names does not matter"
    );
    assert!(!decrypts(&[(BOOKS, "books"), subscriber]), "that of values does");
    assert!(!decrypts(&[(BOOKS, "Books")]));
    assert!(!decrypts(&[(BOOKS, "Music"), subscriber]));
    assert!(
        !decrypts(&[(BOOKS, "Books"), ("AWS:dynamodb:TABLENAME", "Music"), subscriber]),
        "nor in disguise"
    );
    assert!(!decrypts(&[]));
    assert_eq!(
        says(&policy, Op::DescribeKey, &lead, Asked::Plain),
        PolicyVerdict::Silent,
        "it has no context"
    );
    let terms = |pairs: &[(&str, &str)]| GrantTerms {
        name: None,
        grantee: Grantee::Service(dynamodb()),
        retiring: None,
        issuing_account: account(),
        operations: std::collections::BTreeSet::new(),
        constraints: Constraints { subset: Some(context(pairs)), equals: None },
    };
    let grants = |pairs: &[(&str, &str)]| {
        says(&policy, Op::CreateGrant, &lead, Asked::Grant(&terms(pairs))) == PolicyVerdict::Allows
    };
    assert!(grants(&[(BOOKS, "Books"), subscriber]));
    assert!(!grants(&[(BOOKS, "Music"), subscriber]) && !grants(&[]));
}

#[test]
fn what_goes_beyond_is_refused_and_named() {
    let lead = format!(r#"{{"AWS":"{}"}}"#, user_arn("lead"));
    let through = r#"{"StringLike":{"kms:ViaService":"dynamodb.*.amazonaws.com"}}"#;
    let own = r#"{"AWS":"111122223333"}"#;
    let decrypt = r#""kms:Decrypt""#;
    let cases = [
        (r#"{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}"#.to_owned(), "denies"),
        (
            r#"{"Effect":"Allow","NotPrincipal":"*","Action":"kms:*","Resource":"*"}"#.to_owned(),
            "NotPrincipal",
        ),
        (r#"{"Effect":"Allow","Principal":"*","NotAction":"kms:*","Resource":"*"}"#.to_owned(), "NotAction"),
        (format!(r#"{{"Effect":"Allow","Principal":{own},"Action":"kms:*","NotResource":"*"}}"#), "Resource"),
        (format!(r#"{{"Effect":"Allow","Principal":{own},"Action":"kms:*"}}"#), "Resource"),
        (
            format!(
                r#"{{"Effect":"Allow","Principal":{own},"Action":"kms:*","Resource":"arn:aws:kms:us-east-1:1:key/x"}}"#
            ),
            "Resource",
        ),
        (statement(&lead, r#""kms:*""#, ""), "kms:* for others"),
        (statement(own, r#""kms:*""#, through), "kms:* for others"),
        (statement(own, r#"["kms:*","kms:Decrypt"]"#, ""), "these actions"),
        (statement(own, r#""*""#, ""), "these actions"),
        (statement(own, r#""kms:PutKeyPolicy""#, ""), "these actions"),
        (statement(&lead, r#"["kms:Decrypt","kms:List*"]"#, through), "these actions"),
        (statement(&lead, decrypt, ""), "kms:ViaService"),
        (statement("\"*\"", decrypt, through), "kms:CallerAccount"),
        (
            statement(
                &lead,
                decrypt,
                r#"{"StringLike":{"kms:ViaService":"dynamodb.*.amazonaws.com"},"StringEquals":{"kms:EncryptionContext:owner":"${aws:username}"}}"#,
            ),
            "policy variables",
        ),
        (
            statement(
                &lead,
                decrypt,
                r#"{"StringLike":{"kms:ViaService":"dynamodb.${aws:RequestedRegion}.amazonaws.com"}}"#,
            ),
            "policy variables",
        ),
        (statement(r#"{"AWS":"444455556666"}"#, decrypt, through), "another account"),
        (statement(r#"{"AWS":"arn:aws:iam::444455556666:user/x"}"#, decrypt, through), "another account"),
        (
            statement(r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/r/s"}"#, decrypt, through),
            "neither users nor roles",
        ),
        (statement(r#"{"Service":"dynamodb.amazonaws.com"}"#, decrypt, through), "a service itself"),
        (statement(r#"{"Service":"s3.amazonaws.com"}"#, r#""kms:List*""#, ""), "a service other"),
        (statement(&lead, decrypt, r#"{"StringNotLike":{"kms:ViaService":"x"}}"#), "other than StringEquals"),
        (
            statement(&lead, decrypt, r#"{"StringLike":{"kms:EncryptionContext:a":"x"}}"#),
            "conditions other than on",
        ),
        (
            statement(&lead, decrypt, r#"{"StringEquals":{"aws:PrincipalArn":"x"}}"#),
            "conditions other than on",
        ),
        (
            statement(&lead, decrypt, r#"{"StringEquals":{"kms:CallerAccount":"444455556666"}}"#),
            "of another account",
        ),
        (statement(&lead, r#""kms:List*""#, through), "conditions on the viewing"),
    ];
    for (statement, named) in cases {
        let refused = written(&statement).unwrap_err();
        assert_eq!(refused.reason(), "UnsupportedOperationException", "{statement}");
        assert!(refused.public_message().contains(named), "{statement}: {}", refused.public_message());
        // Not even beside a statement that is honoured.
        let both = format!("{},{statement}", self::statement(own, r#""kms:*""#, ""));
        assert_eq!(written(&both).unwrap_err().reason(), "UnsupportedOperationException", "{statement}");
    }
}

#[test]
fn what_is_no_policy_is_malformed() {
    let refused = |text: &str| {
        let error = KeyPolicy::write(text.to_owned(), &account()).unwrap_err();
        (error.reason(), error.public_message().into_owned())
    };
    let principals = "Policy contains a statement with one or more invalid principals.";
    for principal in [r#"{"AWS":"bob"}"#, r#"{"AWS":"arn:aws:iam::111122223333:group/g"}"#, "\"bob\""] {
        let text = format!(r#"{{"Statement":[{}]}}"#, statement(principal, r#""kms:*""#, ""));
        assert_eq!(
            refused(&text),
            ("MalformedPolicyDocumentException", principals.to_owned()),
            "{principal}"
        );
    }
    for text in ["", "x", "{}", "[]", r#"{"Statement":[]}"#, r#"{"Statement":[{"Effect":"Allow"}]}"#] {
        let (reason, message) = refused(text);
        assert_eq!(reason, "MalformedPolicyDocumentException", "{text}");
        assert!(message.starts_with("The key policy is not a valid policy document: "), "{message}");
    }
}
