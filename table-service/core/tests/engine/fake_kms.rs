//! A key-management service in memory: real wrapping, and every way to say no.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use envelope::{BackingKey, Blob, EncryptionContext, OsEntropy, TableKey, blob};
use table_core::kms::{
    Actor, KeyInfo, KeyService, KeyState, KmsFailure, MANAGED_KEY_ALIAS, NewTableKey, OWNED_KEY_NAME, Refusal,
};
use tokio::sync::oneshot;

pub(crate) struct FakeKms {
    state: Mutex<State>,
}

struct State {
    keys: BTreeMap<String, Key>,
    grants: BTreeSet<(String, String)>,
    /// Principals that may use no key, or not this one.
    denied: BTreeSet<(String, Option<String>)>,
    silent: bool,
    /// No new keys for the time being: holds a switch where it is.
    stuck: bool,
    /// The next unwrapping waits for this before it answers; the answer may be lost then.
    held: Option<(oneshot::Receiver<()>, Answer)>,
    /// The next unwrapping in the service's own name is refused.
    service_refused: bool,
    /// So many grants are made and their answers lost.
    lost_grants: usize,
    /// The next answer of each kind waits for this, although it is decided.
    late: BTreeMap<Call, oneshot::Receiver<()>>,
    calls: usize,
    next: u8,
}

/// The calls whose answers can be late.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Generate,
    Unwrap,
}

#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Given,
    Lost,
}

struct Key {
    backing: BackingKey,
    id: [u8; 16],
    state: Option<KeyState>,
}

pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:kms:us-east-1:000000000000:key/{name}")
}

impl FakeKms {
    pub(crate) fn new(customer_keys: &[&str]) -> Self {
        let state = State {
            keys: BTreeMap::new(),
            grants: BTreeSet::new(),
            denied: BTreeSet::new(),
            silent: false,
            stuck: false,
            held: None,
            service_refused: false,
            lost_grants: 0,
            late: BTreeMap::new(),
            calls: 0,
            next: 1,
        };
        let kms = Self { state: Mutex::new(state) };
        for name in ["owned", "managed"].iter().chain(customer_keys) {
            let mut state = kms.state.lock().unwrap();
            let id = [state.next; 16];
            state.next += 1;
            let key = Key { backing: BackingKey::generate(&OsEntropy), id, state: Some(KeyState::Enabled) };
            state.keys.insert(arn(name), key);
        }
        kms
    }

    /// None destroys the key.
    pub(crate) fn set_state(&self, name: &str, state: Option<KeyState>) {
        self.state.lock().unwrap().keys.get_mut(&arn(name)).unwrap().state = state;
    }

    pub(crate) fn deny(&self, principal: &str) {
        self.state.lock().unwrap().denied.insert((principal.to_owned(), None));
    }

    pub(crate) fn deny_key(&self, principal: &str, name: &str) {
        self.state.lock().unwrap().denied.insert((principal.to_owned(), Some(arn(name))));
    }

    pub(crate) fn allow(&self, principal: &str) {
        self.state.lock().unwrap().denied.retain(|(denied, _)| denied != principal);
    }

    pub(crate) fn set_silent(&self, silent: bool) {
        self.state.lock().unwrap().silent = silent;
    }

    /// The next unwrapping waits until the sender is used or dropped.
    pub(crate) fn hold_next_unwrapping(&self) -> oneshot::Sender<()> {
        self.hold(Answer::Given)
    }

    /// The same, and then nobody hears of it.
    pub(crate) fn hold_next_unwrapping_and_lose_its_answer(&self) -> oneshot::Sender<()> {
        self.hold(Answer::Lost)
    }

    fn hold(&self, answer: Answer) -> oneshot::Sender<()> {
        let (release, held) = oneshot::channel();
        self.state.lock().unwrap().held = Some((held, answer));
        release
    }

    /// The next answer to `call` is decided, and given when the sender is used or dropped.
    pub(crate) fn hold_next_answer(&self, call: Call) -> oneshot::Sender<()> {
        let (release, held) = oneshot::channel();
        self.state.lock().unwrap().late.insert(call, held);
        release
    }

    async fn deliver(&self, call: Call) {
        let late = self.state.lock().unwrap().late.remove(&call);
        if let Some(late) = late {
            let _ = late.await;
        }
    }

    /// The next unwrapping in the service's own name is refused, whatever grants there are.
    pub(crate) fn refuse_service_once(&self) {
        self.state.lock().unwrap().service_refused = true;
    }

    /// The next `count` grants are made, and nobody is told.
    pub(crate) fn lose_grant_answers(&self, count: usize) {
        self.state.lock().unwrap().lost_grants = count;
    }

    pub(crate) fn set_stuck(&self, stuck: bool) {
        self.state.lock().unwrap().stuck = stuck;
    }

    pub(crate) fn revoke_grants(&self, name: &str) {
        self.state.lock().unwrap().grants.retain(|(key, _)| *key != arn(name));
    }

    pub(crate) fn grants(&self, name: &str) -> usize {
        self.state.lock().unwrap().grants.iter().filter(|(key, _)| *key == arn(name)).count()
    }

    pub(crate) fn calls(&self) -> usize {
        self.state.lock().unwrap().calls
    }

    fn generate(&self, key: &str, context: &EncryptionContext) -> Result<NewTableKey, KmsFailure> {
        let state = self.begin()?;
        if state.stuck {
            return Err(KmsFailure::Outage { detail: "stuck".to_owned() });
        }
        let (arn_, key) = state.usable(key, &Actor::Service)?;
        let fresh = TableKey::generate(&OsEntropy);
        let wrapped = blob::seal(&key.backing, key.id, 1, context, fresh.expose(), &OsEntropy);
        Ok(NewTableKey { key: fresh, wrapped, key_arn: arn_.clone() })
    }

    fn unwrap(
        &self,
        actor: &Actor,
        wrapped: &[u8],
        context: &EncryptionContext,
    ) -> Result<TableKey, KmsFailure> {
        let mut state = self.begin()?;
        if matches!(actor, Actor::Service) && std::mem::take(&mut state.service_refused) {
            return Err(refusal("AccessDeniedException", "not this time".to_owned()));
        }
        let blob = Blob::parse(wrapped).unwrap();
        let name =
            state.keys.iter().find(|(_, key)| key.id == blob.key_id()).map(|(arn, _)| arn.clone()).unwrap();
        let (_, key) = state.usable(&name, actor)?;
        let opened = blob
            .open(&key.backing, context)
            .map_err(|_| refusal("InvalidCiphertextException", String::new()))?;
        Ok(TableKey::from_slice(opened.expose()).unwrap())
    }

    fn begin(&self) -> Result<std::sync::MutexGuard<'_, State>, KmsFailure> {
        let mut state = self.state.lock().unwrap();
        state.calls += 1;
        if state.silent { Err(KmsFailure::Outage { detail: "silent".to_owned() }) } else { Ok(state) }
    }
}

fn refusal(code: &str, message: String) -> KmsFailure {
    KmsFailure::Refused(Refusal { code: code.to_owned(), message, request_id: "r-1".to_owned() })
}

impl State {
    fn find(&self, name: &str) -> Result<(&String, &Key), KmsFailure> {
        let wanted = match name {
            OWNED_KEY_NAME => arn("owned"),
            MANAGED_KEY_ALIAS => arn("managed"),
            name if name.starts_with("arn:") => name.to_owned(),
            name => arn(name),
        };
        let found = self.keys.iter().find(|(arn, key)| **arn == wanted && key.state.is_some());
        found.ok_or_else(|| refusal("NotFoundException", format!("Key '{wanted}' does not exist")))
    }

    fn usable(&self, name: &str, actor: &Actor) -> Result<(&String, &Key), KmsFailure> {
        let (arn_, key) = self.find(name)?;
        let may = match actor {
            Actor::OnBehalfOf(principal) => {
                let denied = |key| self.denied.contains(&(principal.arn.to_string(), key));
                *arn_ != arn("owned") && !denied(None) && !denied(Some(arn_.clone()))
            }
            Actor::Service => *arn_ == arn("owned") || self.grants.iter().any(|(granted, _)| granted == arn_),
        };
        if !may {
            return Err(refusal("AccessDeniedException", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.".to_owned()));
        }
        match key.state {
            Some(KeyState::Enabled) => Ok((arn_, key)),
            Some(KeyState::PendingDeletion) => {
                Err(refusal("KMSInvalidStateException", format!("{arn_} is pending deletion.")))
            }
            _ => Err(refusal("DisabledException", format!("{arn_} is disabled."))),
        }
    }
}

#[async_trait]
impl KeyService for FakeKms {
    async fn describe_key(&self, _: &Actor, key: &str) -> Result<KeyInfo, KmsFailure> {
        let state = self.begin()?;
        let (arn_, key) = state.find(key)?;
        let info = KeyInfo { arn: arn_.clone(), state: key.state.unwrap(), managed: *arn_ == arn("managed") };
        Ok(info)
    }

    async fn create_grant(
        &self,
        actor: &Actor,
        key_arn: &str,
        _: &EncryptionContext,
        name: &str,
    ) -> Result<String, KmsFailure> {
        let mut state = self.begin()?;
        state.usable(key_arn, actor)?;
        state.grants.insert((key_arn.to_owned(), name.to_owned()));
        if state.lost_grants > 0 {
            state.lost_grants -= 1;
            return Err(KmsFailure::Outage { detail: "the answer was lost".to_owned() });
        }
        Ok(name.to_owned())
    }

    async fn retire_grant(&self, key_arn: &str, grant_id: &str) -> Result<(), KmsFailure> {
        self.begin()?.grants.remove(&(key_arn.to_owned(), grant_id.to_owned()));
        Ok(())
    }

    async fn generate_table_key(
        &self,
        key: &str,
        context: &EncryptionContext,
    ) -> Result<NewTableKey, KmsFailure> {
        let answer = self.generate(key, context);
        self.deliver(Call::Generate).await;
        answer
    }

    async fn unwrap_table_key(
        &self,
        actor: &Actor,
        wrapped: &[u8],
        context: &EncryptionContext,
    ) -> Result<TableKey, KmsFailure> {
        let held = self.state.lock().unwrap().held.take();
        if let Some((held, answer)) = held {
            let _ = held.await;
            if answer == Answer::Lost {
                return Err(KmsFailure::Outage { detail: "the answer was lost".to_owned() });
            }
        }
        let answer = self.unwrap(actor, wrapped, context);
        self.deliver(Call::Unwrap).await;
        answer
    }
}
