//! Many callers at once, callers that hang up, and a second process on the same store.

use std::collections::BTreeSet;

use crate::{KmsError, WatchEvent, testing::*};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_use_of_many_makes_one_key() {
    let world = World::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..32 {
        let kms = world.kms.clone();
        tasks.spawn(async move {
            let (caller, name) =
                if number % 2 == 0 { (via(&root()), MANAGED_ALIAS) } else { (service(), OWNED_ALIAS) };
            kms.generate_data_key(&caller, data_key(name, context(&[]))).await.unwrap().key_arn
        });
    }
    let arns: BTreeSet<String> = tasks.join_all().await.into_iter().collect();
    assert_eq!(arns.len(), 2, "one managed and one owned key");
    assert_eq!(world.store.commits(), 3);
}

/// A caller who hangs up in the middle of a mutation does not leave memory behind the store.
#[tokio::test]
async fn a_mutation_goes_on_when_its_caller_hangs_up() {
    let world = World::new().await;
    let key = world.key().await;
    let caller = root();
    // Polled once: the mutation is under way, its commit is not.
    assert!(now_or_never(world.kms.disable_key(&caller, key.arn.clone())).is_none());
    // The next mutation waits for it.
    world.alias("alias/x", &key.arn).await;
    let sealed = world.kms.encrypt(&root(), encrypt(&key.arn, b"x", context(&[]))).await;
    assert_eq!(code(&sealed), "DisabledException");
    let reopened = world.reopened().await.unwrap();
    assert_eq!(everything(&reopened, &root()).await, everything(&world.kms, &root()).await);
    assert_eq!(world.audit.last().operation, crate::Operation::ListAliases);
}

#[tokio::test]
async fn a_second_process_is_found_out_before_it_does_harm() {
    let world = World::new().await;
    let key = world.key().await;
    let second = world.reopened().await.unwrap();
    second.disable_key(&root(), key.arn.clone()).await.unwrap();
    let mut watch = world.kms.watch_keys(&service()).unwrap();
    told(&mut watch);
    let outcome = world.kms.create_key(&root(), create_key()).await;
    assert!(matches!(outcome, Err(KmsError::Raced)), "{outcome:?}");
    assert_eq!(told(&mut watch), [WatchEvent::Missed]);
    // Memory has been brought up to date, and the same request goes through.
    assert_eq!(world.describe(&root(), &key.arn).await.unwrap().state, crate::KeyState::Disabled);
    world.kms.create_key(&root(), create_key()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn uses_and_switches_at_once_never_disagree() {
    let world = World::new().await;
    let key = world.key().await;
    let blob = world.seal(&key.arn, b"x", context(&[])).await;
    let mut users = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (kms, blob) = (world.kms.clone(), blob.clone());
        users.spawn(async move {
            for _ in 0..200 {
                let outcome = kms.decrypt(&root(), decrypt(&blob, context(&[]))).await;
                assert!(matches!(outcome, Ok(_) | Err(KmsError::Disabled { .. })));
                tokio::task::yield_now().await;
            }
        });
    }
    for _ in 0..50 {
        world.kms.disable_key(&root(), key.arn.clone()).await.unwrap();
        let outcome = world.open(&root(), &blob, context(&[])).await;
        assert_eq!(code(&outcome), "DisabledException", "after the answer, nothing works");
        world.kms.enable_key(&root(), key.arn.clone()).await.unwrap();
        assert!(world.open(&root(), &blob, context(&[])).await.is_ok());
    }
    users.join_all().await;
}
