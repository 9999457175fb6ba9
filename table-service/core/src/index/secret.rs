//! Key bytes in memory: ordered like the keys they are, overwritten when dropped.

use std::borrow::Borrow;
use std::ops::Deref;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A key, a fence or a payload. No `Debug`: keys belong in no log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Zeroize, ZeroizeOnDrop)]
pub(super) struct Secret(Vec<u8>);

impl Secret {
    pub(super) fn copy_of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The least key above `key`: the key followed by a zero byte.
    pub(super) fn successor_of(key: &[u8]) -> Self {
        let mut next = Vec::with_capacity(key.len() + 1);
        next.extend_from_slice(key);
        next.push(0);
        Self(next)
    }
}

impl Deref for Secret {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// So that maps with secret keys are searched by slice. `Vec` orders exactly as its slice does.
impl Borrow<[u8]> for Secret {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}
