//! BatchGetItem: up to 100 items by their keys, from any tables.

use std::collections::{BTreeMap, BTreeSet};

use identity::Caller;
use shape::{Decode, Request};

use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::{Invalid, TableError};
use crate::limits::{MAX_ANSWER_BYTES, MAX_BATCH_GET_BYTES, MAX_BATCH_GET_KEYS};
use crate::value::{Item, raw};

/// What is asked of one table.
#[derive(Debug, Default, Decode)]
#[shape(ignored(ConsistentRead: bool = "every read is strongly consistent"))]
#[shape(later("ProjectionExpression", "ExpressionAttributeNames", "AttributesToGet"))]
pub struct KeysAndAttributes {
    /// The keys.
    #[shape(required)]
    pub keys: Vec<raw::Map>,
}

/// A BatchGetItem request.
#[derive(Debug, Default, Decode)]
#[shape(later("ReturnConsumedCapacity"))]
pub struct BatchGetItem {
    /// Keys by table name or ARN.
    #[shape(required)]
    pub request_items: BTreeMap<String, KeysAndAttributes>,
}

impl Request for BatchGetItem {}

/// The answer.
#[derive(Debug, Default)]
pub struct BatchGetItemOutput {
    /// Items found, by table as the request named it, in the order of the keys.
    pub responses: BTreeMap<String, Vec<Item>>,
    /// Keys that the answer's limits left no room for.
    pub unprocessed: BTreeMap<String, Vec<Item>>,
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
        check_counts(&request)?;
        let mut plans = Vec::with_capacity(request.request_items.len());
        for (text, KeysAndAttributes { keys }) in request.request_items {
            let name = inner.table_name(&text)?;
            let granted = inner.authorize(caller, Op::BatchGetItem, &inner.arn(&name))?;
            let keys = keys.into_iter().map(raw::key).collect::<Result<Vec<_>, _>>()?;
            plans.push((text, name, granted, keys));
        }
        let mut output = BatchGetItemOutput::default();
        let mut room = Room { bytes: MAX_BATCH_GET_BYTES, answer_bytes: MAX_ANSWER_BYTES };
        let mut ready = Vec::with_capacity(plans.len());
        let mut seen = BTreeSet::new();
        for (text, name, granted, keys) in plans {
            let table = inner.table(&name)?;
            let schema = &table.committed().record.definition.schema;
            let primary = keys.iter().map(|key| schema.key_from_map(key)).collect::<Result<Vec<_>, _>>()?;
            // A table may be named by its name and by its ARN in one request.
            if !primary.iter().all(|key| seen.insert((name.clone(), key.clone()))) {
                return Err(Invalid::BatchDuplicates.into());
            }
            ready.push((text, table, granted, keys, primary));
        }
        for (text, table, granted, keys, primary) in ready {
            let access = inner.access(&table, &granted).await?;
            let found = output.responses.entry(text.clone()).or_default();
            for (key, primary) in keys.into_iter().zip(primary) {
                if room.is_full() {
                    output.unprocessed.entry(text.clone()).or_default().push(key);
                    continue;
                }
                let Some(item) = table.unless_deleted(inner.read(&access, &primary).await)? else { continue };
                if room.take(&item) {
                    found.push(item);
                } else {
                    output.unprocessed.entry(text.clone()).or_default().push(key);
                }
            }
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
    fn take(&mut self, item: &Item) -> bool {
        self.answer_bytes = self.answer_bytes.saturating_sub(item.answer_size());
        let left = self.bytes.checked_sub(item.size());
        self.bytes = left.unwrap_or(0);
        left.is_some()
    }
}

fn check_counts(request: &BatchGetItem) -> Result<(), Invalid> {
    if request.request_items.is_empty() || request.request_items.values().any(|asked| asked.keys.is_empty()) {
        return Err(super::page::empty_batch());
    }
    let keys: usize = request.request_items.values().map(|asked| asked.keys.len()).sum();
    if keys > MAX_BATCH_GET_KEYS { Err(Invalid::BatchTooLarge("BatchGetItem")) } else { Ok(()) }
}
