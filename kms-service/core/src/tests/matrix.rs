//! Who may do what: every permission, for every kind of caller, on every kind of key, through the operations themselves.
//!
//! The expectations are written from the AWS documentation and not from the code: for each caller and kind of key, the
//! permissions that are there, and the words in which every other is refused.

use std::collections::BTreeSet;

use identity::{Caller, ServiceName};

use crate::{
    GrantOperation, KeySpec, KmsError, MacAlgorithm, Op, PageRequest,
    ops::{
        create_alias::CreateAlias, enable_key_rotation::EnableKeyRotation, generate_random::GenerateRandom,
        get_key_policy::GetKeyPolicy, list_aliases::ListAliases, list_grants::ListGrants,
        list_key_policies::ListKeyPolicies, list_key_rotations::ListKeyRotations,
        list_resource_tags::ListResourceTags, list_retirable_grants::ListRetirableGrants,
        put_key_policy::PutKeyPolicy, retire_grant::RetireGrant, revoke_grant::RevokeGrant,
        tag_resource::TagResource, untag_resource::UntagResource, update_alias::UpdateAlias,
        update_key_description::UpdateKeyDescription, verify_mac::VerifyMac,
    },
    testing::*,
};

/// What the caller may do, and how the rest is refused.
struct Expected {
    allowed: BTreeSet<&'static str>,
    refused: &'static str,
}

const NO_IDENTITY_POLICY: &str = "because no identity-based policy allows the";
const NO_RESOURCE_POLICY: &str = "because no resource-based policy allows the";
const EXPLICIT_DENY: &str = "with an explicit deny in an identity-based policy";
const OTHER_ACCOUNT: &str = "on this resource because the resource does not exist in this Region";
const NOT_THERE: &str = "does not exist";

const KEY_OPS: [Op; 32] = [
    Op::DescribeKey,
    Op::EnableKey,
    Op::DisableKey,
    Op::ScheduleKeyDeletion,
    Op::CancelKeyDeletion,
    Op::CreateAlias,
    Op::UpdateAlias,
    Op::DeleteAlias,
    Op::Encrypt,
    Op::Decrypt,
    Op::ReEncryptFrom,
    Op::ReEncryptTo,
    Op::GenerateDataKey,
    Op::GenerateDataKeyWithoutPlaintext,
    Op::RotateKeyOnDemand,
    Op::CreateGrant,
    Op::ListGrants,
    Op::RevokeGrant,
    Op::RetireGrant,
    Op::UpdateKeyDescription,
    Op::TagResource,
    Op::UntagResource,
    Op::ListResourceTags,
    Op::GetKeyPolicy,
    Op::PutKeyPolicy,
    Op::ListKeyPolicies,
    Op::EnableKeyRotation,
    Op::DisableKeyRotation,
    Op::GetKeyRotationStatus,
    Op::ListKeyRotations,
    Op::GenerateMac,
    Op::VerifyMac,
];
const ACCOUNT_OPS: [Op; 6] = [
    Op::CreateKey,
    Op::ListKeys,
    Op::ListAliases,
    Op::GenerateRandom,
    Op::ListRetirableGrants,
    Op::WatchKeys,
];

#[test]
fn every_permission_is_in_the_matrix() {
    let listed: BTreeSet<&str> = KEY_OPS.iter().chain(&ACCOUNT_OPS).map(|op| op.action()).collect();
    let all: BTreeSet<&str> = Op::ALL.iter().map(|op| op.action()).collect();
    assert_eq!(listed, all);
}

/// A key of each kind on a world of its own, with a grant on it that somebody else holds and an alias on a customer key.
struct Stage {
    world: World,
    key: String,
    blob: Vec<u8>,
    grant_id: String,
    other_key: String,
    other_blob: Vec<u8>,
    /// The code of `m`, if the key makes codes.
    mac: Vec<u8>,
}

const ACCOUNT_DECIDES: &str = r#"{"Statement":
    {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}}"#;

#[derive(Clone, Copy, Debug)]
enum On {
    Customer,
    Managed,
    Owned,
}

impl Stage {
    /// The stage for an operation: those on codes need a customer key that makes codes.
    async fn set_for(on: On, op: Op) -> Self {
        let stage = Self::set(on).await;
        if !matches!((on, op), (On::Customer, Op::GenerateMac | Op::VerifyMac)) {
            return stage;
        }
        let key = stage.world.hmac_key(KeySpec::Hmac256).await.arn;
        let mac = stage.world.mac(&key, b"m", MacAlgorithm::HmacSha256).await.unwrap().mac;
        Self { key, mac, ..stage }
    }

    async fn set(on: On) -> Self {
        let world = World::new().await;
        let (name, user_of_it) = match on {
            On::Customer => (world.key().await.arn, root()),
            On::Managed => (MANAGED_ALIAS.to_owned(), via(&root())),
            On::Owned => (OWNED_ALIAS.to_owned(), service()),
        };
        let made = world.kms.encrypt(&user_of_it, encrypt(&name, b"x", context(&[]))).await.unwrap();
        let (key, blob) = (made.key_arn, made.ciphertext_blob);
        let grantee = grant(&key, user_arn("holder").as_str(), &[GrantOperation::Decrypt]);
        let grant_id = world.kms.create_grant(&user_of_it, grantee).await.unwrap().grant_id.to_string();
        // A key that every caller of the matrix may use, for the other side of ReEncrypt.
        let other_key = world.key().await.arn;
        for caller in ["allowed", "silent", "denied", "holder"] {
            let both = [GrantOperation::ReEncryptFrom, GrantOperation::ReEncryptTo];
            world.grant(&other_key, &user(caller, &[]), &both).await;
        }
        let strangers = grant(
            &other_key,
            stranger().principal.arn.as_str(),
            &[GrantOperation::ReEncryptFrom, GrantOperation::ReEncryptTo],
        );
        world.kms.create_grant(&root(), strangers).await.unwrap();
        for service in [dynamodb(), backup()] {
            let both = [GrantOperation::ReEncryptFrom, GrantOperation::ReEncryptTo];
            let through = Caller::via(root().principal, service.clone());
            world.kms.create_grant(&through, grant(&other_key, service.as_str(), &both)).await.unwrap();
        }
        let other_blob = world.seal(&other_key, b"y", context(&[])).await;
        if let On::Customer = on {
            world.alias("alias/old", &key).await;
        }
        Self { world, key, blob, grant_id, other_key, other_blob, mac: vec![0] }
    }

    /// Does what needs `op`, and little else. No wildcard: a new permission has to be thought of here.
    async fn attempt(&self, caller: &Caller, op: Op) -> Result<(), KmsError> {
        let kms = &self.world.kms;
        let key = self.key.clone();
        let none = || context(&[]);
        match op {
            Op::DescribeKey => self.world.describe(caller, &key).await.map(drop),
            Op::EnableKey => kms.enable_key(caller, key).await,
            Op::DisableKey => kms.disable_key(caller, key).await,
            Op::ScheduleKeyDeletion => kms.schedule_key_deletion(caller, schedule(&key, 7)).await.map(drop),
            Op::CancelKeyDeletion => kms.cancel_key_deletion(caller, key).await.map(drop),
            Op::CreateAlias => {
                let request = CreateAlias { alias_name: "alias/new".to_owned(), target_key_id: key };
                kms.create_alias(caller, request).await
            }
            Op::UpdateAlias => {
                let request = UpdateAlias { alias_name: "alias/old".to_owned(), target_key_id: key };
                kms.update_alias(caller, request).await
            }
            Op::DeleteAlias => kms.delete_alias(caller, "alias/old".to_owned()).await,
            Op::Encrypt => kms.encrypt(caller, encrypt(&key, b"x", none())).await.map(drop),
            Op::Decrypt => {
                let request =
                    crate::ops::decrypt::Decrypt { key_id: Some(key), ..decrypt(&self.blob, none()) };
                kms.decrypt(caller, request).await.map(drop)
            }
            Op::ReEncryptFrom => {
                let request = crate::ops::re_encrypt::ReEncrypt {
                    source_key_id: Some(key),
                    ..re_encrypt(&self.blob, none(), &self.other_key)
                };
                kms.re_encrypt(caller, request).await.map(drop)
            }
            Op::ReEncryptTo => {
                let request = crate::ops::re_encrypt::ReEncrypt {
                    source_key_id: Some(self.other_key.clone()),
                    ..re_encrypt(&self.other_blob, none(), &key)
                };
                kms.re_encrypt(caller, request).await.map(drop)
            }
            Op::GenerateDataKey => kms.generate_data_key(caller, data_key(&key, none())).await.map(drop),
            Op::GenerateDataKeyWithoutPlaintext => {
                kms.generate_data_key_without_plaintext(caller, data_key(&key, none())).await.map(drop)
            }
            Op::RotateKeyOnDemand => kms.rotate_key_on_demand(caller, key).await.map(drop),
            Op::CreateGrant => {
                let request = grant(&key, user_arn("child").as_str(), &[GrantOperation::CreateGrant]);
                kms.create_grant(caller, request).await.map(drop)
            }
            Op::ListGrants => {
                kms.list_grants(caller, ListGrants { key_id: key, ..Default::default() }).await.map(drop)
            }
            Op::RevokeGrant => {
                let request = RevokeGrant { key_id: key, grant_id: self.grant_id.clone(), dry_run: false };
                kms.revoke_grant(caller, request).await
            }
            Op::RetireGrant => {
                let request = RetireGrant {
                    grant_token: None,
                    key_id: Some(key),
                    grant_id: Some(self.grant_id.clone()),
                    dry_run: false,
                };
                kms.retire_grant(caller, request).await
            }
            Op::UpdateKeyDescription => {
                let request = UpdateKeyDescription { key_id: key, description: "d".to_owned() };
                kms.update_key_description(caller, request).await
            }
            Op::TagResource => {
                let tags = vec![crate::Tag { key: "k".to_owned(), value: String::new() }];
                kms.tag_resource(caller, TagResource { key_id: key, tags }).await
            }
            Op::UntagResource => {
                let request = UntagResource { key_id: key, tag_keys: vec!["k".to_owned()] };
                kms.untag_resource(caller, request).await
            }
            Op::ListResourceTags => {
                let request = ListResourceTags { key_id: key, ..Default::default() };
                kms.list_resource_tags(caller, request).await.map(drop)
            }
            Op::GetKeyPolicy => {
                let request = GetKeyPolicy { key_id: key, ..Default::default() };
                kms.get_key_policy(caller, request).await.map(drop)
            }
            Op::PutKeyPolicy => {
                let policy = ACCOUNT_DECIDES.to_owned();
                let request = PutKeyPolicy { key_id: key, policy, ..Default::default() };
                kms.put_key_policy(caller, request).await
            }
            Op::ListKeyPolicies => {
                let request = ListKeyPolicies { key_id: key, ..Default::default() };
                kms.list_key_policies(caller, request).await.map(drop)
            }
            Op::EnableKeyRotation => {
                let request = EnableKeyRotation { key_id: key, ..Default::default() };
                kms.enable_key_rotation(caller, request).await
            }
            Op::DisableKeyRotation => kms.disable_key_rotation(caller, key).await,
            Op::GetKeyRotationStatus => kms.get_key_rotation_status(caller, key).await.map(drop),
            Op::ListKeyRotations => {
                let request = ListKeyRotations { key_id: key, ..Default::default() };
                kms.list_key_rotations(caller, request).await.map(drop)
            }
            Op::GenerateMac => {
                kms.generate_mac(caller, generate(&key, b"m", MacAlgorithm::HmacSha256)).await.map(drop)
            }
            Op::VerifyMac => {
                let request = VerifyMac {
                    message: envelope::Plaintext::from_vec(b"m".to_vec()),
                    key_id: key,
                    mac: self.mac.clone(),
                    ..Default::default()
                };
                kms.verify_mac(caller, request).await.map(drop)
            }
            Op::ListRetirableGrants => {
                let retiring_principal = Some(caller.principal.arn.to_string());
                let request = ListRetirableGrants { retiring_principal, ..Default::default() };
                kms.list_retirable_grants(caller, request).await.map(drop)
            }
            Op::CreateKey => kms.create_key(caller, create_key()).await.map(drop),
            Op::ListKeys => kms.list_keys(caller, PageRequest::default()).await.map(drop),
            Op::ListAliases => kms.list_aliases(caller, ListAliases::default()).await.map(drop),
            Op::GenerateRandom => {
                kms.generate_random(caller, GenerateRandom { number_of_bytes: Some(1) }).await.map(drop)
            }
            Op::WatchKeys => kms.watch_keys(caller).map(drop),
        }
    }
}

fn backup() -> ServiceName {
    "backup.us-east-1.amazonaws.com".parse().unwrap()
}

fn names(ops: &[Op]) -> BTreeSet<&'static str> {
    ops.iter().map(|op| op.action()).collect()
}

fn only(allowed: &[Op], refused: &'static str) -> Expected {
    Expected { allowed: names(allowed), refused }
}

/// `kms:Encrypt`, `kms:Decrypt`, `kms:ReEncrypt*`, `kms:GenerateDataKey*`, `kms:CreateGrant`, `kms:DescribeKey`.
const USE: [Op; 8] = [
    Op::Encrypt,
    Op::Decrypt,
    Op::ReEncryptFrom,
    Op::ReEncryptTo,
    Op::GenerateDataKey,
    Op::GenerateDataKeyWithoutPlaintext,
    Op::CreateGrant,
    Op::DescribeKey,
];

/// `kms:Describe*`, `kms:Get*`, `kms:List*` of what concerns a key.
const READ: [Op; 7] = [
    Op::DescribeKey,
    Op::ListGrants,
    Op::ListResourceTags,
    Op::GetKeyPolicy,
    Op::ListKeyPolicies,
    Op::GetKeyRotationStatus,
    Op::ListKeyRotations,
];

fn all() -> Vec<Op> {
    KEY_OPS.to_vec()
}

fn with(ops: &[Op], more: &[Op]) -> Vec<Op> {
    ops.iter().chain(more).copied().collect()
}

/// The callers, and what each may do with a customer, a managed and an owned key.
fn matrix() -> Vec<(&'static str, Caller, [Expected; 3])> {
    let allowed = user("allowed", &[("Allow", "kms:*")]);
    let denied = user("denied", &[("Allow", "*"), ("Deny", "kms:*")]);
    let silent = user("silent", &[("Allow", "dynamodb:*")]);
    let read_managed = with(&READ, &[Op::RevokeGrant, Op::RetireGrant]);
    let use_and_read_managed = with(&USE, &read_managed);
    vec![
        (
            "the account's root",
            root(),
            [only(&all(), ""), only(&read_managed, NO_RESOURCE_POLICY), only(&[], NOT_THERE)],
        ),
        (
            "a user whose policy allows",
            allowed.clone(),
            [only(&all(), ""), only(&read_managed, NO_RESOURCE_POLICY), only(&[], NOT_THERE)],
        ),
        (
            "a user whose policy says nothing",
            silent.clone(),
            [only(&[], NO_IDENTITY_POLICY), only(&[], "because no "), only(&[], NOT_THERE)],
        ),
        (
            "a user whose policy denies",
            denied.clone(),
            [only(&[], EXPLICIT_DENY), only(&[], EXPLICIT_DENY), only(&[], NOT_THERE)],
        ),
        (
            "the root of another account",
            stranger(),
            [only(&[], OTHER_ACCOUNT), only(&[], OTHER_ACCOUNT), only(&[], NOT_THERE)],
        ),
        (
            "the table service itself",
            service(),
            [
                only(&[], NO_RESOURCE_POLICY),
                only(&READ, NO_RESOURCE_POLICY),
                only(&with(&USE, &READ), NO_RESOURCE_POLICY),
            ],
        ),
        (
            "another service itself",
            service_named(backup()),
            [only(&[], NO_RESOURCE_POLICY), only(&[], NO_RESOURCE_POLICY), only(&[], NOT_THERE)],
        ),
        (
            "the account's root through the table service",
            via(&root()),
            [only(&all(), ""), only(&use_and_read_managed, NO_RESOURCE_POLICY), only(&[], NOT_THERE)],
        ),
        (
            "a user whose policy says nothing, through the table service",
            via(&silent),
            // The managed key's policy allows everyone in the account who comes through the service.
            [only(&[], NO_IDENTITY_POLICY), only(&USE, "because no "), only(&[], NOT_THERE)],
        ),
        (
            "a user whose policy denies, through the table service",
            via(&denied),
            [only(&[], EXPLICIT_DENY), only(&[], EXPLICIT_DENY), only(&[], NOT_THERE)],
        ),
        (
            "the root of another account, through the table service",
            via(&stranger()),
            [only(&[], OTHER_ACCOUNT), only(&[], OTHER_ACCOUNT), only(&[], NOT_THERE)],
        ),
        (
            "a user through another service",
            Caller::via(root().principal, backup()),
            [only(&all(), ""), only(&read_managed, NO_RESOURCE_POLICY), only(&[], NOT_THERE)],
        ),
    ]
}

#[tokio::test]
async fn every_permission_for_every_caller_on_every_kind_of_key() {
    for (column, on) in [On::Customer, On::Managed, On::Owned].into_iter().enumerate() {
        for (who, caller, expected) in matrix() {
            let Expected { allowed, refused } = &expected[column];
            for op in KEY_OPS {
                let needs_an_alias = matches!(op, Op::UpdateAlias | Op::DeleteAlias);
                if needs_an_alias && !matches!(on, On::Customer) {
                    // Only customer keys have aliases that could be moved or removed; see the test below.
                    continue;
                }
                let stage = Stage::set_for(on, op).await;
                let outcome = stage.attempt(&caller, op).await;
                let label = format!("{op:?} on {on:?} by {who}: {outcome:?}");
                if allowed.contains(op.action()) {
                    // Past the permission, the key's state may still be in the way.
                    let state = matches!(outcome, Err(KmsError::NotPendingDeletion { .. }));
                    assert!(outcome.is_ok() || state, "{label}");
                    continue;
                }
                let (reason, text) = refusal(outcome);
                let is_owner_account = caller.principal.account == account();
                match op {
                    // Aliases are of the caller's own account and are asked about before the key.
                    Op::UpdateAlias | Op::DeleteAlias if !is_owner_account => {
                        assert!(text.contains("is not found") || text.contains("because no "), "{label}");
                    }
                    Op::CreateAlias | Op::UpdateAlias | Op::DeleteAlias
                        if reason == "AccessDeniedException" =>
                    {
                        assert!(text.contains("is not authorized to perform"), "{label}");
                    }
                    // The denying policy stands in the way of the other key, the source, already.
                    Op::ReEncryptTo if text.contains(EXPLICIT_DENY) => {
                        assert!(text.contains("kms:ReEncryptFrom") || *refused == EXPLICIT_DENY, "{label}");
                    }
                    // Retiring has reasons of its own: there is no resource policy for it.
                    Op::RetireGrant if reason == "AccessDeniedException" => {
                        assert!(text.contains("kms:RetireGrant"), "{label}");
                    }
                    _ => assert!(text.contains(refused), "{label}: {text}"),
                }
                let expected_reason = if *refused == NOT_THERE && reason == "NotFoundException" {
                    reason
                } else {
                    "AccessDeniedException"
                };
                if !matches!(op, Op::UpdateAlias | Op::DeleteAlias) {
                    assert_eq!(reason, expected_reason, "{label}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_concerns_no_key_is_a_matter_of_the_callers_own_policy() {
    let world = Stage::set(On::Customer).await;
    for op in ACCOUNT_OPS {
        let watch = op == Op::WatchKeys;
        assert_eq!(world.attempt(&root(), op).await.is_ok(), !watch, "{op:?}");
        let one = user("one", &[("Allow", op.action()), ("Allow", "kms:CreateKey")]);
        assert_eq!(world.attempt(&one, op).await.is_ok(), !watch, "{op:?}");
        for caller in [nobody(), user("denied", &[("Allow", "*"), ("Deny", op.action())]), via(&nobody())] {
            let (reason, text) = refusal(world.attempt(&caller, op).await);
            assert_eq!(reason, "AccessDeniedException", "{op:?}");
            // These grants are those of a principal.
            let arn = caller.principal.arn.as_str();
            let resource = if op == Op::ListRetirableGrants { arn } else { "*" };
            let on_it = format!("is not authorized to perform: {} on resource: {resource}", op.action());
            assert!(text.contains(&on_it), "{text}");
        }
        if op == Op::ListRetirableGrants {
            // As a service it is known by its name, and not by its ARN.
            continue;
        }
        assert_eq!(world.attempt(&service(), op).await.is_ok(), watch, "{op:?}");
    }
    refusal(world.attempt(&via(&service()), Op::WatchKeys).await);
    let denied = identity::PolicyDocument::parse(
        r#"{"Statement":{"Effect":"Deny","Action":"kms:WatchKeys","Resource":"*"}}"#,
    );
    let arn = service().principal.arn.clone();
    let denied = identity::Principal::service(arn, dynamodb(), denied.unwrap());
    let denied = Caller::direct(std::sync::Arc::new(denied));
    assert!(refusal(world.attempt(&denied, Op::WatchKeys).await).1.contains(EXPLICIT_DENY));
}

/// A policy for exactly one action allows exactly the operation of that name.
#[tokio::test]
async fn one_action_in_a_policy_allows_one_operation() {
    for granted in KEY_OPS {
        let caller = user("allowed", &[("Allow", granted.action())]);
        for op in KEY_OPS {
            let stage = Stage::set_for(On::Customer, op).await;
            let outcome = stage.attempt(&caller, op).await;
            let state = matches!(outcome, Err(KmsError::NotPendingDeletion { .. }));
            assert_eq!(outcome.is_ok() || state, op == granted, "{op:?} with {granted:?}: {outcome:?}");
        }
    }
}

/// A grant of exactly one operation allows exactly that, on every kind of key that has grants.
#[tokio::test]
async fn one_operation_in_a_grant_allows_one_operation() {
    let holder = user("granted", &[]);
    for granted in GrantOperation::ALL {
        for op in KEY_OPS {
            let stage = Stage::set_for(On::Customer, op).await;
            let both = [GrantOperation::ReEncryptFrom, GrantOperation::ReEncryptTo];
            stage.world.grant(&stage.other_key, &holder, &both).await;
            let key_type = stage.world.describe(&root(), &stage.key).await.unwrap().key_type;
            if !granted.fits(key_type) {
                // Such a grant is not made; see `generate_mac`.
                continue;
            }
            stage.world.grant(&stage.key, &holder, &[granted]).await;
            let outcome = stage.attempt(&holder, op).await;
            // A grant's RetireGrant is about that grant, and the stage's grant is another.
            let expected = format!("{granted:?}") == format!("{op:?}") && op != Op::RetireGrant;
            assert_eq!(outcome.is_ok(), expected, "{op:?} with a grant of {granted:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_deny_beats_a_grant_and_the_key_policy() {
    let stage = Stage::set(On::Customer).await;
    let denied = user("denied", &[("Deny", "kms:Encrypt")]);
    stage.world.grant(&stage.key, &denied, &[GrantOperation::Encrypt]).await;
    assert!(refusal(stage.attempt(&denied, Op::Encrypt).await).1.contains(EXPLICIT_DENY));
    let stage = Stage::set(On::Managed).await;
    assert!(refusal(stage.attempt(&via(&denied), Op::Encrypt).await).1.contains(EXPLICIT_DENY));
    assert!(stage.attempt(&via(&denied), Op::Decrypt).await.is_ok());
}

/// A service's grants are for the service itself: not while it acts for somebody, and not for another service.
#[tokio::test]
async fn a_services_grant_is_for_what_it_does_itself() {
    let world = World::new().await;
    let key = world.key().await.arn;
    let bound = context(&[("t", "1")]);
    let mut request = grant(&key, dynamodb().as_str(), &[GrantOperation::GenerateDataKey]);
    request.constraints.subset = Some(bound.clone());
    world.kms.create_grant(&via(&root()), request).await.unwrap();
    let attempt = async |caller: &Caller, context| {
        world.kms.generate_data_key(caller, data_key(&key, context)).await.map(drop)
    };
    assert!(attempt(&service(), bound.clone()).await.is_ok());
    assert!(attempt(&service(), context(&[("t", "1"), ("u", "2")])).await.is_ok());
    assert_eq!(code(&attempt(&service(), context(&[])).await), "AccessDeniedException");
    assert_eq!(code(&attempt(&service(), context(&[("t", "2")])).await), "AccessDeniedException");
    assert_eq!(code(&attempt(&via(&nobody()), bound.clone()).await), "AccessDeniedException");
    assert_eq!(code(&attempt(&via(&service()), bound.clone()).await), "AccessDeniedException");
    let other = service_named(backup());
    assert_eq!(code(&attempt(&other, bound).await), "AccessDeniedException");
}
