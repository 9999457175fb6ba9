//! Every operation is on record once, however it ends: done, refused, tried dry, torn down, or not even understood. What
//! the service does by itself on the way is on record too.

use identity::Caller;

use crate::{
    AuditRecord, GrantOperation, KeyKind, KeySpec, KmsError, MacAlgorithm, Operation, PageRequest, Rule, Tag,
    ops::{
        create_alias::CreateAlias, create_grant::CreateGrant, decrypt::Decrypt,
        enable_key_rotation::EnableKeyRotation, encrypt::Encrypt, generate_data_key::GenerateDataKey,
        generate_mac::GenerateMac, generate_random::GenerateRandom, get_key_policy::GetKeyPolicy,
        list_aliases::ListAliases, list_grants::ListGrants, list_key_policies::ListKeyPolicies,
        list_key_rotations::ListKeyRotations, list_resource_tags::ListResourceTags,
        list_retirable_grants::ListRetirableGrants, put_key_policy::PutKeyPolicy, re_encrypt::ReEncrypt,
        retire_grant::RetireGrant, revoke_grant::RevokeGrant, tag_resource::TagResource,
        untag_resource::UntagResource, update_alias::UpdateAlias,
        update_key_description::UpdateKeyDescription, verify_mac::VerifyMac,
    },
    testing::*,
};

/// A customer key with an alias and a grant, another key, and a blob of each.
struct Stage {
    world: World,
    key: String,
    other: String,
    blob: Vec<u8>,
    grant_id: String,
}

impl Stage {
    async fn set(operation: Operation) -> Self {
        let world = World::new().await;
        let (mut key, other) = (world.key().await.arn, world.key().await.arn);
        let blob = world.seal(&key, b"canary", bound()).await;
        world.alias("alias/old", &key).await;
        let grant_id = world.grant(&key, &user("holder", &[]), &[GrantOperation::Decrypt]).await.grant_id;
        if matches!(operation, Operation::GenerateMac | Operation::VerifyMac) {
            key = world.hmac_key(KeySpec::Hmac256).await.arn;
        }
        if operation == Operation::CancelKeyDeletion {
            world.kms.schedule_key_deletion(&root(), schedule(&key, 7)).await.unwrap();
        }
        Self { world, key, other, blob, grant_id: grant_id.to_string() }
    }

    /// Does it. No wildcard: a new operation has to be thought of here.
    async fn run(&self, caller: &Caller, operation: Operation, dry_run: bool) -> Result<(), KmsError> {
        let (kms, key) = (&self.world.kms, self.key.clone());
        match operation {
            Operation::CreateKey => kms.create_key(caller, create_key()).await.map(drop),
            Operation::DescribeKey => self.world.describe(caller, &key).await.map(drop),
            Operation::ListKeys => kms.list_keys(caller, PageRequest::default()).await.map(drop),
            Operation::EnableKey => kms.enable_key(caller, key).await,
            Operation::DisableKey => kms.disable_key(caller, key).await,
            Operation::ScheduleKeyDeletion => {
                kms.schedule_key_deletion(caller, schedule(&key, 7)).await.map(drop)
            }
            Operation::CancelKeyDeletion => kms.cancel_key_deletion(caller, key).await.map(drop),
            Operation::CreateAlias => {
                let request = CreateAlias { alias_name: "alias/new".to_owned(), target_key_id: key };
                kms.create_alias(caller, request).await
            }
            Operation::UpdateAlias => {
                let request = UpdateAlias { alias_name: "alias/old".to_owned(), target_key_id: key };
                kms.update_alias(caller, request).await
            }
            Operation::DeleteAlias => kms.delete_alias(caller, "alias/old".to_owned()).await,
            Operation::ListAliases => {
                let request = ListAliases { key_id: Some(key), ..Default::default() };
                kms.list_aliases(caller, request).await.map(drop)
            }
            Operation::Encrypt => {
                let request = Encrypt { dry_run, ..encrypt(&key, b"canary", bound()) };
                kms.encrypt(caller, request).await.map(drop)
            }
            Operation::Decrypt => {
                let request = Decrypt { dry_run, ..decrypt(&self.blob, bound()) };
                kms.decrypt(caller, request).await.map(drop)
            }
            Operation::ReEncrypt => {
                let destination_context = context(&[("to", "2")]);
                let request = ReEncrypt {
                    destination_context,
                    dry_run,
                    ..re_encrypt(&self.blob, bound(), &self.other)
                };
                kms.re_encrypt(caller, request).await.map(drop)
            }
            Operation::GenerateDataKey => {
                let request = GenerateDataKey { dry_run, ..data_key(&key, bound()) };
                kms.generate_data_key(caller, request).await.map(drop)
            }
            Operation::GenerateDataKeyWithoutPlaintext => {
                let request = GenerateDataKey { dry_run, ..data_key(&key, bound()) };
                kms.generate_data_key_without_plaintext(caller, request).await.map(drop)
            }
            Operation::GenerateRandom => {
                kms.generate_random(caller, GenerateRandom { number_of_bytes: Some(1) }).await.map(drop)
            }
            Operation::RotateKeyOnDemand => kms.rotate_key_on_demand(caller, key).await.map(drop),
            Operation::CreateGrant => {
                let grant = grant(&key, user_arn("new").as_str(), &[GrantOperation::Decrypt]);
                kms.create_grant(caller, CreateGrant { dry_run, ..grant }).await.map(drop)
            }
            Operation::ListGrants => {
                kms.list_grants(caller, ListGrants { key_id: key, ..Default::default() }).await.map(drop)
            }
            Operation::RetireGrant => {
                let grant_id = Some(self.grant_id.clone());
                let request = RetireGrant { grant_token: None, key_id: Some(key), grant_id, dry_run };
                kms.retire_grant(caller, request).await
            }
            Operation::RevokeGrant => {
                let request = RevokeGrant { key_id: key, grant_id: self.grant_id.clone(), dry_run };
                kms.revoke_grant(caller, request).await
            }
            Operation::UpdateKeyDescription => {
                let request = UpdateKeyDescription { key_id: key, description: "canary".to_owned() };
                kms.update_key_description(caller, request).await
            }
            Operation::TagResource => {
                let tags = vec![Tag { key: "canary".to_owned(), value: "canary".to_owned() }];
                kms.tag_resource(caller, TagResource { key_id: key, tags }).await
            }
            Operation::UntagResource => {
                let request = UntagResource { key_id: key, tag_keys: vec!["canary".to_owned()] };
                kms.untag_resource(caller, request).await
            }
            Operation::ListResourceTags => {
                let request = ListResourceTags { key_id: key, ..Default::default() };
                kms.list_resource_tags(caller, request).await.map(drop)
            }
            Operation::GetKeyPolicy => {
                let request = GetKeyPolicy { key_id: key, ..Default::default() };
                kms.get_key_policy(caller, request).await.map(drop)
            }
            Operation::PutKeyPolicy => {
                let policy = r#"{"Statement":{"Sid":"canary","Effect":"Allow","Principal":{"AWS":"111122223333"},
                    "Action":"kms:*","Resource":"*"}}"#;
                let request = PutKeyPolicy { key_id: key, policy: policy.to_owned(), ..Default::default() };
                kms.put_key_policy(caller, request).await
            }
            Operation::ListKeyPolicies => {
                let request = ListKeyPolicies { key_id: key, ..Default::default() };
                kms.list_key_policies(caller, request).await.map(drop)
            }
            Operation::EnableKeyRotation => {
                let request = EnableKeyRotation { key_id: key, ..Default::default() };
                kms.enable_key_rotation(caller, request).await
            }
            Operation::DisableKeyRotation => kms.disable_key_rotation(caller, key).await,
            Operation::GetKeyRotationStatus => kms.get_key_rotation_status(caller, key).await.map(drop),
            Operation::ListKeyRotations => {
                let request = ListKeyRotations { key_id: key, ..Default::default() };
                kms.list_key_rotations(caller, request).await.map(drop)
            }
            Operation::GenerateMac => {
                let request = GenerateMac { dry_run, ..generate(&key, b"canary", MacAlgorithm::HmacSha256) };
                kms.generate_mac(caller, request).await.map(drop)
            }
            Operation::VerifyMac => {
                let request = VerifyMac {
                    message: envelope::Plaintext::from_vec(b"canary".to_vec()),
                    mac: self.world.mac_of(&key, b"canary"),
                    key_id: key,
                    dry_run,
                    ..Default::default()
                };
                kms.verify_mac(caller, request).await.map(drop)
            }
            Operation::ListRetirableGrants => {
                let retiring_principal = Some(caller.principal.arn.to_string());
                let request = ListRetirableGrants { retiring_principal, ..Default::default() };
                kms.list_retirable_grants(caller, request).await.map(drop)
            }
            Operation::WatchKeys => kms.watch_keys(caller).map(drop),
        }
    }

    /// The records of one run.
    async fn records(
        &self,
        caller: &Caller,
        operation: Operation,
        dry_run: bool,
    ) -> (Result<(), KmsError>, Vec<AuditRecord>) {
        let before = self.world.audit.len();
        let outcome = self.run(caller, operation, dry_run).await;
        (outcome, self.world.audit.since(before))
    }
}

fn bound() -> envelope::EncryptionContext {
    context(&[("from", "1")])
}

const WITHOUT_KEY: [Operation; 5] = [
    Operation::CreateKey,
    Operation::ListKeys,
    Operation::GenerateRandom,
    Operation::ListRetirableGrants,
    Operation::WatchKeys,
];
const WITH_CONTEXT: [Operation; 4] = [
    Operation::Encrypt,
    Operation::Decrypt,
    Operation::GenerateDataKey,
    Operation::GenerateDataKeyWithoutPlaintext,
];
const WITH_DRY_RUN: [Operation; 10] = [
    Operation::Encrypt,
    Operation::Decrypt,
    Operation::ReEncrypt,
    Operation::GenerateDataKey,
    Operation::GenerateDataKeyWithoutPlaintext,
    Operation::CreateGrant,
    Operation::RetireGrant,
    Operation::RevokeGrant,
    Operation::GenerateMac,
    Operation::VerifyMac,
];

/// Looks at what every record of an operation must say.
fn check(record: &AuditRecord, stage: &Stage, caller: &Caller, operation: Operation, found: bool) {
    assert_eq!(record.operation, operation);
    assert_eq!((&record.principal, &record.via), (&caller.principal.arn, &caller.via), "{operation:?}");
    let key = if operation == Operation::ReEncrypt { &stage.other } else { &stage.key };
    let mut expected = (found && !WITHOUT_KEY.contains(&operation)).then_some(key.as_str());
    if operation == Operation::CreateKey && record.refusal.is_none() {
        // The new one.
        expected = record.key_arn.as_deref();
        assert!(expected.is_some_and(|arn| arn != stage.key && arn != stage.other));
    }
    assert_eq!(record.key_arn.as_deref(), expected, "{operation:?}");
    assert_eq!(record.key_kind, expected.map(|_| KeyKind::Customer), "{operation:?}");
    if WITH_CONTEXT.contains(&operation) {
        assert_eq!((&record.context, &record.source_context), (&bound(), &None));
    } else if operation == Operation::ReEncrypt {
        assert_eq!((&record.context, &record.source_context), (&context(&[("to", "2")]), &Some(bound())));
        assert_eq!(record.source_key_arn.as_deref(), Some(stage.key.as_str()));
    } else {
        assert_eq!((record.context.len(), &record.source_context), (0, &None), "{operation:?}");
    }
    assert!(!format!("{record:?}").contains("canary"), "{record:?}");
}

#[tokio::test]
async fn what_is_done_is_on_record_once() {
    for &operation in Operation::ALL {
        let stage = Stage::set(operation).await;
        let caller = if operation == Operation::WatchKeys { service() } else { via(&root()) };
        let (outcome, records) = stage.records(&caller, operation, false).await;
        outcome.unwrap();
        let [record] = &records[..] else { panic!("{operation:?}: {records:?}") };
        check(record, &stage, &caller, operation, true);
        assert_eq!(record.refusal, None, "{operation:?}");
    }
}

#[tokio::test]
async fn what_is_refused_is_on_record_once_with_the_reason() {
    for &operation in Operation::ALL {
        let stage = Stage::set(operation).await;
        let (outcome, records) = stage.records(&nobody(), operation, false).await;
        assert_eq!(code(&outcome), "AccessDeniedException", "{operation:?}");
        let [record] = &records[..] else { panic!("{operation:?}: {records:?}") };
        // These are refused before a key is looked for: at the alias, at the list, at the source.
        let early = [
            Operation::CreateAlias,
            Operation::UpdateAlias,
            Operation::DeleteAlias,
            Operation::ListAliases,
            Operation::ReEncrypt,
        ];
        check(record, &stage, &nobody(), operation, !early.contains(&operation));
        assert_eq!(record.refusal, Some("AccessDeniedException"), "{operation:?}");
    }
}

/// Nobody fills the log with a context that is too long to be one, be it of one long pair or of many.
#[tokio::test]
async fn a_context_without_bound_is_not_on_record() {
    let stage = Stage::set(Operation::Encrypt).await;
    let (kms, key, blob) = (&stage.world.kms, stage.key.as_str(), stage.blob.as_slice());
    let long = context(&[("k", &"v".repeat(200_000))]);
    let many: envelope::EncryptionContext = (0..9000).map(|n| (n.to_string(), String::new())).collect();
    let moved = |source_context, destination_context| ReEncrypt {
        destination_context,
        ..re_encrypt(blob, source_context, &stage.other)
    };
    for large in [long, many] {
        let before = stage.world.audit.len();
        let outcomes = [
            kms.encrypt(&root(), encrypt(key, b"x", large.clone())).await.map(drop),
            kms.decrypt(&root(), decrypt(blob, large.clone())).await.map(drop),
            kms.generate_data_key(&root(), data_key(key, large.clone())).await.map(drop),
            kms.generate_data_key_without_plaintext(&root(), data_key(key, large.clone())).await.map(drop),
            kms.re_encrypt(&root(), moved(large.clone(), bound())).await.map(drop),
            kms.re_encrypt(&root(), moved(bound(), large.clone())).await.map(drop),
        ];
        let records = stage.world.audit.since(before);
        assert_eq!(records.len(), outcomes.len());
        for (outcome, record) in outcomes.iter().zip(records) {
            assert_eq!(code(outcome), "ValidationException");
            assert_eq!(record.refusal, Some("ValidationException"), "{:?}", record.operation);
            assert_eq!((record.context.len(), record.source_context), (0, None), "{:?}", record.operation);
        }
    }
}

#[tokio::test]
async fn what_is_tried_dry_is_on_record_once_as_that() {
    for operation in WITH_DRY_RUN {
        let stage = Stage::set(operation).await;
        let (outcome, records) = stage.records(&root(), operation, true).await;
        assert_eq!(code(&outcome), "DryRunOperationException", "{operation:?}");
        let [record] = &records[..] else { panic!("{operation:?}: {records:?}") };
        check(record, &stage, &root(), operation, true);
        assert_eq!(record.refusal, Some("DryRunOperationException"), "{operation:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_made_on_the_way_is_on_record_before_its_use() {
    let world = World::new().await;
    for (caller, name, kind) in
        [(via(&nobody()), MANAGED_ALIAS, KeyKind::Managed), (service(), OWNED_ALIAS, KeyKind::Owned)]
    {
        let before = world.audit.len();
        let made = world.kms.encrypt(&caller, encrypt(name, b"x", bound())).await.unwrap();
        world.kms.encrypt(&caller, encrypt(name, b"x", bound())).await.unwrap();
        let records = world.audit.since(before);
        let operations: Vec<_> = records.iter().map(|record| record.operation).collect();
        assert_eq!(operations, [Operation::CreateKey, Operation::Encrypt, Operation::Encrypt]);
        for record in &records {
            assert_eq!((record.key_arn.as_ref(), record.key_kind), (Some(&made.key_arn), Some(kind)));
            assert_eq!((&record.principal, &record.via), (&caller.principal.arn, &caller.via));
            assert_eq!(record.refusal, None);
        }
        assert_eq!((records[0].context.len(), records[1].context.clone()), (0, bound()));
    }
}

#[tokio::test]
async fn a_key_that_is_not_made_after_all_is_in_no_record() {
    let world = World::new().await;
    let dry = Encrypt { dry_run: true, ..encrypt(MANAGED_ALIAS, b"x", bound()) };
    assert_eq!(code(&world.kms.encrypt(&via(&nobody()), dry).await), "DryRunOperationException");
    let refused = world.kms.encrypt(&nobody(), encrypt(MANAGED_ALIAS, b"x", bound())).await;
    assert_eq!(code(&refused), "AccessDeniedException");
    let records = world.audit.since(0);
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!((record.operation, record.key_arn, record.key_kind), (Operation::Encrypt, None, None));
    }
}

#[tokio::test]
async fn a_request_that_no_door_understands_is_on_record() {
    let world = World::new().await;
    let why = KmsError::Rule(Rule::UnknownEnumValue { member: "keySpec" });
    world.kms.note_refusal(&via(&root()), Operation::GenerateDataKey, &why);
    let record = world.audit.last();
    assert_eq!((record.operation, record.refusal), (Operation::GenerateDataKey, Some("ValidationException")));
    assert_eq!((record.principal, record.via), (root().principal.arn.clone(), Some(dynamodb())));
}

/// A defect that tears an operation down leaves a record all the same.
#[tokio::test]
async fn what_is_torn_down_is_on_record_as_a_failure() {
    let world = World::new().await;
    let key = world.key().await.arn;
    world.store.fail(0, Failure::Panic, false);
    let before = world.audit.len();
    let outcome = world.kms.disable_key(&root(), key).await;
    assert!(matches!(outcome, Err(KmsError::Defect(_))));
    let [record] = &world.audit.since(before)[..] else { panic!("one record") };
    assert_eq!((record.operation, record.refusal), (Operation::DisableKey, Some("KMSInternalException")));
}
