//! DeleteItem: removes an item by its primary key. Removing what is not there succeeds.

use identity::Caller;

use super::put_item::ReturnOld;
use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::TableError;
use crate::items::Change;
use crate::value::{Item, raw};

/// A DeleteItem request.
#[derive(Debug, Default)]
pub struct DeleteItem {
    /// Name or ARN.
    pub table_name: String,
    /// The primary key, whole.
    pub key: raw::Map,
    /// Whether the removed item is wanted.
    pub return_values: ReturnOld,
}

impl Tables {
    /// Removes the item. It is durably gone when this returns.
    ///
    /// # Errors
    /// Validation of the key, the table's absence, denial by policy or key, outage of KMS, contention.
    pub async fn delete_item(
        &self,
        caller: &Caller,
        request: DeleteItem,
    ) -> Result<Option<Item>, TableError> {
        let name = self.inner.table_name(&request.table_name)?;
        let granted = self.inner.authorize(caller, Op::DeleteItem, &self.inner.arn(&name))?;
        let key = raw::key(request.key)?;
        let table = self.inner.table(&name)?;
        let key = table.committed().record.definition.schema.key_from_map(&key)?;
        let old_wanted = request.return_values == ReturnOld::All;
        self.inner.change(&table, &granted, &key, &Change::Delete, old_wanted).await
    }
}
