//! Opening and making a store: who may, what must be there, what sled left behind.
//!
//! ```text
//! <path>/LOCK                 locked while the store is open
//! <path>/data.new/            a store being made; worth nothing, deleted by the next start
//! <path>/data/FORMAT          "keystead-store 1"
//! <path>/data/effaceable      secrets that are overwritten in place, see `slots`
//! <path>/data/sled/           sled's own files
//! ```
//!
//! A store is made under another name and gets its own only when its sentinel and format marker are durable. So if
//! `data` exists it is complete, and a missing sentinel means that data was lost; a kill at any moment of the making
//! leaves nothing that could be taken for a store, and no commit was acknowledged yet.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use ::sled::{Db, Mode};

use super::{codec, core::Core, slots::Slots, space::Space};
use crate::StoreError;

/// The name of the file of effaceable secrets.
const SECRETS: &str = "effaceable";
/// The format written, and the newest that is understood.
const FORMAT: u32 = 1;
/// What the format marker says before the number.
const FORMAT_NAME: &str = "keystead-store ";

/// A record made together with the store. sled's failure mode is to open empty; then this is missing.
const SENTINEL: &str = "sentinel";
const SENTINEL_VALUE: &[u8] = b"this store was complete when it was made";
/// A record written at each start, to see the disk and the sync at work.
const PROBE: &str = "probe";

/// sled moves pages over a quarter of this to files it never syncs; see `codec` for the sum.
const SEGMENT_BYTES: usize = 8 * 1024 * 1024;
/// How often sled's own thread looks for segments to clean. Cleaning happens nowhere else.
const CLEAN_EVERY_MS: u64 = 500;
/// sled's threads may hold its file for a moment after it was closed in this process.
const RELEASE_TRIES: u32 = 250;
/// A process that is about to end, or a child of one that has not begun yet, may hold ours for a moment: a second in all.
const LOCK_TRIES: u32 = 50;
const RELEASE_WAIT: Duration = Duration::from_millis(20);

/// Where the store is and how much memory it may take.
#[derive(Clone, Debug)]
pub struct SledConfig {
    /// A directory of its own. It is made if it is not there, for the owner alone.
    pub path: PathBuf,
    /// Bytes of pages to keep in memory. The process takes about 80 MB more for each million records.
    pub cache_capacity: u64,
    /// Bytes of the disk that stay free: below, commits are refused. For what sled writes by itself, and so that a store can
    /// always be opened again.
    pub reserve_bytes: u64,
}

impl SledConfig {
    /// The store in `path`, with a cache of 128 MiB and a reserve of 32 MiB.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), cache_capacity: 128 * 1024 * 1024, reserve_bytes: 32 * 1024 * 1024 }
    }
}

/// The store cannot be opened. All but `Locked` and `Io` need a person.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another part of this one, has it open.
    #[error("the store in {0} is in use by another process")]
    Locked(PathBuf),
    /// A newer release wrote it.
    #[error("the store has format {found}, this release understands up to {known}")]
    NewerFormat {
        /// The format it has.
        found: u32,
        /// The newest format understood here.
        known: u32,
    },
    /// The format marker is missing or says something else.
    #[error("{0} is not a store's format marker")]
    UnknownFormat(PathBuf),
    /// The database is there and lacks the record that it was made with: the disk lost data. Restore a backup.
    #[error("the store in {0} has lost data: its sentinel record is missing")]
    SentinelLost(PathBuf),
    /// sled's flush did not reach the replacement in `durable-sync`: a defect of the build.
    #[error("this build does not sync durably: sync_file_range is not the one that it was linked to replace")]
    SyncNotDurable,
    /// The operating system refused access to a file or directory.
    #[error("opening the store failed: {0}")]
    Io(#[from] io::Error),
    /// sled cannot read or write its files.
    #[error("opening the store's database failed: {0}")]
    Database(#[from] StoreError),
}

impl From<::sled::Error> for OpenError {
    fn from(error: ::sled::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Opens the store in `config.path`, or makes it.
pub(super) fn open(config: &SledConfig) -> Result<Core, OpenError> {
    make_directory(&config.path)?;
    let lock = lock(&config.path)?;
    let data = config.path.join("data");
    discard(&config.path.join("data.new"))?;
    if !data.try_exists()? {
        let unfinished = config.path.join("data.new");
        make(config, &unfinished)?;
        fs::rename(&unfinished, &data)?;
        sync_directory(&config.path)?;
    }
    check_format(&data.join("FORMAT"))?;
    let db = open_database(config, &data)?;
    if db.get(codec::own_key(SENTINEL))?.as_deref() != Some(SENTINEL_VALUE) {
        return Err(OpenError::SentinelLost(config.path.clone()));
    }
    probe_sync(&db)?;
    let slots = Slots::open(&data.join(SECRETS))?;
    Ok(Core::new(db, slots, Space::new(data, config.reserve_bytes), lock))
}

/// Makes a complete store in `data` and closes it, so that it can be renamed.
fn make(config: &SledConfig, data: &Path) -> Result<(), OpenError> {
    make_directory(data)?;
    let db = open_database(config, data)?;
    db.insert(codec::own_key(SENTINEL), SENTINEL_VALUE)?;
    db.flush()?;
    drop(db);
    // sled does not sync its configuration file.
    for entry in fs::read_dir(data.join("sled"))? {
        File::open(entry?.path())?.sync_all()?;
    }
    Slots::create(&data.join(SECRETS))?;
    let marker = data.join("FORMAT");
    fs::write(&marker, format!("{FORMAT_NAME}{FORMAT}\n"))?;
    File::open(&marker)?.sync_all()?;
    Ok(sync_directory(data)?)
}

/// Opens sled's files in `data`, with what sled leaves out before and after.
fn open_database(config: &SledConfig, data: &Path) -> Result<Db, OpenError> {
    let path = data.join("sled");
    remove_partial_snapshots(&path)?;
    let sled = ::sled::Config::new()
        .path(&path)
        .cache_capacity(config.cache_capacity)
        .mode(Mode::LowSpace)
        .segment_size(SEGMENT_BYTES)
        .flush_every_ms(Some(CLEAN_EVERY_MS))
        .use_compression(false);
    let db = open_when_released(&sled)?;
    for directory in [path.as_path(), data, config.path.as_path()] {
        sync_directory(directory)?;
    }
    Ok(db)
}

/// sled writes a snapshot to this name and renames it. A kill in between leaves the file, and sled then takes it for
/// a snapshot and reports corruption, for ever. The log holds everything that it would have held.
fn remove_partial_snapshots(path: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            tracing::info!(file = %name, "removing a snapshot that an earlier start did not finish");
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Opens sled's database, waiting a moment for an earlier one in this process to let go of the file.
fn open_when_released(config: &::sled::Config) -> Result<Db, OpenError> {
    for _ in 0..RELEASE_TRIES {
        match open_caught(config) {
            // We hold our own lock, so this can only be the rest of a database that this process has just closed.
            Err(::sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                thread::sleep(RELEASE_WAIT);
            }
            result => return Ok(result?),
        }
    }
    Ok(open_caught(config)?)
}

/// sled panics on some damage; for whoever starts the service that is an error like any other.
fn open_caught(config: &::sled::Config) -> ::sled::Result<Db> {
    panic::catch_unwind(AssertUnwindSafe(|| config.open()))
        .unwrap_or_else(|_| Err(::sled::Error::ReportableBug("sled panicked while opening".into())))
}

/// Writes and flushes, and demands that the flush came through the replacement. sled leaves out a write that changes
/// nothing, and a flush with nothing to write syncs nothing: so each probe writes another value than the one before.
fn probe_sync(db: &Db) -> Result<(), OpenError> {
    let before = durable_sync::calls();
    let last = db.get(codec::own_key(PROBE))?.and_then(|value| value.as_ref().try_into().ok());
    let next = last.map_or(0, u64::from_be_bytes).wrapping_add(1);
    db.insert(codec::own_key(PROBE), next.to_be_bytes().as_slice())?;
    db.flush()?;
    if durable_sync::IS_NEEDED && durable_sync::calls() == before {
        return Err(OpenError::SyncNotDurable);
    }
    Ok(())
}

fn check_format(marker: &Path) -> Result<(), OpenError> {
    let unknown = || OpenError::UnknownFormat(marker.to_path_buf());
    let text = match fs::read_to_string(marker) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(unknown()),
        text => text?,
    };
    let found: u32 =
        text.trim_end().strip_prefix(FORMAT_NAME).and_then(|found| found.parse().ok()).ok_or_else(unknown)?;
    if found > FORMAT { Err(OpenError::NewerFormat { found, known: FORMAT }) } else { Ok(()) }
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let file = File::options().create(true).truncate(false).write(true).open(path.join("LOCK"))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(RELEASE_WAIT),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(OpenError::Locked(path.to_path_buf()))
}

/// Makes the directory if it is not there, and its entry in the one above durable.
fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    match path.canonicalize()?.parent() {
        Some(above) => sync_directory(above),
        None => Ok(()),
    }
}

fn discard(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
