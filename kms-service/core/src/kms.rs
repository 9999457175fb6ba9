//! The service itself: the ring in memory, the store behind it, and the two ways an operation runs.
//!
//! * [`Kms::read`] decides and computes on the ring under a read lock: no store, no waiting. A change to a key returns
//!   only after the lock was free, so no operation goes on with what the key was before.
//! * [`Kms::change`] has one writer at a time: decide on the ring, one atomic commit, the same change in memory, watchers
//!   told, audit, answer. It runs in a task of its own, so that a caller who hangs up cannot stop it between the commit
//!   and the memory. Mutations are rare by nature (AWS's quotas are 5 to 50 per second), so one writer is enough.
//!
//! If a commit fails its effect is unknown; memory is then loaded anew from the store before anything else is
//! answered, and if even that fails nothing is answered until it succeeds.

use std::sync::{
    Arc, PoisonError, RwLock, RwLockReadGuard,
    atomic::{AtomicBool, Ordering},
};

use envelope::{Entropy, RootKey};
use fault::Fault;
use identity::{Caller, Region};
use shape::Violations;
use store::{CommitError, Effaceable, Store};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::Instrument as _;

use crate::{
    alias::AliasName,
    arn::{KeyRef, check_length},
    audit::{Audit, Operation, Trail},
    authorize::{
        Admitted, AliasAuthorized, Authorized, Permission, authorize, authorize_alias, authorize_watch,
    },
    clock::{Clock, Timestamp},
    error::KmsError,
    events::{Hub, Watch, WatchEvent},
    first_use::Prospect,
    grant::Asked,
    plan::Plan,
    realm::Realm,
    ring::{Entry, Ring},
    tokens::Tokens,
    vault::{Fence, OpenError, Vault},
};

/// What the service needs from outside.
pub struct Ports {
    /// Where records are kept.
    pub store: Arc<dyn Store>,
    /// Where the secrets are kept that destroying a key destroys.
    pub effaceable: Arc<dyn Effaceable>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub entropy: Arc<dyn Entropy>,
    /// Who keeps the audit log.
    pub audit: Arc<dyn Audit>,
}

/// The key-management service. Cheap to clone; all clones are one service.
#[derive(Clone)]
pub struct Kms {
    inner: Arc<Inner>,
}

struct Inner {
    realm: Realm,
    ports: Ports,
    vault: Vault,
    tokens: Tokens,
    ring: RwLock<Ring>,
    writer: Arc<Mutex<Fence>>,
    hub: Hub,
    /// Memory may not agree with the store.
    stale: AtomicBool,
    /// There may be secrets without a key.
    untidy: AtomicBool,
}

/// What an operation sees while it decides.
pub(crate) struct View<'a> {
    pub(crate) ring: &'a Ring,
    inner: &'a Inner,
    /// The key that is there as soon as the operation has gone through.
    prospect: Option<&'a Prospect>,
}

impl Kms {
    /// Opens the store with the root key and reads every key into memory. A store that is quite empty is made ready.
    ///
    /// # Errors
    /// [`OpenError`]: the wrong root key, a record that does not open, or a store that fails. Nothing is skipped.
    pub async fn open(region: Region, root: RootKey, ports: Ports) -> Result<Self, OpenError> {
        let realm = Realm::new(region);
        let (vault, tokens) =
            Vault::open(&*ports.store, root, ports.effaceable.clone(), ports.entropy.clone()).await?;
        let (ring, fence) = vault.load(&*ports.store, &realm).await?;
        let inner = Inner {
            realm,
            ports,
            vault,
            tokens,
            ring: RwLock::new(ring),
            writer: Arc::new(Mutex::new(fence)),
            hub: Hub::new(),
            stale: AtomicBool::new(false),
            untidy: AtomicBool::new(true),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether the service can answer, for readiness.
    ///
    /// # Errors
    /// What is wrong with the store, or that memory waits to be loaded anew.
    pub fn check(&self) -> Result<(), KmsError> {
        self.inner.ports.store.check()?;
        self.inner.check_fresh()
    }

    /// Every later change that could end a permission. For services that act for themselves.
    ///
    /// # Errors
    /// Everybody else is refused.
    pub fn watch_keys(&self, caller: &Caller) -> Result<Watch, KmsError> {
        self.read(caller, Operation::WatchKeys, |_, _| Ok(self.inner.hub.watch(&authorize_watch(caller)?)))
    }

    /// Runs an operation that changes nothing.
    pub(crate) fn read<T>(
        &self,
        caller: &Caller,
        operation: Operation,
        decide: impl FnOnce(&View<'_>, &mut Trail) -> Result<T, KmsError>,
    ) -> Result<T, KmsError> {
        let mut trail = self.trail(caller, operation);
        let outcome = self.look(|view| decide(view, &mut trail));
        trail.close(outcome.as_ref().err());
        outcome
    }

    /// Looks at the ring on behalf of an operation that takes note elsewhere.
    pub(crate) fn look<T>(
        &self,
        decide: impl FnOnce(&View<'_>) -> Result<T, KmsError>,
    ) -> Result<T, KmsError> {
        let ring = self.inner.ring();
        self.inner.check_fresh()?;
        decide(&View { ring: &ring, inner: &self.inner, prospect: None })
    }

    /// Puts into memory what the store does not have: a quota is reached within a test's patience.
    #[cfg(test)]
    pub(crate) fn fill(&self, change: impl FnOnce(&mut Ring)) {
        change(&mut self.inner.ring.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Puts a request on record that a door could not translate.
    pub fn note_refusal(&self, caller: &Caller, operation: Operation, why: &dyn Fault) {
        self.trail(caller, operation).close(Some(why));
    }

    fn trail(&self, caller: &Caller, operation: Operation) -> Trail {
        Trail::new(caller, operation, self.inner.ports.audit.clone())
    }

    /// Runs an operation that changes something.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        caller: &Caller,
        operation: Operation,
        decide: impl FnOnce(&View<'_>, &mut Trail) -> Result<(Plan, T), KmsError> + Send + 'static,
    ) -> Result<T, KmsError> {
        let inner = self.inner.clone();
        self.write(|mut fence| {
            // Not before its turn: who hangs up while waiting has not done anything.
            let mut trail = self.trail(caller, operation);
            async move {
                let outcome = inner.decide_and_commit(&mut fence, |view| decide(view, &mut trail)).await;
                trail.close(outcome.as_ref().err());
                outcome
            }
        })
        .await
    }

    /// Changes something that the service itself decided on; there is no caller to take note of.
    pub(crate) async fn upkeep<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&View<'_>) -> Result<(Plan, T), KmsError> + Send + 'static,
    ) -> Result<T, KmsError> {
        let inner = self.inner.clone();
        self.write(|mut fence| async move { inner.decide_and_commit(&mut fence, decide).await }).await
    }

    /// Loads memory anew if it may not agree with the store.
    pub(crate) async fn refresh(&self) -> Result<(), KmsError> {
        if !self.inner.stale.load(Ordering::SeqCst) {
            return Ok(());
        }
        let inner = self.inner.clone();
        self.write(|mut fence| async move { inner.reload(&mut fence).await }).await
    }

    /// Destroys the secrets of keys that are no more. Until then their material could be brought back, with the root
    /// key, from what the store has not overwritten yet.
    pub(crate) async fn efface_orphans(&self) -> Result<(), KmsError> {
        if !self.inner.untidy.load(Ordering::SeqCst) {
            return Ok(());
        }
        let inner = self.inner.clone();
        // Under the writer's lock, because a key that is being made has its secret before it is in the ring.
        self.write(|fence| async move {
            let _writer = fence;
            inner.check_fresh()?;
            let orphans = inner.vault.orphans(&inner.ring());
            inner.vault.efface(orphans).await?;
            inner.untidy.store(false, Ordering::SeqCst);
            Ok(())
        })
        .await
    }

    async fn write<T, F>(&self, work: impl FnOnce(OwnedMutexGuard<Fence>) -> F) -> Result<T, KmsError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, KmsError>> + Send + 'static,
    {
        let fence = self.inner.writer.clone().lock_owned().await;
        let task = tokio::spawn(work(fence).in_current_span());
        match task.await {
            Ok(outcome) => outcome,
            Err(_) => {
                // A defect. If it struck after the commit had begun, memory is stale.
                let mut fence = self.inner.writer.clone().lock_owned().await;
                if self.inner.check_fresh().is_err() {
                    self.inner.recover(&mut fence).await;
                }
                Err(KmsError::Defect("a mutation was torn down"))
            }
        }
    }
}

impl Inner {
    fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_fresh(&self) -> Result<(), KmsError> {
        if self.stale.load(Ordering::SeqCst) { Err(KmsError::Stale) } else { Ok(()) }
    }

    async fn decide_and_commit<T>(
        &self,
        fence: &mut Fence,
        decide: impl FnOnce(&View<'_>) -> Result<(Plan, T), KmsError>,
    ) -> Result<T, KmsError> {
        self.check_fresh()?;
        let (plan, answer) = decide(&View { ring: &self.ring(), inner: self, prospect: None })?;
        if plan.is_empty() {
            return Ok(answer);
        }
        self.untidy.fetch_or(plan.makes_or_destroys_keys(), Ordering::SeqCst);
        self.vault.keep_secrets(plan.edits()).await?;
        // Nobody else writes: the ring is the one that was decided on.
        let (batch, next_fence) = self.vault.batch(plan.edits(), &self.ring(), fence)?;
        let unsettled = Unsettled(Some(&self.stale));
        if let Err(error) = self.ports.store.commit(batch).await {
            if matches!(&error, CommitError::Store(refused) if refused.changed_nothing()) {
                unsettled.settle();
            } else {
                // A conflict too: somebody else has written what memory does not know.
                drop(unsettled);
                self.recover(fence).await;
            }
            return Err(match error {
                CommitError::Conflict => KmsError::Raced,
                CommitError::Store(error) => KmsError::Store(error),
            });
        }
        *fence = next_fence;
        let events = {
            let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
            // Let go before the lock, so that nobody reads what is half changed.
            let unsettled = unsettled;
            let events = plan.apply(&mut ring, self.realm.region());
            unsettled.settle();
            events
        };
        events.into_iter().for_each(|event| self.hub.send(event));
        Ok(answer)
    }

    /// After a commit of unknown effect: nothing is answered until memory agrees with the store again.
    async fn recover(&self, fence: &mut Fence) {
        if let Err(error) = self.reload(fence).await {
            tracing::warn!(%error, "the key registry could not be reloaded; it is tried again");
        }
    }

    async fn reload(&self, fence: &mut Fence) -> Result<(), KmsError> {
        let (ring, next_fence) =
            self.vault.load(&*self.ports.store, &self.realm).await.map_err(|error| match error {
                OpenError::Store(error) => KmsError::Store(error),
                damage => {
                    tracing::error!(error = %damage, "the store cannot be read back");
                    KmsError::Stale
                }
            })?;
        *fence = next_fence;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        self.stale.store(false, Ordering::SeqCst);
        self.hub.send(WatchEvent::Missed);
        Ok(())
    }
}

/// While a commit is under way and memory has not followed: whatever ends that other than success (an error, a panic)
/// leaves memory stale.
struct Unsettled<'a>(Option<&'a AtomicBool>);

impl Unsettled<'_> {
    /// Memory has followed.
    fn settle(mut self) {
        self.0 = None;
    }
}

impl Drop for Unsettled<'_> {
    fn drop(&mut self) {
        if let Some(stale) = self.0 {
            stale.store(true, Ordering::SeqCst);
        }
    }
}

impl<'a> View<'a> {
    pub(crate) fn now(&self) -> Timestamp {
        self.inner.ports.clock.now()
    }

    pub(crate) fn entropy(&self) -> &'a dyn Entropy {
        &*self.inner.ports.entropy
    }

    pub(crate) const fn realm(&self) -> &'a Realm {
        &self.inner.realm
    }

    pub(crate) const fn tokens(&self) -> &'a Tokens {
        &self.inner.tokens
    }

    /// The key that an operation is asked to use: an id, an ARN or an alias.
    pub(crate) fn key<P: Permission>(&self, caller: &Caller, reference: &str) -> Result<&'a Entry, KmsError> {
        let reference = KeyRef::parse(reference, self.realm().region())?;
        match self.prospect.and_then(|prospect| prospect.meant_by(caller, &reference, self.realm())) {
            Some(entry) => Ok(entry),
            None => self.ring.resolve::<P>(caller, &reference, self.realm()),
        }
    }

    /// The same, with a key that is about to be made.
    pub(crate) const fn with<'b>(&'b self, prospect: &'b Prospect) -> View<'b> {
        View { ring: self.ring, inner: self.inner, prospect: Some(prospect) }
    }

    /// The key that an operation is asked to manage: an id or an ARN.
    pub(crate) fn managed_key<P: Permission>(
        &self,
        caller: &Caller,
        reference: &str,
    ) -> Result<&'a Entry, KmsError> {
        let reference = KeyRef::parse_key(reference, self.realm().region())?;
        self.ring.resolve::<P>(caller, &reference, self.realm())
    }

    /// For management operations: finds the key, takes note of it, and demands permission and a fitting state.
    pub(crate) fn admit<P: Permission>(
        &self,
        caller: &Caller,
        trail: &mut Trail,
        reference: &str,
    ) -> Result<Admitted<'a, P>, KmsError> {
        let mut violations = Violations::default();
        check_length(&mut violations, "keyId", reference);
        violations.finish()?;
        let entry = self.managed_key::<P>(caller, reference)?;
        trail.key(entry);
        self.authorize(caller, entry, Asked::Plain)?.admit()
    }

    /// Decides whether the caller may.
    pub(crate) fn authorize<P: Permission>(
        &self,
        caller: &Caller,
        entry: &'a Entry,
        asked: Asked<'_>,
    ) -> Result<Authorized<'a, P>, KmsError> {
        authorize(caller, entry, asked, self.realm().dynamodb())
    }

    /// For operations on an alias: finds it, takes note of its key, and demands permission on both.
    pub(crate) fn alias<P: Permission>(
        &self,
        caller: &Caller,
        trail: &mut Trail,
        name: &AliasName,
    ) -> Result<AliasAuthorized<'a, P>, KmsError> {
        authorize_alias(caller, name, self.ring, self.realm(), |entry| trail.key(entry))
    }

    /// Every grant token must have been made here. A token gives nothing by itself: grants count from the moment that
    /// they are made, so a token for one that has ended meanwhile is no mistake either.
    pub(crate) fn check_tokens(&self, tokens: &[String]) -> Result<(), KmsError> {
        let known = tokens.iter().all(|token| self.tokens().read_grant(token).is_some());
        if known { Ok(()) } else { Err(KmsError::InvalidGrantToken) }
    }
}
