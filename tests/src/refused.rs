//! What a refusal says: the gRPC code, the AWS error code of its ErrorInfo, and the text.

use std::fmt;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// An error answer, decoded. Every error of both services must carry an ErrorInfo; one without has an empty reason.
#[derive(Clone, PartialEq, Eq)]
pub struct Refused {
    /// The gRPC status code.
    pub code: Code,
    /// The AWS error code, for example `ValidationException`.
    pub reason: String,
    /// Which service refused.
    pub domain: String,
    /// The text for the caller.
    pub message: String,
    /// The id under which the service logged the request.
    pub request_id: String,
    /// When to try again, if the service says so.
    pub retry_after: Option<Duration>,
}

impl Refused {
    /// Fails the test unless the AWS error code and the text are exactly these.
    #[track_caller]
    pub fn assert_is(&self, reason: &str, message: &str) {
        assert_eq!((self.reason.as_str(), self.message.as_str()), (reason, message), "{self:?}");
        assert!(!self.request_id.is_empty(), "an error names its request: {self:?}");
    }

    /// Fails the test unless the AWS error code is this one and the text contains `part`.
    #[track_caller]
    pub fn assert_says(&self, reason: &str, part: &str) {
        assert_eq!(self.reason, reason, "{self:?}");
        assert!(self.message.contains(part), "{self:?} does not say {part:?}");
    }
}

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        let info = status.get_details_error_info();
        let (reason, domain, metadata) =
            info.map(|info| (info.reason, info.domain, info.metadata)).unwrap_or_default();
        Self {
            code: status.code(),
            reason,
            domain,
            message: status.message().to_owned(),
            request_id: metadata.get("request_id").cloned().unwrap_or_default(),
            retry_after: status.get_details_retry_info().and_then(|info| info.retry_delay),
        }
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} ({}): {}", self.code, self.reason, self.domain, self.message)
    }
}

/// Expecting a refusal, for short assertions.
pub trait Refusal {
    /// The refusal; fails the test when the call went through.
    #[track_caller]
    fn refused(self) -> Refused;
}

impl<T> Refusal for Result<T, Refused> {
    fn refused(self) -> Refused {
        match self {
            Ok(_) => panic!("the call went through, but should have been refused"),
            Err(refused) => refused,
        }
    }
}
