//! BatchGetItem: up to 100 items by their keys, from any tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use identity::Caller;
use shape::{Decode, Member, Request, Rule, Violations};

use super::batch::{self, Shortened};
use super::capacity::{CapacityUnits, ConsumedCapacity, ReturnConsumedCapacity};
use super::parameters::{self, Selection};
use crate::authorize::{Granted, Op};
use crate::engine::Tables;
use crate::error::{Invalid, TableError};
use crate::expr::projection::Projection;
use crate::limits::{MAX_ANSWER_BYTES, MAX_BATCH_GET_BYTES, MAX_BATCH_GET_KEYS};
use crate::value::{Item, raw};

/// What is asked of one table.
#[derive(Debug, Default, Decode)]
pub struct KeysAndAttributes {
    /// The keys.
    #[shape(required)]
    pub keys: Vec<raw::Map>,
    /// Which parts of the items are wanted.
    #[shape(flatten)]
    pub selection: Selection,
}

/// A BatchGetItem request.
#[derive(Debug, Default, Decode)]
pub struct BatchGetItem {
    /// Keys by table name or ARN.
    #[shape(required)]
    pub request_items: BTreeMap<String, KeysAndAttributes>,
    /// Whether the answer says what was consumed.
    pub return_consumed_capacity: Member<ReturnConsumedCapacity>,
}

impl Request for BatchGetItem {
    fn constraints(&self, violations: &mut Violations) {
        batch::check_names(&self.request_items, violations, |text| show(&self.request_items, text));
        for (table, asked) in &self.request_items {
            if violations.is_full() {
                return;
            }
            let rule = match asked.keys.len() {
                0 => Some(Rule::MinLength(1)),
                keys if keys > MAX_BATCH_GET_KEYS => Some(Rule::MaxLength(MAX_BATCH_GET_KEYS)),
                _ => None,
            };
            if let Some(rule) = rule {
                batch::below_table(table, "Keys", rule, violations);
            }
            let (path, logged) = (format!("requestItems.{table}.member"), "requestItems....member");
            violations.below(&path, logged, |violations| asked.selection.constraints(violations));
        }
        violations.one_of("returnConsumedCapacity", &self.return_consumed_capacity);
    }
}

/// The answer.
#[derive(Debug, Default)]
pub struct BatchGetItemOutput {
    /// Items found, by table as the request named it, in the order of the keys.
    pub responses: BTreeMap<String, Vec<Item>>,
    /// What the answer's limits left no room for, to be asked again.
    pub unprocessed: BTreeMap<String, UnprocessedKeys>,
    /// What was consumed of each table, if that was asked for.
    pub consumed_capacity: Vec<ConsumedCapacity>,
}

/// Keys that an answer had no room for, and what was asked of them.
#[derive(Debug, Default)]
pub struct UnprocessedKeys {
    /// The keys.
    pub keys: Vec<Item>,
    /// As sent.
    pub selection: Selection,
}

/// What is asked of one table, checked.
struct Plan {
    text: String,
    name: String,
    granted: Arc<Granted>,
    keys: Vec<Item>,
    selection: Selection,
    projection: Option<Projection>,
}

impl Tables {
    /// Reads the items. What is not there is not in the answer.
    ///
    /// # Errors
    /// Validation of any key, absence of any table, denial by policy or key, outage of KMS.
    pub async fn batch_get_item(
        &self,
        caller: &Caller,
        request: BatchGetItem,
    ) -> Result<BatchGetItemOutput, TableError> {
        let inner = &self.inner;
        request.check()?;
        check_counts(&request)?;
        Selection::check_together(request.request_items.values().map(|asked| &asked.selection))?;
        let mut plans = Vec::with_capacity(request.request_items.len());
        for (text, KeysAndAttributes { keys, selection }) in request.request_items {
            let name = inner.table_name(&text)?;
            let granted = Arc::new(inner.authorize(caller, Op::BatchGetItem, &inner.arn(&name))?);
            let keys = keys.into_iter().map(raw::key).collect::<Result<Vec<_>, _>>()?;
            let projection = selection.alone()?;
            plans.push(Plan { text, name, granted, keys, selection, projection });
        }
        let mut ready = Vec::with_capacity(plans.len());
        let mut seen = BTreeSet::new();
        for plan in plans {
            let table = inner.table(&plan.name)?;
            let schema = &table.committed().record.definition.schema;
            let primary =
                plan.keys.iter().map(|key| schema.key_from_map(key)).collect::<Result<Vec<_>, _>>()?;
            parameters::check_projection(schema, plan.projection.as_ref())?;
            // A table may be named by its name and by its ARN in one request.
            if !primary.iter().all(|key| seen.insert((plan.name.clone(), key.clone()))) {
                return Err(Invalid::BatchDuplicates.into());
            }
            ready.push((plan, table, primary));
        }
        inner.ask_for_keys(ready.iter().map(|(plan, table, _)| (table, &plan.granted))).await?;
        let mut output = BatchGetItemOutput::default();
        let mut room = Room { bytes: MAX_BATCH_GET_BYTES, answer_bytes: MAX_ANSWER_BYTES };
        for (plan, table, primary) in ready {
            let access = inner.access(&table, &plan.granted).await?;
            let (mut found, mut left, mut units) = (Vec::new(), Vec::new(), Vec::new());
            for (key, primary) in plan.keys.into_iter().zip(primary) {
                if room.is_full() {
                    left.push(key);
                    continue;
                }
                let item = table.unless_deleted(inner.read(&access, &primary).await)?;
                let size = item.as_ref().map_or(0, Item::size);
                let item = item.map(|item| parameters::projected(plan.projection.as_ref(), item));
                match item {
                    Some(item) if !room.take(&item, size) => {
                        left.push(key);
                        continue;
                    }
                    item => found.extend(item),
                }
                units.push(CapacityUnits::of_read(size, plan.selection.is_consistent()));
            }
            let consumed = ConsumedCapacity::report(
                &request.return_consumed_capacity,
                &plan.text,
                units.into_iter().sum(),
            );
            output.consumed_capacity.extend(consumed);
            if !left.is_empty() {
                let unprocessed = UnprocessedKeys { keys: left, selection: plan.selection };
                output.unprocessed.insert(plan.text.clone(), unprocessed);
            }
            output.responses.insert(plan.text, found);
        }
        Ok(output)
    }
}

/// What is left of an answer.
struct Room {
    bytes: usize,
    answer_bytes: usize,
}

impl Room {
    fn is_full(&self) -> bool {
        self.bytes == 0 || self.answer_bytes == 0
    }

    /// Takes the room for an item. If it is not there the answer is full, whatever is smaller.
    /// `size` is that of the whole item, of which `item` may be a part.
    fn take(&mut self, item: &Item, size: usize) -> bool {
        self.answer_bytes = self.answer_bytes.saturating_sub(item.answer_size());
        let left = self.bytes.checked_sub(size);
        self.bytes = left.unwrap_or(0);
        left.is_some()
    }
}

fn check_counts(request: &BatchGetItem) -> Result<(), Invalid> {
    if request.request_items.is_empty() {
        return Err(super::page::empty_batch());
    }
    let keys: usize = request.request_items.values().map(|asked| asked.keys.len()).sum();
    if keys > MAX_BATCH_GET_KEYS { Err(Invalid::BatchTooLarge("BatchGetItem")) } else { Ok(()) }
}

/// As AWS repeats what is asked: as JSON.
fn show(items: &BTreeMap<String, KeysAndAttributes>, text: &mut Shortened) {
    text.list(["{", "}"], ",", items, |text, (table, asked)| {
        text.json_text(table);
        text.push(":{\"Keys\":");
        text.list(["[", "]"], ",", &asked.keys, |text, key| text.json_map(key));
        text.push("}");
    });
}
