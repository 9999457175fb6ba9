//! Promise: an application that uses KMS with the SDK does so here without a change.

use std::collections::HashMap;

use aws_sdk_kms::Client;
use aws_sdk_kms::operation::RequestId as _;
use aws_sdk_kms::operation::decrypt::DecryptError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{
    DataKeySpec, EncryptionAlgorithmSpec, GrantConstraints, GrantOperation, KeyManagerType, KeyMetadata,
    KeyState,
};
use sdk_tests::{Services, assert_says, keys_of};
use tests::{PERMISSIVE, Principals, Settings};

const NOBODY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

async fn make_key(keys: &Client) -> KeyMetadata {
    keys.create_key().send().await.expect("a key").key_metadata.expect("a description")
}

fn arn(key: &KeyMetadata) -> &str {
    key.arn().expect("a key has an ARN")
}

fn context<const N: usize>(pairs: [(&str, &str); N]) -> Option<HashMap<String, String>> {
    Some(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[tokio::test]
async fn what_was_encrypted_decrypts_in_its_context_alone() {
    let services = Services::start().await;
    let keys = &services.keys;
    let key = make_key(keys).await;
    assert_eq!(key.key_manager(), Some(&KeyManagerType::Customer));
    assert!(key.enabled() && key.creation_date().is_some(), "{key:?}");
    let tenant = context([("tenant", "a"), ("b", "")]);
    let encrypt = keys.encrypt().key_id(key.key_id()).plaintext(Blob::new(*b"\x00secret\xff"));
    let sealed = encrypt.set_encryption_context(tenant.clone()).send().await.expect("encrypted");
    assert_eq!(sealed.key_id(), Some(arn(&key)));
    assert_eq!(sealed.encryption_algorithm(), Some(&EncryptionAlgorithmSpec::SymmetricDefault));
    assert!(sealed.request_id().is_some_and(|id| id.len() == 36), "{:?}", sealed.request_id());
    let blob = sealed.ciphertext_blob.expect("a blob");
    let decrypt =
        |context| keys.decrypt().ciphertext_blob(blob.clone()).set_encryption_context(context).send();
    let opened = decrypt(tenant).await.expect("decrypted");
    assert_eq!(opened.plaintext.expect("a plaintext").into_inner(), b"\x00secret\xff");
    assert_eq!(opened.key_id.as_deref(), Some(arn(&key)));
    for other in [
        None,
        context([("tenant", "b"), ("b", "")]),
        context([("tenant", "a")]),
        context([("tenanta", ""), ("b", "")]),
    ] {
        let refused = decrypt(other).await.expect_err("another context").into_service_error();
        assert!(refused.is_invalid_ciphertext_exception(), "{refused:?}");
        assert_says(&refused, "InvalidCiphertextException", "");
    }
    let other = make_key(keys).await;
    let insisting = keys.decrypt().ciphertext_blob(blob.clone()).key_id(arn(&other));
    let refused = insisting.set_encryption_context(context([("tenant", "a"), ("b", "")])).send().await;
    let refused = refused.expect_err("another key").into_service_error();
    assert!(matches!(refused, DecryptError::IncorrectKeyException(_)), "{refused:?}");

    let moved = keys.re_encrypt().ciphertext_blob(blob).destination_key_id(arn(&other));
    let moved = moved.set_source_encryption_context(context([("tenant", "a"), ("b", "")])).send().await;
    let moved = moved.expect("encrypted anew");
    assert_eq!((moved.source_key_id(), moved.key_id()), (Some(arn(&key)), Some(arn(&other))));
    let opened = keys.decrypt().ciphertext_blob(moved.ciphertext_blob.expect("a blob")).send().await;
    let opened = opened.expect("decrypted").plaintext.expect("a plaintext");
    assert_eq!(opened.into_inner(), b"\x00secret\xff");
}

#[tokio::test]
async fn data_keys_come_plain_and_wrapped() {
    let services = Services::start().await;
    let keys = &services.keys;
    let key = make_key(keys).await;
    for (spec, bytes, length) in
        [(Some(DataKeySpec::Aes256), None, 32), (Some(DataKeySpec::Aes128), None, 16), (None, Some(64), 64)]
    {
        let generate = keys.generate_data_key().key_id(arn(&key));
        let made = generate.set_key_spec(spec).set_number_of_bytes(bytes).send().await.expect("made");
        let plain = made.plaintext.expect("a plaintext");
        assert_eq!(plain.as_ref().len(), length);
        let wrapped = made.ciphertext_blob.expect("a blob");
        let opened = keys.decrypt().ciphertext_blob(wrapped).send().await.expect("decrypted");
        assert_eq!(opened.plaintext, Some(plain));
    }
    let wrapped = keys.generate_data_key_without_plaintext().key_id(arn(&key)).key_spec(DataKeySpec::Aes256);
    assert!(wrapped.send().await.expect("made").ciphertext_blob.is_some());
    let random = keys.generate_random().number_of_bytes(40).send().await.expect("random bytes");
    assert_eq!(random.plaintext.expect("bytes").as_ref().len(), 40);
    let dry = keys.generate_data_key().key_id(arn(&key)).key_spec(DataKeySpec::Aes256).dry_run(true);
    let dry = dry.send().await.expect_err("a dry run").into_service_error();
    assert!(dry.is_dry_run_operation_exception(), "{dry:?}");
    let wrong = keys.generate_data_key().key_id(arn(&key)).send().await.expect_err("no size");
    assert_says(&wrong.into_service_error(), "ValidationException", "");
}

#[tokio::test]
async fn a_keys_state_decides_and_is_told() {
    let services = Services::start().await;
    let keys = &services.keys;
    let key = make_key(keys).await;
    let state = async || {
        let described = keys.describe_key().key_id(arn(&key)).send().await.expect("described");
        described.key_metadata.and_then(|key| key.key_state).expect("a state")
    };
    let encrypt = || keys.encrypt().key_id(arn(&key)).plaintext(Blob::new(*b"x")).send();
    keys.disable_key().key_id(arn(&key)).send().await.expect("disabled");
    assert_eq!(state().await, KeyState::Disabled);
    let refused = encrypt().await.expect_err("disabled").into_service_error();
    assert!(refused.is_disabled_exception(), "{refused:?}");
    assert_says(&refused, "DisabledException", &format!("{} is disabled.", arn(&key)));
    keys.enable_key().key_id(arn(&key)).send().await.expect("enabled");
    encrypt().await.expect("enabled");
    let scheduled = keys.schedule_key_deletion().key_id(arn(&key)).pending_window_in_days(7).send().await;
    let scheduled = scheduled.expect("scheduled");
    assert_eq!(scheduled.key_state(), Some(&KeyState::PendingDeletion));
    assert!(scheduled.deletion_date().is_some());
    let refused = encrypt().await.expect_err("pending deletion").into_service_error();
    assert!(refused.is_kms_invalid_state_exception(), "{refused:?}");
    assert_says(&refused, "KMSInvalidStateException", &format!("{} is pending deletion.", arn(&key)));
    keys.cancel_key_deletion().key_id(arn(&key)).send().await.expect("cancelled");
    assert_eq!(state().await, KeyState::Disabled);
    let absent = keys.describe_key().key_id("1234abcd-12ab-34cd-56ef-1234567890ab").send().await;
    let absent = absent.expect_err("no such key").into_service_error();
    assert!(absent.is_not_found_exception(), "{absent:?}");
}

#[tokio::test]
async fn aliases_and_keys_are_listed_page_by_page() {
    let services = Services::start().await;
    let keys = &services.keys;
    let (one, two) = (make_key(keys).await, make_key(keys).await);
    for number in 0..5 {
        let create = keys.create_alias().alias_name(format!("alias/app-{number}")).target_key_id(arn(&one));
        create.send().await.expect("an alias");
    }
    let again = keys.create_alias().alias_name("alias/app-0").target_key_id(arn(&two)).send().await;
    let again = again.expect_err("it is there").into_service_error();
    assert!(again.is_already_exists_exception(), "{again:?}");
    keys.update_alias().alias_name("alias/app-0").target_key_id(arn(&two)).send().await.expect("updated");
    keys.delete_alias().alias_name("alias/app-4").send().await.expect("deleted");
    let listed = keys.list_aliases().limit(2).into_paginator().items().send();
    let listed = listed.collect::<Result<Vec<_>, _>>().await.expect("pages");
    let of = |key: &KeyMetadata| {
        let of_key = listed.iter().filter(|alias| alias.target_key_id() == Some(key.key_id()));
        of_key.filter_map(|alias| alias.alias_name()).collect::<Vec<_>>()
    };
    assert_eq!(
        (of(&one), of(&two)),
        (vec!["alias/app-1", "alias/app-2", "alias/app-3"], vec!["alias/app-0"])
    );
    let described = keys.describe_key().key_id("alias/app-0").send().await.expect("described");
    assert_eq!(described.key_metadata.as_ref().and_then(KeyMetadata::arn), two.arn());
    let listed = keys.list_keys().limit(1).into_paginator().items().send();
    let listed = listed.collect::<Result<Vec<_>, _>>().await.expect("pages");
    let mut found: Vec<_> = listed.iter().filter_map(|key| key.key_arn()).collect();
    let mut made = [arn(&one), arn(&two)];
    found.sort_unstable();
    made.sort_unstable();
    assert_eq!(found, made);
}

#[tokio::test]
async fn a_grant_allows_what_it_says_until_it_is_revoked() {
    let principals = Principals::new().with("owner", PERMISSIVE).with("grantee", NOBODY);
    let services = Services::apart(Settings::knowing(principals)).await;
    let keys = &services.keys;
    let grantee = keys_of(&services.stack, Some("grantee"));
    let key = make_key(keys).await;
    let encrypt = |context| {
        let encrypt = grantee.encrypt().key_id(arn(&key)).plaintext(Blob::new(*b"x"));
        encrypt.set_encryption_context(context).send()
    };
    let denied = encrypt(None).await.expect_err("nothing allows it").into_service_error();
    assert_says(&denied, "AccessDeniedException", "user/grantee is not authorized to perform: kms:Encrypt");

    let constraint = GrantConstraints::builder().encryption_context_subset("tenant", "a").build();
    let grant = keys
        .create_grant()
        .key_id(arn(&key))
        .grantee_principal(&services.stack.principals().user("grantee").arn)
        .operations(GrantOperation::Encrypt)
        .operations(GrantOperation::RetireGrant)
        .constraints(constraint)
        .name("for-the-grantee");
    let grant = grant.send().await.expect("granted");
    assert!(grant.grant_token().is_some());
    let grant_id = grant.grant_id().expect("an id");
    encrypt(context([("tenant", "a"), ("more", "b")])).await.expect("granted");
    encrypt(context([("tenant", "b")])).await.expect_err("not for this tenant");
    let listed = keys.list_grants().key_id(arn(&key)).limit(1).into_paginator().items().send();
    let listed = listed.collect::<Result<Vec<_>, _>>().await.expect("pages");
    assert_eq!(listed.iter().filter_map(|grant| grant.grant_id()).collect::<Vec<_>>(), [grant_id]);
    assert_eq!(listed[0].name(), Some("for-the-grantee"));

    keys.revoke_grant().key_id(arn(&key)).grant_id(grant_id).send().await.expect("revoked");
    encrypt(context([("tenant", "a")])).await.expect_err("revoked");
    let again = keys.revoke_grant().key_id(arn(&key)).grant_id(grant_id).send().await;
    let again = again.expect_err("it is gone").into_service_error();
    assert!(again.is_not_found_exception(), "{again:?}");
}

#[tokio::test]
async fn material_is_rotated_and_old_blobs_still_open() {
    let services = Services::start().await;
    let keys = &services.keys;
    let key = make_key(keys).await;
    let seal = || keys.encrypt().key_id(arn(&key)).plaintext(Blob::new(*b"x")).send();
    let open = |blob: Option<Blob>| keys.decrypt().set_ciphertext_blob(blob).send();
    let before = seal().await.expect("encrypted").ciphertext_blob;
    keys.rotate_key_on_demand().key_id(arn(&key)).send().await.expect("rotated");
    let after = seal().await.expect("encrypted").ciphertext_blob;
    let (before, after) = (open(before).await.expect("decrypted"), open(after).await.expect("decrypted"));
    assert_eq!((before.plaintext(), after.plaintext()), (Some(&Blob::new(*b"x")), Some(&Blob::new(*b"x"))));
    assert_ne!(before.key_material_id(), after.key_material_id());
}
