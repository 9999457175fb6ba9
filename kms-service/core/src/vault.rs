//! The sealed side: how the ring is written to the store, and how it is read back at start.
//!
//! Every value is sealed by the root key for the place where it stands, so a record that was altered, moved or swapped
//! does not open. Store keys name nothing: ids are random, and an alias stands under a keyed token of its name, so that
//! the store itself refuses a second alias of one name.
//!
//! Material is sealed under the root key *and* a secret of its key, which stands in effaceable storage. A deleted record
//! stays in the store's files for a while; destroying the secret is what destroys the material.
//!
//! ```text
//! 0x01 name                       settings: sentinel, locator key, token key, revision
//! 0x02 key id (16)                key record, with tags, policy and rotations
//! 0x03 key id (16) version (4)    material, as long as the key's type has it, bound to the key's secret
//! 0x04 token (16)                 alias
//! 0x05 key id (16) grant id (32)  grant
//! ```
//!
//! The *revision* counts commits. Every commit expects the one before it, so a second process on the same store, or
//! memory that fell behind, is found out before it can do harm.

use std::sync::Arc;

use bytes::Bytes;
use envelope::{
    BoundKey, DataKey, EffaceableKey, Entropy, LocatorKey, Plaintext, RootKey,
    record::{self, Kind, Place, RecordKey},
};
use identity::AccountId;
use store::{
    Batch, CommitError, Direction, Effaceable, Entry as StoreEntry, KeyRange, Limit, Secret, Store,
    StoreError,
};

use crate::{
    alias::AliasName,
    error::KmsError,
    ids::{GrantId, KeyId},
    plan::Edit,
    realm::Realm,
    ring::{Entry, Material, Ring},
    rows::{self, Unreadable},
    tokens::Tokens,
};

/// The generation of the root key that seals. There is one until root keys can be replaced.
const ROOT_GENERATION: u32 = 1;

const SETTING: u8 = 0x01;
const KEY: u8 = 0x02;
const MATERIAL: u8 = 0x03;
const ALIAS: u8 = 0x04;
const GRANT: u8 = 0x05;

const SENTINEL: &[u8] = b"\x01sentinel";
const LOCATOR: &[u8] = b"\x01locator";
const TOKEN: &[u8] = b"\x01token";
const REVISION: &[u8] = b"\x01revision";
const SENTINEL_TEXT: &[u8] = b"keystead kms store 1";

/// Why the service cannot start on a store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not one record opens.
    #[error(
        "the root key is not the one that this store was sealed with: none of its records opens. Start with the right \
         root key; nothing was changed"
    )]
    WrongRootKey,
    /// Some records open and this one does not.
    #[error(
        "stored data is damaged: {what} (the root key is the right one). Restore the store from a backup"
    )]
    Damaged {
        /// Which record, and how.
        what: String,
    },
    /// The store holds something, and not what this service writes.
    #[error("the store holds data but is not the store of a key-management service")]
    Foreign,
    /// Another process writes to the store.
    #[error("another process is writing to the store")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals and opens, and knows where things stand.
pub(crate) struct Vault {
    root: RootKey,
    locator: LocatorKey,
    effaceable: Arc<dyn Effaceable>,
    entropy: Arc<dyn Entropy>,
}

/// The revision that the next commit expects, as it stands in the store.
pub(crate) struct Fence {
    revision: u64,
    sealed: Bytes,
}

impl Vault {
    /// Opens the store with the root key; a store that is quite empty is made ready first.
    pub(crate) async fn open(
        store: &dyn Store,
        root: RootKey,
        effaceable: Arc<dyn Effaceable>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<(Self, Tokens), OpenError> {
        let Some(sentinel) = store.get(SENTINEL).await? else {
            return Self::initialise(store, root, effaceable, entropy).await;
        };
        if open(&root, Kind::Sentinel, SENTINEL, &sentinel).is_none() {
            return Err(diagnose(store, &root).await?);
        }
        let locator = LocatorKey::from_slice(setting(store, &root, LOCATOR).await?.expose());
        let tokens = DataKey::from_slice(setting(store, &root, TOKEN).await?.expose());
        let (Ok(locator), Ok(tokens)) = (locator, tokens) else {
            return Err(damaged("a setting has the wrong length"));
        };
        Ok((Self { root, locator, effaceable, entropy }, Tokens::new(tokens)))
    }

    async fn initialise(
        store: &dyn Store,
        root: RootKey,
        effaceable: Arc<dyn Effaceable>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<(Self, Tokens), OpenError> {
        let anything = store.scan(KeyRange::all(), Limit::entries(1), Direction::Forward).await?;
        if !anything.is_empty() {
            return Err(OpenError::Foreign);
        }
        let locator = LocatorKey::generate(&*entropy);
        let vault = Self { root, locator, effaceable, entropy };
        let tokens = DataKey::generate(&*vault.entropy);
        let mut batch = Batch::new();
        vault.put_new(&mut batch, Kind::Sentinel, SENTINEL, SENTINEL_TEXT);
        vault.put_new(&mut batch, Kind::KmsSetting, LOCATOR, vault.locator.expose());
        vault.put_new(&mut batch, Kind::KmsSetting, TOKEN, tokens.expose());
        vault.put_new(&mut batch, Kind::KmsSetting, REVISION, &0_u64.to_be_bytes());
        store.commit(batch).await.map_err(|error| match error {
            CommitError::Conflict => OpenError::Contended,
            CommitError::Store(error) => OpenError::Store(error),
        })?;
        Ok((vault, Tokens::new(tokens)))
    }

    /// Reads everything back. Whatever does not open or does not fit together refuses the whole.
    pub(crate) async fn load(&self, store: &dyn Store, realm: &Realm) -> Result<(Ring, Fence), OpenError> {
        let fence = self.load_fence(store).await?;
        let mut ring = Ring::default();
        let mut rest = KeyRange::all();
        loop {
            let page = store.scan(rest.clone(), Limit::SNAPSHOT, Direction::Forward).await?;
            let Some(last) = page.last() else { break };
            rest = rest.after(last.key.to_vec());
            for entry in &page {
                self.load_entry(&mut ring, realm, entry)
                    .map_err(|problem| OpenError::Damaged { what: describe(&entry.key, problem) })?;
            }
        }
        ring.keys().try_for_each(check_key)?;
        Ok((ring, fence))
    }

    async fn load_fence(&self, store: &dyn Store) -> Result<Fence, OpenError> {
        let sealed = store.get(REVISION).await?.ok_or_else(|| damaged(&describe(REVISION, "is missing")))?;
        let revision = open(&self.root, Kind::KmsSetting, REVISION, &sealed)
            .ok_or_else(|| damaged(&describe(REVISION, "does not open")))?;
        let revision = revision.expose().try_into().map(u64::from_be_bytes);
        let revision = revision.map_err(|_| damaged(&describe(REVISION, "has the wrong length")))?;
        Ok(Fence { revision, sealed })
    }

    /// Entries come in the order of their store keys: a key before its material, aliases and grants.
    fn load_entry(&self, ring: &mut Ring, realm: &Realm, entry: &StoreEntry) -> Result<(), &'static str> {
        const ORPHAN: &str = "belongs to a key that is not there";
        let (&prefix, rest) = entry.key.split_first().ok_or("has no kind")?;
        let opened = |kind| open(&self.root, kind, &entry.key, &entry.value).ok_or("does not open");
        let unreadable = |Unreadable| "is of a form that this release does not know";
        match prefix {
            SETTING => {
                let kind = if entry.key == SENTINEL { Kind::Sentinel } else { Kind::KmsSetting };
                opened(kind).map(|_| ())
            }
            KEY => {
                let id =
                    KeyId::from_bytes(rest.try_into().map_err(|_| "has a store key of the wrong length")?);
                let record = rows::decode_key(id, opened(Kind::KmsKey)?.expose()).map_err(unreadable)?;
                ring.insert_key(Entry::new(realm.region(), record));
                Ok(())
            }
            MATERIAL => {
                let (id, version) = split_id(rest).ok_or("has a store key of the wrong length")?;
                let version = version.try_into().map_err(|_| "has a store key of the wrong length")?;
                let bound = self.bound_key(id).map_err(|_| "cannot be read for want of its key's secret")?;
                let material =
                    open(&bound, Kind::KmsMaterial, &entry.key, &entry.value).ok_or("does not open")?;
                let key = ring.entry_mut(id).ok_or(ORPHAN)?;
                let material = Material::stored(key.record().key_type, material.expose());
                key.add_material(u32::from_be_bytes(version), material.ok_or("has the wrong length")?);
                Ok(())
            }
            ALIAS => {
                let alias = rows::decode_alias(opened(Kind::KmsAlias)?.expose()).map_err(unreadable)?;
                if self.alias_key(&alias.account, &alias.name) != entry.key {
                    return Err("does not stand where its name belongs");
                }
                if ring.put_alias(alias) { Ok(()) } else { Err(ORPHAN) }
            }
            GRANT => {
                let (id, grant) = split_id(rest).ok_or("has a store key of the wrong length")?;
                let grant = grant.try_into().map_err(|_| "has a store key of the wrong length")?;
                let grant =
                    rows::decode_grant(id, GrantId::from_bytes(grant), opened(Kind::KmsGrant)?.expose());
                ring.entry_mut(id).ok_or(ORPHAN)?.add_grant(grant.map_err(unreadable)?);
                Ok(())
            }
            _ => Err("is of a kind that this release does not know"),
        }
    }

    /// Keeps a secret for each new key, before anything is sealed that needs it.
    pub(crate) async fn keep_secrets(&self, edits: &[Edit]) -> Result<(), StoreError> {
        for edit in edits {
            if let Edit::NewKey(record) = edit {
                let secret = EffaceableKey::generate(&*self.entropy);
                self.effaceable.keep(record.id.bytes(), Secret::new(*secret.expose())).await?;
            }
        }
        Ok(())
    }

    /// The secrets whose key is not in `ring`: it was destroyed, or never came to be.
    pub(crate) fn orphans(&self, ring: &Ring) -> Vec<KeyId> {
        let secrets = self.effaceable.secrets().into_iter().map(KeyId::from_bytes);
        secrets.filter(|id| ring.key(*id).is_none()).collect()
    }

    /// Destroys secrets, and with them the material of their keys, wherever copies of it lie.
    pub(crate) async fn efface(&self, orphans: Vec<KeyId>) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for id in orphans {
            // One that fails does not save the others.
            outcome = outcome.and(self.effaceable.efface(id.bytes()).await);
        }
        outcome
    }

    fn bound_key(&self, id: KeyId) -> Result<BoundKey, KmsError> {
        const MISSING: KmsError = KmsError::Defect("a key without a secret");
        let secret = self.effaceable.recall(id.bytes())?.ok_or(MISSING)?;
        let secret = EffaceableKey::from_slice(secret.as_slice()).map_err(|_| MISSING)?;
        Ok(self.root.bound_to(&secret))
    }

    /// The batch that makes `edits` true in the store, and the fence behind it.
    pub(crate) fn batch(
        &self,
        edits: &[Edit],
        ring: &Ring,
        fence: &Fence,
    ) -> Result<(Batch, Fence), KmsError> {
        let mut batch = Batch::new();
        for edit in edits {
            self.write(&mut batch, edit, ring)?;
        }
        let revision = fence.revision.wrapping_add(1);
        let sealed = Bytes::from(self.seal(Kind::KmsSetting, REVISION, &revision.to_be_bytes()));
        batch.expect_value(REVISION, fence.sealed.clone());
        batch.put(REVISION, sealed.clone());
        Ok((batch, Fence { revision, sealed }))
    }

    fn write(&self, batch: &mut Batch, edit: &Edit, ring: &Ring) -> Result<(), KmsError> {
        match edit {
            Edit::NewKey(record) => {
                self.put_new(batch, Kind::KmsKey, &key_key(record.id), &rows::encode_key(record)?);
            }
            Edit::ChangeKey(record) => {
                self.put(batch, Kind::KmsKey, key_key(record.id), &rows::encode_key(record)?);
            }
            Edit::NewMaterial { key, version, material } => {
                let at = material_key(*key, *version);
                let bound = self.bound_key(*key)?;
                batch.expect_absent(at.clone());
                batch.put(at.clone(), self.seal_with(&bound, Kind::KmsMaterial, &at, material.expose()));
            }
            Edit::DestroyKey(id) => self.destroy(batch, *id, ring),
            Edit::NewAlias(alias) => {
                let at = self.alias_key(&alias.account, &alias.name);
                self.put_new(batch, Kind::KmsAlias, &at, &rows::encode_alias(alias)?);
            }
            Edit::MoveAlias(alias) => {
                let at = self.alias_key(&alias.account, &alias.name);
                self.put(batch, Kind::KmsAlias, at, &rows::encode_alias(alias)?);
            }
            Edit::RemoveAlias { account, name } => {
                batch.delete(self.alias_key(account, name));
            }
            Edit::NewGrant(grant) => {
                self.put_new(
                    batch,
                    Kind::KmsGrant,
                    &grant_key(grant.key, &grant.id),
                    &rows::encode_grant(grant)?,
                );
            }
            Edit::RemoveGrant { key, grant } => {
                batch.delete(grant_key(*key, grant));
            }
        }
        Ok(())
    }

    /// Material first by name only; the batch is atomic, so there is no state between.
    fn destroy(&self, batch: &mut Batch, id: KeyId, ring: &Ring) {
        let Some(entry) = ring.key(id) else { return };
        for version in entry.versions() {
            batch.delete(material_key(id, version));
        }
        for grant in entry.grants().keys() {
            batch.delete(grant_key(id, grant));
        }
        for name in entry.aliases() {
            batch.delete(self.alias_key(&entry.record().account, name));
        }
        batch.delete(key_key(id));
    }

    fn put_new(&self, batch: &mut Batch, kind: Kind, key: &[u8], plain: &[u8]) {
        batch.expect_absent(key.to_vec());
        self.put(batch, kind, key.to_vec(), plain);
    }

    fn put(&self, batch: &mut Batch, kind: Kind, key: Vec<u8>, plain: &[u8]) {
        let sealed = self.seal(kind, &key, plain);
        batch.put(key, sealed);
    }

    fn seal(&self, kind: Kind, key: &[u8], plain: &[u8]) -> Vec<u8> {
        self.seal_with(&self.root, kind, key, plain)
    }

    fn seal_with(&self, with: &impl RecordKey, kind: Kind, key: &[u8], plain: &[u8]) -> Vec<u8> {
        record::seal(with, ROOT_GENERATION, &place(kind, key), plain, &*self.entropy)
    }

    fn alias_key(&self, account: &AccountId, name: &AliasName) -> Vec<u8> {
        // The account has a fixed length, so the two parts cannot be confused.
        let token = self.locator.partition_token(&[account.as_str(), name.as_str()].concat().into_bytes());
        [&[ALIAS], token.as_slice()].concat()
    }
}

fn place(kind: Kind, key: &[u8]) -> Place<'_> {
    Place { kind, scope: [0; record::SCOPE_BYTES], key }
}

fn open(with: &impl RecordKey, kind: Kind, key: &[u8], sealed: &[u8]) -> Option<Plaintext> {
    record::open(with, &place(kind, key), sealed).ok()
}

async fn setting(store: &dyn Store, root: &RootKey, key: &[u8]) -> Result<Plaintext, OpenError> {
    let sealed = store.get(key).await?.ok_or_else(|| damaged(&describe(key, "is missing")))?;
    open(root, Kind::KmsSetting, key, &sealed).ok_or_else(|| damaged(&describe(key, "does not open")))
}

/// The sentinel does not open: is it the root key, or the sentinel? If anything else opens, the key is right.
async fn diagnose(store: &dyn Store, root: &RootKey) -> Result<OpenError, StoreError> {
    let mut rest = KeyRange::all();
    loop {
        let page = store.scan(rest.clone(), Limit::SNAPSHOT, Direction::Forward).await?;
        let Some(last) = page.last() else { return Ok(OpenError::WrongRootKey) };
        rest = rest.after(last.key.to_vec());
        let opens = |entry: &StoreEntry| {
            kind_of(&entry.key).is_some_and(|kind| open(root, kind, &entry.key, &entry.value).is_some())
        };
        if page.iter().any(opens) {
            return Ok(damaged(&describe(SENTINEL, "does not open")));
        }
    }
}

fn kind_of(key: &[u8]) -> Option<Kind> {
    match *key.first()? {
        SETTING => Some(Kind::KmsSetting),
        KEY => Some(Kind::KmsKey),
        ALIAS => Some(Kind::KmsAlias),
        GRANT => Some(Kind::KmsGrant),
        _ => None,
    }
}

/// Every version from the first to the current one must be there: a blob may name any of them.
fn check_key(entry: &Entry) -> Result<(), OpenError> {
    if entry.versions().eq(1..=entry.record().current_material()) {
        return Ok(());
    }
    Err(damaged(&format!("key {} lacks some of its material", entry.record().id)))
}

fn damaged(what: &str) -> OpenError {
    OpenError::Damaged { what: what.to_owned() }
}

/// Names a record by kind and key id, which are no secrets.
fn describe(key: &[u8], problem: &str) -> String {
    let id = || key.get(1..).and_then(split_id).map_or_else(|| "?".to_owned(), |(id, _)| id.to_string());
    match key.first() {
        Some(&SETTING) => {
            format!("setting {} {problem}", String::from_utf8_lossy(key.get(1..).unwrap_or_default()))
        }
        Some(&KEY) => format!("the record of key {} {problem}", id()),
        Some(&MATERIAL) => format!("material of key {} {problem}", id()),
        Some(&ALIAS) => format!("an alias {problem}"),
        Some(&GRANT) => format!("a grant on key {} {problem}", id()),
        _ => format!("a record {problem}"),
    }
}

fn split_id(bytes: &[u8]) -> Option<(KeyId, &[u8])> {
    bytes.split_first_chunk().map(|(id, rest)| (KeyId::from_bytes(*id), rest))
}

fn key_key(id: KeyId) -> Vec<u8> {
    [&[KEY], id.bytes().as_slice()].concat()
}

fn material_key(id: KeyId, version: u32) -> Vec<u8> {
    [&[MATERIAL], id.bytes().as_slice(), &version.to_be_bytes()].concat()
}

fn grant_key(id: KeyId, grant: &GrantId) -> Vec<u8> {
    [&[GRANT], id.bytes().as_slice(), grant.bytes()].concat()
}
