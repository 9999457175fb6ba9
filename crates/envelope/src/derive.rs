//! Derivations from key material: HKDF-SHA-256 (RFC 5869) with the labels of [`labels`].

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::keys::{BackingKey, BoundKey, EffaceableKey, KEY_BYTES, RootKey, TableKey};
use crate::labels;

/// Bytes of a blob's salt.
pub(crate) const SALT_BYTES: usize = 32;
/// Bytes of a key commitment: 256 bits, so that finding two keys for one blob costs 2^128.
pub(crate) const COMMITMENT_BYTES: usize = 32;

/// What one blob needs from its backing material.
pub(crate) struct BlobKeys {
    pub(crate) message_key: Zeroizing<[u8; KEY_BYTES]>,
    pub(crate) commitment: [u8; COMMITMENT_BYTES],
}

/// Derives the message key and the commitment from (material, salt).
pub(crate) fn blob_keys(material: &BackingKey, salt: &[u8; SALT_BYTES]) -> BlobKeys {
    let hkdf = extract(Some(salt), material.expose());
    let mut keys =
        BlobKeys { message_key: Zeroizing::new([0; KEY_BYTES]), commitment: [0; COMMITMENT_BYTES] };
    expand(&hkdf, labels::BLOB_MESSAGE_KEY, &mut keys.message_key);
    expand(&hkdf, labels::BLOB_COMMITMENT, &mut keys.commitment);
    keys
}

/// The `KeyMaterialId` of backing material: 64 lowercase hexadecimal digits.
///
/// One-way and public: equal material has an equal id, and the id says nothing else about it.
pub fn material_id(material: &BackingKey) -> String {
    let mut id = [0; 32];
    expand(&extract(None, material.expose()), labels::MATERIAL_ID, &mut id);
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl RootKey {
    /// What this key and `secret` together seal with; neither alone gives it.
    pub fn bound_to(&self, secret: &EffaceableKey) -> BoundKey {
        bind(self.expose(), secret, labels::ROOT_BOUND_KEY)
    }
}

impl TableKey {
    /// What this key and `secret` together seal with; neither alone gives it.
    pub fn bound_to(&self, secret: &EffaceableKey) -> BoundKey {
        bind(self.expose(), secret, labels::TABLE_BOUND_KEY)
    }
}

fn bind(key: &[u8; KEY_BYTES], secret: &EffaceableKey, label: &[u8]) -> BoundKey {
    let hkdf = extract(Some(secret.expose()), key);
    BoundKey::filled_by(|bound| expand(&hkdf, label, bound))
}

fn extract(salt: Option<&[u8; 32]>, material: &[u8; KEY_BYTES]) -> Hkdf<Sha256> {
    let (mut prk, hkdf) = Hkdf::<Sha256>::extract(salt.map(<[u8; 32]>::as_slice), material);
    prk.as_mut_slice().zeroize();
    hkdf
}

fn expand(hkdf: &Hkdf<Sha256>, label: &[u8], out: &mut [u8; 32]) {
    if hkdf.expand(label, out).is_err() {
        // HKDF refuses only outputs over 8160 bytes, and the type says 32. Never go on with a key of zeros.
        std::process::abort();
    }
}
