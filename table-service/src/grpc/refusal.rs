//! Why a call fails, as a status.

use prost::{Message as _, Name as _};
use proto::table as wire;
use service_kit::RequestId;
use table_core::error::TableError;
use table_core::value::Item;
use tonic::Status;
use tonic_types::pb;

use super::{DOMAIN, value};

/// Bytes of the largest item that a status carries. Details travel in a header, in base64, and clients take 16 KB of headers.
const MAX_ITEM_BYTES: usize = 4 * 1024;
/// What the types of details begin with.
const TYPE_PREFIX: &str = "type.googleapis.com/";

/// The status of an error. That of a condition that did not hold shows the item, if the request asked for it.
pub(super) fn status(mut error: TableError, id: &RequestId) -> Status {
    let item = match &mut error {
        TableError::ConditionFailed { item } => item.take(),
        _ => None,
    };
    let status = service_kit::status(&error, DOMAIN, id);
    match item {
        Some(item) => with_item(&status, item),
        None => status,
    }
}

fn with_item(status: &Status, item: Item) -> Status {
    // As it is written, which can be fifty times its size.
    let mut failed = wire::ConditionalCheckFailed { item: value::item(item) };
    if failed.encoded_len() > MAX_ITEM_BYTES {
        failed.item.clear();
    }
    let detail = prost_types::Any {
        type_url: format!("{TYPE_PREFIX}{}", wire::ConditionalCheckFailed::full_name()),
        value: failed.encode_to_vec(),
    };
    // What this service has encoded itself decodes.
    let mut told = pb::Status::decode(status.details()).unwrap_or_default();
    told.details.push(detail);
    let details = told.encode_to_vec().into();
    Status::with_details_and_metadata(status.code(), status.message(), details, status.metadata().clone())
}

#[cfg(test)]
mod tests {
    use table_core::value::AttributeValue;
    use tonic_types::StatusExt as _;

    use super::*;

    fn failed(text: String) -> (Status, wire::ConditionalCheckFailed) {
        failed_with(AttributeValue::S(text))
    }

    fn failed_with(value: AttributeValue) -> (Status, wire::ConditionalCheckFailed) {
        let item = Item::from_iter([("a".into(), value)]);
        let error = TableError::ConditionFailed { item: Some(item) };
        let status = status(error, &RequestId::generate());
        let told = pb::Status::decode(status.details()).unwrap();
        let detail = told.details.iter().find(|detail| detail.type_url.ends_with("ConditionalCheckFailed"));
        let failed = wire::ConditionalCheckFailed::decode(&*detail.unwrap().value).unwrap();
        (status, failed)
    }

    #[test]
    fn a_condition_that_failed_shows_its_item_and_one_that_is_too_large_as_empty() {
        let (status, shown) = failed("x".to_owned());
        assert_eq!(shown.item.len(), 1);
        let info = status.get_details_error_info().unwrap();
        assert_eq!(info.reason, "ConditionalCheckFailedException");
        let (_, shown) = failed("x".repeat(MAX_ITEM_BYTES));
        assert_eq!(shown.item.len(), 0);
        // Small by its size, and large as it is written.
        let numbers = vec![AttributeValue::N("1E125".parse().unwrap()); 1_000];
        let (status, shown) = failed_with(AttributeValue::L(numbers));
        assert!(shown.item.is_empty() && status.details().len() < MAX_ITEM_BYTES);
    }
}
