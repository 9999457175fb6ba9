//! The encryption context: pairs that a caller names at sealing and must name again, exactly, at opening.
//!
//! Not secret (AWS logs it), so it has `Debug`. Its canonical encoding is authenticated with every blob:
//!
//! ```text
//! count (8) | for each pair, in byte order of the keys:  length (8) | key | length (8) | value
//! ```
//!
//! All numbers big-endian. Because everything is counted and length-prefixed, two different contexts never share an
//! encoding: `{"tenant": "1admin"}` is not `{"tenant1": "admin"}`.

use std::collections::BTreeMap;

/// Pairs of text, unique by key. Order of insertion does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// The empty context.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All pairs in byte order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many pairs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every pair of `subset` is in this context with the same value.
    pub fn contains(&self, subset: &Self) -> bool {
        subset.iter().all(|(key, value)| self.get(key) == Some(value))
    }

    /// The pairs as a map.
    pub const fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The pairs as an owned map.
    pub fn into_map(self) -> BTreeMap<String, String> {
        self.0
    }

    /// The canonical encoding that is authenticated (module documentation).
    pub fn aad(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.append_aad(&mut out);
        out
    }

    pub(crate) fn append_aad(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&length_prefix(self.0.len()));
        for (key, value) in &self.0 {
            for text in [key, value] {
                out.extend_from_slice(&length_prefix(text.len()));
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
}

impl From<BTreeMap<String, String>> for EncryptionContext {
    fn from(pairs: BTreeMap<String, String>) -> Self {
        Self(pairs)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for EncryptionContext {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

/// A length as 8 big-endian bytes. `usize` has at most 64 bits on every Rust target, so nothing saturates.
pub(crate) fn length_prefix(length: usize) -> [u8; 8] {
    u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_sorted_counted_and_length_prefixed() {
        let context: EncryptionContext = [("b", ""), ("a", "xyz")].into_iter().collect();
        let mut expected = vec![0, 0, 0, 0, 0, 0, 0, 2];
        expected.extend_from_slice(b"\0\0\0\0\0\0\0\x01a\0\0\0\0\0\0\0\x03xyz");
        expected.extend_from_slice(b"\0\0\0\0\0\0\0\x01b\0\0\0\0\0\0\0\0");
        assert_eq!(context.aad(), expected);
        assert_eq!(EncryptionContext::new().aad(), [0; 8]);
    }

    #[test]
    fn a_context_contains_its_parts() {
        let whole: EncryptionContext = [("a", "1"), ("b", "2")].into_iter().collect();
        let part: EncryptionContext = [("b", "2")].into_iter().collect();
        let other: EncryptionContext = [("b", "3")].into_iter().collect();
        assert!(whole.contains(&part) && whole.contains(&EncryptionContext::new()) && whole.contains(&whole));
        assert!(!part.contains(&whole) && !whole.contains(&other));
    }
}
