//! GetItem: one item by its primary key. Every read is strongly consistent.

use identity::Caller;
use shape::{Decode, Request};

use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::TableError;
use crate::value::{Item, raw};

/// A GetItem request.
#[derive(Debug, Default, Decode)]
#[shape(ignored(ConsistentRead: bool = "every read is strongly consistent"))]
#[shape(later(
    "ProjectionExpression",
    "ExpressionAttributeNames",
    "AttributesToGet",
    "ReturnConsumedCapacity"
))]
pub struct GetItem {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// The primary key, whole.
    #[shape(required)]
    pub key: raw::Map,
}

impl Request for GetItem {}

impl Tables {
    /// The item, or none.
    ///
    /// # Errors
    /// Validation of the key, the table's absence, denial by policy or key, outage of KMS.
    pub async fn get_item(&self, caller: &Caller, request: GetItem) -> Result<Option<Item>, TableError> {
        let name = self.inner.table_name(&request.table_name)?;
        let granted = self.inner.authorize(caller, Op::GetItem, &self.inner.arn(&name))?;
        let key = raw::key(request.key)?;
        let table = self.inner.table(&name)?;
        let key = table.committed().record.definition.schema.key_from_map(&key)?;
        let access = self.inner.access(&table, &granted).await?;
        table.unless_deleted(self.inner.read(&access, &key).await)
    }
}
