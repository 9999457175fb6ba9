//! A table's keys: how they are stored, opened, and carried from one KMS key to another.
//!
//! KMS key -> *table key* (stored only as KMS wrapped it) -> *data keys*, numbered generations of which the newest
//! seals items, and one *locator key* for the tokens in store keys. The data keys and the locator key are sealed under
//! the table key and the table's [secret](crate::shred) together, bound to the table's id, its whole definition, the kind and ARN of its KMS key, and their own generation.
//!
//! A switch replaces the table key and re-seals these few keys; no item is touched, so it takes the same time for every
//! table. The table key in plaintext lives only inside a call of this file.

use std::sync::Arc;

use envelope::record::{self, Kind, Place};
use envelope::{BoundKey, DataKey, Entropy, LocatorKey};
use serde::{Deserialize, Serialize};

use crate::error::TableError;
use crate::index::{DataKeys, IndexCache};
use crate::layout;
use crate::record::{Definition, KeyBinding, PendingSwitch, TableRecord, encode};

/// Most memory for the decrypted upper levels of one table's sort index, in bytes.
const INDEX_CACHE_BYTES: usize = 4 << 20;
const FIRST_GENERATION: u32 = 1;
const DAMAGED: TableError = TableError::DataLoss { record: "keyring" };

/// A table's keys as they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keyring {
    /// The table key as KMS wrapped it.
    pub(crate) wrapped: Vec<u8>,
    /// Generation and sealed data key, oldest first; never empty.
    data_keys: Vec<(u32, Vec<u8>)>,
    locator: Vec<u8>,
}

/// A table's keys, open. Dropping it zeroizes them and everything that was cached with their help.
pub(crate) struct OpenKeys {
    newest: (u32, DataKey),
    older: Vec<(u32, DataKey)>,
    locator: LocatorKey,
    /// Decrypted upper levels of the sort index.
    pub(crate) index_cache: IndexCache,
}

impl Keyring {
    /// Makes the keys of a new table.
    pub(crate) fn create(
        record: &TableRecord,
        table_key: &BoundKey,
        wrapped: Vec<u8>,
        entropy: &dyn Entropy,
    ) -> Result<Self, TableError> {
        let data_key = DataKey::generate(entropy);
        let locator = LocatorKey::generate(entropy);
        let binding = Binding::new(&record.definition, &record.key)?;
        Ok(Self {
            wrapped,
            data_keys: vec![(
                FIRST_GENERATION,
                binding.seal(table_key, Kind::TableDataKey, FIRST_GENERATION, data_key.expose(), entropy),
            )],
            locator: binding.seal(table_key, Kind::TableLocatorKey, 0, locator.expose(), entropy),
        })
    }

    /// Opens every key.
    pub(crate) fn open(
        &self,
        record: &TableRecord,
        table_key: &BoundKey,
    ) -> Result<Arc<OpenKeys>, TableError> {
        let binding = Binding::new(&record.definition, &record.key)?;
        let mut older = Vec::with_capacity(self.data_keys.len());
        for (generation, sealed) in &self.data_keys {
            let opened = binding.open(table_key, Kind::TableDataKey, *generation, sealed)?;
            let key = DataKey::from_slice(opened.expose()).map_err(|_| DAMAGED)?;
            older.push((*generation, key));
        }
        let newest = older.pop().ok_or(DAMAGED)?;
        let opened = binding.open(table_key, Kind::TableLocatorKey, 0, &self.locator)?;
        let locator = LocatorKey::from_slice(opened.expose()).map_err(|_| DAMAGED)?;
        Ok(Arc::new(OpenKeys { newest, older, locator, index_cache: IndexCache::new(INDEX_CACHE_BYTES) }))
    }

    /// The same keys, bound to the KMS key `to`, which wrapped `fresh` as `wrapped`, and sealed under `fresh`. The table
    /// key `old` opens the present ones.
    pub(crate) fn reseal(
        &self,
        record: &TableRecord,
        old: &BoundKey,
        to: &KeyBinding,
        fresh: &BoundKey,
        wrapped: Vec<u8>,
        entropy: &dyn Entropy,
    ) -> Result<Self, TableError> {
        let from = Binding::new(&record.definition, &record.key)?;
        let to = Binding::new(&record.definition, to)?;
        let carry = |kind, generation, sealed: &[u8]| -> Result<Vec<u8>, TableError> {
            let opened = from.open(old, kind, generation, sealed)?;
            Ok(to.seal(fresh, kind, generation, opened.expose(), entropy))
        };
        let data_keys = self
            .data_keys
            .iter()
            .map(|(generation, sealed)| Ok((*generation, carry(Kind::TableDataKey, *generation, sealed)?)))
            .collect::<Result<_, TableError>>()?;
        let locator = carry(Kind::TableLocatorKey, 0, &self.locator)?;
        Ok(Self { wrapped, data_keys, locator })
    }

    /// The generation that seals new records.
    pub(crate) fn newest(&self) -> Option<u32> {
        self.data_keys.last().map(|(generation, _)| *generation)
    }
}

impl OpenKeys {
    /// The locator key, for tokens.
    pub(crate) fn locator(&self) -> &LocatorKey {
        &self.locator
    }
}

impl DataKeys for OpenKeys {
    fn newest(&self) -> (u32, &DataKey) {
        let (generation, key) = &self.newest;
        (*generation, key)
    }

    fn by_generation(&self, generation: u32) -> Option<&DataKey> {
        std::iter::once(&self.newest)
            .chain(&self.older)
            .find(|(held, _)| *held == generation)
            .map(|(_, key)| key)
    }
}

/// A switch to `target`, with the proof that [`proven`] demands before it is carried out.
pub(crate) fn pending(
    record: &TableRecord,
    table_key: &BoundKey,
    target: KeyBinding,
    entropy: &dyn Entropy,
) -> Result<PendingSwitch, TableError> {
    let binding = Binding::new(&record.definition, &record.key)?;
    let proof = binding.seal(table_key, Kind::TableSetting, 0, &encode(&target)?, entropy);
    Ok(PendingSwitch { key: target, proof })
}

/// Whether this service wrote the pending switch, while the table was under its present key.
pub(crate) fn proven(
    record: &TableRecord,
    table_key: &BoundKey,
    pending: &PendingSwitch,
) -> Result<(), TableError> {
    let binding = Binding::new(&record.definition, &record.key)?;
    let opened = binding.open(table_key, Kind::TableSetting, 0, &pending.proof)?;
    if opened.expose() == encode(&pending.key)? { Ok(()) } else { Err(DAMAGED) }
}

/// What a table's sealed keys are bound to: the keyring's place, the whole definition, and the KMS key's kind and ARN.
struct Binding {
    scope: [u8; 16],
    place: Vec<u8>,
}

impl Binding {
    fn new(definition: &Definition, key: &KeyBinding) -> Result<Self, TableError> {
        let mut place = layout::keyring(definition.id);
        place.extend_from_slice(&encode(&(definition, key.kind, &key.key_arn))?);
        Ok(Self { scope: *definition.id.as_bytes(), place })
    }

    fn place(&self, kind: Kind) -> Place<'_> {
        Place { kind, scope: self.scope, key: &self.place }
    }

    fn seal(
        &self,
        key: &BoundKey,
        kind: Kind,
        generation: u32,
        secret: &[u8],
        entropy: &dyn Entropy,
    ) -> Vec<u8> {
        record::seal(key, generation, &self.place(kind), secret, entropy)
    }

    fn open(
        &self,
        key: &BoundKey,
        kind: Kind,
        generation: u32,
        sealed: &[u8],
    ) -> Result<envelope::Plaintext, TableError> {
        // The header's generation is authenticated; that it is the expected one keeps two keys from changing places.
        if record::generation(sealed).map_err(|_| DAMAGED)? != generation {
            return Err(DAMAGED);
        }
        record::open(key, &self.place(kind), sealed).map_err(|_| DAMAGED)
    }
}
