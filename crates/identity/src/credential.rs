//! Credentials: an access key id, which is a name, and a secret, which never shows.
//!
//! A credential file is a TOML file with `access_key_id` and `secret_access_key`, mode 0600. The development set-up
//! writes them, and a service that calls another one reads its own from such a file.

use crate::{
    AccessKeyId,
    private_file::{self, FileError},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, de};
use std::{
    fmt,
    path::{Path, PathBuf},
};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// Shortest secret, in bytes. AWS's have 40; sixteen random characters are beyond guessing.
const MIN_SECRET_BYTES: usize = 16;
/// Longest secret, in bytes. Comparisons always look at this many.
const MAX_SECRET_BYTES: usize = 128;
/// Random bytes of a made secret: 40 characters of base64, as AWS's have.
const MADE_SECRET_BYTES: usize = 30;
/// Random bytes of a made access key id: 16 characters of base32 behind the prefix, as AWS's have.
const MADE_ID_BYTES: usize = 10;
/// Prefix of a made access key id: AWS's for long-lived user keys.
const MADE_ID_PREFIX: &str = "AKIA";

/// A secret access key. It is read only through [`SecretKey::expose`] and compared in constant time.
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// Takes a secret of 16 to 128 visible ASCII characters other than the single quote.
    pub fn new(secret: Zeroizing<String>) -> Result<Self, CredentialError> {
        let legal = secret.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\'');
        if legal && (MIN_SECRET_BYTES..=MAX_SECRET_BYTES).contains(&secret.len()) {
            Ok(Self(secret))
        } else {
            Err(CredentialError::BadSecret)
        }
    }

    /// A new random secret of 40 characters.
    pub fn generate() -> Result<Self, CredentialError> {
        let mut bytes = Zeroizing::new([0; MADE_SECRET_BYTES]);
        getrandom::fill(&mut *bytes).map_err(CredentialError::Entropy)?;
        Self::new(Zeroizing::new(STANDARD.encode(bytes.as_slice())))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `presented` is this secret. The time taken depends on neither.
    pub(crate) fn is(&self, presented: &[u8]) -> Choice {
        let same_length = self.0.len().ct_eq(&presented.len());
        same_length & padded(self.0.as_bytes())[..].ct_eq(&padded(presented)[..])
    }
}

/// The first [`MAX_SECRET_BYTES`] of a text, filled up with zeros.
fn padded(text: &[u8]) -> Zeroizing<[u8; MAX_SECRET_BYTES]> {
    let mut block = Zeroizing::new([0; MAX_SECRET_BYTES]);
    block.iter_mut().zip(text).for_each(|(slot, byte)| *slot = *byte);
    block
}

impl<'de> Deserialize<'de> for SecretKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// Reads a string, and repeats nothing of what it reads in an error, unlike serde's own messages.
struct SecretVisitor;

impl de::Visitor<'_> for SecretVisitor {
    type Value = SecretKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret in quotes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<SecretKey, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<SecretKey, E> {
        SecretKey::new(Zeroizing::new(text)).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<SecretKey, E> {
        Err(E::custom(CredentialError::BadSecret))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<SecretKey, E> {
        Err(E::custom(CredentialError::BadSecret))
    }
}

/// An access key id with its secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Which key it is.
    pub access_key_id: AccessKeyId,
    /// What proves it.
    #[serde(rename = "secret_access_key")]
    pub secret: SecretKey,
}

/// Why a credential could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The secret is too short, too long or has characters that no header can carry.
    #[error(
        "a secret is a string of {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} visible ASCII characters, no single quote"
    )]
    BadSecret,
    /// The operating system delivered no random bytes.
    #[error("no random bytes from the operating system: {0}")]
    Entropy(getrandom::Error),
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not a credential file. The text never repeats what the file holds.
    #[error("{path}, line {line}: {message}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where, from 1; 0 if it concerns the file as a whole.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

impl Credential {
    /// A new random credential.
    pub fn generate() -> Result<Self, CredentialError> {
        let mut bytes = [0; MADE_ID_BYTES];
        getrandom::fill(&mut bytes).map_err(CredentialError::Entropy)?;
        Ok(Self { access_key_id: made_id(MADE_ID_PREFIX, &bytes), secret: SecretKey::generate()? })
    }

    /// Reads a credential file, which nobody but its owner may read.
    pub fn read(path: &Path) -> Result<Self, CredentialError> {
        let text = private_file::read_secret(path)?;
        toml::from_str(&text).map_err(|error| CredentialError::Malformed {
            path: path.to_owned(),
            line: line_of(&text, &error),
            message: error.message().to_owned(),
        })
    }

    /// Writes a credential file with mode 0600. It never replaces a file.
    pub fn write_new(&self, path: &Path) -> Result<(), CredentialError> {
        // Neither value can hold a single quote or a line break, so a literal TOML string needs no escape.
        let text = Zeroizing::new(format!(
            "access_key_id = '{}'\nsecret_access_key = '{}'\n",
            self.access_key_id,
            self.secret.expose()
        ));
        Ok(private_file::write_new(path, &text)?)
    }

    /// Reads the credential file, or makes it with a new credential if there is none. Several processes may do this
    /// at the same time; all of them get the same credential.
    pub fn read_or_create(path: &Path) -> Result<Self, CredentialError> {
        match Self::read(path) {
            Err(CredentialError::File(error)) if error.is_not_found() => {}
            other => return other,
        }
        let made = Self::generate()?;
        match made.write_new(path) {
            Ok(()) => Ok(made),
            Err(CredentialError::File(error)) if error.is_already_there() => Self::read(path),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.access_key_id)
    }
}

/// The line a TOML error points at, from 1; 0 if it points nowhere. The error's own `Display` quotes the line itself,
/// which may hold a secret.
pub(crate) fn line_of(text: &str, error: &toml::de::Error) -> usize {
    let Some(span) = error.span() else { return 0 };
    let before = text.bytes().take(span.start);
    before.filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// A prefix and base32 (alphabet of RFC 4648) of `bytes`.
fn made_id(prefix: &str, bytes: &[u8; MADE_ID_BYTES]) -> AccessKeyId {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits = bytes.iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
    let digits = (0..MADE_ID_BYTES * 8 / 5).rev().filter_map(|digit| {
        let index = usize::try_from((bits >> (digit * 5)) & 31).ok()?;
        ALPHABET.get(index).copied().map(char::from)
    });
    AccessKeyId::made(prefix.chars().chain(digits).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, fs, os::unix::fs::PermissionsExt};

    #[test]
    fn made_credentials_have_the_form_of_aws_and_differ() {
        let made: Vec<_> = (0..50).map(|_| Credential::generate().unwrap()).collect();
        for credential in &made {
            let id = credential.access_key_id.as_str();
            assert!(id.len() == 20 && id.starts_with("AKIA") && id.parse::<AccessKeyId>().is_ok(), "{id}");
            assert_eq!(credential.secret.expose().len(), 40);
        }
        let ids: HashSet<_> = made.iter().map(|credential| credential.access_key_id.as_str()).collect();
        assert_eq!(ids.len(), made.len());
    }

    #[test]
    fn base32_of_known_bytes() {
        assert_eq!(made_id("P", &[0; 10]).as_str(), "PAAAAAAAAAAAAAAAA");
        // RFC 4648, section 10: "fooba" is MZXW6YTB.
        assert_eq!(made_id("", b"foobafooba").as_str(), "MZXW6YTBMZXW6YTB");
    }

    #[test]
    fn a_credential_file_keeps_its_credential_and_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credential.toml");
        let made = Credential::read_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = Credential::read_or_create(&path).unwrap();
        assert_eq!(read.access_key_id, made.access_key_id);
        assert_eq!(read.secret.expose(), made.secret.expose());
        assert!(Credential::generate().unwrap().write_new(&path).is_err());
        assert_eq!(Credential::read(&path).unwrap().access_key_id, made.access_key_id);
    }

    #[test]
    fn all_who_start_at_once_get_the_same_credential() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credential.toml");
        let ids: HashSet<String> = std::thread::scope(|scope| {
            let start = || Credential::read_or_create(&path).unwrap().access_key_id.to_string();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 1);
    }

    #[test]
    fn a_broken_credential_file_is_refused_and_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credential.toml");
        for text in
            ["", "access_key_id = 'AKIAIOSFODNN7EXAMPLE'", "secret_access_key = 'CanarySecretCanary", "x = 1"]
        {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let error = Credential::read_or_create(&path).unwrap_err();
            assert!(matches!(error, CredentialError::Malformed { .. }), "{error}");
            assert!(!format!("{error} {error:?}").contains("Canary"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
