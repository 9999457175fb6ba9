//! The key-management domain through its public face: states, permissions, destruction, watchers, crashes and what lies
//! in the store.
#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use envelope::{EncryptionContext, OsEntropy, Plaintext, RootKey};
use fault::Fault as _;
use identity::{AccountId, Caller, PolicyDocument, Principal, PrincipalArn, Region, ServiceName};
use kms_core::ops::create_alias::CreateAlias;
use kms_core::ops::create_grant::CreateGrant;
use kms_core::ops::create_key::CreateKey;
use kms_core::ops::decrypt::Decrypt;
use kms_core::ops::describe_key::DescribeKey;
use kms_core::ops::encrypt::Encrypt;
use kms_core::ops::generate_data_key::GenerateDataKey;
use kms_core::ops::retire_grant::RetireGrant;
use kms_core::ops::revoke_grant::RevokeGrant;
use kms_core::ops::schedule_key_deletion::ScheduleKeyDeletion;
use kms_core::{
    Audit, AuditRecord, Constraints, DataKeySize, DataKeySpec, EncryptionAlgorithm, GrantOperation,
    KeyChange, Kms, KmsError, ManualClock, OpenError, Origin, Ports, Timestamp, WatchEvent,
};
use store::{
    Batch, CommitError, Direction, Effaceable, Entry, KeyRange, Limit, MemoryStore, Secret, SecretId, Store,
    StoreError,
};

const ROOT: [u8; 32] = [7; 32];
const ACCOUNT: &str = "000000000000";
const DYNAMODB: &str = "dynamodb.us-east-1.amazonaws.com";

struct Silence;

impl Audit for Silence {
    fn record(&self, _: &AuditRecord) {}
}

/// A memory store whose n-th commit fails, before or after it happened, as a process that dies there would see it.
struct Failing {
    inner: Arc<MemoryStore>,
    left: AtomicUsize,
    applies: bool,
}

#[async_trait]
impl Store for Failing {
    async fn get(&self, key: &[u8]) -> Result<Option<bytes::Bytes>, StoreError> {
        self.inner.get(key).await
    }

    async fn scan(
        &self,
        range: KeyRange,
        limit: Limit,
        direction: Direction,
    ) -> Result<Vec<Entry>, StoreError> {
        self.inner.scan(range, limit, direction).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let fails = self.left.fetch_sub(1, Ordering::SeqCst) == 1;
        if !fails || self.applies {
            self.inner.commit(batch).await?;
        }
        if fails { Err(CommitError::Store(StoreError::Closed)) } else { Ok(()) }
    }

    fn check(&self) -> Result<(), StoreError> {
        self.inner.check()
    }

    fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.inner.size_on_disk()
    }
}

#[async_trait]
impl Effaceable for Failing {
    async fn keep(&self, id: SecretId, secret: Secret) -> Result<(), StoreError> {
        self.inner.keep(id, secret).await
    }

    fn recall(&self, id: SecretId) -> Result<Option<Secret>, StoreError> {
        self.inner.recall(id)
    }

    async fn efface(&self, id: SecretId) -> Result<(), StoreError> {
        self.inner.efface(id).await
    }

    fn secrets(&self) -> Vec<SecretId> {
        self.inner.secrets()
    }
}

struct World {
    kms: Kms,
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
}

async fn open<S: Store + Effaceable>(
    store: Arc<S>,
    clock: Arc<ManualClock>,
    root: [u8; 32],
) -> Result<Kms, OpenError> {
    let ports = Ports {
        effaceable: store.clone(),
        store,
        clock,
        entropy: Arc::new(OsEntropy),
        audit: Arc::new(Silence),
    };
    let region: Region = "us-east-1".parse().unwrap();
    Kms::open(region, RootKey::from_slice(&root).unwrap(), ports).await
}

async fn world() -> World {
    let store = Arc::new(MemoryStore::new());
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_000_000)));
    let kms = open(store.clone(), clock.clone(), ROOT).await.unwrap();
    World { kms, store, clock }
}

fn root() -> Caller {
    Caller::direct(Arc::new(Principal::root(ACCOUNT.parse::<AccountId>().unwrap())))
}

fn user(name: &str, policy: &str) -> Caller {
    let arn: PrincipalArn = format!("arn:aws:iam::{ACCOUNT}:user/{name}").parse().unwrap();
    Caller::direct(Arc::new(Principal::user(arn, PolicyDocument::parse(policy).unwrap())))
}

fn policy(effect: &str, action: &str) -> String {
    format!(r#"{{"Statement": {{"Effect": "{effect}", "Action": "{action}", "Resource": "*"}}}}"#)
}

fn service() -> Caller {
    let name: ServiceName = DYNAMODB.parse().unwrap();
    let arn = PrincipalArn::of_service(&ACCOUNT.parse().unwrap(), &name);
    Caller::direct(Arc::new(Principal::service(
        arn,
        name,
        PolicyDocument::parse(&policy("Deny", "kms:Nothing")).unwrap(),
    )))
}

fn via(caller: &Caller) -> Caller {
    Caller::via(Arc::clone(&caller.principal), DYNAMODB.parse().unwrap())
}

fn table_context() -> EncryptionContext {
    [("aws:dynamodb:tableName".to_owned(), "Music".to_owned())].into_iter().collect()
}

fn new_key() -> CreateKey {
    CreateKey {
        description: "CanaryDescription".to_owned(),
        key_usage: None,
        key_spec: None,
        customer_master_key_spec: None,
        origin: Origin::AwsKms,
        tags: Vec::new(),
        policy: None,
        bypass_policy_lockout_safety_check: false,
        multi_region: false,
    }
}

impl World {
    async fn key(&self) -> String {
        self.kms.create_key(&root(), new_key()).await.unwrap().arn
    }

    async fn encrypt(&self, caller: &Caller, key: &str) -> Result<Vec<u8>, KmsError> {
        let request = Encrypt {
            key_id: key.to_owned(),
            plaintext: Plaintext::from_vec(b"CanaryPlaintext".to_vec()),
            context: table_context(),
            algorithm: EncryptionAlgorithm::SymmetricDefault,
            grant_tokens: Vec::new(),
            dry_run: false,
        };
        Ok(self.kms.encrypt(caller, request).await?.ciphertext_blob)
    }

    async fn decrypt(&self, caller: &Caller, blob: &[u8]) -> Result<Plaintext, KmsError> {
        let request = Decrypt {
            ciphertext_blob: blob.to_vec(),
            context: table_context(),
            key_id: None,
            algorithm: EncryptionAlgorithm::SymmetricDefault,
            grant_tokens: Vec::new(),
            dry_run: false,
            dry_run_modifiers: Vec::new(),
        };
        Ok(self.kms.decrypt(caller, request).await?.plaintext)
    }

    async fn data_key(&self, caller: &Caller, key: &str) -> Result<Vec<u8>, KmsError> {
        let request = GenerateDataKey {
            key_id: key.to_owned(),
            size: DataKeySize { spec: Some(DataKeySpec::Aes256), number_of_bytes: None },
            context: table_context(),
            grant_tokens: Vec::new(),
            dry_run: false,
        };
        Ok(self.kms.generate_data_key(caller, request).await?.ciphertext_blob)
    }

    async fn grant(&self, caller: &Caller, key: &str, grantee: &str) -> Result<String, KmsError> {
        let request = CreateGrant {
            key_id: key.to_owned(),
            grantee_principal: grantee.to_owned(),
            retiring_principal: None,
            operations: vec![GrantOperation::Encrypt, GrantOperation::Decrypt],
            constraints: Constraints { subset: Some(table_context()), equals: None },
            grant_tokens: Vec::new(),
            name: None,
            dry_run: false,
        };
        Ok(self.kms.create_grant(caller, request).await?.grant_id.to_string())
    }

    async fn alias(&self, name: &str, key: &str) -> Result<(), KmsError> {
        let request = CreateAlias { alias_name: name.to_owned(), target_key_id: key.to_owned() };
        self.kms.create_alias(&root(), request).await
    }

    async fn schedule(&self, caller: &Caller, key: &str) -> Result<(), KmsError> {
        let request = ScheduleKeyDeletion { key_id: key.to_owned(), pending_window_in_days: Some(7) };
        self.kms.schedule_key_deletion(caller, request).await.map(drop)
    }

    async fn describe(&self, key: &str) -> Result<kms_core::KeyMetadata, KmsError> {
        let request = DescribeKey { key_id: key.to_owned(), grant_tokens: Vec::new() };
        self.kms.describe_key(&root(), request).await
    }

    async fn records(&self) -> Vec<Entry> {
        self.store.scan(KeyRange::all(), Limit::NONE, Direction::Forward).await.unwrap()
    }
}

fn code<T>(result: Result<T, KmsError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.reason(),
    }
}

/// The table of AWS's developer guide, "Key states of AWS KMS keys", for the operations that exist.
#[tokio::test]
async fn every_operation_in_every_state() {
    const INVALID: &str = "KMSInvalidStateException";
    let rows = [
        ("Enabled", ["ok", "ok", "ok", "ok", "ok", "ok", "ok", INVALID, "ok"]),
        (
            "Disabled",
            [
                "DisabledException",
                "DisabledException",
                "DisabledException",
                "DisabledException",
                "DisabledException",
                "ok",
                "ok",
                INVALID,
                "ok",
            ],
        ),
        ("PendingDeletion", [INVALID, INVALID, INVALID, INVALID, INVALID, INVALID, INVALID, "ok", INVALID]),
    ];
    for (state, expected) in rows {
        for (at, expected) in expected.into_iter().enumerate() {
            let world = world().await;
            let key = world.key().await;
            let blob = world.encrypt(&root(), &key).await.unwrap();
            match state {
                "Enabled" => {}
                "Disabled" => world.kms.disable_key(&root(), key.clone()).await.unwrap(),
                _ => world.schedule(&root(), &key).await.unwrap(),
            }
            let got = match at {
                0 => code(world.encrypt(&root(), &key).await),
                1 => code(world.decrypt(&root(), &blob).await),
                2 => code(world.data_key(&root(), &key).await),
                3 => code(world.grant(&root(), &key, &format!("arn:aws:iam::{ACCOUNT}:user/bob")).await),
                4 => code(world.kms.rotate_key_on_demand(&root(), key.clone()).await),
                5 => code(world.kms.enable_key(&root(), key.clone()).await),
                6 => code(world.alias("alias/a", &key).await),
                7 => code(world.kms.cancel_key_deletion(&root(), key.clone()).await),
                _ => code(world.schedule(&root(), &key).await),
            };
            assert_eq!(got, expected, "operation {at} in {state}");
        }
    }
}

/// Who may decrypt with a customer key: root, the key policy's delegation to IAM, a grant; and nobody else.
#[tokio::test]
async fn every_kind_of_caller_on_a_customer_key() {
    let world = world().await;
    let key = world.key().await;
    let blob = world.encrypt(&root(), &key).await.unwrap();
    let nothing = user("nobody", &policy("Allow", "dynamodb:*"));
    let allowed = user("alice", &policy("Allow", "kms:Decrypt"));
    let denied = user(
        "mallory",
        r#"{"Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}]}"#,
    );
    let granted = user("bob", &policy("Allow", "dynamodb:*"));
    world.grant(&root(), &key, granted.principal.arn.as_str()).await.unwrap();
    world.grant(&root(), &key, denied.principal.arn.as_str()).await.unwrap();
    for (caller, may) in [
        (&root(), true),
        (&nothing, false),
        (&allowed, true),
        (&denied, false),
        (&granted, true),
        (&service(), false),
    ] {
        let expected = if may { "ok" } else { "AccessDeniedException" };
        assert_eq!(code(world.decrypt(caller, &blob).await), expected, "{caller:?}");
        assert_eq!(code(world.decrypt(&via(caller), &blob).await), expected, "via the service: {caller:?}");
    }
    assert_eq!(code(world.encrypt(&allowed, &key).await), "AccessDeniedException", "Decrypt is not Encrypt");
    assert_eq!(
        code(world.data_key(&granted, &key).await),
        "AccessDeniedException",
        "the grant does not say so"
    );
}

#[tokio::test]
async fn a_grant_binds_its_context_and_ends_when_revoked() {
    let world = world().await;
    let key = world.key().await;
    let bob = user("bob", &policy("Allow", "dynamodb:*"));
    let grant = world.grant(&root(), &key, bob.principal.arn.as_str()).await.unwrap();
    let blob = world.encrypt(&bob, &key).await.unwrap();
    let request = Encrypt {
        key_id: key.clone(),
        plaintext: Plaintext::from_vec(vec![1]),
        context: EncryptionContext::default(),
        algorithm: EncryptionAlgorithm::SymmetricDefault,
        grant_tokens: Vec::new(),
        dry_run: false,
    };
    assert_eq!(code(world.kms.encrypt(&bob, request).await), "AccessDeniedException");
    let mut watch = world.kms.watch_keys(&service()).unwrap();
    assert_eq!(watch.next().await, Some(WatchEvent::Started));
    let request = RevokeGrant { key_id: key.clone(), grant_id: grant, dry_run: false };
    world.kms.revoke_grant(&root(), request).await.unwrap();
    assert_eq!(code(world.decrypt(&bob, &blob).await), "AccessDeniedException", "at once");
    assert_eq!(watch.next().await, Some(WatchEvent::Changed { key_arn: key, change: KeyChange::Grant }));
}

#[tokio::test]
async fn a_service_that_gives_its_own_grant_back_is_not_told() {
    let world = world().await;
    let key = world.key().await;
    let grant = world.grant(&via(&root()), &key, DYNAMODB).await.unwrap();
    let mut watch = world.kms.watch_keys(&service()).unwrap();
    assert_eq!(watch.next().await, Some(WatchEvent::Started));
    let request =
        RetireGrant { grant_token: None, key_id: Some(key.clone()), grant_id: Some(grant), dry_run: false };
    // The grant does not say RetireGrant, so it is the issuing account that ends the first one, and that is news.
    world.kms.retire_grant(&root(), request).await.unwrap();
    assert!(matches!(watch.next().await, Some(WatchEvent::Changed { change: KeyChange::Grant, .. })));
    let request = CreateGrant {
        key_id: key.clone(),
        grantee_principal: DYNAMODB.to_owned(),
        retiring_principal: Some(DYNAMODB.to_owned()),
        operations: vec![GrantOperation::Decrypt],
        constraints: Constraints::default(),
        grant_tokens: Vec::new(),
        name: None,
        dry_run: false,
    };
    let own = world.kms.create_grant(&via(&root()), request).await.unwrap();
    let request = RetireGrant {
        grant_token: None,
        key_id: Some(key.clone()),
        grant_id: Some(own.grant_id.to_string()),
        dry_run: false,
    };
    world.kms.retire_grant(&service(), request).await.unwrap();
    world.kms.disable_key(&root(), key.clone()).await.unwrap();
    assert_eq!(watch.next().await, Some(WatchEvent::Changed { key_arn: key, change: KeyChange::State }));
}

#[tokio::test]
async fn the_managed_key_works_through_the_service_alone_and_cannot_be_managed() {
    let world = world().await;
    let managed = world.describe("alias/aws/dynamodb").await.unwrap().arn;
    assert_eq!(code(world.encrypt(&root(), "alias/aws/dynamodb").await), "AccessDeniedException");
    assert_eq!(code(world.encrypt(&via(&root()), "alias/aws/dynamodb").await), "ok");
    assert_eq!(code(world.kms.disable_key(&root(), managed.clone()).await), "AccessDeniedException");
    assert_eq!(code(world.schedule(&root(), &managed).await), "AccessDeniedException");
    assert_eq!(code(world.kms.rotate_key_on_demand(&root(), managed.clone()).await), "AccessDeniedException");
    assert_ne!(code(world.alias("alias/mine", &managed).await), "ok");
}

#[tokio::test]
async fn the_owned_key_is_the_services_own_and_nobody_elses() {
    const OWNED: &str = "alias/aws/owned/dynamodb";
    let world = world().await;
    let blob = world.data_key(&service(), OWNED).await.unwrap();
    assert_eq!(code(world.decrypt(&service(), &blob).await), "ok");
    for caller in [root(), via(&root())] {
        assert_eq!(code(world.data_key(&caller, OWNED).await), "NotFoundException");
        assert_eq!(code(world.decrypt(&caller, &blob).await), "AccessDeniedException");
    }
    let listed = world.kms.list_keys(&root(), kms_core::ops::list_keys::ListKeys::default()).await.unwrap();
    assert!(listed.items.is_empty());
}

#[tokio::test]
async fn a_due_deletion_destroys_the_material_and_all_that_hangs_on_it() {
    let world = world().await;
    let empty = world.records().await.len();
    let key = world.key().await;
    let other = world.key().await;
    let blob = world.encrypt(&root(), &key).await.unwrap();
    world.alias("alias/doomed", &key).await.unwrap();
    world.grant(&root(), &key, &format!("arn:aws:iam::{ACCOUNT}:user/bob")).await.unwrap();
    let before = world.records().await.len();
    let mut watch = world.kms.watch_keys(&service()).unwrap();
    world.schedule(&root(), &key).await.unwrap();
    assert_eq!(watch.next().await, Some(WatchEvent::Started));
    assert!(matches!(watch.next().await, Some(WatchEvent::Changed { change: KeyChange::State, .. })));
    world.clock.advance_days(6);
    assert_eq!(world.kms.run_upkeep().await.unwrap().destroyed, 0);
    world.clock.advance_days(2);
    assert_eq!(world.kms.run_upkeep().await.unwrap().destroyed, 1);
    assert!(matches!(watch.next().await, Some(WatchEvent::Changed { change: KeyChange::Deleted, .. })));
    assert_eq!(code(world.describe(&key).await), "NotFoundException");
    assert_eq!(code(world.describe("alias/doomed").await), "NotFoundException");
    assert_eq!(code(world.decrypt(&root(), &blob).await), "AccessDeniedException");
    // Gone are the key, its material, its alias and its grant; the other key's two records stay.
    assert_eq!((before - empty, world.records().await.len() - empty), (6, 2));
    assert_eq!(code(world.encrypt(&root(), &other).await), "ok");
    let again = open(world.store.clone(), world.clock.clone(), ROOT).await.unwrap();
    let request = DescribeKey { key_id: key, grant_tokens: Vec::new() };
    assert_eq!(code(again.describe_key(&root(), request).await), "NotFoundException");
}

#[tokio::test]
async fn rotation_makes_new_material_and_old_blobs_still_open() {
    let world = world().await;
    let key = world.key().await;
    let blob = world.encrypt(&root(), &key).await.unwrap();
    let first = world.describe(&key).await.unwrap().current_material_id;
    world.kms.rotate_key_on_demand(&root(), key.clone()).await.unwrap();
    assert_ne!(world.describe(&key).await.unwrap().current_material_id, first);
    assert_eq!(world.decrypt(&root(), &blob).await.unwrap().expose(), b"CanaryPlaintext");
    let again = World { kms: open(world.store.clone(), world.clock.clone(), ROOT).await.unwrap(), ..world };
    assert_eq!(again.decrypt(&root(), &blob).await.unwrap().expose(), b"CanaryPlaintext");
}

#[tokio::test]
async fn a_blob_altered_in_any_byte_does_not_open_and_says_nothing() {
    let world = world().await;
    let key = world.key().await;
    let blob = world.encrypt(&root(), &key).await.unwrap();
    for at in 0..blob.len() {
        let mut altered = blob.clone();
        altered[at] ^= 1;
        let error = world.decrypt(&root(), &altered).await.err().unwrap();
        assert!(
            ["InvalidCiphertextException", "AccessDeniedException"].contains(&error.reason()),
            "byte {at}"
        );
        assert!(error.reason() != "InvalidCiphertextException" || error.public_message().is_empty());
    }
    for cut in 0..blob.len() {
        assert_ne!(code(world.decrypt(&root(), &blob[..cut]).await), "ok");
    }
}

#[tokio::test]
async fn the_wrong_root_key_and_damaged_records_are_told_apart() {
    let world = world().await;
    let key = world.key().await;
    world.alias("alias/canary-alias", &key).await.unwrap();
    let wrong = open(world.store.clone(), world.clock.clone(), [8; 32]).await;
    assert!(matches!(wrong, Err(OpenError::WrongRootKey)));
    for entry in world.records().await {
        for canary in [&b"CanaryDescription"[..], b"CanaryPlaintext", b"canary-alias", &ROOT] {
            let found = |bytes: &[u8]| bytes.windows(canary.len()).any(|window| window == canary);
            assert!(!found(&entry.key) && !found(&entry.value));
        }
        let mut altered = entry.value.to_vec();
        let last = altered.len() - 1;
        altered[last] ^= 1;
        let mut batch = Batch::new();
        batch.put(entry.key.clone(), altered);
        world.store.commit(batch).await.unwrap();
        assert!(open(world.store.clone(), world.clock.clone(), ROOT).await.is_err(), "{:?}", entry.key);
        let mut batch = Batch::new();
        batch.put(entry.key.clone(), entry.value.clone());
        world.store.commit(batch).await.unwrap();
    }
    assert!(open(world.store.clone(), world.clock.clone(), ROOT).await.is_ok());
}

/// Fails the n-th commit, before or after it happened, for every n until a run is clean; what is there afterwards always
/// opens, and every operation is there wholly or not at all.
#[tokio::test]
async fn dying_at_any_commit_leaves_a_store_that_opens() {
    for applies in [false, true] {
        for n in 1.. {
            let inner = Arc::new(MemoryStore::new());
            let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_000_000)));
            let store = Arc::new(Failing { inner: inner.clone(), left: AtomicUsize::new(n), applies });
            let done = life(store.clone(), clock.clone()).await;
            let world =
                World { kms: open(inner.clone(), clock.clone(), ROOT).await.unwrap(), store: inner, clock };
            let again = life(world.store.clone(), world.clock.clone()).await;
            assert!(again, "a second life after failure {n} (applies: {applies})");
            if done {
                assert!(n > 5, "the life has that many commits");
                break;
            }
        }
    }
}

/// Some of everything; false if the store failed on the way.
async fn life<S: Store + Effaceable>(store: Arc<S>, clock: Arc<ManualClock>) -> bool {
    let Ok(kms) = open(store, clock.clone(), ROOT).await else { return false };
    let world = World { kms, store: Arc::new(MemoryStore::new()), clock };
    let all = async {
        let key = world.kms.create_key(&root(), new_key()).await?.arn;
        let blob = world.encrypt(&root(), &key).await?;
        world.grant(&root(), &key, &format!("arn:aws:iam::{ACCOUNT}:user/bob")).await?;
        world.kms.rotate_key_on_demand(&root(), key.clone()).await?;
        world.kms.disable_key(&root(), key.clone()).await?;
        world.kms.enable_key(&root(), key.clone()).await?;
        world.decrypt(&root(), &blob).await?;
        world.data_key(&service(), "alias/aws/owned/dynamodb").await?;
        world.schedule(&root(), &key).await?;
        world.clock.advance_days(8);
        world.kms.run_upkeep().await.map(drop)
    };
    all.await.is_ok()
}
