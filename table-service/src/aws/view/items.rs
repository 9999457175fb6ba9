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
}

impl From<Option<Item>> for Got {
    fn from(item: Option<Item>) -> Self {
        Self { item: item.map(Attributes) }
    }
}

/// That of a write of one item.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Attributes>,
}

impl From<Option<Item>> for Written {
    fn from(attributes: Option<Item>) -> Self {
        Self { attributes: attributes.map(Attributes) }
    }
}

/// Query's and Scan's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Page {
    items: Vec<Attributes>,
    count: usize,
    scanned_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_evaluated_key: Option<Attributes>,
}

impl From<ops::Page> for Page {
    fn from(page: ops::Page) -> Self {
        Self {
            items: all(page.items),
            count: page.count,
            scanned_count: page.count,
            last_evaluated_key: page.last_evaluated_key.map(Attributes),
        }
    }
}

/// BatchGetItem's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchGot {
    responses: BTreeMap<String, Vec<Attributes>>,
    unprocessed_keys: BTreeMap<String, Keys>,
}

/// Keys to ask for again.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    keys: Vec<Attributes>,
}

impl From<ops::BatchGetItemOutput> for BatchGot {
    fn from(output: ops::BatchGetItemOutput) -> Self {
        let responses = output.responses.into_iter().map(|(table, items)| (table, all(items)));
        let keys = output.unprocessed.into_iter().map(|(table, keys)| (table, Keys { keys: all(keys) }));
        Self { responses: responses.collect(), unprocessed_keys: keys.collect() }
    }
}

/// BatchWriteItem's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchWritten {
    unprocessed_items: BTreeMap<String, Vec<WriteRequest>>,
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
        Self { unprocessed_items: items.collect() }
    }
}

fn all(items: Vec<Item>) -> Vec<Attributes> {
    items.into_iter().map(Attributes).collect()
}
