//! The engine of the tests: a `BTreeMap` under one lock. It keeps every promise of the port but durability.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    Batch, CommitError, Direction, Effaceable, Entry, KeyRange, Limit, Secret, SecretId, Store, StoreError,
};

/// A store that forgets everything when it is dropped. Every scan sees one whole state.
#[derive(Default)]
pub struct MemoryStore {
    map: Mutex<BTreeMap<Bytes, Bytes>>,
    secrets: Mutex<HashMap<SecretId, Secret>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The map cannot be left half changed: a commit checks everything before its first write.
    fn map(&self) -> MutexGuard<'_, BTreeMap<Bytes, Bytes>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn secrets(&self) -> MutexGuard<'_, HashMap<SecretId, Secret>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        Ok(self.map().get(key).cloned())
    }

    async fn scan(
        &self,
        range: KeyRange,
        limit: Limit,
        direction: Direction,
    ) -> Result<Vec<Entry>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let map = self.map();
        let entries = map.range::<[u8], _>(range.as_slices());
        let entries = entries.map(|(key, value)| Entry { key: key.clone(), value: value.clone() });
        Ok(match direction {
            Direction::Forward => limited(entries, limit),
            Direction::Backward => limited(entries.rev(), limit),
        })
    }

    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        batch.validate()?;
        let mut map = self.map();
        if batch.expectations.iter().any(|expected| map.get(&expected.key) != expected.value.as_ref()) {
            return Err(CommitError::Conflict);
        }
        for write in batch.writes {
            match write.value {
                Some(value) => map.insert(write.key, value),
                None => map.remove(&write.key),
            };
        }
        Ok(())
    }

    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn size_on_disk(&self) -> Result<u64, StoreError> {
        let bytes: usize = self.map().iter().map(|(key, value)| key.len() + value.len()).sum();
        Ok(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}

#[async_trait]
impl Effaceable for MemoryStore {
    async fn keep(&self, id: SecretId, secret: Secret) -> Result<(), StoreError> {
        self.secrets().insert(id, secret);
        Ok(())
    }

    fn recall(&self, id: SecretId) -> Result<Option<Secret>, StoreError> {
        Ok(self.secrets().get(&id).cloned())
    }

    async fn efface(&self, id: SecretId) -> Result<(), StoreError> {
        self.secrets().remove(&id);
        Ok(())
    }

    fn secrets(&self) -> Vec<SecretId> {
        self.secrets().keys().copied().collect()
    }
}

fn limited(entries: impl Iterator<Item = Entry>, limit: Limit) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut bytes = 0_usize;
    for entry in entries {
        if !limit.admits(found.len(), bytes, &entry) {
            break;
        }
        bytes = bytes.saturating_add(entry.size());
        found.push(entry);
    }
    found
}
