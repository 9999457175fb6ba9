//! GetItem: one item by its primary key. Every read is strongly consistent.

use identity::Caller;
use shape::{Decode, Member, Request, Violations};

use super::capacity::{CapacityUnits, ConsumedCapacity, ReturnConsumedCapacity};
use super::parameters::{self, Selection};
use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::{Plane, TableError};
use crate::validate;
use crate::value::{Item, raw};

/// A GetItem request.
#[derive(Debug, Default, Decode)]
pub struct GetItem {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// The primary key, whole.
    #[shape(required)]
    pub key: raw::Map,
    /// Which parts of the item are wanted.
    #[shape(flatten)]
    pub selection: Selection,
    /// Whether the answer says what was consumed.
    pub return_consumed_capacity: Member<ReturnConsumedCapacity>,
}

impl Request for GetItem {
    fn constraints(&self, violations: &mut Violations) {
        validate::sent_table_name(&self.table_name, Plane::Data, violations);
        self.selection.constraints(violations);
        violations.one_of("returnConsumedCapacity", &self.return_consumed_capacity);
    }
}

/// The answer.
#[derive(Debug, Default)]
pub struct GetItemOutput {
    /// The item, if it is there; one without attributes if it has none of the parts that are wanted.
    pub item: Option<Item>,
    /// What was consumed, if that was asked for.
    pub consumed_capacity: Option<ConsumedCapacity>,
}

impl Tables {
    /// The item, or none.
    ///
    /// # Errors
    /// Validation of the key and the projection, the table's absence, denial by policy or key, outage of KMS.
    pub async fn get_item(&self, caller: &Caller, request: GetItem) -> Result<GetItemOutput, TableError> {
        let inner = &self.inner;
        let name = inner.table_name(&request.table_name)?;
        request.check()?;
        let granted = inner.authorize(caller, Op::GetItem, &inner.arn(&name))?;
        Selection::check_together(std::iter::once(&request.selection))?;
        let key = raw::key(request.key)?;
        let projection = request.selection.alone()?;
        let table = inner.table(&name)?;
        let committed = table.committed();
        let schema = &committed.record.definition.schema;
        let key = schema.key_from_map(&key)?;
        parameters::check_projection(schema, projection.as_ref())?;
        let access = inner.access(&table, &granted).await?;
        let item = table.unless_deleted(inner.read(&access, &key).await)?;
        let size = item.as_ref().map_or(0, Item::size);
        let units = CapacityUnits::of_read(size, request.selection.is_consistent());
        Ok(GetItemOutput {
            item: item.map(|item| parameters::projected(projection.as_ref(), item)),
            consumed_capacity: ConsumedCapacity::report(
                &request.return_consumed_capacity,
                &request.table_name,
                units,
            ),
        })
    }
}
