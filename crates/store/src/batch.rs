//! What one commit does: puts and deletes, and the expectations under which it may.

use bytes::Bytes;

use crate::{MAX_BATCH_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES, Part, StoreError};

/// Puts, deletes and expectations that are applied together or not at all.
///
/// Expectations speak of the state *before* the batch, and all must hold. Of several writes to one key the last
/// counts. An empty batch is allowed and costs no disk access; one of expectations alone asks whether they hold.
#[derive(Clone, Default)]
pub struct Batch {
    pub(crate) writes: Vec<Write>,
    pub(crate) expectations: Vec<Expectation>,
}

/// A put, or with no value a delete.
#[derive(Clone)]
pub(crate) struct Write {
    pub(crate) key: Bytes,
    pub(crate) value: Option<Bytes>,
}

/// What must be under the key: exactly this value, or with no value nothing.
#[derive(Clone)]
pub(crate) struct Expectation {
    pub(crate) key: Bytes,
    pub(crate) value: Option<Bytes>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `value` under `key`, whatever was there.
    pub fn put(&mut self, key: impl Into<Bytes>, value: impl Into<Bytes>) -> &mut Self {
        self.writes.push(Write { key: key.into(), value: Some(value.into()) });
        self
    }

    /// Removes `key`; nothing happens if it is not there.
    pub fn delete(&mut self, key: impl Into<Bytes>) -> &mut Self {
        self.writes.push(Write { key: key.into(), value: None });
        self
    }

    /// Demands that `key` is not there.
    pub fn expect_absent(&mut self, key: impl Into<Bytes>) -> &mut Self {
        self.expectations.push(Expectation { key: key.into(), value: None });
        self
    }

    /// Demands that `key` holds exactly `value`: the bytes that the caller read.
    pub fn expect_value(&mut self, key: impl Into<Bytes>, value: impl Into<Bytes>) -> &mut Self {
        self.expectations.push(Expectation { key: key.into(), value: Some(value.into()) });
        self
    }

    /// Whether it neither writes nor expects anything.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.expectations.is_empty()
    }

    /// Bytes of the keys and values it writes.
    pub fn size(&self) -> usize {
        self.writes.iter().map(|write| write.key.len() + write.value.as_ref().map_or(0, Bytes::len)).sum()
    }

    /// Refuses what no engine takes. Every engine calls this first, so that all refuse the same.
    pub(crate) fn validate(&self) -> Result<(), StoreError> {
        for write in &self.writes {
            within(Part::Key, write.key.len(), MAX_KEY_BYTES)?;
            within(Part::Value, write.value.as_ref().map_or(0, Bytes::len), MAX_VALUE_BYTES)?;
        }
        within(Part::Batch, self.size(), MAX_BATCH_BYTES)
    }
}

fn within(part: Part, bytes: usize, limit: usize) -> Result<(), StoreError> {
    if bytes > limit { Err(StoreError::TooLarge { part, bytes, limit }) } else { Ok(()) }
}
