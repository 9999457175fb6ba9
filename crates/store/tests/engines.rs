//! The suite, on every engine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod suite;

use std::sync::Arc;

use store::{MemoryStore, SledConfig, SledStore, Store};
use suite::Harness;
use tempfile::TempDir;

struct Memory(Arc<MemoryStore>);

impl Harness for Memory {
    fn start() -> Self {
        Self(Arc::new(MemoryStore::new()))
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::<MemoryStore>::clone(&self.0)
    }
}

/// sled, reopened between the steps of a test if `REOPEN`.
struct Sled<const REOPEN: bool> {
    store: Option<Arc<SledStore>>,
    directory: TempDir,
}

impl<const REOPEN: bool> Sled<REOPEN> {
    fn open(directory: &TempDir) -> Arc<SledStore> {
        Arc::new(SledStore::open(&SledConfig::new(directory.path().join("store"))).unwrap())
    }
}

impl<const REOPEN: bool> Harness for Sled<REOPEN> {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { store: Some(Self::open(&directory)), directory }
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::<SledStore>::clone(self.store.as_ref().unwrap())
    }

    fn between_steps(&mut self) {
        if REOPEN {
            // The test let go of its own handles, so this is the last one and closes the store.
            drop(Arc::into_inner(self.store.take().unwrap()).unwrap());
            self.store = Some(Self::open(&self.directory));
        }
    }
}

store_suite!(memory, Memory);
store_suite!(sled, Sled<false>);
store_suite!(sled_reopened, Sled<true>);
