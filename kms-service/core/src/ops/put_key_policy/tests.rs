//! Policies are stored, shown and honoured; what they lock out stays out.

use super::*;
use crate::{
    KeyChange, PageRequest, WatchEvent,
    ops::{
        create_key::CreateKey,
        get_key_policy::{GetKeyPolicy, NamedPolicy},
        list_key_policies::ListKeyPolicies,
    },
    testing::*,
};

const DEFAULT: &str = r#"{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::111122223333:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"#;
const ACCOUNT_DECIDES: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}"#;
const LEAD_THROUGH_TABLES: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/lead"},
    "Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:CreateGrant","kms:DescribeKey"],
    "Resource":"*","Condition":{"StringLike":{"kms:ViaService":"dynamodb.*.amazonaws.com"}}}"#;

fn document(statements: &[&str]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn put(key_id: &str, policy: &str) -> PutKeyPolicy {
    PutKeyPolicy { key_id: key_id.to_owned(), policy: policy.to_owned(), ..Default::default() }
}

impl World {
    async fn policy(&self, key: &str, name: Option<&str>) -> Result<NamedPolicy, KmsError> {
        let request = GetKeyPolicy { key_id: key.to_owned(), policy_name: name.map(str::to_owned) };
        self.kms.get_key_policy(&root(), request).await
    }
}

#[tokio::test]
async fn the_text_comes_back_as_it_was_written() {
    let mut world = World::new().await;
    let key = world.key().await.arn;
    let made = world.policy(&key, None).await.unwrap();
    assert_eq!((made.policy.as_str(), made.policy_name), (DEFAULT, "default"));
    let text = format!(" {}\n", document(&[ACCOUNT_DECIDES, LEAD_THROUGH_TABLES]));
    world.kms.put_key_policy(&root(), put(&key, &text)).await.unwrap();
    world.restart().await;
    assert_eq!(world.policy(&key, Some("default")).await.unwrap().policy, text);
    let commits = world.store.commits();
    world.kms.put_key_policy(&root(), put(&key, &text)).await.unwrap();
    assert_eq!(world.store.commits(), commits, "the same again is no change");
    let other = CreateKey { policy: Some(text.clone()), ..create_key() };
    let other = world.kms.create_key(&root(), other).await.unwrap().arn;
    assert_eq!(world.policy(&other, None).await.unwrap().policy, text);
    // In every state.
    world.kms.disable_key(&root(), key.clone()).await.unwrap();
    world.kms.put_key_policy(&root(), put(&key, DEFAULT)).await.unwrap();
    world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap();
    world.kms.put_key_policy(&root(), put(&key, &text)).await.unwrap();
    assert_eq!(world.policy(&key, None).await.unwrap().policy, text);
}

#[tokio::test]
async fn a_key_has_one_policy_and_its_name_is_default() {
    let world = World::new().await;
    let key = world.key().await.arn;
    let missing = ("NotFoundException", "No such policy exists".to_owned());
    assert_eq!(refusal(world.policy(&key, Some("other")).await), missing);
    assert_eq!(code(&world.policy(&key, Some("no name")).await), "ValidationException");
    assert_eq!(code(&world.policy(&key, Some("")).await), "ValidationException");
    let named = PutKeyPolicy { policy_name: Some("other".to_owned()), ..put(&key, DEFAULT) };
    assert_eq!(code(&world.kms.put_key_policy(&root(), named).await), "UnsupportedOperationException");
    let named = PutKeyPolicy { policy_name: Some("default".to_owned()), ..put(&key, DEFAULT) };
    world.kms.put_key_policy(&root(), named).await.unwrap();
    let list = async |marker: Option<&str>| {
        let page = PageRequest { limit: Some(1), marker: marker.map(str::to_owned) };
        world.kms.list_key_policies(&root(), ListKeyPolicies { key_id: key.clone(), page }).await
    };
    let page = list(None).await.unwrap();
    assert_eq!((page.items, page.next_marker), (vec!["default"], None));
    assert_eq!(code(&list(Some("none was ever given")).await), "InvalidMarkerException");
}

/// The sample of DynamoDB's documentation: use through the table service, for one user.
#[tokio::test]
async fn what_a_policy_does_not_say_is_refused_at_once() {
    let world = World::new().await;
    let key = world.key().await.arn;
    let lead = user("lead", &[]);
    let seal =
        async |caller: &Caller| code(&world.kms.encrypt(caller, encrypt(&key, b"x", context(&[]))).await);
    assert_eq!(seal(&via(&lead)).await, "AccessDeniedException");
    assert_eq!(seal(&root()).await, "ok");
    let mut watch = world.kms.watch_keys(&service()).unwrap();
    assert_eq!(told(&mut watch), [WatchEvent::Started]);
    let sample = PutKeyPolicy {
        bypass_policy_lockout_safety_check: true,
        ..put(&key, &document(&[LEAD_THROUGH_TABLES]))
    };
    world.kms.put_key_policy(&root(), sample).await.unwrap();
    let changed = WatchEvent::Changed { key_arn: key.clone(), change: KeyChange::Policy };
    assert_eq!(told(&mut watch), [changed]);
    assert_eq!(seal(&via(&lead)).await, "ok");
    assert_eq!(seal(&lead).await, "AccessDeniedException");
    let outcome = world.kms.encrypt(&root(), encrypt(&key, b"x", context(&[]))).await;
    assert_eq!(
        refusal(outcome).1,
        format!(
            "User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: kms:Encrypt on resource: {key} because no \
             resource-based policy allows the kms:Encrypt action"
        )
    );
    let denied = user("lead", &[("Deny", "kms:Encrypt")]);
    assert_eq!(seal(&via(&denied)).await, "AccessDeniedException", "an explicit deny wins");
    // Locked out for good, as asked.
    let outcome = world.kms.put_key_policy(&root(), put(&key, DEFAULT)).await;
    assert_eq!(code(&outcome), "AccessDeniedException");
}

#[tokio::test]
async fn nobody_is_locked_out_by_mistake() {
    let world = World::new().await;
    let key = world.key().await.arn;
    let locks_out = (
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.".to_owned(),
    );
    let sample = document(&[LEAD_THROUGH_TABLES]);
    assert_eq!(refusal(world.kms.put_key_policy(&root(), put(&key, &sample)).await), locks_out);
    let with_it = |bypass_policy_lockout_safety_check| CreateKey {
        policy: Some(sample.clone()),
        bypass_policy_lockout_safety_check,
        ..create_key()
    };
    let commits = world.store.commits();
    assert_eq!(refusal(world.kms.create_key(&root(), with_it(false)).await), locks_out);
    assert_eq!(world.store.commits(), commits, "and no key is made");
    let made = world.kms.create_key(&root(), with_it(true)).await.unwrap().arn;
    assert_eq!(code(&world.kms.disable_key(&root(), made).await), "AccessDeniedException");
    // A user who may put policies on this one key keeps that under a policy that leaves it to the account.
    let policy =
        format!(r#"{{"Statement":{{"Effect":"Allow","Action":"kms:PutKeyPolicy","Resource":"{key}"}}}}"#);
    let policy = identity::PolicyDocument::parse(&policy).unwrap();
    let one = Caller::direct(std::sync::Arc::new(identity::Principal::user(user_arn("one"), policy)));
    world
        .kms
        .put_key_policy(&one, put(&key, &document(&[ACCOUNT_DECIDES, LEAD_THROUGH_TABLES])))
        .await
        .unwrap();
    let maker = user("maker", &[("Allow", "kms:CreateKey")]);
    let request = CreateKey { policy: Some(DEFAULT.to_owned()), ..create_key() };
    assert_eq!(refusal(world.kms.create_key(&maker, request).await), locks_out);
}

#[tokio::test]
async fn what_is_no_policy_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let key = world.key().await.arn;
    let padded = |bytes: usize| format!("{DEFAULT}{}", " ".repeat(bytes - DEFAULT.len()));
    let foreign = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*"}}"#;
    for (text, expected) in [
        (padded(POLICY_BYTES_MAX), "ok"),
        (padded(POLICY_BYTES_MAX + 1), "LimitExceededException"),
        (padded(POLICY_CHARS_MAX + 1), "ValidationException"),
        (String::new(), "ValidationException"),
        (format!("{DEFAULT}\u{0}"), "ValidationException"),
        (format!("{DEFAULT}\u{100}"), "ValidationException"),
        ("{".to_owned(), "MalformedPolicyDocumentException"),
        (foreign.to_owned(), "UnsupportedOperationException"),
    ] {
        let outcome = world.kms.put_key_policy(&root(), put(&key, &text)).await;
        assert_eq!(code(&outcome), expected, "{} bytes", text.len());
        let made = world.kms.create_key(&root(), CreateKey { policy: Some(text), ..create_key() }).await;
        assert_eq!(code(&made), expected);
    }
    assert_eq!(world.policy(&key, None).await.unwrap().policy, padded(POLICY_BYTES_MAX));
    // Permission comes first.
    assert_eq!(code(&world.kms.put_key_policy(&nobody(), put(&key, "{")).await), "AccessDeniedException");
}

#[tokio::test]
async fn the_managed_keys_policy_is_shown_and_stays() {
    let world = World::new().await;
    let managed = world.describe(&root(), MANAGED_ALIAS).await.unwrap().arn;
    let text = world.policy(&managed, None).await.unwrap().policy;
    assert!(
        text.contains(r#""Id" : "auto-dynamodb-1""#)
            && text.contains(ACCOUNT)
            && text.contains(dynamodb().as_str())
    );
    let outcome = world.kms.put_key_policy(&root(), put(&managed, DEFAULT)).await;
    assert_eq!(
        refusal(outcome),
        (
            "AccessDeniedException",
            format!(
                "User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: kms:PutKeyPolicy on resource: {managed} \
                 because no resource-based policy allows the kms:PutKeyPolicy action"
            )
        )
    );
}
