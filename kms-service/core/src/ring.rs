//! The ring: every key, alias and grant in memory, opened. Operations read here and never touch the store.
//!
//! It is loaded once at start and changed only by the call that has just committed the same change to the store.
//! Material leaves it only for an [`Admitted`].

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
};

use envelope::{BackingKey, Entropy, MacKey};
use identity::{AccountId, Caller, Region, ServiceName};

use crate::{
    alias::{Alias, AliasName},
    arn::KeyRef,
    authorize::{Admitted, Permission, denied, is_foreign},
    error::{DenialReason, KmsError},
    grant::{Grant, Grantee},
    ids::{GrantId, KeyId},
    key::{KeyKind, KeyRecord},
    realm::Realm,
    spec::KeyType,
};

/// One version of a key's material, opened.
pub(crate) enum Material {
    /// Of a key that encrypts.
    Sealing(SealingMaterial),
    /// Of a key that authenticates messages. It has no public name.
    Mac(MacKey),
}

/// Material that encrypts.
pub(crate) struct SealingMaterial {
    key: BackingKey,
    id: String,
}

impl Material {
    /// Fresh material for a key of this type.
    pub(crate) fn generate(key_type: KeyType, entropy: &dyn Entropy) -> Self {
        match key_type {
            KeyType::Symmetric => Self::of(BackingKey::generate(entropy)),
            KeyType::Hmac(hash) => Self::Mac(MacKey::generate(hash, entropy)),
        }
    }

    /// Material of a key of this type as it was stored, if it has the right length.
    pub(crate) fn stored(key_type: KeyType, bytes: &[u8]) -> Option<Self> {
        match key_type {
            KeyType::Symmetric => BackingKey::from_slice(bytes).ok().map(Self::of),
            KeyType::Hmac(hash) => MacKey::from_slice(hash, bytes).ok().map(Self::Mac),
        }
    }

    fn of(key: BackingKey) -> Self {
        let id = envelope::material_id(&key);
        Self::Sealing(SealingMaterial { key, id })
    }

    /// The bytes, to be stored.
    pub(crate) fn expose(&self) -> &[u8] {
        match self {
            Self::Sealing(material) => material.key.expose(),
            Self::Mac(key) => key.expose(),
        }
    }

    pub(crate) const fn sealing(&self) -> Option<&SealingMaterial> {
        match self {
            Self::Sealing(material) => Some(material),
            Self::Mac(_) => None,
        }
    }

    pub(crate) const fn mac(&self) -> Option<&MacKey> {
        match self {
            Self::Mac(key) => Some(key),
            Self::Sealing(_) => None,
        }
    }
}

impl SealingMaterial {
    /// The key itself, for sealing and opening.
    pub(crate) const fn key(&self) -> &BackingKey {
        &self.key
    }

    /// Its public name: 64 hexadecimal digits that do not tell the key.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// A key with everything that belongs to it.
pub(crate) struct Entry {
    arn: String,
    record: KeyRecord,
    materials: BTreeMap<u32, Material>,
    grants: BTreeMap<GrantId, Grant>,
    by_grantee: HashMap<Grantee, BTreeSet<GrantId>>,
    by_retiring: HashMap<Grantee, BTreeSet<GrantId>>,
    aliases: BTreeSet<AliasName>,
}

impl Entry {
    pub(crate) fn new(region: &Region, record: KeyRecord) -> Self {
        Self {
            arn: record.id.arn(region, &record.account),
            record,
            materials: BTreeMap::new(),
            grants: BTreeMap::new(),
            by_grantee: HashMap::new(),
            by_retiring: HashMap::new(),
            aliases: BTreeSet::new(),
        }
    }

    pub(crate) fn arn(&self) -> &str {
        &self.arn
    }

    pub(crate) const fn record(&self) -> &KeyRecord {
        &self.record
    }

    /// One version of the material of the key that somebody is admitted to. [`Admitted`] says for what.
    pub(crate) fn material<'r, P: Permission>(key: &Admitted<'r, P>, version: u32) -> Option<&'r Material> {
        key.entry().materials.get(&version)
    }

    /// The id of the current material, which is no secret.
    pub(crate) fn current_material_id(&self) -> Option<&str> {
        self.material_id(self.record.current_material())
    }

    /// The id of one version of the material. Only material that encrypts has one.
    pub(crate) fn material_id(&self, version: u32) -> Option<&str> {
        self.materials.get(&version)?.sealing().map(SealingMaterial::id)
    }

    /// The versions of the material that are there.
    pub(crate) fn versions(&self) -> impl Iterator<Item = u32> {
        self.materials.keys().copied()
    }

    /// All grants, in the order of their ids.
    pub(crate) const fn grants(&self) -> &BTreeMap<GrantId, Grant> {
        &self.grants
    }

    /// The grants behind `after`, in the order of their ids.
    pub(crate) fn grants_after(&self, after: Option<GrantId>) -> impl Iterator<Item = &Grant> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.grants.range((start, Bound::Unbounded)).map(|(_, grant)| grant)
    }

    /// The grants whose grantee it is.
    pub(crate) fn grants_to(&self, grantee: &Grantee) -> impl Iterator<Item = &Grant> {
        self.by_grantee.get(grantee).into_iter().flatten().filter_map(|id| self.grants.get(id))
    }

    /// The grants behind `after` whose retiring principal it is, in the order of their ids.
    pub(crate) fn grants_retired_by(
        &self,
        retiring: &Grantee,
        after: Option<GrantId>,
    ) -> impl Iterator<Item = &Grant> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.by_retiring.get(retiring).into_iter();
        ids.flat_map(move |ids| ids.range((start, Bound::Unbounded))).filter_map(|id| self.grants.get(id))
    }

    /// The names that stand for it.
    pub(crate) const fn aliases(&self) -> &BTreeSet<AliasName> {
        &self.aliases
    }

    /// A key that nobody uses yet: its record and its material.
    pub(crate) fn into_parts(self) -> (KeyRecord, BTreeMap<u32, Material>) {
        (self.record, self.materials)
    }

    pub(crate) fn set_record(&mut self, record: KeyRecord) {
        self.record = record;
    }

    pub(crate) fn add_material(&mut self, version: u32, material: Material) {
        self.materials.insert(version, material);
    }

    pub(crate) fn add_grant(&mut self, grant: Grant) {
        self.by_grantee.entry(grant.terms.grantee.clone()).or_default().insert(grant.id);
        if let Some(retiring) = &grant.terms.retiring {
            self.by_retiring.entry(retiring.clone()).or_default().insert(grant.id);
        }
        self.grants.insert(grant.id, grant);
    }

    pub(crate) fn remove_grant(&mut self, id: &GrantId) {
        let Some(grant) = self.grants.remove(id) else { return };
        forget(&mut self.by_grantee, &grant.terms.grantee, id);
        if let Some(retiring) = &grant.terms.retiring {
            forget(&mut self.by_retiring, retiring, id);
        }
    }
}

fn forget(index: &mut HashMap<Grantee, BTreeSet<GrantId>>, name: &Grantee, id: &GrantId) {
    if let Some(ids) = index.get_mut(name) {
        ids.remove(id);
        if ids.is_empty() {
            index.remove(name);
        }
    }
}

/// Every key and alias.
#[derive(Default)]
pub(crate) struct Ring {
    keys: BTreeMap<KeyId, Entry>,
    aliases: BTreeMap<(AccountId, AliasName), Alias>,
}

impl Ring {
    /// The key that a caller means for `P`, unless there is none that this caller may know of. Whether another account has a
    /// key is for those to know who may use it.
    pub(crate) fn resolve<P: Permission>(
        &self,
        caller: &Caller,
        reference: &KeyRef,
        realm: &Realm,
    ) -> Result<&Entry, KmsError> {
        let account = reference.account().unwrap_or(&caller.principal.account);
        let entry = match reference {
            KeyRef::Key { id, .. } => self.keys.get(id).filter(|entry| &entry.record.account == account),
            KeyRef::MultiRegion { .. } => None,
            KeyRef::Alias { name, .. } => self.target(account, name),
        };
        entry.filter(|entry| visible(entry, caller, realm.dynamodb())).ok_or_else(|| {
            let arn = reference.arn(realm.region(), account);
            if is_foreign(caller, account) {
                return denied(caller, P::OP, &arn, DenialReason::OtherAccount);
            }
            match reference {
                KeyRef::Key { .. } | KeyRef::MultiRegion { .. } => KmsError::KeyNotFound { arn },
                KeyRef::Alias { .. } => KmsError::AliasNotFound { arn },
            }
        })
    }

    fn target(&self, account: &AccountId, name: &AliasName) -> Option<&Entry> {
        let account = if name == &AliasName::owned() { AccountId::of_services() } else { account.clone() };
        let alias = self.aliases.get(&(account, name.clone()))?;
        self.keys.get(&alias.target)
    }

    /// The key that made a blob, whoever asks.
    pub(crate) fn key(&self, id: KeyId) -> Option<&Entry> {
        self.keys.get(&id)
    }

    /// The key that made a blob, unless the caller may not know of it.
    pub(crate) fn visible_key(&self, caller: &Caller, id: KeyId, realm: &Realm) -> Option<&Entry> {
        self.keys.get(&id).filter(|entry| visible(entry, caller, realm.dynamodb()))
    }

    /// Every key, in the order of their ids.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Entry> {
        self.keys.values()
    }

    /// The keys behind `after`, in the order of their ids.
    pub(crate) fn keys_after(&self, after: Option<KeyId>) -> impl Iterator<Item = &Entry> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.keys.range((start, Bound::Unbounded)).map(|(_, entry)| entry)
    }

    /// The grants that `retiring` may retire, on whichever keys the caller may know of, behind the one that is named by its
    /// key and its id, in the order of these.
    pub(crate) fn retirable<'a>(
        &'a self,
        caller: &'a Caller,
        retiring: &'a Grantee,
        after: Option<(KeyId, GrantId)>,
        realm: &'a Realm,
    ) -> impl Iterator<Item = (&'a Entry, &'a Grant)> {
        let start = after.map_or(Bound::Unbounded, |(key, _)| Bound::Included(key));
        let entries = self.keys.range((start, Bound::Unbounded)).map(|(_, entry)| entry);
        let entries = entries.filter(|entry| visible(entry, caller, realm.dynamodb()));
        entries.flat_map(move |entry| {
            let after = after.filter(|(key, _)| *key == entry.record.id).map(|(_, grant)| grant);
            entry.grants_retired_by(retiring, after).map(move |grant| (entry, grant))
        })
    }

    /// How many keys the users of an account have made.
    pub(crate) fn count_of(&self, account: &AccountId) -> usize {
        let counts = |record: &KeyRecord| record.kind == KeyKind::Customer && &record.account == account;
        self.keys.values().filter(|entry| counts(&entry.record)).count()
    }

    pub(crate) fn alias(&self, account: &AccountId, name: &AliasName) -> Option<&Alias> {
        self.aliases.get(&(account.clone(), name.clone()))
    }

    /// The aliases of an account behind `after`, in the order of their names.
    pub(crate) fn aliases_after<'a>(
        &'a self,
        account: &'a AccountId,
        after: AliasName,
    ) -> impl Iterator<Item = &'a Alias> {
        let start = Bound::Excluded((account.clone(), after));
        let aliases = self.aliases.range((start, Bound::Unbounded)).map(|(_, alias)| alias);
        aliases.take_while(move |alias| &alias.account == account)
    }

    pub(crate) fn entry_mut(&mut self, id: KeyId) -> Option<&mut Entry> {
        self.keys.get_mut(&id)
    }

    pub(crate) fn insert_key(&mut self, entry: Entry) {
        self.keys.insert(entry.record.id, entry);
    }

    /// Removes a key with its material, grants and aliases.
    pub(crate) fn remove_key(&mut self, id: KeyId) {
        if let Some(entry) = self.keys.remove(&id) {
            for name in entry.aliases {
                self.aliases.remove(&(entry.record.account.clone(), name));
            }
        }
    }

    /// Puts an alias, moving it if it pointed elsewhere. Whether its target is there.
    pub(crate) fn put_alias(&mut self, alias: Alias) -> bool {
        self.remove_alias(&alias.account, &alias.name);
        let Some(target) = self.keys.get_mut(&alias.target) else { return false };
        target.aliases.insert(alias.name.clone());
        self.aliases.insert((alias.account.clone(), alias.name.clone()), alias);
        true
    }

    pub(crate) fn remove_alias(&mut self, account: &AccountId, name: &AliasName) {
        let Some(alias) = self.aliases.remove(&(account.clone(), name.clone())) else { return };
        if let Some(target) = self.keys.get_mut(&alias.target) {
            target.aliases.remove(name);
        }
    }
}

/// Owned keys are there for the service that uses them, acting for itself; for everybody else they do not exist.
fn visible(entry: &Entry, caller: &Caller, dynamodb: &ServiceName) -> bool {
    match entry.record.kind {
        KeyKind::Owned => caller.as_service() == Some(dynamodb),
        KeyKind::Managed | KeyKind::Customer => true,
    }
}
