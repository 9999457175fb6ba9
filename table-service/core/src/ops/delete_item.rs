//! DeleteItem: removes an item by its primary key. Removing what is not there succeeds.

use identity::Caller;
use shape::{Decode, Member, Request, Violations};

use super::put_item::{ReturnValues, old_wanted};
use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::TableError;
use crate::items::Change;
use crate::value::{Item, raw};

/// A DeleteItem request.
#[derive(Debug, Default, Decode)]
#[shape(later("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"))]
#[shape(later(
    "ReturnValuesOnConditionCheckFailure",
    "ReturnConsumedCapacity",
    "ReturnItemCollectionMetrics"
))]
#[shape(later("Expected", "ConditionalOperator"))]
pub struct DeleteItem {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// The primary key, whole.
    #[shape(required)]
    pub key: raw::Map,
    /// Whether the removed item is wanted.
    pub return_values: Member<ReturnValues>,
}

impl Request for DeleteItem {
    fn constraints(&self, violations: &mut Violations) {
        violations.one_of("returnValues", &self.return_values);
    }
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
        request.check()?;
        let old_wanted = old_wanted(&request.return_values)?;
        let name = self.inner.table_name(&request.table_name)?;
        let granted = self.inner.authorize(caller, Op::DeleteItem, &self.inner.arn(&name))?;
        let key = raw::key(request.key)?;
        let table = self.inner.table(&name)?;
        let key = table.committed().record.definition.schema.key_from_map(&key)?;
        self.inner.change(&table, &granted, &key, &Change::Delete, old_wanted).await
    }
}
