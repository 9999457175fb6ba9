//! Query: the items of one partition whose sort keys fulfil a condition, in order.

use std::ops::Bound;

use identity::Caller;
use shape::{Decode, Request, Rule, Shown, Violated, Violations};
use store::Direction;

use super::page::{Page, PageBuilder, PageRequest, Reading};
use crate::access::Access;
use crate::authorize::Op;
use crate::engine::{Inner, Tables};
use crate::error::{Invalid, Plane, TableError};
use crate::expr::legacy::{self, Conditions};
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::keycond::{self, KeyCondition, KeyTests};
use crate::layout::Token;
use crate::schema::{KeySchema, PrimaryKey};
use crate::validate;

/// Sort keys fetched from the index in one step.
pub(super) const INDEX_STEP: usize = 128;

/// A Query request.
#[derive(Debug, Default, Decode)]
pub struct Query {
    /// Name or ARN.
    #[shape(required)]
    pub table_name: String,
    /// `pk = :v [AND sort key condition]`.
    pub key_condition_expression: Option<String>,
    /// The same, by attribute.
    pub key_conditions: Option<Conditions>,
    /// Which items are wanted, by attribute.
    pub query_filter: Option<Conditions>,
    /// Descending order.
    #[shape(rename = "ScanIndexForward", via = bool, by = |forward: bool| !forward)]
    pub backward: bool,
    /// What the page is to hold.
    #[shape(flatten)]
    pub page: PageRequest,
}

impl Request for Query {
    fn constraints(&self, violations: &mut Violations) {
        validate::sent_table_name(&self.table_name, Plane::Data, violations);
        self.page.constraints(violations);
        self.check_conditions(violations);
    }

    /// The text of a limit is another than a scan's, and an unknown ConditionalOperator is no violation: [`legacy::joint`]
    /// refuses it.
    fn check(&self) -> Result<(), Violated> {
        let mut violations = Violations::new();
        self.page.check(&mut violations);
        if self.page.limit.is_some_and(|limit| limit < 1) {
            violations.push("Limit", Shown::Hidden, Rule::Min(1));
        }
        self.check_conditions(&mut violations);
        violations.finish()
    }
}

impl Query {
    fn check_conditions(&self, violations: &mut Violations) {
        legacy::check_conditions("keyConditions", self.key_conditions.as_ref(), violations);
        legacy::check_conditions("queryFilter", self.query_filter.as_ref(), violations);
    }

    /// An operator that is none is complained about before all else.
    fn check_operator(&self) -> Result<(), Invalid> {
        let conditions = self.query_filter.as_ref().map_or(0, Conditions::len);
        match legacy::joint(conditions, &self.page.conditional_operator) {
            Err(Invalid::NoOperator) => Err(Invalid::NoOperator),
            _ => Ok(()),
        }
    }
}

/// What a query reads, checked without a table.
fn bind(
    expression: Option<&str>,
    conditions: Option<Conditions>,
    filter: Option<Conditions>,
    page: PageRequest,
) -> Result<(KeyTests, Reading), Invalid> {
    // Key conditions by attribute go with a filter and a projection that are expressions.
    let are_mixed = expression.is_some() && conditions.is_some();
    page.check_together(
        &[("KeyConditionExpression", expression.is_some())],
        ("QueryFilter", filter.is_some()),
        &[("KeyConditions", are_mixed)],
    )?;
    let (mut reading, others) = page.bind(filter).map_err(|error| match error {
        Invalid::StartKeyValue(error) => *error,
        error => error,
    })?;
    let tests = match (expression, conditions) {
        (Some(text), _) => {
            let parse = |substitutions: &mut Substitutions| keycond::parse(text, substitutions);
            KeyTests::new(others.bind(&mut reading, ValueErrors::Bare, parse)?)?
        }
        (None, Some(conditions)) => {
            others.bind(&mut reading, ValueErrors::Bare, |_| Ok(()))?;
            KeyTests::of_conditions(conditions)?
        }
        (None, None) => return Err(Invalid::KeyConditionMissing),
    };
    Ok((tests, reading))
}

/// A stretch of one partition.
pub(super) struct Stretch {
    pub(super) partition: Token,
    pub(super) bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>),
    pub(super) direction: Direction,
}

impl Tables {
    /// A page of items. A page ends after `limit` items or 1 MB, counted before the filter.
    ///
    /// # Errors
    /// Validation of the condition and the start key, the table's absence, denial by policy or key, outage of KMS.
    pub async fn query(&self, caller: &Caller, request: Query) -> Result<Page, TableError> {
        let inner = &self.inner;
        let name = inner.table_name(&request.table_name)?;
        request.check_operator()?;
        request.check()?;
        let granted = inner.authorize(caller, Op::Query, &inner.arn(&name))?;
        let Query { table_name, key_condition_expression, key_conditions, query_filter, backward, page } =
            request;
        let (condition, mut reading) =
            bind(key_condition_expression.as_deref(), key_conditions, query_filter, page)?;
        let table = inner.table(&name)?;
        let committed = table.committed();
        let definition = &committed.record.definition;
        reading.check_index(false)?;
        let condition = condition.against(&definition.schema)?;
        let start = reading.start.take();
        let start = start.map(|key| start_key(&definition.schema, &condition, &key)).transpose()?;
        reading.check_query(&definition.schema)?;
        let access = inner.access(&table, &granted).await?;
        let mut page = PageBuilder::new(definition, &table_name, reading);
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
        let direction = if backward { Direction::Backward } else { Direction::Forward };
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
    let is_whole = schema.attributes().all(|attribute| key.get(&attribute.name).is_some());
    if !is_whole || key.len() != schema.attributes().count() {
        return Err(Invalid::StartKeyInvalid);
    }
    let key = schema.key_from_map(key)?;
    match (&condition.range, &key.range) {
        (Some(range), Some(value)) if !range.matches(value) => Err(Invalid::StartKeyNotInRange),
        (Some(_), _) if key.hash != condition.hash => Err(Invalid::StartKeyElsewhere),
        (None, _) if key.hash != condition.hash => Err(Invalid::StartKeyOutside),
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
