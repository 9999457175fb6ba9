//! What the server itself answers, because no handler did: too much at once, too late, or a defect.

use crate::{
    RequestId,
    answer::{log, turned_away},
    status,
};
use fault::{Fault, Kind};
use std::{borrow::Cow, time::Duration};
use tonic::Status;

/// When to try again after an overload: by then the requests that were in work are done, or it lasts.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a request has no answer of a handler's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unserved {
    /// More at once than the server takes on: requests, or bytes of them.
    #[error("too much in work")]
    Overloaded,
    /// The time that the caller or the server gives a request has passed. What it did may stand.
    #[error("not done in time")]
    Late,
    /// Whoever answers such requests is not there.
    #[error("the neighbour does not answer")]
    Away,
    /// A defect in a handler.
    #[error("a handler panicked")]
    Panicked,
}

impl Unserved {
    /// The answer. An overload says when to try again; a defect is logged.
    pub(crate) fn answer(self, domain: &'static str, id: &RequestId) -> Status {
        match self {
            Self::Overloaded => turned_away(&self, domain, id, Some(RETRY_AFTER)),
            Self::Late | Self::Away => turned_away(&self, domain, id, None),
            Self::Panicked => status(&self, domain, id),
        }
    }

    /// Logs a defect. The rest is in the access log and in the metrics, because callers can bring it about as they like.
    pub(crate) fn log(self, domain: &'static str, id: &RequestId) {
        if self == Self::Panicked {
            log(&self, domain, id);
        }
    }
}

impl Fault for Unserved {
    fn kind(&self) -> Kind {
        match self {
            Self::Overloaded | Self::Away => Kind::Unavailable,
            Self::Late => Kind::Deadline,
            Self::Panicked => Kind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Overloaded | Self::Away => "ServiceUnavailable",
            Self::Late => "RequestTimeout",
            Self::Panicked => "InternalServerError",
        }
    }

    fn public_message(&self) -> Cow<'_, str> {
        match self {
            Self::Overloaded => "The service has too many requests in work. Try again later.",
            Self::Late => "The request was not done in time; what it was to change may be changed.",
            Self::Away => "The service that answers such requests does not answer. Try again later.",
            Self::Panicked => "An internal error occurred.",
        }
        .into()
    }
}
