//! Nothing readable: the store's bytes are searched, after every operation, for everything that must not be there.

use envelope::Blob;

use crate::{
    GrantOperation, KeySpec, MacAlgorithm, Tag,
    authorize::may,
    limits,
    ops::{
        create_alias::CreateAlias, create_key::CreateKey, enable_key_rotation::EnableKeyRotation,
        put_key_policy::PutKeyPolicy, retire_grant::RetireGrant, tag_resource::TagResource,
        update_alias::UpdateAlias, update_key_description::UpdateKeyDescription,
    },
    ring::Entry,
    testing::*,
};

const PLAINTEXT: &[u8] = b"canary-plaintext-e51";
const READABLE: [&str; 10] = [
    "canary-plaintext",
    "canary-description",
    "canary-tag-key",
    "canary-tag-value",
    "canary-alias",
    "canary-grant-name",
    "canary-context-key",
    "canary-context-value",
    "canary-user",
    "canary-policy",
];

/// The names that were planted, every key's material, the root key, and the account.
async fn assert_hidden(world: &World, after: &str) {
    let mut secrets: Vec<Vec<u8>> = READABLE.iter().map(|text| text.as_bytes().to_vec()).collect();
    secrets.push(ROOT_KEY.to_vec());
    secrets.push(ACCOUNT.as_bytes().to_vec());
    secrets.push(b"dynamodb".to_vec());
    let materials = world.kms.look(|view| {
        let all = view.ring.keys().flat_map(|entry| {
            let admitted = crate::authorize::Admitted::<may::Decrypt>::danger_assumed(entry);
            let versions = entry.versions().collect::<Vec<_>>();
            versions
                .into_iter()
                .map(move |version| Entry::material(&admitted, version).unwrap().expose().to_vec())
        });
        Ok(all.collect::<Vec<_>>())
    });
    let materials = materials.unwrap();
    assert!(!materials.is_empty());
    secrets.extend(materials);
    for entry in world.store.entries().await {
        for secret in &secrets {
            let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == &secret[..]);
            assert!(
                !found(&entry.key),
                "a store key shows {:?} after {after}",
                String::from_utf8_lossy(secret)
            );
            assert!(
                !found(&entry.value),
                "a record shows {:?} after {after}",
                String::from_utf8_lossy(secret)
            );
        }
    }
}

#[tokio::test]
async fn the_store_shows_nothing_after_any_operation() {
    let mut world = World::new().await;
    let request = CreateKey {
        description: "canary-description".to_owned(),
        tags: vec![Tag { key: "canary-tag-key".to_owned(), value: "canary-tag-value".to_owned() }],
        ..create_key()
    };
    let key = world.kms.create_key(&root(), request).await.unwrap();
    assert_hidden(&world, "CreateKey").await;
    let other = world.key().await;
    let bound = context(&[("canary-context-key", "canary-context-value")]);
    let blob = world.seal(&key.arn, PLAINTEXT, bound.clone()).await;
    assert_hidden(&world, "Encrypt").await;
    assert_eq!(world.open(&root(), &blob, bound.clone()).await.unwrap().plaintext.expose(), PLAINTEXT);
    assert_hidden(&world, "Decrypt").await;
    world.kms.generate_data_key(&root(), data_key(&key.arn, bound.clone())).await.unwrap();
    world.kms.re_encrypt(&root(), re_encrypt(&blob, bound.clone(), &other.arn)).await.unwrap();
    assert_hidden(&world, "ReEncrypt").await;

    let (key_id, description) = (other.arn.clone(), "canary-description".to_owned());
    world.kms.update_key_description(&root(), UpdateKeyDescription { key_id, description }).await.unwrap();
    assert_hidden(&world, "UpdateKeyDescription").await;
    let tags = vec![Tag { key: "canary-tag-key".to_owned(), value: "canary-tag-value".to_owned() }];
    world.kms.tag_resource(&root(), TagResource { key_id: other.arn.clone(), tags }).await.unwrap();
    assert_hidden(&world, "TagResource").await;
    let policy = r#"{"Id":"canary-policy","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},
        "Action":"kms:*","Resource":"*"}}"#;
    let request = PutKeyPolicy { key_id: other.arn.clone(), policy: policy.to_owned(), ..Default::default() };
    world.kms.put_key_policy(&root(), request).await.unwrap();
    assert_hidden(&world, "PutKeyPolicy").await;
    let request = EnableKeyRotation { key_id: other.arn.clone(), rotation_period_in_days: Some(2560) };
    world.kms.enable_key_rotation(&root(), request).await.unwrap();
    assert_hidden(&world, "EnableKeyRotation").await;
    let hmac = world.hmac_key(KeySpec::Hmac512).await.arn;
    world.mac(&hmac, PLAINTEXT, MacAlgorithm::HmacSha512).await.unwrap();
    assert_hidden(&world, "GenerateMac").await;

    world.alias("alias/canary-alias", &key.arn).await;
    assert_hidden(&world, "CreateAlias").await;
    let request =
        UpdateAlias { alias_name: "alias/canary-alias".to_owned(), target_key_id: other.arn.clone() };
    world.kms.update_alias(&root(), request).await.unwrap();
    assert_hidden(&world, "UpdateAlias").await;

    let mut request = grant(&key.arn, user_arn("canary-user").as_str(), &[GrantOperation::Decrypt]);
    request.name = Some("canary-grant-name".to_owned());
    request.constraints.subset = Some(bound.clone());
    let granted = world.kms.create_grant(&root(), request).await.unwrap();
    assert_hidden(&world, "CreateGrant").await;
    world.describe(&root(), MANAGED_ALIAS).await.unwrap();
    world.kms.generate_data_key(&service(), data_key(OWNED_ALIAS, context(&[]))).await.unwrap();
    assert_hidden(&world, "first use of the managed and the owned key").await;
    world.kms.rotate_key_on_demand(&root(), key.arn.clone()).await.unwrap();
    assert_hidden(&world, "RotateKeyOnDemand").await;
    world.kms.disable_key(&root(), key.arn.clone()).await.unwrap();
    world.kms.enable_key(&root(), key.arn.clone()).await.unwrap();
    assert_hidden(&world, "EnableKey").await;
    let request =
        RetireGrant { grant_token: Some(granted.grant_token), key_id: None, grant_id: None, dry_run: false };
    world.kms.retire_grant(&root(), request).await.unwrap();
    assert_hidden(&world, "RetireGrant").await;
    world.kms.schedule_key_deletion(&root(), schedule(&key.arn, 7)).await.unwrap();
    assert_hidden(&world, "ScheduleKeyDeletion").await;
    world.clock.advance_days(limits::AUTOMATIC_ROTATION_DAYS);
    let done = world.kms.run_upkeep().await.unwrap();
    assert_eq!((done.destroyed, done.rotated), (1, 2));
    assert_hidden(&world, "upkeep").await;
    world.restart().await;
    assert_hidden(&world, "a restart").await;
}

/// Destroyed is destroyed: not one record of the key is left, and what it sealed stays sealed.
#[tokio::test]
async fn nothing_of_a_destroyed_key_is_left() {
    let world = World::new().await;
    let before = world.store.entries().await.len();
    let key = world.key().await;
    world.kms.rotate_key_on_demand(&root(), key.arn.clone()).await.unwrap();
    world.alias("alias/gone", &key.arn).await;
    let granted = world.grant(&key.arn, &nobody(), &[GrantOperation::Decrypt]).await;
    let blob = world.seal(&key.arn, b"x", context(&[])).await;
    assert_eq!(Blob::parse(&blob).unwrap().key_id(), key.key_id.bytes());
    world.kms.schedule_key_deletion(&root(), schedule(&key.arn, 7)).await.unwrap();

    world.clock.advance_days(6);
    assert_eq!(world.kms.run_upkeep().await.unwrap().destroyed, 0);
    assert!(world.describe(&root(), &key.arn).await.is_ok(), "not before its time");
    world.clock.advance_days(1);
    assert_eq!(world.kms.run_upkeep().await.unwrap().destroyed, 1);
    assert_eq!(world.store.entries().await.len(), before);

    let not_found = ("NotFoundException", format!("Key '{}' does not exist", key.arn));
    assert_eq!(refusal(world.describe(&root(), &key.arn).await), not_found);
    assert_eq!(refusal(world.kms.cancel_key_deletion(&root(), key.arn.clone()).await), not_found);
    assert_eq!(
        refusal(world.describe(&root(), "alias/gone").await).1,
        format!("Alias arn:aws:kms:{REGION}:{ACCOUNT}:alias/gone is not found.")
    );
    assert_eq!(code(&world.open(&root(), &blob, context(&[])).await), "AccessDeniedException");
    let request =
        RetireGrant { grant_token: Some(granted.grant_token), key_id: None, grant_id: None, dry_run: false };
    assert_eq!(code(&world.kms.retire_grant(&root(), request).await), "NotFoundException");
    // The alias is free again.
    let target_key_id = world.key().await.arn;
    let request = CreateAlias { alias_name: "alias/gone".to_owned(), target_key_id };
    world.kms.create_alias(&root(), request).await.unwrap();
}
