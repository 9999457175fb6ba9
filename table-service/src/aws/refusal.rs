//! Why a request is refused or fails, as the protocol answers it.

use std::borrow::Cow;

use aws_json::DYNAMODB;
use fault::{Fault, Kind};
use service_kit::Failure;
use shape::{Refusal, Unreadable};
use table_core::error::TableError;

use super::view;

/// A body that is no request of its operation: DynamoDB's SerializationException.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct NotARequest(Unreadable);

impl Fault for NotARequest {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn reason(&self) -> &'static str {
        "SerializationException"
    }

    fn public_message(&self) -> Cow<'_, str> {
        let namespace = DYNAMODB.namespace.unwrap_or_default();
        self.0.public_text(namespace).unwrap_or_default().into()
    }
}

/// The failure of a request that was refused before the domain saw it.
pub(super) fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Unreadable(why) => NotARequest(why).into(),
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
