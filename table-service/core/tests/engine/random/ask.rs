//! Steps as requests of the product's.

use shape::Member;
use table_core::ops::{
    BatchGetItem, BatchWriteItem, Conditional, DeleteItem, GetItem, KeysAndAttributes,
    OnConditionCheckFailure, PageRequest, PutItem, Query, ReturnConsumedCapacity, ReturnValues, Scan, Select,
    Selection, UpdateItem, WriteRequest,
};
use table_core::value::raw;

use super::draw::{self, Reading, Write};
use super::syntax::{Changes, Condition, Parts};
use super::table::{Action, Key, key_map};
use super::text::{Writer, old_changes, old_key};
use super::value::{Map, to_raw};

/// A request to write one item.
pub(super) enum Asked {
    Put(PutItem),
    Update(UpdateItem),
    Delete(DeleteItem),
}

/// What a write's answer is to have, of the values of ReturnValues; puts and deletes know the first two.
pub(super) const RETURNS: [ReturnValues; 5] = [
    ReturnValues::None,
    ReturnValues::AllOld,
    ReturnValues::AllNew,
    ReturnValues::UpdatedOld,
    ReturnValues::UpdatedNew,
];

impl Write {
    pub(super) fn returns(&self) -> ReturnValues {
        match self.action {
            Action::Update(_) => RETURNS[self.returns],
            Action::Put(_) | Action::Delete => RETURNS[self.returns % 2],
        }
    }

    pub(super) fn asked(&self, table: &str, key: &Key) -> Asked {
        let mut writer = Writer::default();
        let (update_expression, attribute_updates) = match &self.action {
            Action::Update(Changes::Expression(update)) => (Some(writer.update(update)), None),
            Action::Update(Changes::Attributes(changes)) => (None, Some(old_changes(changes))),
            _ => (None, None),
        };
        let conditional = conditional(&self.condition, self.shows, writer);
        let table_name = table.to_owned();
        let return_values = Member::Known(self.returns());
        let return_consumed_capacity = metered(self.metered);
        match &self.action {
            Action::Put(attributes) => Asked::Put(PutItem {
                table_name,
                item: whole(key, attributes),
                conditional,
                return_values,
                return_consumed_capacity,
                ..Default::default()
            }),
            Action::Update(_) => Asked::Update(UpdateItem {
                table_name,
                key: to_raw(&key_map(key)),
                update_expression,
                attribute_updates,
                conditional,
                return_values,
                return_consumed_capacity,
                ..Default::default()
            }),
            Action::Delete => Asked::Delete(DeleteItem {
                table_name,
                key: to_raw(&key_map(key)),
                conditional,
                return_values,
                return_consumed_capacity,
                ..Default::default()
            }),
        }
    }
}

fn conditional(condition: &Condition, shows: bool, mut writer: Writer) -> Conditional {
    let said = condition.expected(&mut writer);
    let (expression_attribute_names, expression_attribute_values) = writer.placeholders();
    let on_failure = if shows { OnConditionCheckFailure::AllOld } else { OnConditionCheckFailure::None };
    Conditional {
        condition_expression: said.expression,
        expression_attribute_names,
        expression_attribute_values,
        expected: said.attributes,
        conditional_operator: said.operator,
        return_values_on_condition_check_failure: Member::Known(on_failure),
    }
}

fn metered(wanted: bool) -> Member<ReturnConsumedCapacity> {
    if wanted { Member::Known(ReturnConsumedCapacity::Total) } else { Member::Absent }
}

/// An item with its key.
fn whole(key: &Key, attributes: &Map) -> raw::Map {
    let mut item = to_raw(attributes);
    item.extend(to_raw(&key_map(key)));
    item
}

fn selection(parts: &Parts, consistent: bool, writer: &mut Writer) -> Selection {
    let (projection_expression, attributes_to_get) = match parts {
        Parts::All => (None, None),
        Parts::Expression(paths) => (Some(writer.paths(paths)), None),
        Parts::Attributes(names) => (None, Some(names.clone())),
    };
    let consistent_read = consistent.then_some(true);
    Selection { projection_expression, attributes_to_get, consistent_read, ..Default::default() }
}

/// The parts, with the placeholders that stand in them.
fn selection_alone(parts: &Parts, consistent: bool) -> Selection {
    let mut writer = Writer::default();
    let selection = selection(parts, consistent, &mut writer);
    Selection { expression_attribute_names: writer.placeholders().0, ..selection }
}

pub(super) fn get(table: &str, key: &Key, parts: &Parts, consistent: bool) -> GetItem {
    GetItem {
        table_name: table.to_owned(),
        key: to_raw(&key_map(key)),
        selection: selection_alone(parts, consistent),
        return_consumed_capacity: metered(true),
    }
}

fn page(
    reading: &Reading,
    start: Option<&Key>,
    mut writer: Writer,
) -> (PageRequest, Option<table_core::expr::legacy::Conditions>) {
    let mut selection = selection(&reading.parts, reading.consistent, &mut writer);
    let said = reading.filter.filter(&mut writer);
    let (names, expression_attribute_values) = writer.placeholders();
    selection.expression_attribute_names = names;
    let page = PageRequest {
        index_name: None,
        selection,
        filter_expression: said.expression,
        expression_attribute_values,
        conditional_operator: said.operator,
        limit: reading.limit.map(|limit| limit.try_into().unwrap()),
        exclusive_start_key: start.map(|key| to_raw(&key_map(key))),
        select: if reading.counts { Member::Known(Select::Count) } else { Member::Absent },
        return_consumed_capacity: metered(true),
    };
    (page, said.attributes)
}

impl draw::Query {
    pub(super) fn asked(&self, table: &str, key: &Key, start: Option<&Key>) -> Query {
        let mut writer = Writer::default();
        let (hash, range) = (&key.0, self.range.as_ref());
        let (key_condition_expression, key_conditions) = match self.is_old {
            true => (None, Some(old_key(hash, range))),
            false => (Some(writer.key(hash, range, self.style)), None),
        };
        let (page, query_filter) = page(&self.reading, start, writer);
        Query {
            table_name: table.to_owned(),
            key_condition_expression,
            key_conditions,
            query_filter,
            backward: self.backward,
            page,
        }
    }
}

/// A scan of one of `segments`.
pub(super) fn scan(table: &str, reading: &Reading, start: Option<&Key>, segment: (i32, i32)) -> Scan {
    let (page, scan_filter) = page(reading, start, Writer::default());
    let (segment, total_segments) = match segment {
        (_, 1) => (None, None),
        (segment, total) => (Some(segment), Some(total)),
    };
    Scan { table_name: table.to_owned(), scan_filter, segment, total_segments, page }
}

/// A batch of puts and deletes.
pub(super) fn batch_write<'a>(
    writes: impl IntoIterator<Item = (&'a str, &'a Key, Option<&'a Map>)>,
) -> BatchWriteItem {
    let mut batch = BatchWriteItem::default();
    for (table, key, item) in writes {
        let request = match item {
            Some(attributes) => WriteRequest::Put(whole(key, attributes)),
            None => WriteRequest::Delete(to_raw(&key_map(key))),
        };
        batch.request_items.entry(table.to_owned()).or_default().push(request);
    }
    batch
}

/// A batch of reads, of the same parts of all items.
pub(super) fn batch_get<'a>(
    keys: impl IntoIterator<Item = (&'a str, &'a Key)>,
    parts: &Parts,
) -> BatchGetItem {
    let mut batch = BatchGetItem::default();
    for (table, key) in keys {
        let asked = || KeysAndAttributes { keys: Vec::new(), selection: selection_alone(parts, false) };
        let asked = batch.request_items.entry(table.to_owned()).or_insert_with(asked);
        asked.keys.push(to_raw(&key_map(key)));
    }
    batch
}
