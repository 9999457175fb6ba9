//! Tokens: what stands in the store in place of a key value.
//!
//! A keyed PRF, HMAC-SHA-256 under the table's [`LocatorKey`], cut to 128 bits. Equal values have equal tokens, so the
//! store can look them up; without the key a token tells nothing else, not even the order. Among 2^40 keys the chance
//! that any two share a token is below 2^-48.
//!
//! ```text
//! partition token = HMAC(key, PARTITION_TOKEN | 0 |                  length (8) | canonical partition key)[..16]
//! sort token      = HMAC(key, SORT_TOKEN      | 0 | partition (16) | length (8) | canonical sort key)[..16]
//! ```
//!
//! *Canonical* is the caller's injective encoding of a key value with its type. The partition's token is part of the
//! sort token's input, so that equal sort keys of two partitions show no relation.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::context::length_prefix;
use crate::keys::LocatorKey;
use crate::labels;

/// Bytes of a token.
pub const TOKEN_BYTES: usize = 16;

impl LocatorKey {
    /// The token of a partition key.
    pub fn partition_token(&self, canonical: &[u8]) -> [u8; TOKEN_BYTES] {
        self.token(labels::PARTITION_TOKEN, &[], canonical)
    }

    /// The token of a sort key within the partition whose token is given.
    pub fn sort_token(&self, partition: &[u8; TOKEN_BYTES], canonical: &[u8]) -> [u8; TOKEN_BYTES] {
        self.token(labels::SORT_TOKEN, partition, canonical)
    }

    fn token(&self, label: &[u8], scope: &[u8], canonical: &[u8]) -> [u8; TOKEN_BYTES] {
        let mac = keyed(self)
            .chain_update(label)
            .chain_update([0])
            .chain_update(scope)
            .chain_update(length_prefix(canonical.len()))
            .chain_update(canonical)
            .finalize()
            .into_bytes();
        let mut token = [0; TOKEN_BYTES];
        for (to, from) in token.iter_mut().zip(mac) {
            *to = from;
        }
        token
    }
}

fn keyed(key: &LocatorKey) -> Hmac<Sha256> {
    let Ok(mac) = Hmac::new_from_slice(key.expose()) else {
        // HMAC takes keys of every length (RFC 2104); the signature is for other constructions.
        std::process::abort();
    };
    mac
}
