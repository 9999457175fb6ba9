//! AES-256-GCM-SIV (RFC 8452), the only cipher, behind the only two functions that call it.
//!
//! Both formats, and the published test vectors, go through [`seal`] and [`open`]. Associated data is not optional.
//! The key schedule and the per-nonce keys are overwritten on drop by the cipher crates (their `zeroize` features are
//! on; the assertions below keep them on).

use aes_gcm_siv::Aes256GcmSiv;
use aes_gcm_siv::aead::inout::InOutBuf;
use aes_gcm_siv::aead::{AeadInOut, KeyInit};
use zeroize::Zeroizing;

use crate::entropy::NONCE_BYTES;
use crate::error::Inauthentic;
use crate::keys::KEY_BYTES;
use crate::plaintext::Plaintext;

/// Bytes of an authentication tag.
pub(crate) const TAG_BYTES: usize = 16;

/// Returns `header | ciphertext | tag`.
///
/// The result is allocated once at its final size and the plaintext is encrypted where it stands in it, so no
/// plaintext is left in freed memory.
pub(crate) fn seal(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; NONCE_BYTES],
    aad: &[u8],
    header: &[u8],
    plaintext: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(header.len() + plaintext.len() + TAG_BYTES);
    out.extend_from_slice(header);
    out.extend_from_slice(plaintext);
    let (_, body) = out.split_at_mut(header.len());
    let cipher = Aes256GcmSiv::new(key.into());
    let Ok(tag) = cipher.encrypt_inout_detached(nonce.into(), aad, InOutBuf::from(body)) else {
        // Only over 64 GiB of input (RFC 8452, section 6), thousands of times any limit of the callers. There is no
        // answer that would be both honest and sealed.
        std::process::abort();
    };
    out.extend_from_slice(&tag);
    out
}

/// Decrypts into a fresh buffer that is overwritten if the tag does not match.
pub(crate) fn open(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; NONCE_BYTES],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8; TAG_BYTES],
) -> Result<Plaintext, Inauthentic> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    Aes256GcmSiv::new(key.into())
        .decrypt_inout_detached(nonce.into(), aad, InOutBuf::from(buffer.as_mut_slice()), tag.into())
        .map_err(|_| Inauthentic)?;
    Ok(Plaintext::from_zeroizing(buffer))
}
