//! Promise: every use of a key is authorized, by the caller's own identity. Credentials, policies, grants, services that
//! act for callers, and starts that are refused because they would not be safe.

use std::os::unix::fs::PermissionsExt;

use proto::kms::{
    CreateGrantRequest, CreateKeyRequest, DecryptRequest, DescribeKeyRequest, EncryptRequest,
    GrantConstraints, GrantOperation, ListKeysRequest, RetireGrantRequest, watch_keys_response,
};
use proto::table::ListTablesRequest;
use tests::item::{attributes, s};
use tests::{
    ACCOUNT, Credentials, Encryption, Kms, PERMISSIVE, Principals, REGION, Refusal, Settings, Stack, Tables,
    music, run_to_end, within,
};
use tokio_stream::StreamExt as _;
use tonic::Code;

fn encrypt(key: &str) -> EncryptRequest {
    EncryptRequest { key_id: key.to_owned(), plaintext: b"plain".to_vec(), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_checked_by_both_services() {
    let principals = Principals::new().with("alice", PERMISSIVE);
    let stack = Stack::apart(Settings::knowing(principals.clone())).await;
    let alice = &principals.user("alice").credentials;
    let root = &principals.root().credentials;
    let wrong = [
        Credentials::new(&alice.access_key_id, "not-the-secret-of-alice"),
        Credentials::new(&alice.access_key_id, &root.secret),
        Credentials::new("AKIAIOSFODNN7EXAMPLE", &alice.secret),
        Credentials::new(alice.access_key_id.to_lowercase(), &alice.secret),
        Credentials::new(&alice.access_key_id, ""),
        Credentials::new("", ""),
    ];
    let mut answers = Vec::new();
    for credentials in wrong.iter().map(Some).chain([None]) {
        let tables = Tables::new(stack.table_address(), credentials);
        let kms = Kms::new(stack.kms_address(), credentials);
        let by_tables = tables.list_tables(ListTablesRequest::default()).await.refused();
        let by_kms = kms.list_keys(ListKeysRequest::default()).await.refused();
        for refused in [by_tables, by_kms] {
            assert_eq!(refused.code, Code::Unauthenticated, "{credentials:?}: {refused:?}");
            answers.push((credentials.is_some(), refused.reason, refused.message));
        }
    }
    // Whether the id or the secret was wrong cannot be told apart.
    let given: Vec<_> = answers.iter().filter(|(given, ..)| *given).take(6).collect();
    assert!(given.windows(2).all(|pair| pair[0] == pair[1]), "{given:?}");

    stack
        .tables_as("alice")
        .list_tables(ListTablesRequest::default())
        .await
        .expect("the right ones are accepted");
    stack.kms_as("alice").list_keys(ListKeysRequest::default()).await.expect("the right ones are accepted");

    // Secrets are in no log, those that were wrong neither.
    let stopped = stack.stop().await;
    for file in tests::canary::files(&stopped.logs()) {
        let log = std::fs::read_to_string(&file).expect("a log is text");
        for secret in principals.secrets().chain(["not-the-secret-of-alice"]) {
            assert!(!log.contains(secret), "a secret in {}", file.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_gives_what_it_names_and_nothing_else() {
    let reader = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Describe*"],
         "Resource":"arn:aws:dynamodb:us-east-1:000000000000:table/Music"}]}"#;
    let almost = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"*","Resource":"*"},
        {"Effect":"Deny","Action":"dynamodb:DeleteTable","Resource":"*"},
        {"Effect":"Deny","Action":"kms:DisableKey","Resource":"*"}]}"#;
    let principals = Principals::new().with("reader", reader).with("almost", almost).with("nobody", DENY_ALL);
    let stack = Stack::apart(Settings::knowing(principals)).await;
    stack.tables().create(music(None), &Encryption::Owned).await;
    let key = || attributes([("Artist", s("a")), ("SongTitle", s("t"))]);
    stack.tables().put("Music", key()).await.expect("root may");

    let reader = stack.tables_as("reader");
    assert_eq!(reader.get("Music", key()).await.expect("it may"), Some(key()));
    reader.describe("Music").await.expect("it may");
    let user = format!(
        "User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: dynamodb:PutItem on resource: \
                        arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/Music"
    );
    let refused = reader.put("Music", key()).await.refused();
    assert_eq!(refused.code, Code::PermissionDenied);
    refused.assert_says("AccessDeniedException", &user);
    refused.assert_says(
        "AccessDeniedException",
        "because no identity-based policy allows the dynamodb:PutItem action",
    );
    // A table that it may not know of is refused alike, whether it exists or not.
    reader.get("Other", key()).await.refused().assert_says("AccessDeniedException", "dynamodb:GetItem");
    reader
        .list_tables(ListTablesRequest::default())
        .await
        .refused()
        .assert_says("AccessDeniedException", "ListTables");
    reader
        .create_table(music(None))
        .await
        .refused()
        .assert_says("AccessDeniedException", "dynamodb:CreateTable");

    let almost = stack.tables_as("almost");
    almost.put("Music", key()).await.expect("it may");
    let delete = proto::table::DeleteTableRequest { table_name: "Music".to_owned() };
    let refused = almost.delete_table(delete).await.refused();
    refused.assert_says("AccessDeniedException", "with an explicit deny in an identity-based policy");

    let customer = stack.kms().customer_key().await;
    let disable = proto::kms::DisableKeyRequest { key_id: customer.key_id.clone() };
    let refused = stack.kms_as("almost").disable_key(disable).await.refused();
    refused.assert_says("AccessDeniedException", "with an explicit deny in an identity-based policy");
    let refused = stack.kms_as("reader").encrypt(encrypt(&customer.key_id)).await.refused();
    let text = format!(
        "User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: kms:Encrypt on resource: {}",
        customer.arn
    );
    refused.assert_says("AccessDeniedException", &text);

    let nobody = stack.kms_as("nobody");
    for outcome in [
        nobody.create_key(CreateKeyRequest::default()).await.map(drop),
        nobody.list_keys(ListKeysRequest::default()).await.map(drop),
        nobody.describe(&customer.key_id).await.map(drop),
        nobody.encrypt(encrypt(&customer.key_id)).await.map(drop),
    ] {
        outcome.refused().assert_says("AccessDeniedException", "is not authorized to perform: kms:");
    }
}

const DENY_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

/// Regression: whoever may not use the table's key could read the table after moving it to another one.
#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_use_a_tables_key_does_not_get_at_it_by_a_switch() {
    const NO_KEYS: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"dynamodb:*","Resource":"*"},
        {"Effect":"Deny","Action":"kms:*","Resource":"*"}]}"#;
    let principals = Principals::new().with("alice", PERMISSIVE).with("bob", NO_KEYS);
    let stack = Stack::apart(Settings::knowing(principals)).await;
    let key = Encryption::Customer(stack.kms().customer_key().await.arn);
    let (alice, bob) = (stack.tables_as("alice"), stack.tables_as("bob"));
    let item = attributes([("Artist", s("a")), ("SongTitle", s("t"))]);
    alice.create(music(None), &key).await;
    alice.put("Music", item.clone()).await.expect("alice may");
    for to in [Encryption::Owned, Encryption::Managed] {
        let refused = bob.ask_switch("Music", &to).await.refused();
        refused.assert_says("AccessDeniedException", "KMS");
        alice.settled("Music", &key).await;
        bob.get("Music", item.clone()).await.refused().assert_says("AccessDeniedException", "KMS");
    }
    assert_eq!(alice.get("Music", item.clone()).await.expect("alice may"), Some(item));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_gives_its_operations_within_its_constraints() {
    let principals = Principals::new().with("grantee", NOTHING).with("denied", DENY_ALL);
    let stack = Stack::apart(Settings::knowing(principals)).await;
    let key = stack.kms().customer_key().await;
    let context = |tenant: &str| [("tenant".to_owned(), tenant.to_owned())].into();
    let grant = |name: &str| CreateGrantRequest {
        key_id: key.key_id.clone(),
        grantee_principal: stack.principals().user(name).arn.clone(),
        operations: vec![GrantOperation::Encrypt.into(), GrantOperation::RetireGrant.into()],
        constraints: Some(GrantConstraints { encryption_context_subset: context("1"), ..Default::default() }),
        ..Default::default()
    };
    let with = |tenant: &str| EncryptRequest { encryption_context: context(tenant), ..encrypt(&key.key_id) };

    let grantee = stack.kms_as("grantee");
    grantee.encrypt(with("1")).await.refused().assert_says("AccessDeniedException", "kms:Encrypt");
    let made = stack.kms().create_grant(grant("grantee")).await.expect("the grant is made");
    let blob = grantee.encrypt(with("1")).await.expect("the grant allows it").ciphertext_blob;
    grantee.encrypt(with("2")).await.refused().assert_says("AccessDeniedException", "kms:Encrypt");
    grantee.encrypt(encrypt(&key.key_id)).await.refused().assert_says("AccessDeniedException", "kms:Encrypt");
    let decrypt =
        DecryptRequest { ciphertext_blob: blob, encryption_context: context("1"), ..Default::default() };
    grantee.decrypt(decrypt).await.refused().assert_says("AccessDeniedException", "");

    // An explicit deny beats a grant.
    stack.kms().create_grant(grant("denied")).await.expect("the grant is made");
    stack
        .kms_as("denied")
        .encrypt(with("1"))
        .await
        .refused()
        .assert_says("AccessDeniedException", "explicit deny");

    let retire = RetireGrantRequest { grant_token: made.grant_token, ..Default::default() };
    grantee.retire_grant(retire).await.expect("a grantee may retire a grant that says so");
    grantee.encrypt(with("1")).await.refused().assert_says("AccessDeniedException", "kms:Encrypt");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_managed_key_is_used_through_the_table_service_only() {
    let principals = Principals::new().with("alice", PERMISSIVE);
    let stack = Stack::apart(Settings::knowing(principals)).await;
    let tables = stack.tables_as("alice");
    tables.create(music(None), &Encryption::Managed).await;
    let key = || attributes([("Artist", s("a")), ("SongTitle", s("t"))]);
    tables.put("Music", key()).await.expect("through the table it works");
    for kms in [stack.kms_as("alice"), stack.kms()] {
        let managed = kms.describe("alias/aws/dynamodb").await.expect("it may be looked at");
        let id = managed.key_id;
        let disable = proto::kms::DisableKeyRequest { key_id: id.clone() };
        let delete =
            proto::kms::ScheduleKeyDeletionRequest { key_id: id.clone(), pending_window_in_days: None };
        let rotate = proto::kms::RotateKeyOnDemandRequest { key_id: id.clone() };
        let generate = proto::kms::GenerateDataKeyRequest {
            key_id: id.clone(),
            key_spec: proto::kms::DataKeySpec::Aes256.into(),
            ..Default::default()
        };
        for outcome in [
            kms.encrypt(encrypt("alias/aws/dynamodb")).await.map(drop),
            kms.encrypt(encrypt(&id)).await.map(drop),
            kms.generate_data_key(generate).await.map(drop),
            kms.disable_key(disable).await.map(drop),
            kms.schedule_key_deletion(delete).await.map(drop),
            kms.rotate_key_on_demand(rotate).await.map(drop),
        ] {
            outcome.refused().assert_says("AccessDeniedException", "");
        }
    }
    assert_eq!(tables.get("Music", key()).await.expect("it still works"), Some(key()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owned_key_is_invisible() {
    let principals = Principals::new().with("alice", PERMISSIVE);
    let stack = Stack::apart(Settings::knowing(principals.clone())).await;
    stack.tables().create(music(None), &Encryption::Owned).await;
    for kms in [stack.kms(), stack.kms_as("alice")] {
        assert!(kms.list_keys(ListKeysRequest::default()).await.expect("listed").keys.is_empty());
        let refused = kms.describe("alias/aws/owned/dynamodb").await.refused();
        assert_eq!(refused.reason, "NotFoundException", "{refused:?}");
        let aliases =
            kms.list_aliases(proto::kms::ListAliasesRequest::default()).await.expect("listed").aliases;
        assert!(aliases.iter().all(|alias| !alias.alias_name.contains("owned")), "{aliases:?}");
    }
    // Not even the table service shows it to a caller for whom it acts.
    let service = &principals.service().credentials;
    let alice = principals.user("alice").arn.as_str();
    let behalf = Kms::on_behalf_of(stack.kms_address(), Some(service), Some(alice));
    behalf.describe("alias/aws/owned/dynamodb").await.refused().assert_says("NotFoundException", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_services_act_for_others_and_watch() {
    let principals = Principals::new().with("alice", PERMISSIVE).with("bob", NOTHING);
    let stack = Stack::apart(Settings::knowing(principals.clone())).await;
    let key = stack.kms().customer_key().await;
    let alice = principals.user("alice");
    let service = principals.service();
    let acting =
        |who: &Credentials, caller: &str| Kms::on_behalf_of(stack.kms_address(), Some(who), Some(caller));
    let describe = || DescribeKeyRequest { key_id: key.key_id.clone(), ..Default::default() };

    // A user may not borrow anybody's rights, not even its own.
    for caller in [principals.root().arn.as_str(), alice.arn.as_str(), service.arn.as_str()] {
        let refused = acting(&alice.credentials, caller).describe_key(describe()).await.refused();
        assert_eq!(refused.code, Code::PermissionDenied, "{refused:?}");
    }
    // A service has the rights of the one it names, neither more nor less.
    acting(&service.credentials, &alice.arn).describe_key(describe()).await.expect("alice may");
    let bob = principals.user("bob").arn.as_str();
    acting(&service.credentials, bob)
        .describe_key(describe())
        .await
        .refused()
        .assert_says("AccessDeniedException", bob);
    for unknown in ["arn:aws:iam::000000000000:user/nobody", "nonsense", ""] {
        let refused = acting(&service.credentials, unknown).describe_key(describe()).await.refused();
        assert!(
            [Code::PermissionDenied, Code::Unauthenticated].contains(&refused.code),
            "{unknown}: {refused:?}"
        );
    }
    // By itself it has no right to a user's key.
    let alone = Kms::new(stack.kms_address(), Some(&service.credentials));
    alone.encrypt(encrypt(&key.key_id)).await.refused().assert_says("AccessDeniedException", "");

    let refused = stack.kms_as("alice").watch_keys().await;
    let refused = match refused {
        Err(refused) => refused.code,
        Ok(mut stream) => stream.next().await.expect("an answer").expect_err("refused").code(),
    };
    assert_eq!(refused, Code::PermissionDenied);
    let mut events = alone.watch_keys().await.expect("a service may watch");
    let mut next = async || {
        let event = within("an event", std::time::Duration::from_secs(2), events.next()).await;
        event.expect("the stream goes on").expect("an event").event.expect("an event says something")
    };
    assert!(matches!(next().await, watch_keys_response::Event::Started(_)));
    stack.kms().disable(&key.key_id).await;
    match next().await {
        watch_keys_response::Event::Changed(changed) => assert_eq!(changed.key_arn, key.arn),
        event => panic!("{event:?}"),
    }
}

/// Whoever cannot be served safely is not served: exit code 64, and no port was bound.
#[tokio::test(flavor = "multi_thread")]
async fn unsafe_or_senseless_starts_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, mode: u32, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("writable");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("an own file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let entry = "[[principal]]\narn = \"arn:aws:iam::000000000000:user/alice\"\naccess_key_id = \"AKIAIOSFODNN7EXAMPLE\"\n\
                 secret_access_key = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"\n";
    let readable = file("readable.toml", 0o644, entry);
    let twice = file("twice.toml", 0o600, &format!("{entry}{entry}"));
    let condition = file(
        "condition.toml",
        0o600,
        &format!(
            "{entry}policy = '{{\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{{}}}}]}}'\n"
        ),
    );
    let credential = file(
        "credential.toml",
        0o600,
        "access_key_id = \"AKIAIOSFODNN7EXAMPLE\"\nsecret_access_key = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"\n",
    );
    let unknown = file("unknown.toml", 0o600, &format!("{entry}colour = \"red\"\n"));
    let config = file("config.toml", 0o600, "no-such-flag = true\n");
    let missing = directory.path().join("missing.toml").to_str().expect("UTF-8").to_owned();
    let data = directory.path().join("data").to_str().expect("UTF-8").to_owned();
    let ports = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let mut cases: Vec<Vec<&str>> = vec![
        vec!["--listen", "0.0.0.0:0"],
        vec!["--no-such-flag"],
        vec!["--listen", "nonsense"],
        vec!["--account", "12"],
    ];
    for principals in [&readable, &twice, &condition, &unknown, &missing] {
        cases.push([&ports[..], &["--principals", principals]].concat());
    }
    cases.push([&ports[..], &["--config", &config]].concat());
    for binary in ["kms-service", "table-service"] {
        for case in &cases {
            let kms: &[&str] = match binary {
                "table-service" => &["--kms", "http://127.0.0.1:1", "--kms-credentials", &credential],
                _ => &[],
            };
            let arguments = [&["serve", "--data-dir", &data], kms, case].concat();
            let (status, printed) = run_to_end(binary, &arguments, directory.path()).await;
            assert_eq!(status.code(), Some(64), "{binary} {case:?} printed: {printed}");
            assert!(!printed.contains("listening"), "{binary} {case:?} printed: {printed}");
            assert!(!printed.trim().is_empty(), "{binary} {case:?} says why");
            assert!(!printed.contains("wJalrXUtnFEMI"), "{binary} {case:?} printed: {printed}");
        }
    }
}

/// `kms-service init-root-key` makes a private file and never overwrites one.
#[tokio::test(flavor = "multi_thread")]
async fn a_root_key_is_made_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("root.key");
    let out = path.to_str().expect("UTF-8");
    let (status, printed) =
        run_to_end("kms-service", &["init-root-key", "--out", out], directory.path()).await;
    assert!(status.success(), "{printed}");
    let made = std::fs::read(&path).expect("it is there");
    assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    let (status, _) = run_to_end("kms-service", &["init-root-key", "--out", out], directory.path()).await;
    assert!(!status.success(), "it never overwrites");
    assert_eq!(std::fs::read(&path).expect("it is there"), made);
}
