//! DeleteItem: removes an item by its primary key. Removing what is not there succeeds.

use identity::Caller;
use shape::{Decode, Member, Request, Violated, Violations};

use super::capacity::{ConsumedCapacity, ReturnConsumedCapacity, ReturnItemCollectionMetrics};
use super::conditional::{self, Conditional, WriteOutput};
use super::put_item::{ReturnValues, check_return_values, old_wanted};
use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::{Invalid, Plane, TableError};
use crate::items::{Action, Condition, Write};
use crate::validate;
use crate::value::{Item, raw};

/// A DeleteItem request.
#[derive(Debug, Default, Decode)]
pub struct DeleteItem {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// The primary key, whole.
    #[shape(required)]
    pub key: raw::Map,
    /// What the item must be.
    #[shape(flatten)]
    pub conditional: Conditional,
    /// Whether the removed item is wanted.
    pub return_values: Member<ReturnValues>,
    /// Whether the answer says what was consumed.
    pub return_consumed_capacity: Member<ReturnConsumedCapacity>,
    /// Whether the answer says how large the item collection is.
    pub return_item_collection_metrics: Member<ReturnItemCollectionMetrics>,
}

impl Request for DeleteItem {
    fn constraints(&self, violations: &mut Violations) {
        validate::sent_table_name(&self.table_name, Plane::Data, violations);
        self.conditional.constraints(violations);
        violations.one_of("returnValues", &self.return_values);
        violations.one_of("returnConsumedCapacity", &self.return_consumed_capacity);
        violations.one_of("returnItemCollectionMetrics", &self.return_item_collection_metrics);
    }

    fn check(&self) -> Result<(), Violated> {
        let mut violations = Violations::new();
        violations.one_of("returnConsumedCapacity", &self.return_consumed_capacity);
        check_return_values(&self.return_values, &mut violations);
        violations.one_of("returnItemCollectionMetrics", &self.return_item_collection_metrics);
        self.conditional.check(&mut violations);
        violations.finish()
    }
}

/// The key, the condition, and whether the removed item is wanted.
fn bind(
    key: raw::Map,
    conditional: Conditional,
    return_values: &Member<ReturnValues>,
) -> Result<(Item, Option<Condition>, bool), Invalid> {
    conditional.check_together(&[], &[])?;
    let key = raw::key(key)?;
    let old_wanted = old_wanted(return_values)?;
    let ((), condition) = conditional.bind(|_| Ok(()))?;
    Ok((key, condition, old_wanted))
}

impl Tables {
    /// Removes the item. It is durably gone when this returns.
    ///
    /// # Errors
    /// Validation of the key and the condition, the table's absence, denial by policy or key, outage of KMS, an item that does
    /// not meet the condition, contention.
    pub async fn delete_item(&self, caller: &Caller, request: DeleteItem) -> Result<WriteOutput, TableError> {
        let inner = &self.inner;
        let name = inner.table_name(&request.table_name)?;
        request.check()?;
        let granted = inner.authorize(caller, Op::DeleteItem, &inner.arn(&name))?;
        let bound = bind(request.key, request.conditional, &request.return_values);
        let (key, condition, old_wanted) = bound.map_err(Invalid::detected)?;
        let table = inner.table(&name)?;
        let committed = table.committed();
        let schema = &committed.record.definition.schema;
        let key = schema.key_from_map(&key)?;
        conditional::check(schema, condition.as_ref())?;
        let write = Write { key, condition, action: Action::Delete };
        let wanted = conditional::needs_before(old_wanted, &request.return_consumed_capacity);
        let change = inner.write(&table, &granted, &write, wanted).await?;
        let units = conditional::consumed(&change);
        Ok(WriteOutput {
            attributes: change.before.filter(|_| old_wanted),
            consumed_capacity: ConsumedCapacity::report(
                &request.return_consumed_capacity,
                &request.table_name,
                units,
            ),
        })
    }
}
