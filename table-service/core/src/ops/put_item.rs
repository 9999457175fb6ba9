//! PutItem: writes an item whole, in place of whatever was there.

use identity::Caller;
use shape::{Decode, Member, Request, Violated, Violations, choices};

use super::capacity::{ConsumedCapacity, ReturnConsumedCapacity, ReturnItemCollectionMetrics};
use super::conditional::{self, Conditional, WriteOutput};
use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::{Invalid, Plane, TableError};
use crate::items::{Action, Condition, Write};
use crate::validate;
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

/// Checks the choice, with DynamoDB's own spelling of it.
pub(super) fn check_return_values(member: &Member<ReturnValues>, violations: &mut Violations) {
    violations.one_of_unnamed(member, "ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE");
}

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
pub struct PutItem {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// The item, its key included.
    #[shape(required)]
    pub item: raw::Map,
    /// What the item that it replaces must be.
    #[shape(flatten)]
    pub conditional: Conditional,
    /// Whether the replaced item is wanted.
    pub return_values: Member<ReturnValues>,
    /// Whether the answer says what was consumed.
    pub return_consumed_capacity: Member<ReturnConsumedCapacity>,
    /// Whether the answer says how large the item collection is.
    pub return_item_collection_metrics: Member<ReturnItemCollectionMetrics>,
}

impl Request for PutItem {
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

/// The item, the condition, and whether the replaced item is wanted.
fn bind(
    item: raw::Map,
    conditional: Conditional,
    return_values: &Member<ReturnValues>,
) -> Result<(Item, Option<Condition>, bool), Invalid> {
    conditional.check_together(&[], &[])?;
    let item = raw::key(item)?;
    let old_wanted = old_wanted(return_values)?;
    raw::check_size(&item)?;
    let ((), condition) = conditional.bind(|_| Ok(()))?;
    Ok((item, condition, old_wanted))
}

impl Tables {
    /// Stores the item. It is durable when this returns.
    ///
    /// # Errors
    /// Validation of the item and the condition, the table's absence, denial by policy or key, outage of KMS, an item that does
    /// not meet the condition, contention.
    pub async fn put_item(&self, caller: &Caller, request: PutItem) -> Result<WriteOutput, TableError> {
        let inner = &self.inner;
        let name = inner.table_name(&request.table_name)?;
        request.check()?;
        let granted = inner.authorize(caller, Op::PutItem, &inner.arn(&name))?;
        let bound = bind(request.item, request.conditional, &request.return_values);
        let (item, condition, old_wanted) = bound.map_err(Invalid::detected)?;
        let table = inner.table(&name)?;
        let committed = table.committed();
        let schema = &committed.record.definition.schema;
        let key = schema.key_of_item(&item)?;
        conditional::check(schema, condition.as_ref())?;
        let write = Write { key, condition, action: Action::Put(item) };
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
