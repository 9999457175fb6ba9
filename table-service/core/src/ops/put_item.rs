//! PutItem: writes an item whole, in place of whatever was there.

use identity::Caller;

use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::TableError;
use crate::items::Change;
use crate::value::{Item, raw};

/// Whether a write answers with the item as it was before (ReturnValues ALL_OLD).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReturnOld {
    /// It does not.
    #[default]
    None,
    /// It does.
    All,
}

/// A PutItem request.
#[derive(Debug, Default)]
pub struct PutItem {
    /// Name or ARN.
    pub table_name: String,
    /// The item, its key included.
    pub item: raw::Map,
    /// Whether the replaced item is wanted.
    pub return_values: ReturnOld,
}

impl Tables {
    /// Stores the item. It is durable when this returns.
    ///
    /// # Errors
    /// Validation of the item, the table's absence, denial by policy or key, outage of KMS, contention.
    pub async fn put_item(&self, caller: &Caller, request: PutItem) -> Result<Option<Item>, TableError> {
        let name = self.inner.table_name(&request.table_name)?;
        let granted = self.inner.authorize(caller, Op::PutItem, &self.inner.arn(&name))?;
        let item = raw::item(request.item)?;
        let table = self.inner.table(&name)?;
        let key = table.committed().record.definition.schema.key_of_item(&item)?;
        let old_wanted = request.return_values == ReturnOld::All;
        self.inner.change(&table, &granted, &key, &Change::Put(item), old_wanted).await
    }
}
