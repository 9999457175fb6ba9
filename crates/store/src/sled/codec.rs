//! How a record lies in sled's one tree.
//!
//! | sled key | sled value |
//! |---|---|
//! | `00` name | the engine's own records: the sentinel, the probe |
//! | `01` key | `00` value, or `01` and the value's length as four bytes: it is in chunks |
//! | `02` key, index as four bytes | chunk `index` of a value: 64 KiB, the last one less |
//!
//! Integers are big-endian. The first byte keeps the three spaces apart whatever a caller's keys are, and two chunk
//! keys are equal only for the same key and index, because the index has a fixed width. Chunks exist because sled
//! puts pages over a quarter segment (2 MiB here) into files that it never syncs, and a page holds up to 16 values.

use ::sled::{Db, IVec};
use bytes::{BufMut, Bytes, BytesMut};

use crate::StoreError;

/// Largest value, or piece of one, that goes into one sled record: 16 of them fill half of what a page may.
pub(super) const CHUNK_BYTES: usize = 64 * 1024;

/// The engine's own records.
const OWN: u8 = 0;
/// One record for each of the caller's keys.
const HEAD: u8 = 1;
/// The pieces of large values.
const CHUNK: u8 = 2;

/// First byte of a head: the value follows.
const WHOLE: u8 = 0;
/// First byte of a head: the value's length follows.
const CHUNKED: u8 = 1;

/// Where the heads end, as a sled key that is not one.
pub(super) const HEADS_END: &[u8] = &[CHUNK];

/// The sled key of one of the engine's own records.
pub(super) fn own_key(name: &str) -> Vec<u8> {
    tagged(OWN, name.as_bytes(), 0)
}

/// The sled key of the head of `key`.
pub(super) fn head_key(key: &[u8]) -> Vec<u8> {
    tagged(HEAD, key, 0)
}

/// The caller's key of a head's sled key.
pub(super) fn user_key(head_key: &IVec) -> Bytes {
    Bytes::copy_from_slice(head_key.get(1..).unwrap_or_default())
}

/// The value under `key`.
pub(super) fn read(db: &Db, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
    match db.get(head_key(key))? {
        Some(head) => read_value(db, key, &head).map(Some),
        None => Ok(None),
    }
}

/// The value of `key`, whose head is `head`.
pub(super) fn read_value(db: &Db, key: &[u8], head: &IVec) -> Result<Bytes, StoreError> {
    match head.split_first() {
        Some((&WHOLE, value)) => Ok(Bytes::copy_from_slice(value)),
        Some((&CHUNKED, length)) => read_chunks(db, key, length),
        _ => Err(corrupt("a record has an unknown head")),
    }
}

fn read_chunks(db: &Db, key: &[u8], length: &[u8]) -> Result<Bytes, StoreError> {
    let length: [u8; 4] = length.try_into().map_err(|_| corrupt("a record has a malformed length"))?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(StoreError::engine)?;
    let mut value = BytesMut::with_capacity(length);
    for index in 0..chunk_count(length) {
        let chunk =
            db.get(chunk_key(key, index)?)?.ok_or_else(|| corrupt("a piece of a record is missing"))?;
        value.put_slice(&chunk);
    }
    if value.len() == length {
        Ok(value.freeze())
    } else {
        Err(corrupt("the pieces of a record do not add up"))
    }
}

/// Adds to `batch` what turns `old` into `new` under `key`, left-over chunks of `old` included.
pub(super) fn write(
    batch: &mut ::sled::Batch,
    key: &[u8],
    old: Option<&Bytes>,
    new: Option<&Bytes>,
) -> Result<(), StoreError> {
    match new {
        Some(value) if value.len() <= CHUNK_BYTES => batch.insert(head_key(key), tagged(WHOLE, value, 0)),
        Some(value) => {
            let length = u32::try_from(value.len()).map_err(StoreError::engine)?;
            batch.insert(head_key(key), tagged(CHUNKED, &length.to_be_bytes(), 0));
            for (index, chunk) in value.chunks(CHUNK_BYTES).enumerate() {
                batch.insert(chunk_key(key, index)?, chunk);
            }
        }
        None if old.is_some() => batch.remove(head_key(key)),
        None => {}
    }
    let kept = new.map_or(0, |value| chunk_count(value.len()));
    for index in kept..old.map_or(0, |value| chunk_count(value.len())) {
        batch.remove(chunk_key(key, index)?);
    }
    Ok(())
}

/// How many chunks a value of `length` bytes has; none if it fits into its head.
fn chunk_count(length: usize) -> usize {
    if length <= CHUNK_BYTES { 0 } else { length.div_ceil(CHUNK_BYTES) }
}

fn chunk_key(key: &[u8], index: usize) -> Result<Vec<u8>, StoreError> {
    let index = u32::try_from(index).map_err(StoreError::engine)?.to_be_bytes();
    let mut chunk_key = tagged(CHUNK, key, index.len());
    chunk_key.extend_from_slice(&index);
    Ok(chunk_key)
}

/// `tag` and `rest`, with room for `spare` more bytes.
fn tagged(tag: u8, rest: &[u8], spare: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rest.len().saturating_add(spare).saturating_add(1));
    bytes.push(tag);
    bytes.extend_from_slice(rest);
    bytes
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt { what: what.into() }
}
