//! The answers of operations on items.

use std::collections::BTreeMap;

use serde::Serialize;
use table_core::ops::{self, UnprocessedWrite};
use table_core::value::Item;

use super::value::Attributes;

/// GetItem's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Got {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Attributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<ConsumedCapacity>,
}

impl From<ops::GetItemOutput> for Got {
    fn from(output: ops::GetItemOutput) -> Self {
        Self { item: output.item.map(Attributes), consumed_capacity: consumed(output.consumed_capacity) }
    }
}

/// That of a write of one item.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Attributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<ConsumedCapacity>,
}

impl From<ops::WriteOutput> for Written {
    fn from(output: ops::WriteOutput) -> Self {
        Self {
            attributes: output.attributes.map(Attributes),
            consumed_capacity: consumed(output.consumed_capacity),
        }
    }
}

/// Query's and Scan's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Page {
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<Attributes>>,
    count: usize,
    scanned_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_evaluated_key: Option<Attributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<ConsumedCapacity>,
}

impl From<ops::Page> for Page {
    fn from(page: ops::Page) -> Self {
        Self {
            items: (!page.is_count).then(|| all(page.items)),
            count: page.count,
            scanned_count: page.scanned_count,
            last_evaluated_key: page.last_evaluated_key.map(Attributes),
            consumed_capacity: consumed(page.consumed_capacity),
        }
    }
}

/// BatchGetItem's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchGot {
    responses: BTreeMap<String, Vec<Attributes>>,
    unprocessed_keys: BTreeMap<String, Keys>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consumed_capacity: Vec<ConsumedCapacity>,
}

/// Keys to ask for again, as they were asked for.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    keys: Vec<Attributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes_to_get: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consistent_read: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projection_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression_attribute_names: Option<BTreeMap<String, String>>,
}

impl From<ops::UnprocessedKeys> for Keys {
    fn from(ops::UnprocessedKeys { keys, selection }: ops::UnprocessedKeys) -> Self {
        Self {
            keys: all(keys),
            attributes_to_get: selection.attributes_to_get,
            consistent_read: selection.consistent_read,
            projection_expression: selection.projection_expression,
            expression_attribute_names: selection.expression_attribute_names,
        }
    }
}

impl From<ops::BatchGetItemOutput> for BatchGot {
    fn from(output: ops::BatchGetItemOutput) -> Self {
        let responses = output.responses.into_iter().map(|(table, items)| (table, all(items)));
        let keys = output.unprocessed.into_iter().map(|(table, keys)| (table, keys.into()));
        Self {
            responses: responses.collect(),
            unprocessed_keys: keys.collect(),
            consumed_capacity: output.consumed_capacity.into_iter().map(ConsumedCapacity::from).collect(),
        }
    }
}

/// BatchWriteItem's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchWritten {
    unprocessed_items: BTreeMap<String, Vec<WriteRequest>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consumed_capacity: Vec<ConsumedCapacity>,
}

/// A write to be sent again.
#[derive(Serialize)]
enum WriteRequest {
    #[serde(rename = "PutRequest")]
    Put {
        #[serde(rename = "Item")]
        item: Attributes,
    },
    #[serde(rename = "DeleteRequest")]
    Delete {
        #[serde(rename = "Key")]
        key: Attributes,
    },
}

impl From<ops::BatchWriteItemOutput> for BatchWritten {
    fn from(output: ops::BatchWriteItemOutput) -> Self {
        let again = |write| match write {
            UnprocessedWrite::Put(item) => WriteRequest::Put { item: Attributes(item) },
            UnprocessedWrite::Delete(key) => WriteRequest::Delete { key: Attributes(key) },
        };
        let tables = output.unprocessed.into_iter();
        let items = tables.map(|(table, writes)| (table, writes.into_iter().map(again).collect()));
        Self {
            unprocessed_items: items.collect(),
            consumed_capacity: output.consumed_capacity.into_iter().map(ConsumedCapacity::from).collect(),
        }
    }
}

/// What was consumed of a table.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ConsumedCapacity {
    table_name: String,
    capacity_units: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<Capacity>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Capacity {
    capacity_units: f64,
}

impl From<ops::ConsumedCapacity> for ConsumedCapacity {
    fn from(consumed: ops::ConsumedCapacity) -> Self {
        Self {
            table_name: consumed.table_name,
            capacity_units: consumed.total.value(),
            table: consumed.table.map(|units| Capacity { capacity_units: units.value() }),
        }
    }
}

fn consumed(consumed: Option<ops::ConsumedCapacity>) -> Option<ConsumedCapacity> {
    consumed.map(ConsumedCapacity::from)
}

fn all(items: Vec<Item>) -> Vec<Attributes> {
    items.into_iter().map(Attributes).collect()
}
