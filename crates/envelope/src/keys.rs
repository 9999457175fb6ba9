//! The seven kinds of 256-bit key, each its own type, so that one cannot stand in for another.
//!
//! A key sits in one heap cell from birth to death: moving the value moves a pointer, and dropping it overwrites the
//! cell. There is no `Debug`, `Clone`, comparison or serialisation; the bytes are read through `expose` alone.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::entropy::Entropy;
use crate::error::WrongLength;

/// Bytes of every key.
pub const KEY_BYTES: usize = 32;

/// The bytes of a key in their one place.
struct Secret(Box<[u8; KEY_BYTES]>);

impl Secret {
    fn filled_by(fill: impl FnOnce(&mut [u8; KEY_BYTES])) -> Self {
        let mut secret = Self(Box::new([0; KEY_BYTES]));
        fill(&mut secret.0);
        secret
    }
}

impl Zeroize for Secret {
    fn zeroize(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for Secret {}

macro_rules! key_types {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        pub struct $name(Secret);

        impl $name {
            /// A fresh random key.
            pub fn generate(entropy: &dyn Entropy) -> Self {
                Self(Secret::filled_by(|bytes| entropy.fill(bytes)))
            }

            /// Takes a copy of `bytes`; the caller's own copy is the caller's to overwrite.
            ///
            /// # Errors
            /// [`WrongLength`] unless there are exactly [`KEY_BYTES`].
            pub fn from_slice(bytes: &[u8]) -> Result<Self, WrongLength> {
                let key: &[u8; KEY_BYTES] =
                    bytes.try_into().map_err(|_| WrongLength { actual: bytes.len() })?;
                Ok(Self(Secret::filled_by(|own| own.copy_from_slice(key))))
            }

            /// The key itself. Do not copy it into anything that is not overwritten.
            pub fn expose(&self) -> &[u8; KEY_BYTES] {
                &self.0.0
            }
        }

        impl ZeroizeOnDrop for $name {}
    )+};
}

key_types! {
    /// The root of trust of a key-management service: seals every record of its store.
    RootKey;
    /// One version of a KMS key's backing material: seals [blobs](crate::blob).
    BackingKey;
    /// A table's key, known to the table service only as a blob until KMS unwraps it: seals the table's data keys and
    /// its locator key, [bound](TableKey::bound_to) to the table's effaceable secret.
    TableKey;
    /// One generation of a table's data keys: seals items and index records.
    DataKey;
    /// A secret in storage that can be overwritten. What is sealed under a key [bound](RootKey::bound_to) to it is
    /// destroyed with it, whatever copies there are.
    EffaceableKey;
    /// A key that takes two to make: one that is kept and an [`EffaceableKey`]. Seals what must be destroyed with the latter.
    BoundKey;
    /// A table's locator key: turns key values into tokens, so that the store can find what it cannot read.
    LocatorKey;
}

impl BoundKey {
    /// Derived in its place, so that no copy is left elsewhere.
    pub(crate) fn filled_by(fill: impl FnOnce(&mut [u8; KEY_BYTES])) -> Self {
        Self(Secret::filled_by(fill))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    // What drop does, seen while the memory is still ours: reading it afterwards would need unsafe code.
    #[test]
    fn what_drop_calls_overwrites_the_bytes_in_their_place() {
        let mut secret = Secret::filled_by(|bytes| bytes.fill(0xa5));
        let place = secret.0.as_ptr();
        secret.zeroize();
        assert_eq!((*secret.0, secret.0.as_ptr()), ([0; KEY_BYTES], place));
        assert!(std::mem::needs_drop::<RootKey>());
    }

    #[test]
    fn a_key_does_not_move_when_its_owner_does() {
        let key = DataKey::generate(&SeededEntropy::danger_predictable(1));
        let place = key.expose().as_ptr();
        let moved = Some(key);
        assert_eq!(moved.map(|key| key.expose().as_ptr()), Some(place));
    }

    #[test]
    fn a_key_has_exactly_32_bytes() {
        for actual in [0, 16, 31, 33, 64] {
            assert_eq!(RootKey::from_slice(&vec![1; actual]).err(), Some(WrongLength { actual }));
        }
        assert_eq!(RootKey::from_slice(&[7; 32]).ok().unwrap().expose(), &[7; 32]);
        assert_eq!(WrongLength { actual: 31 }.to_string(), "a key has 32 bytes, not 31");
    }

    #[test]
    fn generated_keys_differ() {
        let entropy = SeededEntropy::danger_predictable(1);
        assert_ne!(TableKey::generate(&entropy).expose(), TableKey::generate(&entropy).expose());
    }
}
