//! How much room the disk has. A write that meets a full disk fails somewhere in the middle, and the store is then of no
//! use until it is opened again; so commits are refused while there is still room for everything else.

use std::path::PathBuf;

use crate::StoreError;

/// sled writes whole segments of 8 MiB and moves what is still of use in old ones: room for several times the batch.
const BYTES_PER_BYTE: u64 = 4;

/// The file system that the store is on.
pub(super) struct Space {
    path: PathBuf,
    reserve: u64,
}

impl Space {
    pub(super) fn new(path: PathBuf, reserve: u64) -> Self {
        Self { path, reserve }
    }

    /// Refuses `bytes` if they would eat into the reserve. One system call of a microsecond for each flush.
    pub(super) fn check(&self, bytes: usize) -> Result<(), StoreError> {
        let disk = rustix::fs::statvfs(&self.path).map_err(std::io::Error::from)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let wanted = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(BYTES_PER_BYTE);
        if free < self.reserve.saturating_add(wanted) { Err(StoreError::DiskFull) } else { Ok(()) }
    }
}
