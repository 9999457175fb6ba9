//! Where the root key comes from: a provider opens it, and nothing else in the service knows how.
//!
//! The file provider reads a text file of two lines that only its owner may read:
//!
//! ```text
//! keystead-root-key-v1
//! <64 lower-case hexadecimal digits>
//! ```

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    str::FromStr,
};

use envelope::{Entropy, RootKey};
use identity::{FileError, read_secret};
use zeroize::Zeroizing;

const FORMAT: &str = "keystead-root-key-v1";
/// Owner may read and write, nobody else anything.
const MODE: u32 = 0o600;
/// What a root key's name is followed by, and that by a random number of so many digits, while it is being written.
const UNFINISHED: &str = ".new-";
const NUMBER_DIGITS: usize = 16;

/// Which provider, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootKeySource {
    /// A file in the format of this module.
    File(PathBuf),
}

impl FromStr for RootKeySource {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err(UnknownProvider),
        }
    }
}

/// The text names no provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a root key is given as file:PATH")]
pub struct UnknownProvider;

/// Why there is no root key. No text holds any of it.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// There is no such file.
    #[error("there is no root key at {0}; `kms-service init-root-key --out PATH` makes one")]
    Missing(PathBuf),
    /// Others than the owner may use the file.
    #[error("{path} has mode {mode:04o}: a root key must be readable by its owner alone (chmod 600)")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is not in the format.
    #[error("{0} is not a root key file")]
    Malformed(PathBuf),
    /// A root key would be overwritten.
    #[error("{0} is there already; a root key is never overwritten")]
    Exists(PathBuf),
    /// The system refused.
    #[error("root key {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Opens the root key.
///
/// # Errors
/// [`RootKeyError`]; a file that others may read is refused.
pub fn open(source: &RootKeySource) -> Result<RootKey, RootKeyError> {
    let RootKeySource::File(path) = source;
    remove_unfinished(path);
    read(path)
}

/// Makes a new root key file, mode 0600, durable when this returns, and opens it.
///
/// # Errors
/// [`RootKeyError::Exists`] if there is a file of that name, whatever it is.
pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<RootKey, RootKeyError> {
    remove_unfinished(path);
    let key = RootKey::generate(entropy);
    write_new(path, &key, entropy).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => RootKeyError::Exists(path.to_owned()),
        _ => RootKeyError::Io { path: path.to_owned(), source },
    })?;
    Ok(key)
}

fn read(path: &Path) -> Result<RootKey, RootKeyError> {
    let text = read_secret(path).map_err(|error| match error {
        error if error.is_not_found() => RootKeyError::Missing(path.to_owned()),
        FileError::Exposed { path, mode, .. } => RootKeyError::Exposed { path, mode },
        FileError::Io { path, source } => RootKeyError::Io { path, source },
        FileError::NotAFile { path } | FileError::TooLarge { path } | FileError::NotText { path } => {
            RootKeyError::Malformed(path)
        }
    })?;
    parse(&text).ok_or_else(|| RootKeyError::Malformed(path.to_owned()))
}

fn parse(text: &str) -> Option<RootKey> {
    let digits = text.strip_prefix(FORMAT)?.strip_prefix('\n')?;
    let digits = digits.strip_suffix('\n').unwrap_or(digits).as_bytes();
    let mut bytes = Zeroizing::new([0; envelope::KEY_BYTES]);
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = digit(high)? << 4 | digit(low)?;
    }
    RootKey::from_slice(bytes.as_slice()).ok()
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

/// Written under another name first and linked to its own, so that a crash leaves either no root key or a whole one. The
/// other name is a new one each time: what a killed process left behind is in nobody's way, and no two processes write to
/// the same file.
fn write_new(path: &Path, key: &RootKey, entropy: &dyn Entropy) -> io::Result<()> {
    let mut number = [0; 8];
    entropy.fill(&mut number);
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!("{UNFINISHED}{:0NUMBER_DIGITS$x}", u64::from_be_bytes(number)));
    let unfinished = directory_of(path).join(name);
    let written = write(&unfinished, key).and_then(|()| fs::hard_link(&unfinished, path));
    // What is left under the other name is of no use, whatever happened.
    let removed = remove(&unfinished);
    written?;
    removed?;
    File::open(directory_of(path))?.sync_all()
}

/// Removes the key bytes that a process left behind which was killed while it made this root key: they are no root key,
/// or the same one once more. Whoever may not remove them may use the root key all the same.
fn remove_unfinished(path: &Path) {
    let Some(name) = path.file_name() else { return };
    let prefix = [name.as_encoded_bytes(), UNFINISHED.as_bytes()].concat();
    for entry in fs::read_dir(directory_of(path)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.as_encoded_bytes().strip_prefix(prefix.as_slice());
        // Exactly such a name: a person might well call another root key `root.key.new-20261124`.
        if !number
            .is_some_and(|number| number.len() == NUMBER_DIGITS && number.iter().all(u8::is_ascii_hexdigit))
        {
            continue;
        }
        let path = entry.path();
        match remove(&path) {
            Ok(()) => tracing::warn!(path = %path.display(), "removed an unfinished root key"),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "an unfinished root key cannot be removed");
            }
        }
    }
}

/// Removes a file that another process may just have removed.
fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn write(path: &Path, key: &RootKey) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    let mut text = Zeroizing::new(Vec::with_capacity(FORMAT.len() + 2 * envelope::KEY_BYTES + 2));
    text.extend_from_slice(FORMAT.as_bytes());
    text.push(b'\n');
    for byte in key.expose() {
        text.extend(
            [byte >> 4, byte & 0xf].map(|digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }),
        );
    }
    text.push(b'\n');
    file.write_all(&text)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use envelope::{OsEntropy, SeededEntropy};

    use super::*;

    fn source(path: &Path) -> RootKeySource {
        RootKeySource::File(path.to_owned())
    }

    #[test]
    fn a_root_key_is_made_once_for_its_owner_and_reads_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root.key");
        let made = create(&path, &OsEntropy).unwrap();
        assert!(made.expose() == open(&source(&path)).unwrap().expose());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert!(matches!(create(&path, &OsEntropy), Err(RootKeyError::Exists(_))));
        assert!(made.expose() == open(&source(&path)).unwrap().expose(), "and it is still the first one");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left behind");
    }

    /// What was killed between writing a key and giving it its name left its bytes behind.
    #[test]
    fn what_a_killed_process_left_is_in_nobodys_way_and_removed() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let path = at("root.key");
        let leftovers = ["root.key.new-0123456789abcdef", "root.key.new-0000000000000000"];
        // What a person may have named is not ours, whatever it looks like.
        let kept = [
            "root.key.newer",
            "root.key.new-backup",
            "root.key.new-20261124",
            "root.key.new-",
            "other.key.new-0123456789abcdef",
            "root.key.old",
        ];
        let litter = || leftovers.iter().for_each(|name| fs::write(at(name), "key bytes").unwrap());
        kept.iter().for_each(|name| fs::write(at(name), "something else").unwrap());
        for start in ["the first", "a later"] {
            litter();
            match start {
                "the first" => drop(create(&path, &OsEntropy).unwrap()),
                _ => drop(open(&source(&path)).unwrap()),
            }
            assert!(leftovers.iter().all(|name| !at(name).exists()), "{start} start");
            assert!(kept.iter().all(|name| at(name).exists()), "{start} start");
        }
        // Not made and not there: the bytes of one that never came to be go as well.
        fs::remove_file(&path).unwrap();
        litter();
        assert!(matches!(open(&source(&path)), Err(RootKeyError::Missing(_))));
        assert!(leftovers.iter().all(|name| !at(name).exists()));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root.key");
        create(&path, &OsEntropy).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o700 | 0o001] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(open(&source(&path)), Err(RootKeyError::Exposed { .. })), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(open(&source(&path)).is_ok(), "read-only is even better");
    }

    #[test]
    fn anything_else_is_no_root_key_and_is_not_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root.key");
        create(&path, &SeededEntropy::danger_predictable(3)).unwrap();
        let good = fs::read_to_string(&path).unwrap();
        let digits = good.lines().nth(1).unwrap();
        let bad = [
            String::new(),
            digits.to_owned(),
            good.replace("v1", "v2"),
            good.to_uppercase(),
            good.replace('\n', "\r\n"),
            format!("{good}\n"),
            good[..good.len() - 2].to_owned(),
            format!("{FORMAT}\n{}\n", "é".repeat(32)),
            "x".repeat(10_000),
        ];
        for text in bad {
            fs::write(&path, &text).unwrap();
            let error = open(&source(&path)).map(drop).unwrap_err();
            assert!(matches!(error, RootKeyError::Malformed(_)), "{error}");
            assert!(!format!("{error} {error:?}").contains(digits));
        }
        assert!(matches!(open(&source(&directory.path().join("none"))), Err(RootKeyError::Missing(_))));
    }

    #[test]
    fn a_source_names_its_provider() {
        assert_eq!("file:/a:b".parse(), Ok(RootKeySource::File("/a:b".into())));
        for text in ["", "file:", "/a/b", "pkcs11:token"] {
            assert_eq!(text.parse::<RootKeySource>(), Err(UnknownProvider), "{text}");
        }
    }
}
