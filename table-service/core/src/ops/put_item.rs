//! PutItem: writes an item whole, in place of whatever was there.

use identity::Caller;
use shape::{Decode, Member, Request, Violations, choices};

use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::{Invalid, TableError};
use crate::items::Change;
use crate::value::{Item, raw};

/// What a write answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnValues {
    /// Nothing.
    None,
    /// The item as it was before.
    AllOld,
    /// Of the item as it was before, what an update has changed.
    UpdatedOld,
    /// The item as it is now.
    AllNew,
    /// Of the item as it is now, what an update has changed.
    UpdatedNew,
}

choices!(ReturnValues {
    AllNew = "ALL_NEW",
    UpdatedOld = "UPDATED_OLD",
    AllOld = "ALL_OLD",
    None = "NONE",
    UpdatedNew = "UPDATED_NEW",
});

/// Whether a put or a delete, which know no other choice, answers with the item as it was before.
pub(super) fn old_wanted(return_values: &Member<ReturnValues>) -> Result<bool, Invalid> {
    match return_values.known() {
        None | Some(ReturnValues::None) => Ok(false),
        Some(ReturnValues::AllOld) => Ok(true),
        Some(ReturnValues::UpdatedOld | ReturnValues::AllNew | ReturnValues::UpdatedNew) => {
            Err(Invalid::ReturnValues)
        }
    }
}

/// A PutItem request.
#[derive(Debug, Default, Decode)]
#[shape(later("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"))]
#[shape(later(
    "ReturnValuesOnConditionCheckFailure",
    "ReturnConsumedCapacity",
    "ReturnItemCollectionMetrics"
))]
#[shape(later("Expected", "ConditionalOperator"))]
pub struct PutItem {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// The item, its key included.
    #[shape(required)]
    pub item: raw::Map,
    /// Whether the replaced item is wanted.
    pub return_values: Member<ReturnValues>,
}

impl Request for PutItem {
    fn constraints(&self, violations: &mut Violations) {
        violations.one_of("returnValues", &self.return_values);
    }
}

impl Tables {
    /// Stores the item. It is durable when this returns.
    ///
    /// # Errors
    /// Validation of the item, the table's absence, denial by policy or key, outage of KMS, contention.
    pub async fn put_item(&self, caller: &Caller, request: PutItem) -> Result<Option<Item>, TableError> {
        request.check()?;
        let old_wanted = old_wanted(&request.return_values)?;
        let name = self.inner.table_name(&request.table_name)?;
        let granted = self.inner.authorize(caller, Op::PutItem, &self.inner.arn(&name))?;
        let item = raw::item(request.item)?;
        let table = self.inner.table(&name)?;
        let key = table.committed().record.definition.schema.key_of_item(&item)?;
        self.inner.change(&table, &granted, &key, &Change::Put(item), old_wanted).await
    }
}
