//! Two accounts on one service: each has its own keys, aliases, grants and lists, and the other's only where it was let in.

use identity::Caller;

use crate::{
    GrantOperation, PageRequest,
    ops::{
        create_alias::CreateAlias, decrypt::Decrypt, list_aliases::ListAliases, list_grants::ListGrants,
        retire_grant::RetireGrant, revoke_grant::RevokeGrant, update_alias::UpdateAlias,
    },
    testing::*,
};

const DENIED: &str = "AccessDeniedException";
const NOT_FOUND: &str = "NotFoundException";

/// A user of the other account whose policy allows everything.
fn their_user() -> Caller {
    let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:user/ann").parse().unwrap();
    let policy = identity::PolicyDocument::allow_all();
    Caller::direct(std::sync::Arc::new(identity::Principal::user(arn, policy)))
}

#[tokio::test]
async fn another_accounts_key_is_not_there_by_id_and_denied_by_arn() {
    let world = World::new().await;
    let key = world.key().await;
    let blob = world.seal(&key.arn, b"x", context(&[])).await;
    for caller in [stranger(), their_user(), via(&stranger())] {
        let attempt = async |name: &str| {
            let named = Decrypt { key_id: Some(name.to_owned()), ..decrypt(&blob, context(&[])) };
            let grants = ListGrants { key_id: name.to_owned(), ..Default::default() };
            [
                code(&world.describe(&caller, name).await),
                code(&world.kms.encrypt(&caller, encrypt(name, b"x", context(&[]))).await),
                code(&world.kms.decrypt(&caller, named).await),
                code(&world.kms.generate_data_key(&caller, data_key(name, context(&[]))).await),
                code(&world.kms.disable_key(&caller, name.to_owned()).await),
                code(&world.kms.schedule_key_deletion(&caller, schedule(name, 7)).await),
                code(&world.kms.list_grants(&caller, grants).await),
            ]
        };
        // A bare id is one of the caller's own account.
        assert_eq!(attempt(&key.key_id.to_string()).await, [NOT_FOUND; 7]);
        assert_eq!(attempt(&key.arn).await, [DENIED; 7]);
        // An ARN that puts the key into the wrong account names nothing.
        assert_eq!(attempt(&key.arn.replace(ACCOUNT, OTHER_ACCOUNT)).await, [NOT_FOUND; 7]);
        assert_eq!(code(&world.open(&caller, &blob, context(&[])).await), DENIED, "the blob names it");
    }
}

/// Whether the other account has a key is told to nobody who may not use it, whatever is asked, and whatever else is wrong.
#[tokio::test]
async fn a_key_of_another_account_is_refused_as_if_it_were_not_there() {
    let world = World::new().await;
    let (here, none) = (
        world.key().await.arn,
        format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-4cd4-a123-456a12a34567"),
    );
    world.alias("alias/here", &here).await;
    let alias = |name: &str| format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/{name}");
    let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:user/dan").parse().unwrap();
    let policy = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    let denied = Caller::direct(std::sync::Arc::new(identity::Principal::user(arn, policy.parse().unwrap())));
    for caller in [stranger(), their_user(), via(&stranger()), denied] {
        let attempt = async |key: &str| {
            let key = || key.to_owned();
            let grant_id = Some("0".repeat(64));
            let retire = RetireGrant { key_id: Some(key()), grant_id, ..RetireGrant::default() };
            let revoke = RevokeGrant { key_id: key(), grant_id: "0".repeat(64), dry_run: false };
            let nobodys = grant(&key(), "nobody", &[GrantOperation::Decrypt]);
            [
                refusal(world.kms.schedule_key_deletion(&caller, schedule(&key(), 7)).await),
                refusal(world.kms.retire_grant(&caller, retire).await),
                refusal(world.kms.revoke_grant(&caller, revoke).await),
                refusal(world.kms.create_grant(&caller, nobodys).await),
                refusal(
                    world
                        .kms
                        .list_aliases(&caller, ListAliases { key_id: Some(key()), ..Default::default() })
                        .await,
                ),
            ]
        };
        assert_eq!(attempt(&here).await, attempt(&none).await);
        let named = async |name: &str| {
            [
                refusal(world.describe(&caller, name).await),
                refusal(world.kms.encrypt(&caller, encrypt(name, b"x", context(&[]))).await),
                refusal(world.kms.generate_data_key(&caller, data_key(name, context(&[]))).await),
            ]
        };
        let expected = named(&none).await;
        assert!(expected.iter().all(|(code, _)| *code == DENIED), "{expected:?}");
        for name in [here.clone(), alias("here"), alias("none")] {
            assert_eq!(named(&name).await, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn lists_and_aliases_are_those_of_the_account() {
    let world = World::new().await;
    let ours = world.key().await.arn;
    let theirs = world.kms.create_key(&stranger(), create_key()).await.unwrap().arn;
    world.alias("alias/x", &ours).await;
    let request = CreateAlias { alias_name: "alias/x".to_owned(), target_key_id: theirs.clone() };
    world.kms.create_alias(&their_user(), request).await.unwrap();

    for (caller, own, other_account) in [(root(), &ours, OTHER_ACCOUNT), (their_user(), &theirs, ACCOUNT)] {
        let keys = world.kms.list_keys(&caller, PageRequest::default()).await.unwrap().items;
        assert_eq!(keys.iter().map(|key| &key.key_arn).collect::<Vec<_>>(), [own]);
        let aliases = world.kms.list_aliases(&caller, ListAliases::default()).await.unwrap().items;
        let names: Vec<_> = aliases.iter().map(|alias| alias.name.as_str()).collect();
        assert_eq!(names, [MANAGED_ALIAS, "alias/x"]);
        assert_eq!(world.describe(&caller, "alias/x").await.unwrap().arn, *own);
        let their_alias = format!("arn:aws:kms:{REGION}:{other_account}:alias/x");
        assert_eq!(code(&world.describe(&caller, &their_alias).await), DENIED);
    }
    // A service, which is at home in every account, finds no other account's in its own list.
    let arn = identity::PrincipalArn::of_service(&account(), &dynamodb());
    let policy = identity::PolicyDocument::allow_all();
    let service = identity::Principal::service(arn, dynamodb(), policy);
    let request = ListAliases { key_id: Some(theirs.clone()), ..ListAliases::default() };
    let listed = world.kms.list_aliases(&Caller::direct(std::sync::Arc::new(service)), request).await;
    assert_eq!(code(&listed), DENIED);
    // Neither moves the other's alias, nor points one of its own at the other's key.
    let request = UpdateAlias { alias_name: "alias/x".to_owned(), target_key_id: ours.clone() };
    assert_eq!(code(&world.kms.update_alias(&their_user(), request).await), DENIED);
    world.kms.delete_alias(&their_user(), "alias/x".to_owned()).await.unwrap();
    assert_eq!(world.describe(&root(), "alias/x").await.unwrap().arn, ours);
}

/// A grant lets a principal of another account in, by the key's ARN, for what it names and for nothing else.
#[tokio::test]
async fn a_grant_reaches_across_accounts() {
    let world = World::new().await;
    let key = world.key().await.arn;
    let blob = world.seal(&key, b"x", context(&[])).await;
    let made =
        world.grant(&key, &their_user(), &[GrantOperation::Decrypt, GrantOperation::DescribeKey]).await;
    assert_eq!(world.open(&their_user(), &blob, context(&[])).await.unwrap().plaintext.expose(), b"x");
    assert_eq!(world.describe(&their_user(), &key).await.unwrap().account.as_str(), ACCOUNT);
    let sealed = world.kms.encrypt(&their_user(), encrypt(&key, b"x", context(&[]))).await;
    assert_eq!(code(&sealed), DENIED, "not named by the grant");
    assert_eq!(code(&world.open(&stranger(), &blob, context(&[])).await), DENIED, "nor is their root");
    let request = RevokeGrant { key_id: key.clone(), grant_id: made.grant_id.to_string(), dry_run: false };
    assert_eq!(code(&world.kms.revoke_grant(&stranger(), request.clone()).await), DENIED);
    world.kms.revoke_grant(&root(), request).await.unwrap();
    assert_eq!(code(&world.open(&their_user(), &blob, context(&[])).await), DENIED);
}
