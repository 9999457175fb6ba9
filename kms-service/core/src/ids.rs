//! The ids of keys and grants, and the ARNs that name keys and aliases to the outside.

use std::fmt;

use envelope::Entropy;
use identity::{AccountId, Region};

use crate::alias::AliasName;

/// Names a key: a random UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

impl KeyId {
    /// A new id.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid().into_bytes())
    }

    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes, as they stand in a ciphertext blob.
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads the canonical form: lower case, with dashes. Every other form is refused, as AWS does.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(uuid::Uuid::try_parse(text).ok()?.into_bytes());
        (id.to_string() == text).then_some(id)
    }

    /// The key's ARN.
    pub fn arn(self, region: &Region, account: &AccountId) -> String {
        format!("arn:aws:kms:{region}:{account}:key/{self}")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

/// The ARN of an alias.
pub(crate) fn alias_arn(region: &Region, account: &AccountId, name: &AliasName) -> String {
    format!("arn:aws:kms:{region}:{account}:{name}")
}

/// Names a grant: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantId([u8; 32]);

impl GrantId {
    /// A new id.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let &[high, low] = digits else { return None };
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Some(Self(bytes))
    }
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use envelope::SeededEntropy;

    use super::*;

    #[test]
    fn ids_read_back_and_only_in_their_canonical_form() {
        let entropy = SeededEntropy::danger_predictable(1);
        let key = KeyId::generate(&entropy);
        let text = key.to_string();
        assert_eq!(KeyId::parse(&text), Some(key));
        assert_eq!(text.as_bytes()[14], b'4', "a version 4 UUID");
        assert_eq!(KeyId::parse(&text.replace('-', "")), None);
        assert_eq!(KeyId::parse(&text.to_uppercase()), None);
        assert_eq!(KeyId::parse(&format!("{{{text}}}")), None);

        let grant = GrantId::generate(&entropy);
        assert_eq!(GrantId::parse(&grant.to_string()), Some(grant));
        assert_eq!(GrantId::parse(&grant.to_string().to_uppercase()), None);
        assert_eq!(GrantId::parse("ab"), None);
        assert_eq!(GrantId::parse(&"é".repeat(32)), None);
    }
}
