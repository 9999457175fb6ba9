//! BatchWriteItem: up to 25 puts and deletes in any tables. Those of one partition are made together, in one commit; the batch
//! is not atomic, and nobody is promised more than that each write is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use identity::Caller;
use shape::{Decode, Member, Reader, Report, Request, Rule, Shape, Unreadable, Violations};
use tokio::task::JoinSet;

use super::batch::{self, Shortened};
use super::capacity::{
    self, CapacityUnits, ConsumedCapacity, ReturnConsumedCapacity, ReturnItemCollectionMetrics,
};
use super::conditional;
use crate::authorize::{Granted, Op};
use crate::engine::{Inner, Tables};
use crate::error::{Invalid, TableError};
use crate::items::{Action, Write};
use crate::limits::MAX_BATCH_WRITE_REQUESTS;
use crate::request;
use crate::schema::{KeySchema, KeyValue, PrimaryKey};
use crate::table::Table;
use crate::value::{Item, raw};

/// One request of a batch.
#[derive(Debug)]
pub enum WriteRequest {
    /// Put this item.
    Put(raw::Map),
    /// Delete the item with this key.
    Delete(raw::Map),
    /// Neither, or both. It is refused.
    Unclear,
}

/// A request of a batch, as AWS's JSON writes it.
#[derive(Default, Decode)]
#[shape(name = "WriteRequest")]
struct SentRequest {
    put_request: Option<PutRequest>,
    delete_request: Option<DeleteRequest>,
}

#[derive(Default, Decode)]
struct PutRequest {
    #[shape(required)]
    item: raw::Map,
}

#[derive(Default, Decode)]
struct DeleteRequest {
    #[shape(required)]
    key: raw::Map,
}

impl Decode for WriteRequest {
    const SHAPE: Shape = SentRequest::SHAPE;

    fn decode(json: &mut Reader<'_>, report: &mut Report) -> Result<Self, Unreadable> {
        let sent = SentRequest::decode(json, report)?;
        Ok(match (sent.put_request, sent.delete_request) {
            (Some(put), None) => Self::Put(put.item),
            (None, Some(delete)) => Self::Delete(delete.key),
            (None, None) | (Some(_), Some(_)) => Self::Unclear,
        })
    }
}

/// A BatchWriteItem request.
#[derive(Debug, Default, Decode)]
pub struct BatchWriteItem {
    /// Requests by table name or ARN.
    #[shape(required)]
    pub request_items: BTreeMap<String, Vec<WriteRequest>>,
    /// Whether the answer says what was consumed.
    pub return_consumed_capacity: Member<ReturnConsumedCapacity>,
    /// Whether the answer says how large the item collections are.
    pub return_item_collection_metrics: Member<ReturnItemCollectionMetrics>,
}

impl Request for BatchWriteItem {
    fn constraints(&self, violations: &mut Violations) {
        violations.one_of("returnConsumedCapacity", &self.return_consumed_capacity);
        violations.one_of("returnItemCollectionMetrics", &self.return_item_collection_metrics);
    }
}

/// The answer.
#[derive(Debug, Default)]
pub struct BatchWriteItemOutput {
    /// Requests that lost too many races, to be sent again: an item to put, or none and a key to delete.
    pub unprocessed: BTreeMap<String, Vec<UnprocessedWrite>>,
    /// What was consumed of each table, if that was asked for.
    pub consumed_capacity: Vec<ConsumedCapacity>,
}

/// A write that was not made.
#[derive(Debug)]
pub enum UnprocessedWrite {
    /// The item to put.
    Put(Item),
    /// The key to delete.
    Delete(Item),
}

/// What is written to one partition of a table, in one commit: a flush for each write would make them wait for each other.
struct Planned {
    table: Arc<Table>,
    granted: Arc<Granted>,
    writes: Vec<Write>,
}

/// Those of a batch, by what it calls their table and by their key.
type Partitions = BTreeMap<(String, KeyValue), Planned>;

/// What became of the writes to one partition.
enum Made {
    /// They were made, and consumed this.
    All(CapacityUnits),
    /// They lost too many races.
    None(Vec<UnprocessedWrite>),
}

impl Planned {
    /// Makes the writes.
    async fn make(self, inner: &Arc<Inner>, wanted: bool) -> Result<Made, TableError> {
        let changes = inner.write_together(&self.table, &self.granted, &self.writes, wanted).await;
        match changes.map(|changes| changes.iter().map(conditional::consumed).sum()) {
            Ok(units) => Ok(Made::All(units)),
            Err(TableError::Contention) => {
                let schema = &self.table.committed().record.definition.schema;
                let unprocessed = self.writes.into_iter().filter_map(|write| match write.action {
                    Action::Put(item) => Some(UnprocessedWrite::Put(item)),
                    Action::Delete => Some(UnprocessedWrite::Delete(schema.key_to_map(&write.key))),
                    // A batch has none.
                    Action::Update(_) => None,
                });
                Ok(Made::None(unprocessed.collect()))
            }
            Err(error) => Err(error),
        }
    }
}

impl Tables {
    /// Makes the writes. When this returns without error, each is durable or listed as unprocessed. When it returns an
    /// error that came up while they were being made, some may have been.
    ///
    /// # Errors
    /// Validation of any request, absence of any table, denial by policy or key, outage of KMS.
    pub async fn batch_write_item(
        &self,
        caller: &Caller,
        request: BatchWriteItem,
    ) -> Result<BatchWriteItemOutput, TableError> {
        request.check()?;
        check_counts(&request)?;
        let return_consumed_capacity = request.return_consumed_capacity.clone();
        let wanted = capacity::is_wanted(&return_consumed_capacity);
        let partitions = self.plan(caller, request)?;
        // A table that may not be written now keeps the batch from being made in part.
        self.inner.ask_for_keys(tables(&partitions)).await?;
        let mut writes = JoinSet::new();
        for ((text, _), planned) in partitions {
            let inner = Arc::clone(&self.inner);
            writes.spawn(request::carried(async move { Ok((text, planned.make(&inner, wanted).await?)) }));
        }
        let mut output = BatchWriteItemOutput::default();
        let mut consumed: BTreeMap<String, Vec<CapacityUnits>> = BTreeMap::new();
        let mut failed = None;
        while let Some(joined) = writes.join_next().await {
            match joined.unwrap_or(Err(TableError::Internal { what: "a write that panicked" })) {
                Ok((text, Made::All(units))) => consumed.entry(text).or_default().push(units),
                Ok((text, Made::None(writes))) => output.unprocessed.entry(text).or_default().extend(writes),
                Err(error) => failed = Some(error),
            }
        }
        let report = |(text, units): (String, Vec<_>)| {
            ConsumedCapacity::report(&return_consumed_capacity, &text, units.into_iter().sum())
        };
        output.consumed_capacity = consumed.into_iter().filter_map(report).collect();
        failed.map_or(Ok(output), Err)
    }

    /// Checks everything that can be checked before the first write. What is to be written to each partition of what the
    /// request calls a table.
    fn plan(&self, caller: &Caller, request: BatchWriteItem) -> Result<Partitions, TableError> {
        let inner = &self.inner;
        let mut checked = Vec::with_capacity(MAX_BATCH_WRITE_REQUESTS);
        for (text, requests) in request.request_items {
            let name = inner.table_name(&text)?;
            let granted = Arc::new(inner.authorize(caller, Op::BatchWriteItem, &inner.arn(&name))?);
            for request in requests {
                let (item, put) = match request {
                    WriteRequest::Put(item) => (raw::item(item).map_err(Invalid::older)?, true),
                    WriteRequest::Delete(key) => (raw::key(key).map_err(Invalid::older)?, false),
                    WriteRequest::Unclear => return Err(Invalid::BatchWriteShape.into()),
                };
                checked.push((text.clone(), name.clone(), Arc::clone(&granted), item, put));
            }
        }
        let mut seen = BTreeSet::new();
        let mut partitions = BTreeMap::new();
        for (text, name, granted, item, put) in checked {
            let table = inner.table(&name)?;
            let committed = table.committed();
            let schema = &committed.record.definition.schema;
            let key = if put { key_of_item(schema, &item)? } else { schema.key_from_map(&item)? };
            if !seen.insert((name, key.clone())) {
                return Err(Invalid::BatchDuplicates.into());
            }
            let action = if put { Action::Put(item) } else { Action::Delete };
            let hash = key.hash.clone();
            let write = Write { key, condition: None, action };
            let table = Arc::clone(&table);
            let planned = || Planned { table, granted, writes: Vec::new() };
            partitions.entry((text, hash)).or_insert_with(planned).writes.push(write);
        }
        Ok(partitions)
    }
}

/// What the request calls tables, each once.
fn tables(partitions: &Partitions) -> impl Iterator<Item = (&Arc<Table>, &Arc<Granted>)> {
    let mut before = None;
    let mut new = move |text| before.replace(text) != Some(text);
    let first = partitions.iter().filter(move |((text, _), _)| new(text));
    first.map(|(_, planned)| (&planned.table, &planned.granted))
}

/// The key of an item to be put. A batch says of an item whose key does not fit what it says of such a key.
fn key_of_item(schema: &KeySchema, item: &Item) -> Result<PrimaryKey, Invalid> {
    schema.key_of_item(item).map_err(|error| match error {
        Invalid::MissingKey { .. } | Invalid::KeyType { .. } => Invalid::KeyMismatch,
        other => other,
    })
}

/// What each list of requests keeps, as a text lists it.
const LIST_RULES: &str =
    "Member must have length less than or equal to 25, Member must have length greater than or equal to 1";

/// What is wrong with members that are closed sets comes before this, and alone (measured in 2026).
fn check_counts(request: &BatchWriteItem) -> Result<(), Invalid> {
    let items = &request.request_items;
    if items.is_empty() {
        return Err(super::page::empty_batch());
    }
    let mut violations = Violations::new();
    batch::check_names(items, &mut violations, |text| show(items, text));
    if items.values().any(Vec::is_empty) {
        batch::values_break(LIST_RULES, &mut violations, |text| show(items, text));
    }
    // The model bounds each table's list; the operation bounds the whole.
    let is_long = |requests: &Vec<WriteRequest>| requests.len() > MAX_BATCH_WRITE_REQUESTS;
    for (table, _) in items.iter().filter(|(_, requests)| is_long(requests)) {
        batch::below_table(table, "", Rule::MaxLength(MAX_BATCH_WRITE_REQUESTS), &mut violations);
    }
    violations.finish()?;
    // What cannot be counted as either comes before the count of all.
    let is_unclear = |request: &WriteRequest| matches!(request, WriteRequest::Unclear);
    if items.values().flatten().any(is_unclear) {
        return Err(Invalid::BatchWriteShape);
    }
    let requests: usize = items.values().map(Vec::len).sum();
    if requests > MAX_BATCH_WRITE_REQUESTS { Err(Invalid::BatchTooLarge("BatchWriteItem")) } else { Ok(()) }
}

/// As AWS repeats the requests: in Java's way of writing, and without what the values hold.
fn show(items: &BTreeMap<String, Vec<WriteRequest>>, text: &mut Shortened) {
    text.list(["{", "}"], ", ", items, |text, (table, requests)| {
        text.push(table);
        text.push("=");
        text.list(["[", "]"], ", ", requests, |text, request| {
            let (before, attributes, after) = match request {
                WriteRequest::Put(item) => {
                    ("putRequest=PutRequest(item=", Some(item), "), deleteRequest=null")
                }
                WriteRequest::Delete(key) => {
                    ("putRequest=null, deleteRequest=DeleteRequest(key=", Some(key), ")")
                }
                WriteRequest::Unclear => ("", None, ""),
            };
            text.push("WriteRequest(");
            text.push(before);
            if let Some(attributes) = attributes {
                text.list(["{", "}"], ", ", attributes.keys(), |text, name| {
                    text.push(name);
                    text.push("=AttributeValue");
                });
            }
            text.push(after);
            text.push(")");
        });
    });
}
