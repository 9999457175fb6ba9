//! Message authentication with keys that do nothing else: HMAC (RFC 2104) over SHA-2.
//!
//! A [`MacKey`] is as long as its hash's output, which is the length that RFC 2104 recommends and that KMS documents. It
//! is used as it is, without a derivation, so that whoever holds the same key elsewhere computes the same code.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    entropy::Entropy,
    error::{Inauthentic, WrongMacKeyLength},
};

/// The hash under an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MacHash {
    /// 28 bytes.
    Sha224,
    /// 32 bytes.
    Sha256,
    /// 48 bytes.
    Sha384,
    /// 64 bytes.
    Sha512,
}

impl MacHash {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Bytes of a key for it, and of a code made with it.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A key that authenticates messages. Like every key it has no `Debug`, `Clone` or comparison, does not move while it
/// lives, and is overwritten when dropped.
pub struct MacKey {
    hash: MacHash,
    bytes: Box<[u8]>,
}

impl MacKey {
    /// A fresh random key.
    pub fn generate(hash: MacHash, entropy: &dyn Entropy) -> Self {
        let mut key = Self { hash, bytes: vec![0; hash.bytes()].into_boxed_slice() };
        entropy.fill(&mut key.bytes);
        key
    }

    /// Takes a copy of `bytes`; the caller's own copy is the caller's to overwrite.
    ///
    /// # Errors
    /// [`WrongMacKeyLength`] unless there are as many as the hash has.
    pub fn from_slice(hash: MacHash, bytes: &[u8]) -> Result<Self, WrongMacKeyLength> {
        if bytes.len() != hash.bytes() {
            return Err(WrongMacKeyLength { expected: hash.bytes(), actual: bytes.len() });
        }
        Ok(Self { hash, bytes: bytes.into() })
    }

    /// The key itself. Do not copy it into anything that is not overwritten.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// The hash that it is for.
    pub const fn hash(&self) -> MacHash {
        self.hash
    }

    /// The code of a message.
    pub fn code(&self, message: &[u8]) -> Vec<u8> {
        match self.hash {
            MacHash::Sha224 => code::<Hmac<Sha224>>(&self.bytes, message),
            MacHash::Sha256 => code::<Hmac<Sha256>>(&self.bytes, message),
            MacHash::Sha384 => code::<Hmac<Sha384>>(&self.bytes, message),
            MacHash::Sha512 => code::<Hmac<Sha512>>(&self.bytes, message),
        }
    }

    /// Whether `claimed` is the whole code of the message, compared in constant time. A part of a code is none.
    ///
    /// # Errors
    /// [`Inauthentic`].
    pub fn verify(&self, message: &[u8], claimed: &[u8]) -> Result<(), Inauthentic> {
        match self.hash {
            MacHash::Sha224 => verify::<Hmac<Sha224>>(&self.bytes, message, claimed),
            MacHash::Sha256 => verify::<Hmac<Sha256>>(&self.bytes, message, claimed),
            MacHash::Sha384 => verify::<Hmac<Sha384>>(&self.bytes, message, claimed),
            MacHash::Sha512 => verify::<Hmac<Sha512>>(&self.bytes, message, claimed),
        }
    }
}

impl Zeroize for MacKey {
    fn zeroize(&mut self) {
        self.bytes.zeroize();
    }
}

impl Drop for MacKey {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for MacKey {}

fn code<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    keyed::<M>(key).chain_update(message).finalize().into_bytes().to_vec()
}

fn verify<M: Mac + KeyInit>(key: &[u8], message: &[u8], claimed: &[u8]) -> Result<(), Inauthentic> {
    keyed::<M>(key).chain_update(message).verify_slice(claimed).map_err(|_| Inauthentic)
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    let Ok(mac) = M::new_from_slice(key) else {
        // HMAC takes keys of every length (RFC 2104); the signature is for other constructions.
        std::process::abort();
    };
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 4231, sections 4.2 to 4.4, 4.7 and 4.8, whole codes. Its keys are of other lengths than ours.
    #[test]
    fn codes_are_those_of_rfc_4231() {
        let large = [0xaa; 131];
        let cases: [(&[u8], &[u8], [&str; 4]); 5] = [
            (
                &[0x0b; 20],
                b"Hi There",
                [
                    "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22",
                    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                    "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
                    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                     daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
                ],
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                [
                    "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
                    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                     9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
                ],
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                [
                    "7fb3cb3588c6c1f6ffa9694d7d6ad2649365b0c1f65d69d1ec8333ea",
                    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
                    "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
                    "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39\
                     bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
                ],
            ),
            (
                &large,
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                [
                    "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e",
                    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                    "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
                    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352\
                     6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
                ],
            ),
            (
                &large,
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to \
                  be hashed before being used by the HMAC algorithm.",
                [
                    "3a854166ac5d9f023f54d517d0b39dbd946770db9c2b95c9f6f565d1",
                    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
                    "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
                    "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944\
                     b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
                ],
            ),
        ];
        for (key, message, expected) in cases {
            let codes = [
                code::<Hmac<Sha224>>(key, message),
                code::<Hmac<Sha256>>(key, message),
                code::<Hmac<Sha384>>(key, message),
                code::<Hmac<Sha512>>(key, message),
            ];
            assert_eq!(codes.map(|code| hex(&code)), expected);
        }
    }

    #[test]
    fn a_key_computes_with_its_own_bytes_and_its_own_hash() {
        for hash in MacHash::ALL {
            let key = MacKey::from_slice(hash, &vec![0x0b; hash.bytes()]).ok().unwrap();
            let expected = match hash {
                MacHash::Sha224 => code::<Hmac<Sha224>>(&[0x0b; 28], b"m"),
                MacHash::Sha256 => code::<Hmac<Sha256>>(&[0x0b; 32], b"m"),
                MacHash::Sha384 => code::<Hmac<Sha384>>(&[0x0b; 48], b"m"),
                MacHash::Sha512 => code::<Hmac<Sha512>>(&[0x0b; 64], b"m"),
            };
            assert_eq!((key.code(b"m"), key.hash()), (expected, hash));
            assert_eq!(key.code(b"m").len(), hash.bytes());
        }
    }

    #[test]
    fn only_the_whole_code_of_the_very_message_is_one() {
        for hash in MacHash::ALL {
            let key = MacKey::generate(hash, &SeededEntropy::danger_predictable(3));
            let code = key.code(b"message");
            assert_eq!(key.verify(b"message", &code), Ok(()));
            assert_eq!(key.verify(b"messagE", &code), Err(Inauthentic));
            assert_eq!(key.verify(b"", &code), Err(Inauthentic));
            for at in 0..code.len() {
                let mut wrong = code.clone();
                wrong[at] ^= 1;
                assert_eq!(key.verify(b"message", &wrong), Err(Inauthentic), "at {at}");
                assert_eq!(key.verify(b"message", &code[..at]), Err(Inauthentic), "cut at {at}");
            }
            assert_eq!(key.verify(b"message", &[code, vec![0]].concat()), Err(Inauthentic));
        }
    }

    #[test]
    fn a_key_has_the_length_of_its_hash() {
        let lengths = MacHash::ALL.map(|hash| {
            let key = MacKey::generate(hash, &SeededEntropy::danger_predictable(1));
            key.expose().len()
        });
        assert_eq!(lengths, [28, 32, 48, 64]);
        let refused = MacKey::from_slice(MacHash::Sha384, &[1; 32]).err().unwrap();
        assert_eq!(refused, WrongMacKeyLength { expected: 48, actual: 32 });
        assert_eq!(refused.to_string(), "a key has 48 bytes, not 32");
    }

    #[test]
    fn what_drop_calls_overwrites_the_bytes_in_their_place() {
        let mut key = MacKey::from_slice(MacHash::Sha512, &[0xa5; 64]).ok().unwrap();
        let place = key.expose().as_ptr();
        key.zeroize();
        assert_eq!((key.expose(), key.expose().as_ptr()), (&[0; 64][..], place));
        assert!(std::mem::needs_drop::<MacKey>());
    }
}
