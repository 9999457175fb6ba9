//! What the tests share: a service on a store that can be made to fail, a clock that stands still, and callers of
//! every kind.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use envelope::{EncryptionContext, Plaintext, RootKey, SeededEntropy};
use fault::Fault;
use identity::{AccountId, Caller, PolicyDocument, Principal, PrincipalArn, Region, ServiceName};
use store::{
    Batch, CommitError, Direction, Effaceable, Entry, KeyRange, Limit, MemoryStore, Secret, SecretId, Store,
    StoreError,
};

use crate::{
    Audit, AuditRecord, Constraints, DataKeySize, DataKeySpec, EncryptionAlgorithm, GrantOperation,
    KeyMetadata, KeySpec, KeyUsage, Kms, KmsError, MacAlgorithm, ManualClock, OpenError, Origin, PageRequest,
    Ports, Timestamp, WatchEvent,
    authorize::{Admitted, may},
    ops::{
        create_alias::CreateAlias,
        create_grant::{CreateGrant, CreatedGrant},
        create_key::CreateKey,
        decrypt::{Decrypt, Decrypted},
        describe_key::DescribeKey,
        encrypt::Encrypt,
        generate_data_key::GenerateDataKey,
        generate_mac::{GenerateMac, GeneratedMac},
        get_key_policy::GetKeyPolicy,
        list_aliases::ListAliases,
        list_grants::ListGrants,
        list_resource_tags::ListResourceTags,
        re_encrypt::ReEncrypt,
        schedule_key_deletion::ScheduleKeyDeletion,
    },
};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const OTHER_ACCOUNT: &str = "444455556666";
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const MANAGED_ALIAS: &str = "alias/aws/dynamodb";
pub(crate) const OWNED_ALIAS: &str = "alias/aws/owned/dynamodb";
pub(crate) const ROOT_KEY: [u8; 32] = [0x5a; 32];

/// A service with everything around it in the test's hands.
pub(crate) struct World {
    pub(crate) kms: Kms,
    pub(crate) store: Arc<FragileStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) audit: Arc<Recorder>,
    entropy: Arc<SeededEntropy>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(Arc::new(FragileStore::default())).await
    }

    pub(crate) async fn on(store: Arc<FragileStore>) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let audit = Arc::new(Recorder::default());
        let entropy = Arc::new(SeededEntropy::danger_predictable(20_251));
        let kms = open(&store, &clock, &audit, &entropy, ROOT_KEY).await.unwrap();
        Self { kms, store, clock, audit, entropy }
    }

    /// Another service on the same store: what a restart would find.
    pub(crate) async fn reopened(&self) -> Result<Kms, OpenError> {
        self.reopened_with(ROOT_KEY).await
    }

    pub(crate) async fn reopened_with(&self, root: [u8; 32]) -> Result<Kms, OpenError> {
        open(&self.store, &self.clock, &self.audit, &self.entropy, root).await
    }

    pub(crate) async fn restart(&mut self) {
        self.kms = self.reopened().await.unwrap();
    }

    pub(crate) async fn key(&self) -> KeyMetadata {
        self.kms.create_key(&root(), create_key()).await.unwrap()
    }
}

async fn open(
    store: &Arc<FragileStore>,
    clock: &Arc<ManualClock>,
    audit: &Arc<Recorder>,
    entropy: &Arc<SeededEntropy>,
    root: [u8; 32],
) -> Result<Kms, OpenError> {
    let ports = Ports {
        store: store.clone(),
        effaceable: store.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
        audit: audit.clone(),
    };
    Kms::open(region(), RootKey::from_slice(&root).unwrap(), ports).await
}

/// Keeps every audit record.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Vec<AuditRecord>>);

impl Audit for Recorder {
    fn record(&self, record: &AuditRecord) {
        self.0.lock().unwrap().push(record.clone());
    }
}

impl Recorder {
    pub(crate) fn last(&self) -> AuditRecord {
        self.0.lock().unwrap().last().unwrap().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The records behind the first `count`.
    pub(crate) fn since(&self, count: usize) -> Vec<AuditRecord> {
        self.0.lock().unwrap()[count..].to_vec()
    }
}

/// How a commit is made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing is written.
    Before,
    /// Everything is written, and the answer is lost.
    After,
    /// The store refuses the whole batch, and says that nothing is written.
    Refused,
    /// Everything is written, and whoever waits for the answer is torn down.
    Panic,
}

/// A store whose n-th commit fails.
#[derive(Default)]
pub(crate) struct FragileStore {
    inner: MemoryStore,
    commits: AtomicUsize,
    plan: Mutex<Option<(usize, Failure)>>,
    /// After the failure nothing works until it is mended, as with a real engine.
    stays_broken: AtomicBool,
    broken: AtomicBool,
    /// The disk of the secrets refuses.
    pub(crate) secrets_fail: AtomicBool,
}

impl FragileStore {
    pub(crate) fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }

    /// The `nth` commit from now on fails (0 is the next).
    pub(crate) fn fail(&self, nth: usize, failure: Failure, stays_broken: bool) {
        *self.plan.lock().unwrap() = Some((self.commits() + nth, failure));
        self.stays_broken.store(stays_broken, Ordering::SeqCst);
    }

    pub(crate) fn mend(&self) {
        *self.plan.lock().unwrap() = None;
        self.broken.store(false, Ordering::SeqCst);
    }

    pub(crate) async fn entries(&self) -> Vec<Entry> {
        self.inner.scan(KeyRange::all(), Limit::NONE, Direction::Forward).await.unwrap()
    }

    /// Writes behind the service's back.
    pub(crate) async fn tamper(&self, change: impl FnOnce(&mut Batch) -> &mut Batch) {
        let mut batch = Batch::new();
        change(&mut batch);
        self.inner.commit(batch).await.unwrap();
    }

    fn check_secrets(&self) -> Result<(), StoreError> {
        if self.secrets_fail.load(Ordering::SeqCst) { Err(StoreError::DiskFull) } else { self.check_broken() }
    }

    fn check_broken(&self) -> Result<(), StoreError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::Poisoned { cause: "the test broke it".into() });
        }
        Ok(())
    }
}

#[async_trait]
impl Store for FragileStore {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.check_broken()?;
        self.inner.get(key).await
    }

    async fn scan(
        &self,
        range: KeyRange,
        limit: Limit,
        direction: Direction,
    ) -> Result<Vec<Entry>, StoreError> {
        self.check_broken()?;
        self.inner.scan(range, limit, direction).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.check_broken()?;
        // A real commit waits; whoever holds a lock over it that it should not is found out.
        tokio::task::yield_now().await;
        let number = self.commits.fetch_add(1, Ordering::SeqCst);
        let plan = *self.plan.lock().unwrap();
        let failure = plan.filter(|(nth, _)| *nth == number).map(|(_, failure)| failure);
        if failure == Some(Failure::Refused) {
            return Err(CommitError::Store(StoreError::DiskFull));
        }
        if failure != Some(Failure::Before) {
            self.inner.commit(batch).await?;
        }
        assert!(failure != Some(Failure::Panic), "the test tore it down");
        if failure.is_some() {
            self.broken.store(self.stays_broken.load(Ordering::SeqCst), Ordering::SeqCst);
            return Err(CommitError::Store(StoreError::Poisoned { cause: "the test failed it".into() }));
        }
        Ok(())
    }

    fn check(&self) -> Result<(), StoreError> {
        self.check_broken()
    }

    fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.inner.size_on_disk()
    }
}

#[async_trait]
impl Effaceable for FragileStore {
    async fn keep(&self, id: SecretId, secret: Secret) -> Result<(), StoreError> {
        self.check_secrets()?;
        self.inner.keep(id, secret).await
    }

    fn recall(&self, id: SecretId) -> Result<Option<Secret>, StoreError> {
        self.inner.recall(id)
    }

    async fn efface(&self, id: SecretId) -> Result<(), StoreError> {
        self.check_secrets()?;
        self.inner.efface(id).await
    }

    fn secrets(&self) -> Vec<SecretId> {
        self.inner.secrets()
    }
}

pub(crate) fn region() -> Region {
    REGION.parse().unwrap()
}

pub(crate) fn account() -> AccountId {
    ACCOUNT.parse().unwrap()
}

/// The account's root.
pub(crate) fn root() -> Caller {
    Caller::direct(Arc::new(Principal::root(account())))
}

/// Another account's root.
pub(crate) fn stranger() -> Caller {
    Caller::direct(Arc::new(Principal::root(OTHER_ACCOUNT.parse().unwrap())))
}

pub(crate) fn user_arn(name: &str) -> PrincipalArn {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}").parse().unwrap()
}

/// A user with a policy of `Effect: action` pairs on every resource.
pub(crate) fn user(name: &str, statements: &[(&str, &str)]) -> Caller {
    let statements = statements
        .iter()
        .map(|(effect, action)| format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}"#));
    let statements = statements.collect::<Vec<_>>().join(",");
    let policy = match statements.is_empty() {
        true => PolicyDocument::default(),
        false => PolicyDocument::parse(&format!(r#"{{"Statement":[{statements}]}}"#)).unwrap(),
    };
    Caller::direct(Arc::new(Principal::user(user_arn(name), policy)))
}

/// A user whom nothing but grants allow anything.
pub(crate) fn nobody() -> Caller {
    user("nobody", &[])
}

pub(crate) fn dynamodb() -> ServiceName {
    ServiceName::dynamodb(&region())
}

/// The table service, acting for itself.
pub(crate) fn service() -> Caller {
    service_named(dynamodb())
}

pub(crate) fn service_named(name: ServiceName) -> Caller {
    let arn = PrincipalArn::of_service(&account(), &name);
    Caller::direct(Arc::new(Principal::service(arn, name, PolicyDocument::default())))
}

/// The same principal, through the table service.
pub(crate) fn via(caller: &Caller) -> Caller {
    Caller::via(caller.principal.clone(), dynamodb())
}

pub(crate) fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    pairs.iter().copied().collect()
}

pub(crate) fn create_key() -> CreateKey {
    CreateKey {
        description: String::new(),
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

pub(crate) fn encrypt(key_id: &str, plaintext: &[u8], context: EncryptionContext) -> Encrypt {
    Encrypt {
        key_id: key_id.to_owned(),
        plaintext: Plaintext::from_vec(plaintext.to_vec()),
        context,
        algorithm: EncryptionAlgorithm::SymmetricDefault,
        grant_tokens: Vec::new(),
        dry_run: false,
    }
}

pub(crate) fn decrypt(blob: &[u8], context: EncryptionContext) -> Decrypt {
    Decrypt {
        ciphertext_blob: blob.to_vec(),
        context,
        key_id: None,
        algorithm: EncryptionAlgorithm::SymmetricDefault,
        grant_tokens: Vec::new(),
        dry_run: false,
        dry_run_modifiers: Vec::new(),
    }
}

pub(crate) fn re_encrypt(blob: &[u8], context: EncryptionContext, to: &str) -> ReEncrypt {
    ReEncrypt {
        ciphertext_blob: blob.to_vec(),
        source_context: context.clone(),
        source_key_id: None,
        source_algorithm: EncryptionAlgorithm::SymmetricDefault,
        destination_key_id: to.to_owned(),
        destination_context: context,
        destination_algorithm: EncryptionAlgorithm::SymmetricDefault,
        grant_tokens: Vec::new(),
        dry_run: false,
        dry_run_modifiers: Vec::new(),
    }
}

pub(crate) fn data_key(key_id: &str, context: EncryptionContext) -> GenerateDataKey {
    GenerateDataKey {
        key_id: key_id.to_owned(),
        size: DataKeySize { spec: Some(DataKeySpec::Aes256), number_of_bytes: None },
        context,
        grant_tokens: Vec::new(),
        dry_run: false,
    }
}

pub(crate) fn grant(key_id: &str, grantee: &str, operations: &[GrantOperation]) -> CreateGrant {
    CreateGrant {
        key_id: key_id.to_owned(),
        grantee_principal: grantee.to_owned(),
        retiring_principal: None,
        operations: operations.to_vec(),
        constraints: Constraints::default(),
        grant_tokens: Vec::new(),
        name: None,
        dry_run: false,
    }
}

pub(crate) fn schedule(key_id: &str, days: i32) -> ScheduleKeyDeletion {
    ScheduleKeyDeletion { key_id: key_id.to_owned(), pending_window_in_days: Some(days) }
}

pub(crate) fn generate(key_id: &str, message: &[u8], mac_algorithm: MacAlgorithm) -> GenerateMac {
    GenerateMac {
        message: Plaintext::from_vec(message.to_vec()),
        key_id: key_id.to_owned(),
        mac_algorithm,
        grant_tokens: Vec::new(),
        dry_run: false,
    }
}

impl KeyMetadata {
    /// The material of a key that encrypts.
    pub(crate) fn material(&self) -> String {
        self.current_material_id.clone().unwrap()
    }
}

/// Short forms, for tests that are about something else.
impl World {
    pub(crate) async fn hmac_key(&self, key_spec: KeySpec) -> KeyMetadata {
        let request = CreateKey {
            key_spec: Some(key_spec),
            key_usage: Some(KeyUsage::GenerateVerifyMac),
            ..create_key()
        };
        self.kms.create_key(&root(), request).await.unwrap()
    }

    /// A code that is computed behind the service's back, so that it is on no record.
    pub(crate) fn mac_of(&self, key_arn: &str, message: &[u8]) -> Vec<u8> {
        let computed = self.kms.look(|view| {
            let entry = view.key::<may::GenerateMac>(&root(), key_arn)?;
            Ok(Admitted::<may::GenerateMac>::danger_assumed(entry).mac_key()?.code(message))
        });
        computed.unwrap()
    }

    pub(crate) async fn mac(
        &self,
        key_id: &str,
        message: &[u8],
        mac_algorithm: MacAlgorithm,
    ) -> Result<GeneratedMac, KmsError> {
        self.kms.generate_mac(&root(), generate(key_id, message, mac_algorithm)).await
    }

    pub(crate) async fn describe(&self, caller: &Caller, key_id: &str) -> Result<KeyMetadata, KmsError> {
        let request = DescribeKey { key_id: key_id.to_owned(), grant_tokens: Vec::new() };
        self.kms.describe_key(caller, request).await
    }

    pub(crate) async fn seal(&self, key_id: &str, plaintext: &[u8], context: EncryptionContext) -> Vec<u8> {
        self.kms.encrypt(&root(), encrypt(key_id, plaintext, context)).await.unwrap().ciphertext_blob
    }

    pub(crate) async fn open(
        &self,
        caller: &Caller,
        blob: &[u8],
        context: EncryptionContext,
    ) -> Result<Decrypted, KmsError> {
        self.kms.decrypt(caller, decrypt(blob, context)).await
    }

    pub(crate) async fn alias(&self, name: &str, target: &str) {
        let request = CreateAlias { alias_name: name.to_owned(), target_key_id: target.to_owned() };
        self.kms.create_alias(&root(), request).await.unwrap();
    }

    pub(crate) async fn grant(
        &self,
        key_id: &str,
        grantee: &Caller,
        operations: &[GrantOperation],
    ) -> CreatedGrant {
        let request = grant(key_id, grantee.principal.arn.as_str(), operations);
        self.kms.create_grant(&root(), request).await.unwrap()
    }
}

/// The AWS code and the text.
pub(crate) fn refusal<T>(outcome: Result<T, KmsError>) -> (&'static str, String) {
    match outcome {
        Ok(_) => panic!("this should have been refused"),
        Err(error) => (error.reason(), error.public_message().into_owned()),
    }
}

/// The AWS code, or `ok`.
pub(crate) fn code<T>(outcome: &Result<T, KmsError>) -> &'static str {
    outcome.as_ref().err().map_or("ok", Fault::reason)
}

/// Everything that an account's root can see, as text.
pub(crate) async fn everything(kms: &Kms, caller: &Caller) -> String {
    let page = PageRequest { limit: Some(1000), marker: None };
    let mut text = String::new();
    for key in kms.list_keys(caller, page).await.unwrap().items {
        let id = key.key_id.to_string();
        let request = DescribeKey { key_id: id.clone(), grant_tokens: Vec::new() };
        text += &format!("{:?}\n", kms.describe_key(caller, request).await.unwrap());
        let request = ListResourceTags { key_id: id.clone(), ..Default::default() };
        text += &format!("  {:?}\n", kms.list_resource_tags(caller, request).await.unwrap().items);
        let request = GetKeyPolicy { key_id: id.clone(), ..Default::default() };
        text += &format!("  {:?}\n", kms.get_key_policy(caller, request).await.unwrap());
        text += &format!("  {:?}\n", kms.get_key_rotation_status(caller, id.clone()).await.unwrap());
        let request = ListGrants { key_id: id, ..Default::default() };
        for grant in kms.list_grants(caller, request).await.unwrap().items {
            text += &format!("  {grant:?}\n");
        }
    }
    for alias in kms.list_aliases(caller, ListAliases::default()).await.unwrap().items {
        text += &format!("{alias:?}\n");
    }
    text
}

/// What a watcher has been told by now.
pub(crate) fn told(watch: &mut crate::Watch) -> Vec<WatchEvent> {
    let mut events = Vec::new();
    while let Some(Some(event)) = now_or_never(watch.next()) {
        events.push(event);
    }
    events
}

/// What a future answers without waiting.
pub(crate) fn now_or_never<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}
