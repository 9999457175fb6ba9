//! Every label that separates one use of a key from another, in one place.
//!
//! | label | construction | key | gives |
//! |---|---|---|---|
//! | [`BLOB_MESSAGE_KEY`] | HKDF-SHA-256 info | [`BackingKey`](crate::BackingKey), random salt | the key that seals one blob |
//! | [`BLOB_COMMITMENT`] | HKDF-SHA-256 info | the same, same salt | the commitment in that blob's header |
//! | [`MATERIAL_ID`] | HKDF-SHA-256 info | [`BackingKey`](crate::BackingKey), no salt | the public id of backing material |
//! | [`ROOT_BOUND_KEY`] | HKDF-SHA-256 info | [`RootKey`](crate::RootKey), an [`EffaceableKey`](crate::EffaceableKey) as salt | the key that seals what can be destroyed |
//! | [`TABLE_BOUND_KEY`] | HKDF-SHA-256 info | [`TableKey`](crate::TableKey), an [`EffaceableKey`](crate::EffaceableKey) as salt | the same, of a table |
//! | [`PARTITION_TOKEN`] | HMAC-SHA-256 prefix | [`LocatorKey`](crate::LocatorKey) | the token of a partition key |
//! | [`SORT_TOKEN`] | HMAC-SHA-256 prefix | [`LocatorKey`](crate::LocatorKey) | the token of a sort key in its partition |
//!
//! Beside these, [`RootKey`](crate::RootKey) seals [records](crate::record) itself, which needs no label: the cipher derives
//! its own keys, by another construction. [`BoundKey`](crate::BoundKey) and [`DataKey`](crate::DataKey) do nothing else, nor does [`MacKey`](crate::MacKey),
//! whose HMAC is the caller's. A label is part of a stored format: changing one makes
//! stored data unreadable. A new use takes a new label; no label contains a zero byte, because the HMAC uses end theirs
//! with one.

/// Derives the AES-256-GCM-SIV key of one blob.
pub const BLOB_MESSAGE_KEY: &[u8] = b"keystead/blob/v1/message-key";
/// Derives the key commitment of one blob.
pub const BLOB_COMMITMENT: &[u8] = b"keystead/blob/v1/commitment";
/// Derives the public identifier of backing material.
pub const MATERIAL_ID: &[u8] = b"keystead/material-id/v1";
/// Derives, from a root key, the key of records that can be destroyed.
pub const ROOT_BOUND_KEY: &[u8] = b"keystead/bound/v1/root";
/// Derives, from a table key, the key of records that can be destroyed.
pub const TABLE_BOUND_KEY: &[u8] = b"keystead/bound/v1/table";
/// Begins the HMAC input of a partition token.
pub const PARTITION_TOKEN: &[u8] = b"keystead/locator/v1/partition";
/// Begins the HMAC input of a sort token.
pub const SORT_TOKEN: &[u8] = b"keystead/locator/v1/sort";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_distinct_and_hold_no_terminator() {
        let all = [
            BLOB_MESSAGE_KEY,
            BLOB_COMMITMENT,
            MATERIAL_ID,
            ROOT_BOUND_KEY,
            TABLE_BOUND_KEY,
            PARTITION_TOKEN,
            SORT_TOKEN,
        ];
        for (index, label) in all.iter().enumerate() {
            assert!(!label.contains(&0));
            assert!(all.iter().skip(index + 1).all(|other| other != label));
        }
    }
}
