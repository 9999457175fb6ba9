//! What a refusal says through either door: the AWS error code, the text, and the gRPC code or the HTTP status.

use std::fmt;
use std::io;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::json::JsonRefused;

/// An error answer, decoded. Every error of both services must carry an ErrorInfo; one without has an empty reason.
#[derive(Clone, PartialEq, Eq)]
pub struct Refused {
    /// The gRPC status code; over AWS JSON one of those that its HTTP status can stand for.
    pub code: Code,
    /// The HTTP status, over AWS JSON.
    pub http: Option<u16>,
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
    /// A call that has no answer, because the connection failed.
    pub(crate) fn cut_off(error: &io::Error) -> Self {
        Self {
            code: Code::Unavailable,
            http: None,
            reason: String::new(),
            domain: String::new(),
            message: error.to_string(),
            request_id: String::new(),
            retry_after: None,
        }
    }

    /// Whether it is what gRPC calls `code`. AWS JSON has one HTTP status for several of its codes.
    pub fn is(&self, code: Code) -> bool {
        self.http.map_or(self.code == code, |status| status == http_status(code))
    }

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
            http: None,
            reason,
            domain,
            message: status.message().to_owned(),
            request_id: metadata.get("request_id").cloned().unwrap_or_default(),
            retry_after: status.get_details_retry_info().and_then(|info| info.retry_delay),
        }
    }
}

impl From<JsonRefused> for Refused {
    fn from(refused: JsonRefused) -> Self {
        let code = match refused.status {
            503 => Code::Unavailable,
            500 => Code::Internal,
            _ => Code::InvalidArgument,
        };
        Self {
            code,
            http: Some(refused.status),
            reason: refused.code,
            domain: String::new(),
            message: refused.message,
            request_id: refused.request_id,
            retry_after: None,
        }
    }
}

/// The status of a failure in AWS's JSON protocols: 400 for whatever the caller can mend.
const fn http_status(code: Code) -> u16 {
    match code {
        Code::Unavailable | Code::DeadlineExceeded => 503,
        Code::Internal | Code::DataLoss | Code::Unknown => 500,
        _ => 400,
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.http {
            Some(status) => write!(f, "{status} {}: {}", self.reason, self.message),
            None => write!(f, "{:?} {} ({}): {}", self.code, self.reason, self.domain, self.message),
        }
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
