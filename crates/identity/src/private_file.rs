//! Files that hold secrets or rules: who may read or write them is checked on the open file, before a byte is read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};
use zeroize::Zeroizing;

/// Largest file that is read, in bytes: some thousand principals.
const MAX_BYTES: u64 = 4 * 1024 * 1024;
/// Any access for group or others.
const ANY_FOREIGN_ACCESS: u32 = 0o077;
/// Write access for group or others.
const FOREIGN_WRITE: u32 = 0o022;

/// How many files this process has written.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than the owner may read or change it.
    #[error("{path} has mode {mode:04o}; others must not have access (chmod {wanted:04o})")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The mode it should have.
        wanted: u32,
    },
    /// Not a regular file.
    #[error("{path} is not a regular file")]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// Larger than 4 MiB.
    #[error("{path} is larger than {MAX_BYTES} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Not UTF-8 text.
    #[error("{path} is not UTF-8 text")]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

impl FileError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// Whether the file is simply not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Whether a file that was to be made is there already.
    pub fn is_already_there(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists)
    }
}

/// Reads a text that only its owner may read.
pub fn read_secret(path: &Path) -> Result<Zeroizing<String>, FileError> {
    read(path, ANY_FOREIGN_ACCESS, 0o600)
}

/// Reads a text that only its owner may change.
pub fn read_rules(path: &Path) -> Result<Zeroizing<String>, FileError> {
    read(path, FOREIGN_WRITE, 0o644)
}

fn read(path: &Path, forbidden: u32, wanted: u32) -> Result<Zeroizing<String>, FileError> {
    let file = File::open(path).map_err(|error| FileError::io(path, error))?;
    let metadata = file.metadata().map_err(|error| FileError::io(path, error))?;
    let mode = metadata.mode() & 0o7777;
    if !metadata.is_file() {
        return Err(FileError::NotAFile { path: path.to_owned() });
    }
    if mode & forbidden != 0 {
        return Err(FileError::Exposed { path: path.to_owned(), mode, wanted });
    }
    // The capacity is reserved at once: a buffer that grows leaves copies of the secret behind.
    let capacity = usize::try_from(metadata.len().min(MAX_BYTES)).unwrap_or_default().saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| FileError::io(path, error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(FileError::TooLarge { path: path.to_owned() });
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(FileError::NotText { path: path.to_owned() })
        }
    }
}

/// Makes a file that only its owner may read, durable when it returns. It never replaces a file, and nobody ever
/// sees half of it: the whole text is written aside and then linked to its name, which fails if the name is taken.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<(), FileError> {
    let failed = |error| FileError::io(path, error);
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or_else(|| FileError::NotAFile { path: path.to_owned() })?;
    // Unlike that of any other writer: other processes by their id, other threads by the count.
    let count = WRITES.fetch_add(1, Ordering::Relaxed);
    let aside = directory.join(format!(".{}.{}.{count}.new", name.to_string_lossy(), std::process::id()));
    let linked = write_synced(&aside, text).and_then(|()| fs::hard_link(&aside, path));
    let removed = match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    linked.and(removed).map_err(failed)?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}

fn write_synced(path: &Path, text: &str) -> io::Result<()> {
    // A leftover of a crashed process with the same id has no value.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn with_mode(mode: u32) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "text").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (directory, path)
    }

    #[test]
    fn a_secret_that_others_may_touch_is_refused() {
        for mode in [0o644, 0o640, 0o604, 0o620, 0o660, 0o601] {
            let (_directory, path) = with_mode(mode);
            let error = read_secret(&path).unwrap_err();
            assert!(matches!(error, FileError::Exposed { .. }), "{mode:o}: {error}");
        }
        for mode in [0o600, 0o400, 0o700] {
            let (_directory, path) = with_mode(mode);
            assert_eq!(read_secret(&path).unwrap().as_str(), "text", "{mode:o}");
        }
    }

    #[test]
    fn rules_may_be_read_by_all_and_written_by_the_owner() {
        let (_directory, path) = with_mode(0o644);
        assert_eq!(read_rules(&path).unwrap().as_str(), "text");
        let (_directory, path) = with_mode(0o664);
        assert!(matches!(read_rules(&path), Err(FileError::Exposed { .. })));
    }

    #[test]
    fn directories_large_files_and_binary_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(read_secret(directory.path()), Err(FileError::NotAFile { .. })));
        let large = directory.path().join("large");
        write_new(&large, &"x".repeat(usize::try_from(MAX_BYTES).unwrap() + 1)).unwrap();
        assert!(matches!(read_secret(&large), Err(FileError::TooLarge { .. })));
        let binary = directory.path().join("binary");
        fs::write(&binary, [0xff, 0xfe]).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(read_secret(&binary), Err(FileError::NotText { .. })));
    }

    #[test]
    fn a_new_file_is_private_whole_and_never_replaces_another() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        write_new(&path, "first").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(write_new(&path, "second").unwrap_err().is_already_there());
        assert_eq!(read_secret(&path).unwrap().as_str(), "first");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left aside");
    }
}
