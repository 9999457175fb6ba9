//! Texts that callers carry and must not understand or forge: grant tokens and pagination markers. Each is sealed, so that
//! none needs to be stored, no two are alike, and what was not made here does not open.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use envelope::{
    DataKey, Entropy, Plaintext,
    record::{self, Kind, Place},
};

use crate::ids::{GrantId, KeyId};

/// The generation of the token key. There is one.
const GENERATION: u32 = 1;
const GRANT: &str = "token/grant";

pub(crate) struct Tokens(DataKey);

impl Tokens {
    pub(crate) const fn new(key: DataKey) -> Self {
        Self(key)
    }

    /// A token for a grant, different at each call.
    pub(crate) fn for_grant(&self, key: KeyId, grant: &GrantId, entropy: &dyn Entropy) -> String {
        let plain = [key.bytes().as_slice(), grant.bytes()].concat();
        self.seal(GRANT, &plain, entropy)
    }

    /// The grant that a token was made for.
    pub(crate) fn read_grant(&self, token: &str) -> Option<(KeyId, GrantId)> {
        let plain = self.open(GRANT, token)?;
        let (key, grant) = plain.expose().split_first_chunk()?;
        Some((KeyId::from_bytes(*key), GrantId::from_bytes(grant.try_into().ok()?)))
    }

    /// A marker for where a page of `list` ended.
    pub(crate) fn marker(&self, list: &str, last: &[u8], entropy: &dyn Entropy) -> String {
        self.seal(list, last, entropy)
    }

    /// Where the page ended that a marker of `list` was made for.
    pub(crate) fn read_marker(&self, list: &str, marker: &str) -> Option<Vec<u8>> {
        Some(self.open(list, marker)?.expose().to_vec())
    }

    fn seal(&self, purpose: &str, plain: &[u8], entropy: &dyn Entropy) -> String {
        URL_SAFE_NO_PAD.encode(record::seal(&self.0, GENERATION, &place(purpose), plain, entropy))
    }

    fn open(&self, purpose: &str, text: &str) -> Option<Plaintext> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        record::open(&self.0, &place(purpose), &sealed).ok()
    }
}

fn place(purpose: &str) -> Place<'_> {
    Place { kind: Kind::KmsSetting, scope: [0; record::SCOPE_BYTES], key: purpose.as_bytes() }
}

#[cfg(test)]
mod tests {
    use envelope::SeededEntropy;

    use super::*;

    #[test]
    fn tokens_differ_mean_the_same_and_cannot_be_forged() {
        let entropy = SeededEntropy::danger_predictable(7);
        let tokens = Tokens::new(DataKey::generate(&entropy));
        let (key, grant) = (KeyId::generate(&entropy), GrantId::generate(&entropy));
        let first = tokens.for_grant(key, &grant, &entropy);
        let second = tokens.for_grant(key, &grant, &entropy);
        assert_ne!(first, second);
        for token in [&first, &second] {
            assert!(tokens.read_grant(token) == Some((key, grant)));
            for at in 0..token.len() {
                let mut forged = token.clone().into_bytes();
                forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
                assert!(tokens.read_grant(std::str::from_utf8(&forged).unwrap()).is_none(), "at {at}");
            }
        }
        assert!(tokens.read_marker("list", &first).is_none(), "a token is no marker");
        let marker = tokens.marker("list", b"last", &entropy);
        assert_eq!(tokens.read_marker("list", &marker).as_deref(), Some(b"last".as_slice()));
        assert!(tokens.read_marker("other list", &marker).is_none());
        let others = Tokens::new(DataKey::generate(&entropy));
        assert!(others.read_grant(&first).is_none());
    }
}
