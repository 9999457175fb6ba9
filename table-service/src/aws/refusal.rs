//! Why a request is refused or fails, as the protocol answers it.

use aws_json::{DYNAMODB, NotARequest};
use service_kit::Failure;
use shape::Refusal;
use table_core::error::TableError;

use super::view;

/// The failure of a request that was refused before the domain saw it.
pub(super) fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Unreadable(why) => {
            let namespace = DYNAMODB.namespace.unwrap_or_default();
            NotARequest(why.public_text(namespace).unwrap_or_default()).into()
        }
        Refusal::Violated(violated) => TableError::from(violated).into(),
        Refusal::NotOffered(feature) => TableError::NotOffered { feature }.into(),
    }
}

/// The failure of an operation. One whose condition did not hold shows the item, if the request asked for it.
pub(super) fn failed(mut error: TableError) -> Failure {
    let item = match &mut error {
        TableError::ConditionFailed { item } => item.take(),
        _ => None,
    };
    match item.map(|item| view::written(&view::Attributes(item))) {
        None => error.into(),
        Some(Ok(item)) => Failure::with(error, vec![("Item", item)]),
        Some(Err(failure)) => failure,
    }
}
