//! What was opened, or is about to be sealed: bytes that are overwritten when dropped.

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::entropy::Entropy;

/// Plaintext bytes of fixed length. No `Debug`, `Clone` or comparison; read through [`expose`](Self::expose) alone.
///
/// There is deliberately no way to append: a growing buffer leaves its old self behind in freed memory.
pub struct Plaintext(Zeroizing<Vec<u8>>);

impl Plaintext {
    /// Takes over bytes that somebody else built. What that buffer shed while it grew is not ours to overwrite, so
    /// builders reserve the full size first.
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// `length` random bytes.
    pub fn generate(length: usize, entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new(vec![0; length]);
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// The bytes themselves. Do not copy them into anything that is not overwritten.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn from_zeroizing(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl ZeroizeOnDrop for Plaintext {}
