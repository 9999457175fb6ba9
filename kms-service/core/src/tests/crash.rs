//! A crash between any two commits, and a commit whose answer is lost: the next start finds the state before or the state
//! after, and the service that goes on finds the same.

use crate::{
    GrantOperation, KeySpec, KeyUsage, Kms, KmsError, Tag, WatchEvent,
    ops::{
        create_alias::CreateAlias, create_key::CreateKey, enable_key_rotation::EnableKeyRotation,
        put_key_policy::PutKeyPolicy, revoke_grant::RevokeGrant, tag_resource::TagResource,
        untag_resource::UntagResource, update_alias::UpdateAlias,
        update_key_description::UpdateKeyDescription,
    },
    testing::*,
};

/// Everything that changes something, each step one commit. Ids come from seeded entropy and are the same in every run.
const STEPS: usize = 24;

async fn step(world: &World, kms: &Kms, number: usize) -> Result<(), KmsError> {
    let root = root();
    let keys = async || {
        let page = crate::PageRequest { limit: Some(1000), marker: None };
        kms.list_keys(&root, page).await.unwrap().items.into_iter().map(|key| key.key_arn).collect::<Vec<_>>()
    };
    let alias = |name: &str| format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/{name}");
    let target = async |name: &str| kms_key(world, kms, &alias(name)).await;
    let create_alias = async |name: &str, target: String| {
        let request = CreateAlias { alias_name: format!("alias/{name}"), target_key_id: target };
        kms.create_alias(&root, request).await
    };
    match number {
        0 => kms.create_key(&root, create_key()).await.map(drop),
        1 => create_alias("a", keys().await[0].clone()).await,
        2 => kms.rotate_key_on_demand(&root, target("a").await).await.map(drop),
        3 => kms.disable_key(&root, target("a").await).await,
        4 => kms.enable_key(&root, target("a").await).await,
        5 => kms.create_key(&root, create_key()).await.map(drop),
        6 => {
            let first = target("a").await;
            let second = keys().await.into_iter().find(|key| *key != first).unwrap();
            create_alias("b", second).await
        }
        7 | 8 => {
            let request =
                grant(&target("b").await, nobody().principal.arn.as_str(), &[GrantOperation::Decrypt]);
            kms.create_grant(&root, request).await.map(drop)
        }
        9 => {
            let key_id = target("b").await;
            let request =
                crate::ops::list_grants::ListGrants { key_id: key_id.clone(), ..Default::default() };
            let grants = kms.list_grants(&root, request).await.unwrap().items;
            let grant_id = grants[0].grant_id.to_string();
            kms.revoke_grant(&root, RevokeGrant { key_id, grant_id, dry_run: false }).await
        }
        10 => {
            let request = UpdateAlias { alias_name: "alias/a".to_owned(), target_key_id: target("b").await };
            kms.update_alias(&root, request).await
        }
        11 => {
            let request = crate::ops::describe_key::DescribeKey {
                key_id: MANAGED_ALIAS.to_owned(),
                grant_tokens: Vec::new(),
            };
            kms.describe_key(&root, request).await.map(drop)
        }
        12 => kms.generate_data_key(&service(), data_key(OWNED_ALIAS, context(&[]))).await.map(drop),
        13 => {
            let tags = vec![Tag { key: "k".to_owned(), value: "v".to_owned() }];
            kms.tag_resource(&root, TagResource { key_id: target("b").await, tags }).await
        }
        14 => {
            let request = UntagResource { key_id: target("b").await, tag_keys: vec!["k".to_owned()] };
            kms.untag_resource(&root, request).await
        }
        15 => {
            let description = "d".to_owned();
            let request = UpdateKeyDescription { key_id: target("b").await, description };
            kms.update_key_description(&root, request).await
        }
        16 => {
            let policy = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}}"#;
            let request =
                PutKeyPolicy { key_id: target("b").await, policy: policy.to_owned(), ..Default::default() };
            kms.put_key_policy(&root, request).await
        }
        17 => {
            let request = EnableKeyRotation { key_id: target("b").await, ..Default::default() };
            kms.enable_key_rotation(&root, request).await
        }
        18 => kms.disable_key_rotation(&root, target("b").await).await,
        19 => {
            let key_usage = Some(KeyUsage::GenerateVerifyMac);
            let request = CreateKey { key_spec: Some(KeySpec::Hmac512), key_usage, ..create_key() };
            kms.create_key(&root, request).await.map(drop)
        }
        20 => kms.schedule_key_deletion(&root, schedule(&target("b").await, 7)).await.map(drop),
        21 => kms.delete_alias(&root, "alias/a".to_owned()).await,
        22 => {
            // Its waiting period is over.
            kms.run_upkeep().await.map(drop)
        }
        23 => kms.create_key(&root, create_key()).await.map(drop),
        _ => unreachable!("there are {STEPS} steps"),
    }
}

async fn kms_key(_: &World, kms: &Kms, name: &str) -> String {
    let request = crate::ops::describe_key::DescribeKey { key_id: name.to_owned(), grant_tokens: Vec::new() };
    kms.describe_key(&root(), request).await.unwrap().arn
}

/// Time passes between steps, the same in every run.
fn before(world: &World, number: usize) {
    world.clock.advance_millis(1000);
    if number == 22 {
        world.clock.advance_days(7);
    }
}

/// What is visible before the first step and after each.
async fn clean_run() -> Vec<String> {
    let world = World::new().await;
    let mut seen = vec![everything(&world.kms, &root()).await];
    for number in 0..STEPS {
        before(&world, number);
        step(&world, &world.kms, number).await.unwrap();
        seen.push(everything(&world.kms, &root()).await);
    }
    assert_eq!(world.store.commits(), STEPS + 1, "each step is one commit, and one makes the store ready");
    seen
}

#[tokio::test]
async fn a_crash_between_any_two_steps_leaves_a_state_that_was() {
    let clean = clean_run().await;
    for failure in [Failure::Before, Failure::After] {
        for failing in 0..STEPS {
            let mut world = World::new().await;
            world.store.fail(failing, failure, true);
            for number in 0..failing {
                before(&world, number);
                step(&world, &world.kms, number).await.unwrap();
            }
            before(&world, failing);
            let outcome = step(&world, &world.kms, failing).await;
            assert_eq!(code(&outcome), "KMSInternalException", "step {failing}");
            // Nothing is answered from memory that may not agree with the disk.
            assert!(matches!(world.kms.check(), Err(KmsError::Store(_) | KmsError::Stale)));
            let refused = world.kms.list_keys(&root(), crate::PageRequest::default()).await;
            assert!(matches!(refused, Err(KmsError::Stale)), "step {failing}");

            world.store.mend();
            world.restart().await;
            let expected = if failure == Failure::Before { failing } else { failing + 1 };
            let found = everything(&world.kms, &root()).await;
            // The owned key is not to be seen, so its step shows nothing either way.
            assert_eq!(found, clean[expected], "step {failing}, {failure:?}");
            for number in expected..STEPS {
                if number > failing {
                    before(&world, number);
                }
                step(&world, &world.kms, number).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_commit_that_fails_once_is_read_back_at_once() {
    let clean = clean_run().await;
    for failure in [Failure::Before, Failure::After] {
        for failing in 0..STEPS {
            let world = World::new().await;
            let mut watch = world.kms.watch_keys(&service()).unwrap();
            world.store.fail(failing, failure, false);
            for number in 0..failing {
                before(&world, number);
                step(&world, &world.kms, number).await.unwrap();
            }
            told(&mut watch);
            before(&world, failing);
            step(&world, &world.kms, failing).await.unwrap_err();
            assert_eq!(told(&mut watch), [WatchEvent::Missed], "watchers must ask again");
            world.kms.check().unwrap();
            let expected = if failure == Failure::Before { failing } else { failing + 1 };
            assert_eq!(everything(&world.kms, &root()).await, clean[expected], "step {failing}, {failure:?}");
            for number in expected..STEPS {
                step(&world, &world.kms, number).await.unwrap();
                if number + 1 < STEPS {
                    before(&world, number + 1);
                }
            }
        }
    }
}

/// A store that stays broken for a while: the service answers nothing, and heals by itself.
#[tokio::test]
async fn memory_is_loaded_anew_once_the_store_is_back() {
    let world = World::new().await;
    let key = world.key().await;
    world.store.fail(0, Failure::After, true);
    assert_eq!(code(&world.kms.disable_key(&root(), key.arn.clone()).await), "KMSInternalException");
    let sealed = world.kms.encrypt(&root(), encrypt(&key.arn, b"x", context(&[]))).await;
    assert!(matches!(sealed, Err(KmsError::Stale)));
    assert!(world.kms.run_upkeep().await.is_err());
    world.store.mend();
    world.kms.run_upkeep().await.unwrap();
    let sealed = world.kms.encrypt(&root(), encrypt(&key.arn, b"x", context(&[]))).await;
    assert_eq!(code(&sealed), "DisabledException", "the commit had happened");
}

/// A defect strikes after the commit: nobody reads memory that does not know of it.
#[tokio::test]
async fn memory_is_loaded_anew_after_a_mutation_was_torn_down() {
    let world = World::new().await;
    let key = world.key().await;
    let mut watch = world.kms.watch_keys(&service()).unwrap();
    told(&mut watch);
    world.store.fail(0, Failure::Panic, false);
    let outcome = world.kms.disable_key(&root(), key.arn.clone()).await;
    assert!(matches!(outcome, Err(KmsError::Defect(_))));
    assert_eq!(told(&mut watch), [WatchEvent::Missed], "watchers must ask again");
    world.kms.check().unwrap();
    let sealed = world.kms.encrypt(&root(), encrypt(&key.arn, b"x", context(&[]))).await;
    assert_eq!(code(&sealed), "DisabledException", "the commit had happened");
    world.kms.enable_key(&root(), key.arn).await.unwrap();
}

/// The same, and whoever asked has gone away: nobody is left to load memory anew, so nothing is answered until upkeep does.
#[tokio::test]
async fn a_mutation_that_is_torn_down_for_nobody_leaves_memory_stale() {
    let world = World::new().await;
    let key = world.key().await;
    world.store.fail(0, Failure::Panic, false);
    let caller = root();
    assert!(now_or_never(world.kms.disable_key(&caller, key.arn.clone())).is_none());
    let outcome = world.kms.create_key(&root(), create_key()).await;
    assert!(matches!(outcome, Err(KmsError::Stale)), "{outcome:?}");
    assert!(matches!(world.describe(&root(), &key.arn).await, Err(KmsError::Stale)));
    world.kms.run_upkeep().await.unwrap();
    assert_eq!(world.describe(&root(), &key.arn).await.unwrap().state, crate::KeyState::Disabled);
}

/// A full disk: nothing was written, so memory is right, and whatever needs no write goes on.
#[tokio::test]
async fn a_write_that_is_refused_whole_changes_nothing() {
    let world = World::new().await;
    let key = world.key().await;
    let mut watch = world.kms.watch_keys(&service()).unwrap();
    told(&mut watch);
    world.store.fail(0, Failure::Refused, false);
    let outcome = world.kms.disable_key(&root(), key.arn.clone()).await;
    assert!(matches!(outcome, Err(KmsError::Store(_))), "{outcome:?}");
    world.kms.check().unwrap();
    assert_eq!(told(&mut watch), [], "there is no news");
    world.kms.encrypt(&root(), encrypt(&key.arn, b"x", context(&[]))).await.unwrap();
    world.kms.disable_key(&root(), key.arn).await.unwrap();
}
