//! UpdateItem: changes parts of an item, and makes the item if it is not there. What it reads, checks and writes is one commit.

use identity::Caller;
use shape::{Decode, Member, Request, Violated, Violations};

use super::capacity::{ConsumedCapacity, ReturnConsumedCapacity, ReturnItemCollectionMetrics};
use super::conditional::{self, Conditional, WriteOutput};
use super::parameters;
use super::put_item::{ReturnValues, check_return_values};
use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::{ExpressionKind, Invalid, Plane, TableError};
use crate::expr::legacy::{self, AttributeUpdates};
use crate::expr::update::Update;
use crate::items::{Action, Change, Condition, Write};
use crate::validate;
use crate::value::{Item, raw};

/// An UpdateItem request.
#[derive(Debug, Default, Decode)]
pub struct UpdateItem {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// The primary key, whole.
    #[shape(required)]
    pub key: raw::Map,
    /// The changes, as an expression.
    pub update_expression: Option<String>,
    /// The changes, by attribute.
    pub attribute_updates: Option<AttributeUpdates>,
    /// What the item must be.
    #[shape(flatten)]
    pub conditional: Conditional,
    /// Which attributes are wanted.
    pub return_values: Member<ReturnValues>,
    /// Whether the answer says what was consumed.
    pub return_consumed_capacity: Member<ReturnConsumedCapacity>,
    /// Whether the answer says how large the item collection is.
    pub return_item_collection_metrics: Member<ReturnItemCollectionMetrics>,
}

impl Request for UpdateItem {
    fn constraints(&self, violations: &mut Violations) {
        validate::sent_table_name(&self.table_name, Plane::Data, violations);
        legacy::check_updates(self.attribute_updates.as_ref(), violations);
        self.conditional.constraints(violations);
        violations.one_of("returnValues", &self.return_values);
        violations.one_of("returnConsumedCapacity", &self.return_consumed_capacity);
        violations.one_of("returnItemCollectionMetrics", &self.return_item_collection_metrics);
    }

    fn check(&self) -> Result<(), Violated> {
        let mut violations = Violations::new();
        check_return_values(&self.return_values, &mut violations);
        // Nothing else is said beside that.
        if violations.is_empty() {
            violations.one_of("returnConsumedCapacity", &self.return_consumed_capacity);
            violations.one_of("returnItemCollectionMetrics", &self.return_item_collection_metrics);
            legacy::check_updates(self.attribute_updates.as_ref(), &mut violations);
            self.conditional.check(&mut violations);
        }
        violations.finish()
    }
}

/// An update that has been checked by itself.
struct Bound {
    key: Item,
    update: Update,
    condition: Option<Condition>,
}

fn bind(
    key: raw::Map,
    expression: Option<&str>,
    attributes: Option<AttributeUpdates>,
    conditional: Conditional,
) -> Result<Bound, Invalid> {
    conditional.check_together(
        &[("UpdateExpression", expression.is_some())],
        &[("AttributeUpdates", attributes.is_some())],
    )?;
    let key = raw::key(key)?;
    let by_attributes = legacy::updates(attributes)?;
    let (update, condition) = conditional.bind(|substitutions| {
        let Some(text) = expression else { return Ok(by_attributes) };
        let parsed = crate::expr::update(text)?;
        let kind = ExpressionKind::Update;
        Update::bind(&parsed, substitutions).map_err(|error| Invalid::Expression { kind, error })
    })?;
    Ok(Bound { key, update, condition })
}

/// The attributes that an answer carries; an update that touches none has none to show.
fn attributes(return_values: &Member<ReturnValues>, update: &Update, change: Change<'_>) -> Option<Item> {
    let Change { before, after } = change;
    let touched = |item: &Item| Some(update.touched(item)).filter(|touched| !touched.is_empty());
    match return_values.known()? {
        ReturnValues::None => None,
        ReturnValues::AllOld => before,
        ReturnValues::AllNew => after.map(std::borrow::Cow::into_owned),
        ReturnValues::UpdatedOld => touched(&before?),
        ReturnValues::UpdatedNew => touched(&*after?),
    }
}

impl Tables {
    /// Changes the item. The change is durable when this returns.
    ///
    /// # Errors
    /// Validation of the key, the update and the condition, the table's absence, denial by policy or key, outage of KMS, an item
    /// that does not meet the condition or that the update does not fit, contention.
    pub async fn update_item(&self, caller: &Caller, request: UpdateItem) -> Result<WriteOutput, TableError> {
        let inner = &self.inner;
        let name = inner.table_name(&request.table_name)?;
        request.check()?;
        let granted = inner.authorize(caller, Op::UpdateItem, &inner.arn(&name))?;
        let UpdateItem { key, update_expression, attribute_updates, conditional, .. } = request;
        let bound = bind(key, update_expression.as_deref(), attribute_updates, conditional);
        let Bound { key, update, condition } = bound.map_err(Invalid::detected)?;
        let table = inner.table(&name)?;
        let committed = table.committed();
        let schema = &committed.record.definition.schema;
        let key = schema.key_from_map(&key)?;
        update.spares(schema)?;
        parameters::check_paths(schema, |visit| update.visit_paths(visit))?;
        conditional::check(schema, condition.as_ref())?;
        let write = Write { key, condition, action: Action::Update(update) };
        let change = inner.write(&table, &granted, &write, true).await?;
        let units = conditional::consumed(&change);
        let Action::Update(update) = &write.action else {
            return Err(TableError::Internal { what: "an update that is none" });
        };
        Ok(WriteOutput {
            attributes: attributes(&request.return_values, update, change),
            consumed_capacity: ConsumedCapacity::report(
                &request.return_consumed_capacity,
                &request.table_name,
                units,
            ),
        })
    }
}
