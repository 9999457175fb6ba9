//! The sealed record, version 1: what a service writes into its own store.
//!
//! ```text
//! offset  bytes  field
//!      0      1  version, 0x01
//!      1      4  generation of the sealing key, big-endian
//!      5     12  nonce, random
//!     17      n  ciphertext, as long as the plaintext
//!   17+n     16  tag
//! ```
//!
//! ```text
//! associated data = bytes 0..17 | kind (1) | scope (16) | place in the store (the rest)
//! ```
//!
//! The store is not trusted. A record opens only at the [`Place`] it was sealed for: moved to another key, table or
//! kind, or relabelled with another generation, it does not open. Everything before the place has a fixed length, so
//! two places never share an encoding. What is *not* seen is an older record put back at its own place.
//!
//! The sealing key is used directly, without a derivation per record: the cipher itself derives fresh keys from every
//! nonce (RFC 8452, section 4). Among 2^40 records under one key some nonce repeats with a probability of 2^-17, which
//! then tells no more than whether two plaintexts at one place were equal; and a table's data key can be replaced by a
//! new generation at any time.
//!
//! Both services' cores seal and open records; their stores see only the result.

use crate::aead::{self, TAG_BYTES};
use crate::entropy::{Entropy, NONCE_BYTES};
use crate::error::{Inauthentic, Malformed};
use crate::keys::{BoundKey, DataKey, KEY_BYTES, RootKey};
use crate::plaintext::Plaintext;

const VERSION: u8 = 1;
const GENERATION_BYTES: usize = 4;
const HEADER_BYTES: usize = 1 + GENERATION_BYTES + NONCE_BYTES;

/// Bytes of a scope.
pub const SCOPE_BYTES: usize = 16;
/// How much longer a record is than its plaintext.
pub const OVERHEAD_BYTES: usize = HEADER_BYTES + TAG_BYTES;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// What a record is. The code is authenticated with it, so a record of one kind never opens as another.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[$doc])* $name,)+
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The byte that is authenticated. Codes are never reused.
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

kinds! {
    /// Proof that a store belongs to the key that opens it.
    Sentinel = 0x01,
    /// A KMS key: its metadata and policy.
    KmsKey = 0x10,
    /// One version of a KMS key's backing material, under a key bound to the KMS key's effaceable secret.
    KmsMaterial = 0x11,
    /// A KMS alias.
    KmsAlias = 0x12,
    /// A KMS grant.
    KmsGrant = 0x13,
    /// A setting of the key-management service.
    KmsSetting = 0x14,
    /// A table's data key of one generation, under the table key bound to the table's effaceable secret.
    TableDataKey = 0x40,
    /// A table's locator key, under the same key.
    TableLocatorKey = 0x41,
    /// An item of a table.
    TableItem = 0x42,
    /// A node of a sealed sort index.
    TableIndexNode = 0x43,
    /// A change to a node of a sealed sort index, not yet merged into it.
    TableIndexDelta = 0x44,
    /// A setting of a table.
    TableSetting = 0x45,
}

/// Where a record stands, and what it is: all of it must be the same at opening as at sealing.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What the record is.
    pub kind: Kind,
    /// The table's id; zeros in the key-management service.
    pub scope: [u8; SCOPE_BYTES],
    /// The full store key, and any further bytes that must hold.
    pub key: &'a [u8],
}

/// The keys that seal records.
pub trait RecordKey: sealed::Exposed {}

impl RecordKey for RootKey {}
impl RecordKey for BoundKey {}
impl RecordKey for DataKey {}

/// Seals `plaintext` for its place, under generation `generation` of the key.
pub fn seal(
    key: &impl RecordKey,
    generation: u32,
    place: &Place<'_>,
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> Vec<u8> {
    let nonce = entropy.nonce();
    let header = [&[VERSION], &generation.to_be_bytes()[..], &nonce].concat();
    aead::seal(key.bytes(), &nonce, &associated_data(&header, place), &header, plaintext)
}

/// The generation of the key that a record names; not authenticated until the record opens under it.
///
/// # Errors
/// [`Malformed`] if it is too short or of an unknown version.
pub fn generation(sealed: &[u8]) -> Result<u32, Malformed> {
    Ok(Record::parse(sealed)?.generation)
}

/// Opens a record at its place.
///
/// # Errors
/// [`Inauthentic`] if any byte differs from what was sealed, or key or place are not those of the sealing.
pub fn open(key: &impl RecordKey, place: &Place<'_>, sealed: &[u8]) -> Result<Plaintext, Inauthentic> {
    let record = Record::parse(sealed)?;
    aead::open(
        key.bytes(),
        record.nonce,
        &associated_data(record.header, place),
        record.ciphertext,
        record.tag,
    )
}

struct Record<'a> {
    header: &'a [u8],
    generation: u32,
    nonce: &'a [u8; NONCE_BYTES],
    ciphertext: &'a [u8],
    tag: &'a [u8; TAG_BYTES],
}

impl<'a> Record<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::split(bytes).ok_or(Malformed)
    }

    fn split(bytes: &'a [u8]) -> Option<Self> {
        let (header, sealed) = bytes.split_at_checked(HEADER_BYTES)?;
        let (ciphertext, tag) = sealed.split_last_chunk()?;
        let (&[version], rest) = header.split_first_chunk()?;
        let (generation, rest) = rest.split_first_chunk()?;
        let (nonce, _) = rest.split_first_chunk()?;
        let generation = u32::from_be_bytes(*generation);
        (version == VERSION).then_some(Self { header, generation, nonce, ciphertext, tag })
    }
}

fn associated_data(header: &[u8], place: &Place<'_>) -> Vec<u8> {
    [header, &[place.kind.code()], &place.scope, place.key].concat()
}

mod sealed {
    use super::{BoundKey, DataKey, KEY_BYTES, RootKey};

    /// Keeps the list of record keys closed.
    pub trait Exposed {
        fn bytes(&self) -> &[u8; KEY_BYTES];
    }

    macro_rules! exposed {
        ($($key:ident)+) => {$(
            impl Exposed for $key {
                fn bytes(&self) -> &[u8; KEY_BYTES] {
                    self.expose()
                }
            }
        )+};
    }

    exposed!(RootKey BoundKey DataKey);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_layout_has_the_documented_size() {
        assert_eq!((HEADER_BYTES, OVERHEAD_BYTES), (17, 33));
    }

    #[test]
    fn every_kind_has_a_code_of_its_own() {
        let codes: HashSet<u8> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
    }
}
