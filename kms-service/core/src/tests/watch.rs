//! Revocation bites at once: the next operation of this process sees it, and watchers have been told before the call that
//! made the change is answered.

use crate::{
    GrantOperation, KeyChange, WatchEvent,
    ops::{retire_grant::RetireGrant, revoke_grant::RevokeGrant},
    testing::*,
};

fn changed(key_arn: &str, change: KeyChange) -> Vec<WatchEvent> {
    vec![WatchEvent::Changed { key_arn: key_arn.to_owned(), change }]
}

#[tokio::test]
async fn every_end_of_a_permission_is_told_by_the_call_that_makes_it() {
    let world = World::new().await;
    let arn = world.key().await.arn;
    let blob = world.seal(&arn, b"x", context(&[])).await;
    let mut watch = world.kms.watch_keys(&service()).unwrap();
    assert_eq!(told(&mut watch), [WatchEvent::Started]);

    world.kms.disable_key(&root(), arn.clone()).await.unwrap();
    assert_eq!(told(&mut watch), changed(&arn, KeyChange::State));
    assert_eq!(code(&world.open(&root(), &blob, context(&[])).await), "DisabledException");
    world.kms.disable_key(&root(), arn.clone()).await.unwrap();
    assert_eq!(told(&mut watch), [], "nothing changed");
    world.kms.enable_key(&root(), arn.clone()).await.unwrap();
    assert_eq!(
        told(&mut watch),
        changed(&arn, KeyChange::State),
        "so that what was lost is found again at once"
    );

    let holder = user("holder", &[]);
    let by_id = world.grant(&arn, &holder, &[GrantOperation::Decrypt]).await;
    assert_eq!(told(&mut watch), [], "a new grant ends nothing");
    assert!(world.open(&holder, &blob, context(&[])).await.is_ok());
    let request = RevokeGrant { key_id: arn.clone(), grant_id: by_id.grant_id.to_string(), dry_run: false };
    world.kms.revoke_grant(&root(), request).await.unwrap();
    assert_eq!(told(&mut watch), changed(&arn, KeyChange::Grant));
    assert_eq!(code(&world.open(&holder, &blob, context(&[])).await), "AccessDeniedException");

    let by_token = world.grant(&arn, &holder, &[GrantOperation::Decrypt]).await;
    assert!(world.open(&holder, &blob, context(&[])).await.is_ok());
    let request =
        RetireGrant { grant_token: Some(by_token.grant_token), key_id: None, grant_id: None, dry_run: false };
    world.kms.retire_grant(&root(), request).await.unwrap();
    assert_eq!(told(&mut watch), changed(&arn, KeyChange::Grant));
    assert_eq!(code(&world.open(&holder, &blob, context(&[])).await), "AccessDeniedException");

    world.kms.rotate_key_on_demand(&root(), arn.clone()).await.unwrap();
    world.alias("alias/x", &arn).await;
    assert_eq!(told(&mut watch), [], "neither ends a permission");

    world.kms.schedule_key_deletion(&root(), schedule(&arn, 7)).await.unwrap();
    assert_eq!(told(&mut watch), changed(&arn, KeyChange::State));
    assert_eq!(code(&world.open(&root(), &blob, context(&[])).await), "KMSInvalidStateException");
    world.clock.advance_days(7);
    world.kms.run_upkeep().await.unwrap();
    assert_eq!(told(&mut watch), changed(&arn, KeyChange::Deleted));
    assert_eq!(code(&world.open(&root(), &blob, context(&[])).await), "AccessDeniedException");
}

#[tokio::test]
async fn a_refused_change_and_a_dry_run_tell_nothing() {
    let world = World::new().await;
    let arn = world.key().await.arn;
    let granted = world.grant(&arn, &nobody(), &[GrantOperation::Decrypt]).await;
    let mut watch = world.kms.watch_keys(&service()).unwrap();
    told(&mut watch);
    world.kms.disable_key(&nobody(), arn.clone()).await.unwrap_err();
    let request = RevokeGrant { key_id: arn.clone(), grant_id: granted.grant_id.to_string(), dry_run: true };
    assert_eq!(code(&world.kms.revoke_grant(&root(), request).await), "DryRunOperationException");
    assert_eq!(told(&mut watch), []);
    assert!(world.describe(&root(), &arn).await.unwrap().state == crate::KeyState::Enabled);
}
