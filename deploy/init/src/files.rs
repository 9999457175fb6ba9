//! Files that are made whole or not at all, and durable when a function returns.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The mode of what only its owner may read.
pub(crate) const SECRET: u32 = 0o600;
/// The mode of what everybody may read.
pub(crate) const PUBLIC: u32 = 0o644;

/// Makes a directory that only its owner may enter, unless it is there.
pub(crate) fn make_directory(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| path.display().to_string())
}

/// Makes a file, unless there is one of that name, whatever it holds.
pub(crate) fn write_new(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    if path.exists() {
        return Ok(());
    }
    put(path, text, mode, |aside| match fs::hard_link(aside, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::remove_file(aside),
    })
}

/// Makes a file, in place of any other of that name.
pub(crate) fn replace(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    put(path, text, mode, |aside| fs::rename(aside, path))
}

/// Written under another name first, so that a crash leaves the old file, none, or the whole new one. What an earlier
/// crash left under that name is removed: it was never of use.
fn put(path: &Path, text: &str, mode: u32, name: impl FnOnce(&Path) -> io::Result<()>) -> anyhow::Result<()> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    let write = || {
        fs::remove_file(&aside).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        name(&aside)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().with_context(|| path.display().to_string())
}
