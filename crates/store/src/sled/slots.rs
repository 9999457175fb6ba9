//! The durable engine's effaceable storage: one small file that is only ever overwritten in place.
//!
//! ```text
//! offset 0                 "keystead-effaceable 1\n", then zeros to 64
//! offset 64 * (1 + n)      slot n: id (16) | secret (32) | zeros (16)
//! ```
//!
//! A slot is free if its id is zeros. Slots never straddle a disk sector, so a power cut leaves one as it was or as it
//! should be. The file stands in the store's own directory: whoever moves, restores or loses the store does so with its
//! secrets, and secrets are never taken for orphans of a store that is elsewhere.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use zeroize::Zeroizing;

use crate::{Secret, SecretId, StoreError};

const SLOT_BYTES: usize = 64;
const HEADER: &[u8] = b"keystead-effaceable 1\n";
const FREE: SecretId = [0; 16];
/// Most secrets: 64 MiB of file, some hundred times the keys or tables that AWS allows an account.
const SLOTS_MAX: u64 = 1 << 20;

/// One slot's bytes, overwritten when dropped.
type Slot = Zeroizing<[u8; SLOT_BYTES]>;

/// The file, and which slot is whose.
pub(super) struct Slots {
    file: File,
    index: Mutex<Index>,
}

#[derive(Default)]
struct Index {
    held: HashMap<SecretId, u64>,
    free: Vec<u64>,
    /// How many slots the file has.
    count: u64,
}

impl Slots {
    /// Makes an empty file, for the owner alone; durable when this returns, but for its directory entry.
    pub(super) fn create(path: &Path) -> io::Result<()> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all_at(&*header(), 0)?;
        file.sync_all()
    }

    /// Opens the file and finishes what an interrupted overwrite began.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let foreign = || StoreError::Corrupt { what: "the file of effaceable secrets".into() };
        let mut slot = empty();
        file.read_exact_at(&mut *slot, 0).map_err(|_| foreign())?;
        if *slot != *header() {
            return Err(foreign());
        }
        // Half a slot at the end is one whose making was cut short.
        let slots = file.metadata()?.len() / u64::try_from(SLOT_BYTES).unwrap_or(u64::MAX);
        let mut index = Index { count: slots.saturating_sub(1), ..Index::default() };
        if index.count > SLOTS_MAX {
            return Err(foreign());
        }
        for number in 0..index.count {
            file.read_exact_at(&mut *slot, offset(number))?;
            let (id, rest) = split(&slot);
            if id != FREE {
                index.held.insert(id, number);
                continue;
            }
            index.free.push(number);
            if rest.iter().any(|byte| *byte != 0) {
                write(&file, number, &empty())?;
            }
        }
        Ok(Self { file, index: Mutex::new(index) })
    }

    /// Blocks for one write to the disk.
    pub(super) fn keep(&self, id: SecretId, secret: &Secret) -> Result<(), StoreError> {
        if id == FREE {
            return Err(StoreError::engine("zeros name no secret"));
        }
        let mut index = self.index();
        let number = index.slot_for(id)?;
        let mut slot = empty();
        for (byte, value) in slot.iter_mut().zip(id.iter().chain(secret.iter())) {
            *byte = *value;
        }
        // If this fails the slot stays the id's: it may hold the secret now, and can be effaced by its name.
        Ok(write(&self.file, number, &slot)?)
    }

    pub(super) fn recall(&self, id: SecretId) -> Result<Option<Secret>, StoreError> {
        let index = self.index();
        let Some(number) = index.held.get(&id) else { return Ok(None) };
        let mut slot = empty();
        self.file.read_exact_at(&mut *slot, offset(*number))?;
        let (found, rest) = split(&slot);
        let mut secret = Secret::new([0; crate::SECRET_BYTES]);
        for (byte, value) in secret.iter_mut().zip(rest) {
            *byte = *value;
        }
        Ok((found == id).then_some(secret))
    }

    /// Blocks for one write to the disk, if there is such a secret.
    pub(super) fn efface(&self, id: SecretId) -> Result<(), StoreError> {
        let mut index = self.index();
        let Some(&number) = index.held.get(&id) else { return Ok(()) };
        write(&self.file, number, &empty())?;
        index.held.remove(&id);
        index.free.push(number);
        Ok(())
    }

    pub(super) fn ids(&self) -> Vec<SecretId> {
        self.index().held.keys().copied().collect()
    }

    /// The index is changed only in single steps, so a panic leaves it whole.
    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    /// The slot of `id`, or one that is now its own.
    fn slot_for(&mut self, id: SecretId) -> Result<u64, StoreError> {
        if let Some(&number) = self.held.get(&id) {
            return Ok(number);
        }
        let number = match self.free.pop() {
            Some(number) => number,
            None if self.count < SLOTS_MAX => {
                self.count += 1;
                self.count - 1
            }
            None => return Err(StoreError::engine("there are too many secrets")),
        };
        self.held.insert(id, number);
        Ok(number)
    }
}

fn write(file: &File, number: u64, slot: &Slot) -> io::Result<()> {
    file.write_all_at(&**slot, offset(number))?;
    file.sync_data()
}

fn offset(number: u64) -> u64 {
    (number + 1).saturating_mul(u64::try_from(SLOT_BYTES).unwrap_or(u64::MAX))
}

fn empty() -> Slot {
    Zeroizing::new([0; SLOT_BYTES])
}

fn header() -> Slot {
    let mut slot = empty();
    for (byte, value) in slot.iter_mut().zip(HEADER) {
        *byte = *value;
    }
    slot
}

fn split(slot: &Slot) -> (SecretId, &[u8]) {
    let (id, rest) = slot.split_at(FREE.len());
    (id.try_into().unwrap_or(FREE), rest)
}
