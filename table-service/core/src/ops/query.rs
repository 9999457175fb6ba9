//! Query: the items of one partition whose sort keys fulfil a condition, in order.

use std::collections::BTreeMap;
use std::ops::Bound;

use identity::Caller;
use shape::{Decode, Member, Request, Violations};
use store::Direction;

use super::page::{self, Page, PageBuilder, Select};
use crate::access::Access;
use crate::authorize::Op;
use crate::engine::{Inner, Tables};
use crate::error::{Invalid, TableError};
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::keycond::{self, KeyCondition, KeyTests};
use crate::layout::Token;
use crate::schema::{KeySchema, PrimaryKey};
use crate::value::raw;

/// Sort keys fetched from the index in one step.
pub(super) const INDEX_STEP: usize = 128;

/// A Query request.
#[derive(Debug, Default, Decode)]
#[shape(ignored(ConsistentRead: bool = "every read is strongly consistent"))]
#[shape(later("FilterExpression", "ProjectionExpression", "IndexName", "ReturnConsumedCapacity"))]
#[shape(later("KeyConditions", "QueryFilter", "ConditionalOperator", "AttributesToGet"))]
pub struct Query {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// `pk = :v [AND sort key condition]`.
    pub key_condition_expression: Option<String>,
    /// `#name` placeholders.
    pub expression_attribute_names: Option<BTreeMap<String, String>>,
    /// `:value` placeholders.
    pub expression_attribute_values: Option<raw::Map>,
    /// Descending order.
    #[shape(rename = "ScanIndexForward", via = bool, by = |forward: bool| !forward)]
    pub backward: bool,
    /// Most items, at least 1.
    pub limit: Option<i32>,
    /// Where the last page ended.
    pub exclusive_start_key: Option<raw::Map>,
    /// What the page carries.
    pub select: Member<Select>,
}

impl Request for Query {
    fn constraints(&self, violations: &mut Violations) {
        page::constraints(self.limit, &self.select, violations);
    }
}

/// A stretch of one partition.
pub(super) struct Stretch {
    pub(super) partition: Token,
    pub(super) bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>),
    pub(super) direction: Direction,
}

impl Tables {
    /// A page of items. A page ends after `limit` items or 1 MB.
    ///
    /// # Errors
    /// Validation of the condition and the start key, the table's absence, denial by policy or key, outage of KMS.
    pub async fn query(&self, caller: &Caller, request: Query) -> Result<Page, TableError> {
        let inner = &self.inner;
        let name = inner.table_name(&request.table_name)?;
        let granted = inner.authorize(caller, Op::Query, &inner.arn(&name))?;
        request.check()?;
        let select = page::selected(&request.select)?;
        let mut substitutions = Substitutions::new(
            request.expression_attribute_names,
            request.expression_attribute_values,
            ValueErrors::Bare,
        )?;
        let condition = request.key_condition_expression.ok_or(Invalid::KeyConditionMissing)?;
        let condition = keycond::parse(&condition, &mut substitutions)?;
        substitutions.finish()?;
        let condition = KeyTests::new(condition)?;
        let start = request.exclusive_start_key.map(raw::key).transpose()?;
        let table = inner.table(&name)?;
        let committed = table.committed();
        let definition = &committed.record.definition;
        let condition = condition.against(&definition.schema)?;
        let start = start.map(|key| start_key(&definition.schema, &condition, &key)).transpose()?;
        let access = inner.access(&table, &granted).await?;
        let mut page = PageBuilder::new(definition, select, request.limit);
        if definition.schema.range.is_none() {
            // One item at most; a start key means it has been seen.
            let key = PrimaryKey { hash: condition.hash, range: None };
            if start.is_none()
                && let Some(item) = table.unless_deleted(inner.read(&access, &key).await)?
            {
                return Ok(if page.add(item) { page.end() } else { page.cut() });
            }
            return Ok(page.end());
        }
        let direction = if request.backward { Direction::Backward } else { Direction::Forward };
        let partition = access.partition(&condition.hash.canonical_bytes());
        let mut bounds = condition.range.map_or((Bound::Unbounded, Bound::Unbounded), |range| range.bounds());
        if let Some(seen) = start.as_ref().and_then(|key| key.range.as_ref()) {
            resume(&mut bounds, seen.sort_bytes(), direction);
        }
        let stretch = Stretch { partition, bounds, direction };
        let full = table.unless_deleted(inner.read_stretch(&access, stretch, &mut page).await)?;
        Ok(if full { page.cut() } else { page.end() })
    }
}

/// The start key must be a key of the table, in the partition and the range that the condition names.
fn start_key(
    schema: &KeySchema,
    condition: &KeyCondition,
    key: &crate::value::Item,
) -> Result<PrimaryKey, Invalid> {
    let key = schema.key_from_map(key).map_err(|_| Invalid::StartKeyInvalid)?;
    if key.hash != condition.hash {
        return Err(Invalid::StartKeyOutside);
    }
    match (&condition.range, &key.range) {
        (Some(range), Some(value)) if !range.matches(value) => Err(Invalid::StartKeyNotInRange),
        _ => Ok(key),
    }
}

/// Leaves out what lies up to and including `seen`.
fn resume(bounds: &mut (Bound<Vec<u8>>, Bound<Vec<u8>>), seen: Vec<u8>, direction: Direction) {
    match direction {
        Direction::Forward => bounds.0 = Bound::Excluded(seen),
        Direction::Backward => bounds.1 = Bound::Excluded(seen),
    }
}

impl Inner {
    /// Fills the page from a stretch of a partition. True if the page is full, false if the stretch is exhausted.
    pub(super) async fn read_stretch(
        &self,
        access: &Access,
        mut stretch: Stretch,
        page: &mut PageBuilder<'_>,
    ) -> Result<bool, TableError> {
        let index = access.sort_index(self);
        loop {
            let want = page.room().min(INDEX_STEP);
            let bounds =
                (stretch.bounds.0.as_ref().map(Vec::as_slice), stretch.bounds.1.as_ref().map(Vec::as_slice));
            let step = index.range(&stretch.partition, bounds, stretch.direction, want).await?;
            for entry in &step {
                let store_key = access.store_key(&stretch.partition, Some(entry.key()));
                // An item deleted since the index was read is simply not there any more.
                if let Some(item) = self.read_at(access, &store_key).await?
                    && !page.add(item)
                {
                    return Ok(true);
                }
            }
            match step.last() {
                Some(last) if step.len() == want => {
                    resume(&mut stretch.bounds, last.key().to_vec(), stretch.direction);
                }
                _ => return Ok(false),
            }
        }
    }
}
