//! The port: what an engine offers. Both cores call it; an engine implements it in one file.

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Batch, CommitError, Direction, KeyRange, Limit, StoreError};

/// Longest key in bytes. The longest keys of the cores are a few dozen bytes; the rest is room.
pub const MAX_KEY_BYTES: usize = 4 * 1024;
/// Longest value in bytes: forty times the largest item that AWS allows (400 KB).
pub const MAX_VALUE_BYTES: usize = 16 * 1024 * 1024;
/// Most key and value bytes in one batch: four times the largest request of 16 MB.
pub const MAX_BATCH_BYTES: usize = 64 * 1024 * 1024;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The full key.
    pub key: Bytes,
    /// The value as it was put.
    pub value: Bytes,
}

impl Entry {
    /// Key and value together, in bytes: what a [`Limit`] counts.
    pub fn size(&self) -> usize {
        self.key.len().saturating_add(self.value.len())
    }
}

/// An ordered, durable map from byte keys to byte values.
///
/// What every engine guarantees:
///
/// - [`commit`](Self::commit) is all or nothing, and commits are serial: each one's expectations hold against the
///   state that all earlier commits left.
/// - A read that starts after a commit returned sees it. No read sees a commit that is not durable yet.
/// - A [`scan`](Self::scan) whose result stays within [`Limit::SNAPSHOT`] sees one whole state: of each batch, all or
///   nothing. A longer one may see in part what commits while it runs. Even then every entry was durable at some
///   moment of the scan, no key comes twice, and keys that nobody changes are never missed.
/// - After a failure of the engine every call answers [`StoreError::Poisoned`]. What the failing commit did is then
///   unknown until the store is opened again: it is whole or absent, never half.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The value under `key`.
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError>;

    /// The entries of `range` in key order, or in reverse, up to `limit`. The first is returned however large it is.
    /// There is no cursor: go on with [`KeyRange::after`] or [`KeyRange::before`] the last key until nothing comes.
    async fn scan(
        &self,
        range: KeyRange,
        limit: Limit,
        direction: Direction,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Applies the batch if all its expectations hold; durable when this returns. A caller that stops waiting (a
    /// dropped future) does not undo anything: the commit then happens or not, and never half.
    async fn commit(&self, batch: Batch) -> Result<(), CommitError>;

    /// Whether the store still works, without touching the disk. For readiness.
    fn check(&self) -> Result<(), StoreError>;

    /// Bytes that the store occupies on disk; for an engine without a disk, the bytes of its keys and values.
    fn size_on_disk(&self) -> Result<u64, StoreError>;
}
