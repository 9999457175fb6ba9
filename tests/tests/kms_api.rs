//! The key-management service as a client sees it: states and transitions, aliases, encryption context, rotation,
//! re-encryption, grants, pages and dry runs; two accounts; what is counted and what is on record.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use proto::kms::{
    CancelKeyDeletionRequest, CreateAliasRequest, CreateGrantRequest, CreateKeyRequest, DataKeySpec,
    DecryptRequest, DeleteAliasRequest, DisableKeyRotationRequest, EnableKeyRotationRequest, EncryptRequest,
    GenerateDataKeyRequest, GenerateDataKeyWithoutPlaintextRequest, GenerateMacRequest,
    GenerateRandomRequest, GetKeyPolicyRequest, GetKeyRotationStatusRequest, GrantConstraints,
    GrantOperation, IncludeKeyMaterial, KeyManagerType, KeyMaterialState, KeyMetadata, KeySpec, KeyState,
    KeyUsageType, ListAliasesRequest, ListGrantsRequest, ListKeyPoliciesRequest, ListKeyRotationsRequest,
    ListKeysRequest, ListResourceTagsRequest, ListRetirableGrantsRequest, MacAlgorithmSpec, OriginType,
    PutKeyPolicyRequest, ReEncryptRequest, RetireGrantRequest, RevokeGrantRequest, RotateKeyOnDemandRequest,
    RotationType, ScheduleKeyDeletionRequest, Tag, TagResourceRequest, UntagResourceRequest,
    UpdateAliasRequest, UpdateKeyDescriptionRequest, VerifyMacRequest,
};
use tests::{ACCOUNT, Kms, PERMISSIVE, Principals, REGION, Refusal, Refused, Settings, Stack, eventually};
use tonic::Code;

/// A line that is not in its log after this long is not written.
const LOG_BOUND: Duration = Duration::from_secs(30);

type Context = HashMap<String, String>;

fn context(pairs: &[(&str, &str)]) -> Context {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

async fn encrypt(kms: &Kms, key: &str, plaintext: &[u8], context: Context) -> Result<Vec<u8>, Refused> {
    let request = EncryptRequest {
        key_id: key.to_owned(),
        plaintext: plaintext.to_vec(),
        encryption_context: context,
        ..Default::default()
    };
    kms.encrypt(request).await.map(|answer| answer.ciphertext_blob)
}

async fn decrypt(kms: &Kms, blob: &[u8], context: Context) -> Result<Vec<u8>, Refused> {
    let request =
        DecryptRequest { ciphertext_blob: blob.to_vec(), encryption_context: context, ..Default::default() };
    kms.decrypt(request).await.map(|answer| answer.plaintext)
}

fn generate(key: &str) -> GenerateDataKeyRequest {
    GenerateDataKeyRequest {
        key_id: key.to_owned(),
        key_spec: DataKeySpec::Aes256.into(),
        ..Default::default()
    }
}

fn grant(key: &str) -> CreateGrantRequest {
    CreateGrantRequest {
        key_id: key.to_owned(),
        grantee_principal: format!("arn:aws:iam::{ACCOUNT}:root"),
        operations: vec![GrantOperation::Encrypt.into(), GrantOperation::Decrypt.into()],
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_described_as_asked_for() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let request = CreateKeyRequest { description: "for music".to_owned(), ..Default::default() };
    let made = kms.create_key(request).await.expect("made").key_metadata.expect("described");
    assert_eq!(made.arn, format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", made.key_id));
    assert!(uuid::Uuid::parse_str(&made.key_id).is_ok(), "{}", made.key_id);
    assert_eq!((made.aws_account_id.as_str(), made.description.as_str()), (ACCOUNT, "for music"));
    assert_eq!((made.enabled, made.key_state()), (true, KeyState::Enabled));
    assert_eq!(
        (made.key_usage(), made.key_spec()),
        (KeyUsageType::EncryptDecrypt, KeySpec::SymmetricDefault)
    );
    assert_eq!((made.origin(), made.key_manager()), (OriginType::AwsKms, KeyManagerType::Customer));
    assert_eq!((made.deletion_date, made.multi_region), (None, false));
    let hexadecimal = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(hexadecimal(&made.current_key_material_id), "{}", made.current_key_material_id);
    for name in [&made.key_id, &made.arn] {
        assert_eq!(kms.describe(name).await.expect("described"), made);
    }
}

/// The key-state table: what works in which state, and the exact refusal where it does not.
#[tokio::test(flavor = "multi_thread")]
async fn each_state_allows_what_it_should() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let other = kms.customer_key().await.key_id;
    let key = kms.customer_key().await;
    let (id, arn) = (key.key_id.as_str(), key.arn.as_str());
    let blob = encrypt(&kms, id, b"plain", context(&[])).await.expect("it encrypts");

    let uses = async || {
        let reencrypt = |to: &str| ReEncryptRequest {
            ciphertext_blob: blob.clone(),
            destination_key_id: to.to_owned(),
            ..Default::default()
        };
        let without = GenerateDataKeyWithoutPlaintextRequest {
            key_id: id.to_owned(),
            key_spec: DataKeySpec::Aes256.into(),
            ..Default::default()
        };
        [
            encrypt(&kms, id, b"plain", context(&[])).await.map(drop),
            decrypt(&kms, &blob, context(&[])).await.map(drop),
            kms.re_encrypt(reencrypt(&other)).await.map(drop),
            kms.generate_data_key(generate(id)).await.map(drop),
            kms.generate_data_key_without_plaintext(without).await.map(drop),
            kms.create_grant(grant(id)).await.map(drop),
            kms.rotate_key_on_demand(RotateKeyOnDemandRequest { key_id: id.to_owned() }).await.map(drop),
        ]
    };
    let state = async || kms.describe(id).await.expect("described in every state").key_state();
    let cancel = || CancelKeyDeletionRequest { key_id: id.to_owned() };
    let alias = |name: &str| CreateAliasRequest { alias_name: name.to_owned(), target_key_id: id.to_owned() };

    // Enabled.
    for outcome in uses().await {
        outcome.expect("an enabled key is used");
    }
    kms.cancel_key_deletion(cancel())
        .await
        .refused()
        .assert_is("KMSInvalidStateException", &format!("{arn} is not pending deletion."));
    kms.enable(id).await;
    kms.create_alias(alias("alias/enabled")).await.expect("an alias is made");

    // Disabled.
    kms.disable(id).await;
    kms.disable(id).await;
    assert_eq!(state().await, KeyState::Disabled);
    for outcome in uses().await {
        let refused = outcome.refused();
        assert_eq!(refused.code, Code::FailedPrecondition);
        refused.assert_is("DisabledException", &format!("{arn} is disabled."));
    }
    kms.cancel_key_deletion(cancel())
        .await
        .refused()
        .assert_is("KMSInvalidStateException", &format!("{arn} is not pending deletion."));
    kms.create_alias(alias("alias/disabled")).await.expect("an alias is made");

    // Pending deletion.
    let request = ScheduleKeyDeletionRequest { key_id: id.to_owned(), pending_window_in_days: None };
    let scheduled = kms.schedule_key_deletion(request.clone()).await.expect("scheduled");
    assert_eq!((scheduled.key_id.as_str(), scheduled.pending_window_in_days), (arn, 30));
    assert_eq!(scheduled.key_state(), KeyState::PendingDeletion);
    let pending = format!("{arn} is pending deletion.");
    for outcome in uses().await {
        outcome.refused().assert_is("KMSInvalidStateException", &pending);
    }
    let enable = proto::kms::EnableKeyRequest { key_id: id.to_owned() };
    kms.enable_key(enable).await.refused().assert_is("KMSInvalidStateException", &pending);
    let disable = proto::kms::DisableKeyRequest { key_id: id.to_owned() };
    kms.disable_key(disable).await.refused().assert_is("KMSInvalidStateException", &pending);
    kms.schedule_key_deletion(request).await.refused().assert_is("KMSInvalidStateException", &pending);
    kms.create_alias(alias("alias/doomed")).await.refused().assert_is("KMSInvalidStateException", &pending);
    let grants = ListGrantsRequest { key_id: id.to_owned(), ..Default::default() };
    kms.list_grants(grants).await.expect("grants are listed in every state");
    let described = kms.describe(id).await.expect("described");
    assert_eq!(described.deletion_date, scheduled.deletion_date);
    assert!(!described.enabled);

    // Cancelled: disabled, and whole again once enabled.
    assert_eq!(kms.cancel_key_deletion(cancel()).await.expect("cancelled").key_id, arn);
    assert_eq!(state().await, KeyState::Disabled);
    kms.enable(id).await;
    assert_eq!(decrypt(&kms, &blob, context(&[])).await.expect("decrypts"), b"plain");
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_name_keys_and_move() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let (first, second) = (kms.customer_key().await, kms.customer_key().await);
    kms.alias("alias/app", &first.arn).await;
    let alias_arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/app");
    for name in ["alias/app", &alias_arn] {
        assert_eq!(kms.describe(name).await.expect("described").arn, first.arn);
        let blob = encrypt(&kms, name, b"x", context(&[])).await.expect("encrypts");
        assert_eq!(decrypt(&kms, &blob, context(&[])).await.expect("decrypts"), b"x");
    }
    // Management wants the key itself.
    let disable = proto::kms::DisableKeyRequest { key_id: "alias/app".to_owned() };
    kms.disable_key(disable).await.refused();
    assert!(kms.describe(&first.key_id).await.expect("described").enabled);

    let old = encrypt(&kms, "alias/app", b"old", context(&[])).await.expect("encrypts");
    let update = |target: &KeyMetadata| UpdateAliasRequest {
        alias_name: "alias/app".to_owned(),
        target_key_id: target.key_id.clone(),
    };
    kms.update_alias(update(&second)).await.expect("the alias moves");
    assert_eq!(kms.describe("alias/app").await.expect("described").arn, second.arn);
    assert_eq!(decrypt(&kms, &old, context(&[])).await.expect("a blob names its key itself"), b"old");

    let list = |key: &str| ListAliasesRequest { key_id: key.to_owned(), ..Default::default() };
    let of_second = kms.list_aliases(list(&second.key_id)).await.expect("listed").aliases;
    assert_eq!(of_second.len(), 1);
    assert_eq!(
        (of_second[0].alias_name.as_str(), of_second[0].alias_arn.as_str()),
        ("alias/app", alias_arn.as_str())
    );
    assert_eq!(of_second[0].target_key_id.as_deref(), Some(second.key_id.as_str()));
    assert!(kms.list_aliases(list(&first.key_id)).await.expect("listed").aliases.is_empty());

    kms.delete_alias(DeleteAliasRequest { alias_name: "alias/app".to_owned() }).await.expect("deleted");
    let not_found = format!("Alias {alias_arn} is not found.");
    kms.describe("alias/app").await.refused().assert_is("NotFoundException", &not_found);
    kms.update_alias(update(&first)).await.refused().assert_is("NotFoundException", &not_found);
    let delete = DeleteAliasRequest { alias_name: "alias/app".to_owned() };
    kms.delete_alias(delete).await.refused().assert_is("NotFoundException", &not_found);
}

/// `alias/aws/dynamodb` is listed before its key exists; the first look at it makes the key.
#[tokio::test(flavor = "multi_thread")]
async fn the_managed_key_is_made_on_first_use() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let entry = async || {
        let aliases = kms.list_aliases(ListAliasesRequest::default()).await.expect("listed").aliases;
        aliases.into_iter().find(|alias| alias.alias_name == "alias/aws/dynamodb").expect("it is listed")
    };
    let before = entry().await;
    assert_eq!((before.target_key_id, before.creation_date), (None, None));
    let managed = kms.describe("alias/aws/dynamodb").await.expect("made");
    assert_eq!((managed.key_manager(), managed.key_state()), (KeyManagerType::Aws, KeyState::Enabled));
    assert_eq!(managed.aws_account_id, ACCOUNT);
    assert_eq!(entry().await.target_key_id, Some(managed.key_id.clone()));
    let again = kms.describe("alias/aws/dynamodb").await.expect("described");
    assert_eq!(again.arn, managed.arn, "it is made once");
    let delete = DeleteAliasRequest { alias_name: "alias/aws/dynamodb".to_owned() };
    kms.delete_alias(delete).await.refused();
}

#[tokio::test(flavor = "multi_thread")]
async fn data_keys_and_random_bytes() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let key = kms.customer_key().await;
    let bound = context(&[("tenant", "1")]);
    let sizes = [
        (DataKeySpec::Aes256, None, 32),
        (DataKeySpec::Aes128, None, 16),
        (DataKeySpec::Unspecified, Some(1), 1),
        (DataKeySpec::Unspecified, Some(1_024), 1_024),
    ];
    for (spec, bytes, expected) in sizes {
        let request = GenerateDataKeyRequest {
            key_spec: spec.into(),
            number_of_bytes: bytes,
            encryption_context: bound.clone(),
            ..generate(&key.key_id)
        };
        let made = kms.generate_data_key(request).await.expect("made");
        assert_eq!((made.plaintext.len(), made.key_id.as_str()), (expected, key.arn.as_str()));
        assert_eq!(made.key_material_id, key.current_key_material_id);
        assert_eq!(decrypt(&kms, &made.ciphertext_blob, bound.clone()).await.expect("opens"), made.plaintext);
    }
    let request = GenerateDataKeyWithoutPlaintextRequest {
        key_id: key.key_id.clone(),
        key_spec: DataKeySpec::Aes256.into(),
        ..Default::default()
    };
    let made = kms.generate_data_key_without_plaintext(request).await.expect("made");
    assert_eq!(decrypt(&kms, &made.ciphertext_blob, context(&[])).await.expect("opens").len(), 32);

    let mut seen = BTreeSet::new();
    for bytes in [1, 16, 1_024] {
        let answer =
            kms.generate_random(GenerateRandomRequest { number_of_bytes: Some(bytes) }).await.expect("made");
        assert_eq!(answer.plaintext.len(), usize::try_from(bytes).expect("it fits"));
        assert!(seen.insert(answer.plaintext));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn re_encryption_moves_a_blob_to_another_key_and_context() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let (from, to) = (kms.customer_key().await, kms.customer_key().await);
    let (old, new) = (context(&[("a", "1")]), context(&[("b", "2")]));
    let blob = encrypt(&kms, &from.key_id, b"plain", old.clone()).await.expect("encrypts");
    let request = ReEncryptRequest {
        ciphertext_blob: blob.clone(),
        source_encryption_context: old.clone(),
        destination_key_id: to.key_id.clone(),
        destination_encryption_context: new.clone(),
        ..Default::default()
    };
    let moved = kms.re_encrypt(request.clone()).await.expect("re-encrypted");
    assert_eq!((moved.source_key_id, moved.key_id), (from.arn, to.arn));
    assert_eq!(decrypt(&kms, &moved.ciphertext_blob, new.clone()).await.expect("opens"), b"plain");
    decrypt(&kms, &moved.ciphertext_blob, old).await.refused().assert_is("InvalidCiphertextException", "");
    let wrong = ReEncryptRequest { source_encryption_context: new, ..request };
    kms.re_encrypt(wrong).await.refused().assert_is("InvalidCiphertextException", "");
}

/// How often, and how soon again, is shown where time can be moved: at the domain.
#[tokio::test(flavor = "multi_thread")]
async fn rotation_makes_new_material_and_keeps_the_old() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let key = kms.customer_key().await;
    let old = encrypt(&kms, &key.key_id, b"old", context(&[])).await.expect("encrypts");
    let request = || RotateKeyOnDemandRequest { key_id: key.key_id.clone() };
    assert_eq!(kms.rotate_key_on_demand(request()).await.expect("rotated").key_id, key.arn);
    let material = kms.describe(&key.key_id).await.expect("described").current_key_material_id;
    assert_ne!(material, key.current_key_material_id, "a rotation makes new material");
    let new = encrypt(&kms, &key.key_id, b"new", context(&[])).await.expect("encrypts");
    // After a restart too.
    let (old_material, too_soon) =
        (&key.current_key_material_id, format!("{} was rotated less than", key.arn));
    let check = async |kms: &Kms| {
        for (blob, plaintext, made_with) in [(&old, b"old", old_material), (&new, b"new", &material)] {
            let request = DecryptRequest { ciphertext_blob: blob.clone(), ..Default::default() };
            let answer = kms.decrypt(request).await.expect("blobs of every material open");
            assert_eq!(answer.plaintext, plaintext);
            assert_eq!(&answer.key_material_id, made_with, "a blob names the material it was made with");
        }
        let refused = kms.rotate_key_on_demand(request()).await.refused();
        assert_eq!(refused.code, Code::FailedPrecondition, "{refused:?}");
        refused.assert_says("ConflictException", &too_soon);
    };
    check(&kms).await;
    let stack = stack.stop().await.start().await;
    check(&stack.kms()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_are_made_listed_and_revoked() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let key = kms.customer_key().await;
    let named = CreateGrantRequest { name: "once".to_owned(), ..grant(&key.key_id) };
    let first = kms.create_grant(named.clone()).await.expect("made");
    let again = kms.create_grant(named).await.expect("repeated");
    assert_eq!(first.grant_id, again.grant_id, "with a name a repetition is the same grant");
    assert_ne!(first.grant_token, again.grant_token);
    let unnamed = kms.create_grant(grant(&key.key_id)).await.expect("made");
    assert_ne!(unnamed.grant_id, kms.create_grant(grant(&key.key_id)).await.expect("made").grant_id);

    let list = ListGrantsRequest { key_id: key.key_id.clone(), ..Default::default() };
    let grants = kms.list_grants(list.clone()).await.expect("listed").grants;
    assert_eq!(grants.len(), 3);
    let listed = grants.iter().find(|grant| grant.grant_id == first.grant_id).expect("listed");
    assert_eq!((listed.key_id.as_str(), listed.name.as_str()), (key.arn.as_str(), "once"));
    assert_eq!(listed.issuing_account, format!("arn:aws:iam::{ACCOUNT}:root"));
    let sorted = |mut operations: Vec<i32>| {
        operations.sort_unstable();
        operations
    };
    assert_eq!(sorted(listed.operations.clone()), sorted(grant("").operations));

    let by_id = ListGrantsRequest { grant_id: first.grant_id.clone(), ..list.clone() };
    assert_eq!(kms.list_grants(by_id).await.expect("listed").grants.len(), 1);
    let revoke =
        |id: &str| RevokeGrantRequest { key_id: key.key_id.clone(), grant_id: id.to_owned(), dry_run: false };
    kms.revoke_grant(revoke(&first.grant_id)).await.expect("revoked");
    assert_eq!(kms.list_grants(list).await.expect("listed").grants.len(), 2);
    assert_eq!(kms.revoke_grant(revoke(&first.grant_id)).await.refused().code, Code::NotFound);
    let malformed = revoke("not-a-grant");
    assert_ne!(kms.revoke_grant(malformed).await.refused().code, Code::Internal);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_the_same_in_pages_of_any_size() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let mut made = BTreeSet::new();
    let target = kms.customer_key().await;
    made.insert(target.key_id.clone());
    for number in 0..11 {
        made.insert(kms.customer_key().await.key_id);
        kms.alias(&format!("alias/list{number:02}"), &target.key_id).await;
        kms.create_grant(grant(&target.key_id)).await.expect("made");
    }
    for limit in [1, 3, 5, 12, 100] {
        let (mut keys, mut marker) = (Vec::new(), String::new());
        loop {
            let request = ListKeysRequest { limit: Some(limit), marker };
            let page = kms.list_keys(request).await.expect("listed");
            assert!(page.keys.len() <= usize::try_from(limit).expect("it fits"));
            assert_eq!(page.truncated, !page.next_marker.is_empty());
            keys.extend(page.keys.into_iter().map(|key| key.key_id));
            if !page.truncated {
                break;
            }
            marker = page.next_marker;
        }
        assert_eq!(keys.len(), made.len(), "in pages of {limit}");
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), made, "in pages of {limit}");

        let (mut aliases, mut marker) = (Vec::new(), String::new());
        loop {
            let request = ListAliasesRequest { limit: Some(limit), marker, ..Default::default() };
            let page = kms.list_aliases(request).await.expect("listed");
            aliases.extend(page.aliases.into_iter().map(|alias| alias.alias_name));
            if !page.truncated {
                break;
            }
            marker = page.next_marker;
        }
        assert!(aliases.is_sorted(), "{aliases:?}");
        assert_eq!(
            aliases.iter().filter(|name| name.starts_with("alias/list")).count(),
            11,
            "in pages of {limit}"
        );

        let (mut grants, mut marker) = (BTreeSet::new(), String::new());
        loop {
            let request = ListGrantsRequest {
                key_id: target.key_id.clone(),
                limit: Some(limit),
                marker,
                ..Default::default()
            };
            let page = kms.list_grants(request).await.expect("listed");
            grants.extend(page.grants.into_iter().map(|grant| grant.grant_id));
            if !page.truncated {
                break;
            }
            marker = page.next_marker;
        }
        assert_eq!(grants.len(), 11, "in pages of {limit}");
    }
    for request in [
        ListKeysRequest { limit: Some(0), ..Default::default() },
        ListKeysRequest { limit: Some(1_001), ..Default::default() },
    ] {
        kms.list_keys(request).await.refused().assert_says("ValidationException", "'limit'");
    }
    let request = ListKeysRequest { marker: "no marker of ours".to_owned(), ..Default::default() };
    assert_eq!(kms.list_keys(request).await.refused().reason, "InvalidMarkerException");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_checks_everything_and_does_nothing() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let key = kms.customer_key().await;
    let id = key.key_id.as_str();
    let blob = encrypt(&kms, id, b"plain", context(&[])).await.expect("encrypts");
    let granted = kms.create_grant(grant(id)).await.expect("made");
    let all = async || {
        let encrypt =
            EncryptRequest { key_id: id.to_owned(), plaintext: vec![1], dry_run: true, ..Default::default() };
        let decrypt = DecryptRequest { ciphertext_blob: blob.clone(), dry_run: true, ..Default::default() };
        let reencrypt = ReEncryptRequest {
            ciphertext_blob: blob.clone(),
            destination_key_id: id.to_owned(),
            dry_run: true,
            ..Default::default()
        };
        [
            kms.encrypt(encrypt).await.map(drop),
            kms.decrypt(decrypt).await.map(drop),
            kms.re_encrypt(reencrypt).await.map(drop),
            kms.generate_data_key(GenerateDataKeyRequest { dry_run: true, ..generate(id) }).await.map(drop),
            kms.create_grant(CreateGrantRequest { dry_run: true, ..grant(id) }).await.map(drop),
        ]
    };
    for outcome in all().await {
        outcome.refused().assert_is(
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.",
        );
    }
    let revoke = RevokeGrantRequest { key_id: id.to_owned(), grant_id: granted.grant_id, dry_run: true };
    kms.revoke_grant(revoke).await.refused().assert_says("DryRunOperationException", "");
    let list = ListGrantsRequest { key_id: id.to_owned(), ..Default::default() };
    assert_eq!(kms.list_grants(list).await.expect("listed").grants.len(), 1, "neither made nor revoked");
    kms.disable(id).await;
    for outcome in all().await {
        outcome.refused().assert_is("DisabledException", &format!("{} is disabled.", key.arn));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_survives_a_restart_and_a_kill() {
    let mut stack = Stack::together().await;
    let kms = stack.kms();
    let (enabled, disabled, doomed) =
        (kms.customer_key().await, kms.customer_key().await, kms.customer_key().await);
    kms.alias("alias/kept", &enabled.key_id).await;
    let granted = kms.create_grant(grant(&enabled.key_id)).await.expect("made");
    let blob = encrypt(&kms, &enabled.key_id, b"plain", context(&[("a", "b")])).await.expect("encrypts");
    kms.disable(&disabled.key_id).await;
    kms.schedule_deletion(&doomed.key_id).await;
    for _ in 0..2 {
        stack.kill().await;
        stack.start().await;
        let kms = stack.kms();
        assert_eq!(kms.describe("alias/kept").await.expect("kept"), enabled);
        assert_eq!(kms.describe(&disabled.key_id).await.expect("kept").key_state(), KeyState::Disabled);
        assert_eq!(kms.describe(&doomed.key_id).await.expect("kept").key_state(), KeyState::PendingDeletion);
        let list = ListGrantsRequest { key_id: enabled.key_id.clone(), ..Default::default() };
        assert_eq!(kms.list_grants(list).await.expect("listed").grants[0].grant_id, granted.grant_id);
        assert_eq!(decrypt(&kms, &blob, context(&[("a", "b")])).await.expect("opens"), b"plain");
    }
}

/// The key-management service alone, for `principals`. The caller keeps the stack: it ends with it.
async fn kms_knowing(principals: Principals) -> Stack {
    let mut stack = Stack::apart_unstarted(Settings::knowing(principals).logging("info,audit=off"));
    stack.start_kms().await;
    stack
}

/// A policy that allows `action` on `resource` and nothing else.
fn only(action: &str, resource: &str) -> String {
    format!(r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}}}"#)
}

fn user_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

fn grant_to(key: &str, name: &str, operations: &[GrantOperation]) -> CreateGrantRequest {
    CreateGrantRequest {
        key_id: key.to_owned(),
        grantee_principal: user_arn(name),
        operations: operations.iter().map(|operation| (*operation).into()).collect(),
        ..Default::default()
    }
}

/// Nobody but grants allows these users anything.
fn people(names: &[&str]) -> Principals {
    let nothing = only("dynamodb:ListTables", "*");
    names.iter().fold(Principals::new(), |people, name| people.with(name, &nothing))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_applies_within_its_encryption_context() {
    let stack = kms_knowing(people(&["subset", "equals"])).await;
    let key = stack.kms().customer_key().await.arn;
    let bound = || context(&[("tenant", "1")]);
    let operations = [GrantOperation::Encrypt, GrantOperation::Decrypt, GrantOperation::DescribeKey];
    let subset = GrantConstraints { encryption_context_subset: bound(), ..Default::default() };
    let equals = GrantConstraints { encryption_context_equals: bound(), ..Default::default() };
    for (name, constraints) in [("subset", &subset), ("equals", &equals)] {
        let request = CreateGrantRequest {
            constraints: Some(constraints.clone()),
            ..grant_to(&key, name, &operations)
        };
        let made = stack.kms().create_grant(request).await.expect("made");
        let list = ListGrantsRequest { key_id: key.clone(), grant_id: made.grant_id, ..Default::default() };
        let listed = stack.kms().list_grants(list).await.expect("listed").grants;
        assert_eq!(listed[0].constraints.as_ref(), Some(constraints));
    }
    let wider = context(&[("tenant", "1"), ("more", "x")]);
    for (name, pairs, allowed) in [
        ("subset", bound(), true),
        ("subset", wider.clone(), true),
        ("subset", context(&[("tenant", "2")]), false),
        ("subset", context(&[("Tenant", "1")]), false),
        ("subset", context(&[]), false),
        ("equals", bound(), true),
        ("equals", wider, false),
        ("equals", context(&[("tenant", "2")]), false),
        ("equals", context(&[]), false),
    ] {
        let kms = stack.kms_as(name);
        let sealed = encrypt(&kms, &key, b"x", pairs.clone()).await;
        let blob = encrypt(&stack.kms(), &key, b"x", pairs.clone()).await.expect("the root encrypts");
        let opened = decrypt(&kms, &blob, pairs.clone()).await;
        if allowed {
            assert_eq!(decrypt(&kms, &sealed.expect("allowed"), pairs).await.expect("opens"), b"x");
            assert_eq!(opened.expect("opens"), b"x");
        } else {
            sealed.refused().assert_says("AccessDeniedException", "kms:Encrypt on resource: ");
            opened.refused().assert_says("AccessDeniedException", "The ciphertext refers to");
        }
        kms.describe(&key).await.expect("DescribeKey has no context to be constrained");
    }
}

/// Whoever was granted CreateGrant hands on what it was given, and never more.
#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_made_under_a_grant() {
    let stack = kms_knowing(people(&["parent", "child"])).await;
    let key = stack.kms().customer_key().await.arn;
    let within = |pairs: &[(&str, &str)]| {
        Some(GrantConstraints { encryption_context_subset: context(pairs), ..Default::default() })
    };
    let bound = context(&[("tenant", "1")]);
    let operations = [GrantOperation::CreateGrant, GrantOperation::Decrypt];
    let parent = stack.kms_as("parent");
    let request = |operations: &[GrantOperation], constraints| CreateGrantRequest {
        constraints,
        ..grant_to(&key, "child", operations)
    };
    let decrypt_only = [GrantOperation::Decrypt];
    parent
        .create_grant(request(&decrypt_only, within(&[("tenant", "1")])))
        .await
        .refused()
        .assert_says("AccessDeniedException", "kms:CreateGrant");
    let given = CreateGrantRequest {
        constraints: within(&[("tenant", "1")]),
        ..grant_to(&key, "parent", &operations)
    };
    let given = stack.kms().create_grant(given).await.expect("made");
    for wider in [
        request(&decrypt_only, None),
        request(&decrypt_only, within(&[("tenant", "2")])),
        request(&[GrantOperation::Encrypt], within(&[("tenant", "1")])),
        request(&[GrantOperation::Decrypt, GrantOperation::Encrypt], within(&[("tenant", "1")])),
    ] {
        parent.create_grant(wider).await.refused().assert_says("AccessDeniedException", "kms:CreateGrant");
    }
    let stricter = request(&decrypt_only, within(&[("tenant", "1"), ("more", "x")]));
    parent.create_grant(stricter).await.expect("stricter is allowed");
    let made = parent.create_grant(request(&decrypt_only, within(&[("tenant", "1")]))).await.expect("made");
    let blob = encrypt(&stack.kms(), &key, b"x", bound.clone()).await.expect("encrypts");
    let child = stack.kms_as("child");
    assert_eq!(decrypt(&child, &blob, bound.clone()).await.expect("opens"), b"x");
    child.create_grant(request(&decrypt_only, within(&[("tenant", "1")]))).await.refused();
    // A child stands by itself: it stays when its parent ends, and ends by itself.
    let revoke = |grant_id: String| RevokeGrantRequest { key_id: key.clone(), grant_id, dry_run: false };
    parent.revoke_grant(revoke(made.grant_id.clone())).await.refused();
    stack.kms().revoke_grant(revoke(given.grant_id)).await.expect("revoked");
    assert_eq!(decrypt(&child, &blob, bound.clone()).await.expect("opens"), b"x");
    stack.kms().revoke_grant(revoke(made.grant_id)).await.expect("revoked");
    decrypt(&child, &blob, bound).await.refused();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_retired_by_whom_it_serves() {
    let stack = kms_knowing(people(&["holder", "retiring", "other"])).await;
    let key = stack.kms().customer_key().await;
    let request = CreateGrantRequest {
        retiring_principal: user_arn("retiring"),
        ..grant_to(&key.arn, "holder", &[GrantOperation::Decrypt])
    };
    let made = stack.kms().create_grant(request).await.expect("made");
    let by_token = |token: &str| RetireGrantRequest { grant_token: token.to_owned(), ..Default::default() };
    let by_id = |key: &str, grant: &str| RetireGrantRequest {
        key_id: key.to_owned(),
        grant_id: grant.to_owned(),
        ..Default::default()
    };
    for name in ["holder", "other"] {
        for request in [by_token(&made.grant_token), by_id(&key.arn, &made.grant_id)] {
            let refused = stack.kms_as(name).retire_grant(request).await.refused();
            refused.assert_says("AccessDeniedException", "kms:RetireGrant");
        }
    }
    let retiring = stack.kms_as("retiring");
    let both = RetireGrantRequest { key_id: key.arn.clone(), ..by_token(&made.grant_token) };
    let other_key = stack.kms().customer_key().await.arn;
    for (request, reason) in [
        (RetireGrantRequest::default(), "ValidationException"),
        (both, "ValidationException"),
        (by_id(&key.arn, ""), "ValidationException"),
        (by_id("", &made.grant_id), "ValidationException"),
        (by_id(&key.key_id, &made.grant_id), "ValidationException"),
        (by_id(&key.arn, "zz"), "InvalidGrantIdException"),
        (by_id(&other_key, &made.grant_id), "NotFoundException"),
        (by_token("zz"), "InvalidGrantTokenException"),
        (RetireGrantRequest { dry_run: true, ..by_token(&made.grant_token) }, "DryRunOperationException"),
    ] {
        assert_eq!(retiring.retire_grant(request.clone()).await.refused().reason, reason, "{request:?}");
    }
    let blob = encrypt(&stack.kms(), &key.arn, b"x", context(&[])).await.expect("encrypts");
    decrypt(&stack.kms_as("holder"), &blob, context(&[])).await.expect("it is still in effect");
    retiring.retire_grant(by_token(&made.grant_token)).await.expect("retired");
    decrypt(&stack.kms_as("holder"), &blob, context(&[])).await.refused();
    assert_eq!(retiring.retire_grant(by_token(&made.grant_token)).await.refused().code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn grant_tokens_are_this_services_own_and_ten_at_most() {
    let stack = kms_knowing(people(&["holder", "other"])).await;
    let key = stack.kms().customer_key().await.arn;
    let made = stack
        .kms()
        .create_grant(grant_to(&key, "holder", &[GrantOperation::GenerateDataKey]))
        .await
        .expect("made");
    let valid = made.grant_token.as_str();
    let mut forged = valid.to_owned();
    forged.replace_range(..1, if valid.starts_with('A') { "B" } else { "A" });
    let with = |tokens: &[&str]| GenerateDataKeyRequest {
        grant_tokens: tokens.iter().map(|token| (*token).to_owned()).collect(),
        ..generate(&key)
    };
    let holder = stack.kms_as("holder");
    for tokens in [&[][..], &[valid], &[valid; 10]] {
        holder.generate_data_key(with(tokens)).await.expect("the grant is in effect, with or without token");
    }
    for (tokens, reason) in [
        (&[valid; 11][..], "ValidationException"),
        (&[""], "ValidationException"),
        (&[valid, &forged], "InvalidGrantTokenException"),
        (&["token"], "InvalidGrantTokenException"),
    ] {
        assert_eq!(holder.generate_data_key(with(tokens)).await.refused().reason, reason, "{tokens:?}");
    }
    let other = stack.kms_as("other").generate_data_key(with(&[valid])).await.refused();
    other.assert_says("AccessDeniedException", "kms:GenerateDataKey");
}

/// ReEncrypt takes `kms:ReEncryptFrom` on the source and `kms:ReEncryptTo` on the destination; one is not enough.
#[tokio::test(flavor = "multi_thread")]
async fn re_encryption_takes_two_permissions() {
    let principals = people(&["granted"])
        .with("from", &only("kms:ReEncryptFrom", "*"))
        .with("to", &only("kms:ReEncryptTo", "*"))
        .with("both", &only("kms:ReEncrypt*", "*"))
        .with("neither", &only("kms:*crypt", "*"));
    let stack = kms_knowing(principals).await;
    let (from, to) = (stack.kms().customer_key().await.arn, stack.kms().customer_key().await.arn);
    let blob = encrypt(&stack.kms(), &from, b"x", context(&[])).await.expect("encrypts");
    let attempt = async |name: &str| {
        let request = ReEncryptRequest {
            ciphertext_blob: blob.clone(),
            source_key_id: from.clone(),
            destination_key_id: to.clone(),
            ..Default::default()
        };
        stack.kms_as(name).re_encrypt(request).await
    };
    let denied = |action: &str, key: &str| format!("kms:{action} on resource: {key} because");
    for (name, part) in [
        ("from", denied("ReEncryptTo", &to)),
        ("to", denied("ReEncryptFrom", &from)),
        ("granted", denied("ReEncryptFrom", &from)),
    ] {
        attempt(name).await.refused().assert_says("AccessDeniedException", &part);
    }
    // `kms:*crypt` is Encrypt, Decrypt and, in name only, neither of the two.
    attempt("neither").await.refused().assert_says("AccessDeniedException", &denied("ReEncryptFrom", &from));
    assert_eq!(attempt("both").await.expect("moved").key_id, to);
    for (key, operation, part) in [
        (&to, GrantOperation::ReEncryptTo, denied("ReEncryptFrom", &from)),
        (&from, GrantOperation::ReEncryptTo, denied("ReEncryptFrom", &from)),
    ] {
        stack.kms().create_grant(grant_to(key, "granted", &[operation])).await.expect("made");
        attempt("granted").await.refused().assert_says("AccessDeniedException", &part);
    }
    let request = grant_to(&from, "granted", &[GrantOperation::ReEncryptFrom]);
    stack.kms().create_grant(request).await.expect("made");
    assert_eq!(attempt("granted").await.expect("moved").key_id, to);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_do_not_see_each_other() {
    const OTHER: &str = "111122223333";
    let stack = kms_knowing(Principals::new().with_foreigner(OTHER, "ann", PERMISSIVE)).await;
    let (ours, theirs) = (stack.kms(), stack.kms_as("ann"));
    let (our_key, their_key) = (ours.customer_key().await, theirs.customer_key().await);
    assert_eq!(their_key.arn, format!("arn:aws:kms:{REGION}:{OTHER}:key/{}", their_key.key_id));
    ours.alias("alias/app", &our_key.key_id).await;
    theirs.alias("alias/app", &their_key.key_id).await;
    let blob = encrypt(&ours, &our_key.arn, b"x", context(&[])).await.expect("encrypts");
    for (kms, own, other) in [(&ours, &our_key, &their_key), (&theirs, &their_key, &our_key)] {
        let keys = kms.list_keys(ListKeysRequest::default()).await.expect("listed").keys;
        assert_eq!(keys.iter().map(|key| &key.key_arn).collect::<Vec<_>>(), [&own.arn]);
        let aliases = kms.list_aliases(ListAliasesRequest::default()).await.expect("listed").aliases;
        let names: Vec<_> = aliases.iter().map(|alias| alias.alias_name.as_str()).collect();
        assert_eq!(names, ["alias/app", "alias/aws/dynamodb"]);
        assert_eq!(kms.describe("alias/app").await.expect("described").arn, own.arn);
        assert_eq!(kms.describe(&other.key_id).await.refused().reason, "NotFoundException");
        kms.describe(&other.arn)
            .await
            .refused()
            .assert_says("AccessDeniedException", "kms:DescribeKey on this resource because the resource");
        let grants = ListGrantsRequest { key_id: other.arn.clone(), ..Default::default() };
        assert_eq!(kms.list_grants(grants).await.refused().reason, "AccessDeniedException");
        let alias =
            UpdateAliasRequest { alias_name: "alias/app".to_owned(), target_key_id: other.arn.clone() };
        assert_eq!(kms.update_alias(alias).await.refused().reason, "AccessDeniedException");
    }
    // A grant lets in whom it names, by the key's ARN.
    decrypt(&theirs, &blob, context(&[])).await.refused();
    let request = CreateGrantRequest {
        grantee_principal: format!("arn:aws:iam::{OTHER}:user/ann"),
        ..grant_to(&our_key.arn, "", &[GrantOperation::Decrypt, GrantOperation::DescribeKey])
    };
    ours.create_grant(request).await.expect("made");
    assert_eq!(decrypt(&theirs, &blob, context(&[])).await.expect("opens"), b"x");
    assert_eq!(theirs.describe(&our_key.arn).await.expect("described").aws_account_id, ACCOUNT);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_descriptions_come_and_go() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let key = kms.customer_key().await;
    let id = || key.key_id.clone();
    let tag = |key: &str, value: &str| Tag { tag_key: key.to_owned(), tag_value: value.to_owned() };
    let put = |tags: Vec<Tag>| TagResourceRequest { key_id: id(), tags };
    kms.tag_resource(put(vec![tag("b", "1"), tag("c", ""), tag("a", "3")])).await.expect("tagged");
    kms.tag_resource(put(vec![tag("b", "2")])).await.expect("tagged anew");
    kms.untag_resource(UntagResourceRequest { key_id: key.arn.clone(), tag_keys: vec!["c".to_owned()] })
        .await
        .expect("untagged");
    let description = "for music".to_owned();
    kms.update_key_description(UpdateKeyDescriptionRequest { key_id: id(), description })
        .await
        .expect("described");
    let stack = stack.stop().await.start().await;
    let kms = stack.kms();
    assert_eq!(kms.describe(&key.arn).await.expect("described").description, "for music");
    let (mut listed, mut marker) = (Vec::new(), String::new());
    loop {
        let request = ListResourceTagsRequest { key_id: id(), limit: Some(1), marker };
        let page = kms.list_resource_tags(request).await.expect("listed");
        listed.extend(page.tags);
        marker = page.next_marker;
        if !page.truncated {
            break;
        }
    }
    assert_eq!(listed, [tag("a", "3"), tag("b", "2")]);
    kms.schedule_deletion(&key.key_id).await;
    let pending = format!("{} is pending deletion.", key.arn);
    kms.tag_resource(put(vec![])).await.refused().assert_is("KMSInvalidStateException", &pending);
}

/// The sample policy of DynamoDB's documentation, for one user, beside the statement that leaves the rest to the account.
fn sample_policy(user: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Id":"key-policy-dynamodb","Statement":[
        {{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Action":"kms:*","Resource":"*"}},
        {{"Effect":"Allow","Principal":{{"AWS":"{user}"}},
         "Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:CreateGrant","kms:DescribeKey"],
         "Resource":"*","Condition":{{"StringLike":{{"kms:ViaService":"dynamodb.*.amazonaws.com"}}}}}}]}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_policy_is_kept_shown_and_honoured() {
    let stack = kms_knowing(people(&["lead", "other"])).await;
    let kms = stack.kms();
    let key = kms.customer_key().await;
    let get = async |id: &str| {
        let request = GetKeyPolicyRequest { key_id: id.to_owned(), ..Default::default() };
        kms.get_key_policy(request).await
    };
    let made = get(&key.arn).await.expect("shown");
    assert!(
        made.policy.starts_with("{\n  \"Version\" : \"2012-10-17\",\n  \"Id\" : \"key-default-1\""),
        "{}",
        made.policy
    );
    assert_eq!(made.policy_name, "default");

    let policy = sample_policy(&user_arn("lead"));
    let put =
        PutKeyPolicyRequest { key_id: key.key_id.clone(), policy: policy.clone(), ..Default::default() };
    kms.put_key_policy(put.clone()).await.expect("put");
    assert_eq!(get(&key.key_id).await.expect("shown").policy, policy);
    let request = GetKeyPolicyRequest { key_id: key.arn.clone(), policy_name: "other".to_owned() };
    kms.get_key_policy(request).await.refused().assert_is("NotFoundException", "No such policy exists");
    let request = ListKeyPoliciesRequest { key_id: key.arn.clone(), ..Default::default() };
    let names = kms.list_key_policies(request).await.expect("listed");
    assert_eq!((names.policy_names, names.truncated), (vec!["default".to_owned()], false));

    let credentials = &stack.principals().service().credentials;
    let through =
        |name: &str| Kms::on_behalf_of(stack.kms_address(), Some(credentials), Some(&user_arn(name)));
    encrypt(&through("lead"), &key.arn, b"x", context(&[])).await.expect("through the service");
    for kms in [stack.kms_as("lead"), through("other"), stack.kms_as("other")] {
        let refused = encrypt(&kms, &key.arn, b"x", context(&[])).await.refused();
        refused.assert_says("AccessDeniedException", "kms:Encrypt on resource: ");
    }
    encrypt(&kms, &key.arn, b"x", context(&[])).await.expect("the account's root");
    let locking = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"dynamodb.amazonaws.com"},"Action":"kms:List*","Resource":"*"}}"#;
    let put = PutKeyPolicyRequest { policy: locking.to_owned(), ..put };
    kms.put_key_policy(put.clone()).await.refused().assert_is(
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    );
    let put = PutKeyPolicyRequest { bypass_policy_lockout_safety_check: true, ..put };
    kms.put_key_policy(put).await.expect("as insisted on");
    for kms in [&kms, &through("lead")] {
        let refused = encrypt(kms, &key.arn, b"x", context(&[])).await.refused();
        refused.assert_says(
            "AccessDeniedException",
            "because no resource-based policy allows the kms:Encrypt action",
        );
    }
}

/// That it comes about by time is shown where time can be moved: at the domain.
#[tokio::test(flavor = "multi_thread")]
async fn automatic_rotation_is_switched_and_shown() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let key = kms.customer_key().await;
    let status = async |id: &str| {
        kms.get_key_rotation_status(GetKeyRotationStatusRequest { key_id: id.to_owned() })
            .await
            .expect("told")
    };
    let off = status(&key.arn).await;
    assert_eq!((off.key_id.as_str(), off.key_rotation_enabled), (key.key_id.as_str(), false));
    assert_eq!((off.rotation_period_in_days, off.next_rotation_date), (None, None));
    let enable =
        |days| EnableKeyRotationRequest { key_id: key.key_id.clone(), rotation_period_in_days: days };
    kms.enable_key_rotation(enable(None)).await.expect("enabled");
    assert_eq!(status(&key.arn).await.rotation_period_in_days, Some(365));
    kms.enable_key_rotation(enable(Some(90))).await.expect("enabled");
    let on = status(&key.arn).await;
    assert_eq!((on.key_rotation_enabled, on.rotation_period_in_days), (true, Some(90)));
    let (next, made) = (on.next_rotation_date.expect("a date"), key.creation_date.expect("a date"));
    assert!(next.seconds >= made.seconds + 90 * 24 * 60 * 60, "{next:?} and {made:?}");

    kms.rotate_key_on_demand(RotateKeyOnDemandRequest { key_id: key.key_id.clone() }).await.expect("rotated");
    let list = async |include: IncludeKeyMaterial| {
        let request = ListKeyRotationsRequest {
            key_id: key.key_id.clone(),
            include_key_material: include.into(),
            ..Default::default()
        };
        kms.list_key_rotations(request).await.expect("listed").rotations
    };
    let [rotation] = &list(IncludeKeyMaterial::Unspecified).await[..] else { panic!("one rotation") };
    assert_eq!(
        (rotation.rotation_type(), rotation.key_material_state()),
        (RotationType::OnDemand, KeyMaterialState::Current)
    );
    assert!(rotation.rotation_date.is_some());
    let all = list(IncludeKeyMaterial::AllKeyMaterial).await;
    let [first, second] = &all[..] else { panic!("two materials: {all:?}") };
    assert_eq!((first.key_material_id.as_str(), second), (key.current_key_material_id.as_str(), rotation));
    assert_eq!(
        (first.key_material_state(), first.rotation_type()),
        (KeyMaterialState::NonCurrent, RotationType::Unspecified)
    );
    assert_eq!(first.rotation_date, None);

    kms.disable(&key.key_id).await;
    let disabled = format!("{} is disabled.", key.arn);
    kms.enable_key_rotation(enable(None)).await.refused().assert_is("DisabledException", &disabled);
    assert!(status(&key.arn).await.key_rotation_enabled);
    kms.schedule_deletion(&key.key_id).await;
    assert!(!status(&key.arn).await.key_rotation_enabled);
    kms.cancel_key_deletion(CancelKeyDeletionRequest { key_id: key.key_id.clone() })
        .await
        .expect("cancelled");
    kms.enable(&key.key_id).await;
    kms.disable_key_rotation(DisableKeyRotationRequest { key_id: key.key_id.clone() })
        .await
        .expect("disabled");
    assert!(!status(&key.arn).await.key_rotation_enabled);
}

#[tokio::test(flavor = "multi_thread")]
async fn hmac_keys_make_and_verify_codes() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    for (spec, algorithm, length) in [
        (KeySpec::Hmac224, MacAlgorithmSpec::HmacSha224, 28),
        (KeySpec::Hmac256, MacAlgorithmSpec::HmacSha256, 32),
        (KeySpec::Hmac384, MacAlgorithmSpec::HmacSha384, 48),
        (KeySpec::Hmac512, MacAlgorithmSpec::HmacSha512, 64),
    ] {
        let request = CreateKeyRequest { key_spec: spec.into(), ..Default::default() };
        kms.create_key(request.clone()).await.refused().assert_is(
            "ValidationException",
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
        );
        let request = CreateKeyRequest { key_usage: KeyUsageType::GenerateVerifyMac.into(), ..request };
        let key = kms.create_key(request).await.expect("made").key_metadata.expect("described");
        assert_eq!((key.key_spec(), key.key_usage()), (spec, KeyUsageType::GenerateVerifyMac));
        assert_eq!(key.mac_algorithms().collect::<Vec<_>>(), [algorithm]);
        assert_eq!((key.encryption_algorithms.len(), key.current_key_material_id.as_str()), (0, ""));
        let generate = GenerateMacRequest {
            message: b"message".to_vec(),
            key_id: key.key_id.clone(),
            mac_algorithm: algorithm.into(),
            ..Default::default()
        };
        let made = kms.generate_mac(generate.clone()).await.expect("made");
        assert_eq!(
            (made.mac.len(), made.mac_algorithm(), made.key_id.as_str()),
            (length, algorithm, key.arn.as_str())
        );
        let verify = VerifyMacRequest {
            message: b"message".to_vec(),
            key_id: key.arn.clone(),
            mac_algorithm: algorithm.into(),
            mac: made.mac,
            ..Default::default()
        };
        let verified = kms.verify_mac(verify.clone()).await.expect("verified");
        assert_eq!((verified.mac_valid, verified.key_id.as_str()), (true, key.arn.as_str()));
        let wrong = VerifyMacRequest { message: b"another".to_vec(), ..verify.clone() };
        kms.verify_mac(wrong).await.refused().assert_is("KMSInvalidMacException", "");
        let dry = "DryRunOperationException";
        let request = GenerateMacRequest { dry_run: true, ..generate.clone() };
        kms.generate_mac(request).await.refused().assert_says(dry, "");
        kms.verify_mac(VerifyMacRequest { dry_run: true, ..verify }).await.refused().assert_says(dry, "");
        encrypt(&kms, &key.arn, b"x", context(&[])).await.refused().assert_is(
            "InvalidKeyUsageException",
            &format!("{} key usage is GENERATE_VERIFY_MAC which is not valid for Encrypt.", key.arn),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retirable_grants_are_found_by_their_principal() {
    let stack = kms_knowing(people(&["retiring"])).await;
    let kms = stack.kms();
    let mut made = BTreeSet::new();
    for _ in 0..2 {
        let key = kms.customer_key().await.arn;
        kms.create_grant(grant(&key)).await.expect("made");
        let request = CreateGrantRequest { retiring_principal: user_arn("retiring"), ..grant(&key) };
        made.insert(kms.create_grant(request).await.expect("made").grant_id);
    }
    let request = |limit| ListRetirableGrantsRequest {
        retiring_principal: user_arn("retiring"),
        limit,
        ..Default::default()
    };
    let first = kms.list_retirable_grants(request(Some(1))).await.expect("listed");
    assert!(first.truncated);
    let rest = ListRetirableGrantsRequest { marker: first.next_marker, ..request(None) };
    let rest = kms.list_retirable_grants(rest).await.expect("listed");
    let listed = first.grants.into_iter().chain(rest.grants).map(|grant| grant.grant_id);
    assert_eq!((listed.collect::<BTreeSet<_>>(), rest.truncated), (made, false));
    let refused = stack.kms_as("retiring").list_retirable_grants(request(None)).await.refused();
    refused.assert_says("AccessDeniedException", "kms:ListRetirableGrants on resource: ");
}

/// What may be looked at of the managed key, and that nothing of it may be changed.
#[tokio::test(flavor = "multi_thread")]
async fn the_managed_key_is_shown_and_not_changed() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let managed = kms.describe("alias/aws/dynamodb").await.expect("made on first use").arn;
    let id = || managed.clone();
    let status = GetKeyRotationStatusRequest { key_id: id() };
    assert!(kms.get_key_rotation_status(status).await.expect("told").key_rotation_enabled);
    let policy = kms.get_key_policy(GetKeyPolicyRequest { key_id: id(), ..Default::default() }).await;
    assert!(policy.expect("shown").policy.contains("auto-dynamodb-1"));
    kms.list_key_policies(ListKeyPoliciesRequest { key_id: id(), ..Default::default() })
        .await
        .expect("listed");
    kms.list_key_rotations(ListKeyRotationsRequest { key_id: id(), ..Default::default() })
        .await
        .expect("listed");
    kms.list_resource_tags(ListResourceTagsRequest { key_id: id(), ..Default::default() })
        .await
        .expect("listed");
    let policy = sample_policy(&user_arn("lead"));
    for (action, outcome) in [
        (
            "PutKeyPolicy",
            kms.put_key_policy(PutKeyPolicyRequest { key_id: id(), policy, ..Default::default() })
                .await
                .map(drop),
        ),
        (
            "EnableKeyRotation",
            kms.enable_key_rotation(EnableKeyRotationRequest { key_id: id(), rotation_period_in_days: None })
                .await
                .map(drop),
        ),
        (
            "DisableKeyRotation",
            kms.disable_key_rotation(DisableKeyRotationRequest { key_id: id() }).await.map(drop),
        ),
        (
            "RotateKeyOnDemand",
            kms.rotate_key_on_demand(RotateKeyOnDemandRequest { key_id: id() }).await.map(drop),
        ),
        (
            "UpdateKeyDescription",
            kms.update_key_description(UpdateKeyDescriptionRequest {
                key_id: id(),
                description: "x".to_owned(),
            })
            .await
            .map(drop),
        ),
        ("TagResource", kms.tag_resource(TagResourceRequest { key_id: id(), tags: vec![] }).await.map(drop)),
        (
            "UntagResource",
            kms.untag_resource(UntagResourceRequest { key_id: id(), tag_keys: vec![] }).await.map(drop),
        ),
    ] {
        let part = format!(
            "kms:{action} on resource: {managed} because no resource-based policy allows the kms:{action} action"
        );
        outcome.refused().assert_says("AccessDeniedException", &part);
    }
}

/// Use is counted by operation, by kind of key and by outcome; and each has its line in the audit log, which a filter in
/// vain tries to silence.
#[tokio::test(flavor = "multi_thread")]
async fn every_use_is_counted_and_on_record() {
    let stack = kms_knowing(Principals::new()).await;
    let kms = stack.kms();
    let credentials = &stack.principals().service().credentials;
    let service = Kms::new(stack.kms_address(), Some(credentials));
    let root = stack.principals().root().arn.as_str();
    let through_service = Kms::on_behalf_of(stack.kms_address(), Some(credentials), Some(root));
    let customer = kms.customer_key().await.arn;
    let (from, to) = (context(&[("at", "source")]), context(&[("at", "destination")]));

    let owned = service.generate_data_key(generate("alias/aws/owned/dynamodb")).await.expect("made").key_id;
    service.generate_data_key(generate("alias/aws/owned/dynamodb")).await.expect("made");
    let dry = GenerateDataKeyRequest { dry_run: true, ..generate("alias/aws/dynamodb") };
    through_service.generate_data_key(dry).await.refused();
    let managed =
        through_service.generate_data_key(generate("alias/aws/dynamodb")).await.expect("made").key_id;
    kms.generate_data_key(generate("alias/aws/dynamodb")).await.refused();
    let blob = encrypt(&kms, &customer, b"x", from.clone()).await.expect("encrypts");
    let request = ReEncryptRequest {
        ciphertext_blob: blob,
        source_encryption_context: from,
        destination_key_id: customer.clone(),
        destination_encryption_context: to,
        ..Default::default()
    };
    kms.re_encrypt(request).await.expect("re-encrypted");
    kms.generate_data_key(GenerateDataKeyRequest { key_spec: 77, ..generate(&customer) }).await.refused();

    let metrics = stack.kms_metrics().await;
    for (operation, key_kind, outcome, count) in [
        ("CreateKey", "customer", "ok", 1.0),
        ("CreateKey", "owned", "ok", 1.0),
        ("CreateKey", "managed", "ok", 1.0),
        ("GenerateDataKey", "owned", "ok", 2.0),
        ("GenerateDataKey", "managed", "ok", 1.0),
        ("GenerateDataKey", "managed", "AccessDeniedException", 1.0),
        ("GenerateDataKey", "none", "DryRunOperationException", 1.0),
        ("GenerateDataKey", "none", "ValidationException", 1.0),
        ("Encrypt", "customer", "ok", 1.0),
        ("ReEncrypt", "customer", "ok", 1.0),
    ] {
        let labels = [("operation", operation), ("key_kind", key_kind), ("outcome", outcome)];
        let counted = metrics.sum("keystead_kms_operations_total", &labels);
        assert!((counted - count).abs() < 1e-9, "{labels:?}: {counted}");
    }

    let expected: [(&str, &str, &[&str]); 6] = [
        ("CreateKey", "ok", &[&owned, "owned"]),
        ("CreateKey", "ok", &[&managed, "managed", root, "\"via\":\"dynamodb."]),
        ("GenerateDataKey", "DryRunOperationException", &[root]),
        ("GenerateDataKey", "AccessDeniedException", &[&managed, root]),
        ("GenerateDataKey", "ValidationException", &[root]),
        ("ReEncrypt", "ok", &[&customer, "source", "destination", "request_id"]),
    ];
    for (operation, outcome, parts) in expected {
        let start = [format!("\"operation\":\"{operation}\""), format!("\"outcome\":\"{outcome}\"")];
        let is_wanted = |line: &str| {
            line.contains("\"target\":\"audit\"")
                && start
                    .iter()
                    .map(String::as_str)
                    .chain(parts.iter().copied())
                    .all(|part| line.contains(part))
        };
        let what = format!("{operation} {outcome} with {parts:?} is on record");
        eventually(&what, LOG_BOUND, async || log_of(&stack).lines().any(is_wanted).then_some(())).await;
    }
}

/// What the services have printed so far.
fn log_of(stack: &Stack) -> String {
    let files = tests::canary::files(&stack.logs());
    files.iter().map(|file| std::fs::read_to_string(file).expect("a log is text")).collect()
}
