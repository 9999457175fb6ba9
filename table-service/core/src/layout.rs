//! Where everything lives in the store: one tag byte, then the table id, then what the record kind needs.
//!
//! | key | value |
//! |---|---|
//! | `t`, table name | table record, in clear: schema, key ARN, status |
//! | `k`, table id | keyring: the wrapped table key and the keys sealed under it |
//! | `f`, table id | write fence: the newest data-key generation, 4 bytes big endian |
//! | `d`, table id | a deleted table whose records are still to be swept |
//! | `i`, table id, T(partition key) \[, T(sort key)\] | sealed item |
//! | `l`, table id, ... | sealed sort index (see [`crate::index`]) |
//!
//! `T` is a keyed token of 16 bytes, so no key value stands in a store key.

use crate::record::TableId;

/// Length of a table id and of a token.
pub(crate) const TOKEN_LEN: usize = 16;

const TABLE: u8 = b't';
const KEYRING: u8 = b'k';
const FENCE: u8 = b'f';
const DELETED: u8 = b'd';
const ITEM: u8 = b'i';
const INDEX: u8 = b'l';

/// A partition or sort token.
pub(crate) type Token = [u8; TOKEN_LEN];

pub(crate) fn table(name: &str) -> Vec<u8> {
    tagged(TABLE, name.as_bytes())
}

/// The name in the store key of a table record.
pub(crate) fn table_name(key: &[u8]) -> Option<&str> {
    std::str::from_utf8(key.strip_prefix(&[TABLE])?).ok()
}

pub(crate) fn tables() -> Vec<u8> {
    vec![TABLE]
}

pub(crate) fn keyring(id: TableId) -> Vec<u8> {
    tagged(KEYRING, id.as_bytes())
}

pub(crate) fn fence(id: TableId) -> Vec<u8> {
    tagged(FENCE, id.as_bytes())
}

pub(crate) fn deleted(id: TableId) -> Vec<u8> {
    tagged(DELETED, id.as_bytes())
}

pub(crate) fn all_deleted() -> Vec<u8> {
    vec![DELETED]
}

/// Every item of a table.
pub(crate) fn items(id: TableId) -> Vec<u8> {
    tagged(ITEM, id.as_bytes())
}

/// Every index record of a table.
pub(crate) fn index_records(id: TableId) -> Vec<u8> {
    tagged(INDEX, id.as_bytes())
}

/// Every item of a partition; the item itself in a table without sort key.
pub(crate) fn partition(id: TableId, partition: &Token) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + 3 * TOKEN_LEN);
    key.push(ITEM);
    key.extend_from_slice(id.as_bytes());
    key.extend_from_slice(partition);
    key
}

pub(crate) fn item(id: TableId, hash: &Token, sort: Option<&Token>) -> Vec<u8> {
    let mut key = partition(id, hash);
    if let Some(sort) = sort {
        key.extend_from_slice(sort);
    }
    key
}

fn tagged(tag: u8, rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + rest.len());
    key.push(tag);
    key.extend_from_slice(rest);
    key
}
