//! Crypto-shredding: what makes a deleted table unreadable, whatever lies on the disk.
//!
//! Deleting a keyring's record does not destroy the keyring: the store's files hold it until their space is used again,
//! and whoever may use the KMS key could still open it. So a keyring opens only with a secret of the table as well, which
//! stands in effaceable storage and is overwritten in place when the table is deleted.

use envelope::{BoundKey, EffaceableKey, TableKey};
use store::Secret;

use crate::engine::Inner;
use crate::error::TableError;
use crate::layout;
use crate::record::TableId;

const MISSING: TableError = TableError::DataLoss { record: "keyring" };

impl Inner {
    /// Keeps a secret for a table that is about to be made.
    pub(crate) async fn keep_secret(&self, id: TableId) -> Result<(), TableError> {
        let secret = EffaceableKey::generate(self.entropy.as_ref());
        Ok(self.effaceable.keep(*id.as_bytes(), Secret::new(*secret.expose())).await?)
    }

    /// What seals and opens the keyring of a table: its table key and its secret together.
    pub(crate) fn bound(&self, id: TableId, key: &TableKey) -> Result<BoundKey, TableError> {
        let secret = self.effaceable.recall(*id.as_bytes())?.ok_or(MISSING)?;
        let secret = EffaceableKey::from_slice(secret.as_slice()).map_err(|_| MISSING)?;
        Ok(key.bound_to(&secret))
    }

    /// Destroys a table's secret, and with it all that was ever sealed for the table. The keyring's record is gone by now.
    pub(crate) async fn shred(&self, id: TableId) -> Result<(), TableError> {
        Ok(self.effaceable.efface(*id.as_bytes()).await?)
    }

    /// Destroys the secrets of tables that an earlier process deleted, or did not come to make. Not while tables are made.
    pub(crate) async fn shred_orphans(&self) -> Result<(), TableError> {
        for id in self.effaceable.secrets().into_iter().map(TableId::new) {
            if self.store.get(&layout::keyring(id)).await?.is_none() {
                self.shred(id).await?;
            }
        }
        Ok(())
    }
}
