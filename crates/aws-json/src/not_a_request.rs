//! The refusal of a body that is no request of its operation.

use std::borrow::Cow;

use fault::{Fault, Kind};

/// The body is no request of its operation: AWS's SerializationException, with the text of whoever tried to read it. It
/// may have none, and repeats nothing that the caller sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a request: {0}")]
pub struct NotARequest(pub String);

impl Fault for NotARequest {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn reason(&self) -> &'static str {
        "SerializationException"
    }

    fn public_message(&self) -> Cow<'_, str> {
        self.0.as_str().into()
    }
}
