//! Requests on items, and their answers, between the wire and the domain: member by member.

use std::collections::HashMap;

use proto::table as wire;
use shape::Member;
use table_core::expr::legacy::{
    AttributeUpdates, AttributeValueUpdate, Condition, Conditions, Expected, ExpectedAttributeValue,
};
use table_core::ops;

use super::value::{attributes, boxed_item, item, some_attributes, some_names, value_in, values};

/// What is empty over protobuf is absent.
fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The members that the writes of one item share.
macro_rules! conditional {
    ($message:ident) => {
        ops::Conditional {
            condition_expression: some($message.condition_expression),
            expression_attribute_names: some_names($message.expression_attribute_names),
            expression_attribute_values: some_attributes($message.expression_attribute_values),
            expected: expected($message.expected),
            conditional_operator: Member::named(&$message.conditional_operator),
            return_values_on_condition_check_failure: Member::named(
                &$message.return_values_on_condition_check_failure,
            ),
        }
    };
}

/// The members that reads share.
macro_rules! selection {
    ($message:ident) => {
        ops::Selection {
            projection_expression: some($message.projection_expression),
            attributes_to_get: names($message.attributes_to_get),
            expression_attribute_names: some_names($message.expression_attribute_names),
            consistent_read: Some($message.consistent_read),
        }
    };
}

/// The members that Query and Scan share.
macro_rules! page_request {
    ($message:ident) => {
        ops::PageRequest {
            selection: selection!($message),
            index_name: some($message.index_name),
            filter_expression: some($message.filter_expression),
            expression_attribute_values: some_attributes($message.expression_attribute_values),
            conditional_operator: Member::named(&$message.conditional_operator),
            limit: $message.limit,
            exclusive_start_key: some_attributes($message.exclusive_start_key),
            select: Member::named(&$message.select),
            return_consumed_capacity: Member::named(&$message.return_consumed_capacity),
        }
    };
}

pub(super) fn put_item(message: wire::PutItemRequest) -> ops::PutItem {
    ops::PutItem {
        table_name: message.table_name,
        item: attributes(message.item),
        return_values: Member::named(&message.return_values),
        return_consumed_capacity: Member::named(&message.return_consumed_capacity),
        return_item_collection_metrics: Member::named(&message.return_item_collection_metrics),
        conditional: conditional!(message),
    }
}

pub(super) fn update_item(message: wire::UpdateItemRequest) -> ops::UpdateItem {
    ops::UpdateItem {
        table_name: message.table_name,
        key: attributes(message.key),
        update_expression: some(message.update_expression),
        attribute_updates: updates(message.attribute_updates),
        return_values: Member::named(&message.return_values),
        return_consumed_capacity: Member::named(&message.return_consumed_capacity),
        return_item_collection_metrics: Member::named(&message.return_item_collection_metrics),
        conditional: conditional!(message),
    }
}

pub(super) fn delete_item(message: wire::DeleteItemRequest) -> ops::DeleteItem {
    ops::DeleteItem {
        table_name: message.table_name,
        key: attributes(message.key),
        return_values: Member::named(&message.return_values),
        return_consumed_capacity: Member::named(&message.return_consumed_capacity),
        return_item_collection_metrics: Member::named(&message.return_item_collection_metrics),
        conditional: conditional!(message),
    }
}

pub(super) fn get_item(message: wire::GetItemRequest) -> ops::GetItem {
    ops::GetItem {
        table_name: message.table_name,
        key: attributes(message.key),
        return_consumed_capacity: Member::named(&message.return_consumed_capacity),
        selection: selection!(message),
    }
}

pub(super) fn query(message: wire::QueryRequest) -> ops::Query {
    ops::Query {
        table_name: message.table_name,
        key_condition_expression: some(message.key_condition_expression),
        key_conditions: conditions(message.key_conditions),
        query_filter: conditions(message.query_filter),
        backward: message.scan_index_forward == Some(false),
        page: page_request!(message),
    }
}

pub(super) fn scan(message: wire::ScanRequest) -> ops::Scan {
    ops::Scan {
        table_name: message.table_name,
        scan_filter: conditions(message.scan_filter),
        segment: message.segment,
        total_segments: message.total_segments,
        page: page_request!(message),
    }
}

pub(super) fn batch_get_item(message: wire::BatchGetItemRequest) -> ops::BatchGetItem {
    let asked = |(table, asked): (String, wire::KeysAndAttributes)| {
        let keys = asked.keys.into_iter().map(|key| attributes(key.attributes)).collect();
        (table, ops::KeysAndAttributes { keys, selection: selection!(asked) })
    };
    ops::BatchGetItem {
        request_items: message.request_items.into_iter().map(asked).collect(),
        return_consumed_capacity: Member::named(&message.return_consumed_capacity),
    }
}

pub(super) fn batch_write_item(message: wire::BatchWriteItemRequest) -> ops::BatchWriteItem {
    let asked = |(table, asked): (String, wire::WriteRequests)| {
        (table, asked.requests.into_iter().map(write_request).collect())
    };
    ops::BatchWriteItem {
        request_items: message.request_items.into_iter().map(asked).collect(),
        return_consumed_capacity: Member::named(&message.return_consumed_capacity),
        return_item_collection_metrics: Member::named(&message.return_item_collection_metrics),
    }
}

pub(super) fn put(output: ops::WriteOutput) -> wire::PutItemResponse {
    let (attributes, consumed_capacity) = written(output);
    wire::PutItemResponse { attributes, consumed_capacity }
}

pub(super) fn updated(output: ops::WriteOutput) -> wire::UpdateItemResponse {
    let (attributes, consumed_capacity) = written(output);
    wire::UpdateItemResponse { attributes, consumed_capacity }
}

pub(super) fn deleted(output: ops::WriteOutput) -> wire::DeleteItemResponse {
    let (attributes, consumed_capacity) = written(output);
    wire::DeleteItemResponse { attributes, consumed_capacity }
}

pub(super) fn got(output: ops::GetItemOutput) -> wire::GetItemResponse {
    wire::GetItemResponse {
        found: output.item.is_some(),
        item: output.item.map(item).unwrap_or_default(),
        consumed_capacity: output.consumed_capacity.map(consumed),
    }
}

pub(super) fn queried(page: ops::Page) -> wire::QueryResponse {
    wire::QueryResponse {
        count: counted(page.count),
        scanned_count: counted(page.scanned_count),
        items: page.items.into_iter().map(boxed_item).collect(),
        last_evaluated_key: page.last_evaluated_key.map(item).unwrap_or_default(),
        consumed_capacity: page.consumed_capacity.map(consumed),
    }
}

pub(super) fn scanned(page: ops::Page) -> wire::ScanResponse {
    wire::ScanResponse {
        count: counted(page.count),
        scanned_count: counted(page.scanned_count),
        items: page.items.into_iter().map(boxed_item).collect(),
        last_evaluated_key: page.last_evaluated_key.map(item).unwrap_or_default(),
        consumed_capacity: page.consumed_capacity.map(consumed),
    }
}

pub(super) fn batch_got(output: ops::BatchGetItemOutput) -> wire::BatchGetItemResponse {
    let boxed = |items: Vec<_>| items.into_iter().map(boxed_item).collect();
    let found = |(table, items)| (table, wire::ItemList { items: boxed(items) });
    let left = |(table, left): (String, ops::UnprocessedKeys)| {
        let selection = left.selection;
        let left = wire::KeysAndAttributes {
            keys: boxed(left.keys),
            consistent_read: selection.consistent_read == Some(true),
            projection_expression: selection.projection_expression.unwrap_or_default(),
            expression_attribute_names: selection.expression_attribute_names.into_iter().flatten().collect(),
            attributes_to_get: selection.attributes_to_get.unwrap_or_default(),
        };
        (table, left)
    };
    wire::BatchGetItemResponse {
        responses: output.responses.into_iter().map(found).collect(),
        unprocessed_keys: output.unprocessed.into_iter().map(left).collect(),
        consumed_capacity: output.consumed_capacity.into_iter().map(consumed).collect(),
    }
}

pub(super) fn batch_written(output: ops::BatchWriteItemOutput) -> wire::BatchWriteItemResponse {
    let left = |(table, writes): (String, Vec<_>)| {
        (table, wire::WriteRequests { requests: writes.into_iter().map(unprocessed).collect() })
    };
    wire::BatchWriteItemResponse {
        unprocessed_items: output.unprocessed.into_iter().map(left).collect(),
        consumed_capacity: output.consumed_capacity.into_iter().map(consumed).collect(),
    }
}

fn names(names: Vec<String>) -> Option<Vec<String>> {
    (!names.is_empty()).then_some(names)
}

fn conditions(map: HashMap<String, wire::Condition>) -> Option<Conditions> {
    let condition = |(name, condition): (String, wire::Condition)| {
        let condition = Condition {
            attribute_value_list: values(condition.attribute_value_list),
            comparison_operator: Member::named(&condition.comparison_operator),
        };
        (name, condition)
    };
    (!map.is_empty()).then(|| map.into_iter().map(condition).collect())
}

fn expected(map: HashMap<String, wire::ExpectedAttributeValue>) -> Option<Expected> {
    let expected = |(name, expected): (String, wire::ExpectedAttributeValue)| {
        let expected = ExpectedAttributeValue {
            value: expected.value.map(value_in),
            exists: expected.exists,
            comparison_operator: Member::named(&expected.comparison_operator),
            attribute_value_list: values(expected.attribute_value_list),
        };
        (name, expected)
    };
    (!map.is_empty()).then(|| map.into_iter().map(expected).collect())
}

fn updates(map: HashMap<String, wire::AttributeValueUpdate>) -> Option<AttributeUpdates> {
    let update = |(name, update): (String, wire::AttributeValueUpdate)| {
        let update =
            AttributeValueUpdate { value: update.value.map(value_in), action: Member::named(&update.action) };
        (name, update)
    };
    (!map.is_empty()).then(|| map.into_iter().map(update).collect())
}

type Attributes = HashMap<String, wire::AttributeValue>;

fn written(output: ops::WriteOutput) -> (Attributes, Option<wire::ConsumedCapacity>) {
    (output.attributes.map(item).unwrap_or_default(), output.consumed_capacity.map(consumed))
}

fn counted(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn consumed(consumed: ops::ConsumedCapacity) -> wire::ConsumedCapacity {
    wire::ConsumedCapacity {
        table_name: consumed.table_name,
        capacity_units: consumed.total.value(),
        table: consumed.table.map(|units| wire::Capacity { capacity_units: units.value() }),
    }
}

fn write_request(request: wire::WriteRequest) -> ops::WriteRequest {
    use wire::write_request::Request as Wire;
    match request.request {
        Some(Wire::PutRequest(put)) => ops::WriteRequest::Put(attributes(put.item)),
        Some(Wire::DeleteRequest(delete)) => ops::WriteRequest::Delete(attributes(delete.key)),
        None => ops::WriteRequest::Unclear,
    }
}

fn unprocessed(write: ops::UnprocessedWrite) -> wire::WriteRequest {
    use wire::write_request::Request as Wire;
    let request = match write {
        ops::UnprocessedWrite::Put(put) => Wire::PutRequest(wire::PutRequest { item: item(put) }),
        ops::UnprocessedWrite::Delete(key) => Wire::DeleteRequest(wire::DeleteRequest { key: item(key) }),
    };
    wire::WriteRequest { request: Some(request) }
}
