//! The KMS blob, version 1: what the key-management service hands out and takes back.
//!
//! ```text
//! offset  bytes  field
//!      0      1  version, 0x01
//!      1     16  key id: the KMS key, as the 16 bytes of its UUID
//!     17      4  material version, big-endian: which of the key's backing materials
//!     21     32  salt, random
//!     53     32  key commitment
//!     85     12  nonce, random
//!     97      n  ciphertext, as long as the plaintext
//!   97+n     16  tag
//! ```
//!
//! ```text
//! message key = HKDF-SHA-256(salt, material, info = BLOB_MESSAGE_KEY)
//! commitment  = HKDF-SHA-256(salt, material, info = BLOB_COMMITMENT)
//! associated data = bytes 0..97 | canonical encryption context
//! ```
//!
//! Every byte is authenticated: the header and the context as associated data, the rest by the cipher. AES-GCM-SIV by
//! itself does not commit to its key: somebody who knows two keys can build one ciphertext that opens under both.
//! The commitment closes that, and is compared in constant time before anything is decrypted. A message key per blob
//! also means that no number of blobs wears out a backing key.
//!
//! kms-service seals and opens blobs; everybody else stores them without looking inside.

use subtle::ConstantTimeEq;

use crate::aead::{self, TAG_BYTES};
use crate::context::EncryptionContext;
use crate::derive::{BlobKeys, COMMITMENT_BYTES, SALT_BYTES, blob_keys};
use crate::entropy::{Entropy, NONCE_BYTES};
use crate::error::{Inauthentic, Malformed};
use crate::keys::BackingKey;
use crate::plaintext::Plaintext;

const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 16;
const MATERIAL_BYTES: usize = 4;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + MATERIAL_BYTES + SALT_BYTES + COMMITMENT_BYTES + NONCE_BYTES;

/// How much longer a blob is than its plaintext.
pub const OVERHEAD_BYTES: usize = HEADER_BYTES + TAG_BYTES;

/// Seals `plaintext` under version `material` of the key `key_id`, whose bytes are `backing`.
pub fn seal(
    backing: &BackingKey,
    key_id: [u8; KEY_ID_BYTES],
    material: u32,
    context: &EncryptionContext,
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> Vec<u8> {
    let mut salt = [0; SALT_BYTES];
    entropy.fill(&mut salt);
    let nonce = entropy.nonce();
    let keys = blob_keys(backing, &salt);
    let header = [&[VERSION], &key_id[..], &material.to_be_bytes(), &salt, &keys.commitment, &nonce].concat();
    aead::seal(&keys.message_key, &nonce, &associated_data(&header, context), &header, plaintext)
}

/// A blob taken apart, not yet authenticated: what its header *claims*.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    header: &'a [u8],
    key_id: &'a [u8; KEY_ID_BYTES],
    material: u32,
    salt: &'a [u8; SALT_BYTES],
    commitment: &'a [u8; COMMITMENT_BYTES],
    nonce: &'a [u8; NONCE_BYTES],
    ciphertext: &'a [u8],
    tag: &'a [u8; TAG_BYTES],
}

impl<'a> Blob<'a> {
    /// Takes a blob apart.
    ///
    /// # Errors
    /// [`Malformed`] if it is too short or of an unknown version.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::split(bytes).ok_or(Malformed)
    }

    /// The KMS key that the blob names.
    pub const fn key_id(&self) -> [u8; KEY_ID_BYTES] {
        *self.key_id
    }

    /// The version of the key's backing material that the blob names.
    pub const fn material(&self) -> u32 {
        self.material
    }

    /// Opens the blob.
    ///
    /// # Errors
    /// [`Inauthentic`] if any byte differs from what was sealed, or key or context are not those of the sealing.
    pub fn open(&self, backing: &BackingKey, context: &EncryptionContext) -> Result<Plaintext, Inauthentic> {
        let BlobKeys { message_key, commitment } = blob_keys(backing, self.salt);
        if !bool::from(commitment.ct_eq(self.commitment)) {
            return Err(Inauthentic);
        }
        let aad = associated_data(self.header, context);
        aead::open(&message_key, self.nonce, &aad, self.ciphertext, self.tag)
    }

    fn split(bytes: &'a [u8]) -> Option<Self> {
        let (header, sealed) = bytes.split_at_checked(HEADER_BYTES)?;
        let (ciphertext, tag) = sealed.split_last_chunk()?;
        let (&[version], rest) = header.split_first_chunk()?;
        let (key_id, rest) = rest.split_first_chunk()?;
        let (material, rest) = rest.split_first_chunk()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (commitment, rest) = rest.split_first_chunk()?;
        let (nonce, _) = rest.split_first_chunk()?;
        let material = u32::from_be_bytes(*material);
        (version == VERSION).then_some(Self {
            header,
            key_id,
            material,
            salt,
            commitment,
            nonce,
            ciphertext,
            tag,
        })
    }
}

fn associated_data(header: &[u8], context: &EncryptionContext) -> Vec<u8> {
    let mut aad = header.to_vec();
    context.append_aad(&mut aad);
    aad
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    // A blob that is right in everything but its commitment, tag included: only the comparison can refuse it.
    #[test]
    fn the_commitment_is_compared_and_not_merely_authenticated() {
        let entropy = SeededEntropy::danger_predictable(1);
        let (backing, context) = (BackingKey::generate(&entropy), EncryptionContext::new());
        let honest = seal(&backing, [1; 16], 1, &context, b"plain", &entropy);
        let parsed = Blob::parse(&honest).unwrap();
        let message_key = blob_keys(&backing, parsed.salt).message_key;
        let forge = |flip: u8| {
            let mut header = parsed.header.to_vec();
            header[HEADER_BYTES - NONCE_BYTES - 1] ^= flip;
            aead::seal(&message_key, parsed.nonce, &associated_data(&header, &context), &header, b"plain")
        };
        assert_eq!(forge(0), honest);
        let forged = forge(1);
        assert_eq!(Blob::parse(&forged).unwrap().open(&backing, &context).err(), Some(Inauthentic));
    }

    #[test]
    fn the_layout_has_the_documented_size() {
        assert_eq!((HEADER_BYTES, OVERHEAD_BYTES), (97, 113));
    }
}
