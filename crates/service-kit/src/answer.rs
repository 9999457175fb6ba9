//! What callers are told of an error, and what a person must see of it in the log: the same through every door. Here is also
//! the one function that turns an error into a gRPC answer.

use crate::RequestId;
use fault::{Fault, Kind, Level};
use std::{collections::HashMap, error::Error, fmt::Write, time::Duration};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Milliseconds to wait before the next attempt (gRPC proposal A6).
const PUSHBACK_HEADER: &str = "grpc-retry-pushback-ms";
/// How many causes of an error are logged.
const MAX_CAUSES: usize = 8;

/// The answer for `fault`: its gRPC code, its public text, and `google.rpc.ErrorInfo` with the AWS error code as
/// `reason` and the request id as metadata. An internal error shows the request id and nothing else.
///
/// What is the service's own failure is logged here, with its causes, and nowhere else.
pub fn status(fault: &dyn Fault, domain: &'static str, request_id: &RequestId) -> Status {
    log(fault, domain, request_id);
    answer(fault, domain, request_id, None)
}

/// The answer of a server that does not take a request on, or gives it up: as callers can bring that about as often as
/// they like, it is counted and in the access log, and nowhere else. `retry_after` says when to try again, in the words of
/// `google.rpc.RetryInfo` and of gRPC's own retries.
pub(crate) fn turned_away(
    fault: &dyn Fault,
    domain: &'static str,
    request_id: &RequestId,
    retry_after: Option<Duration>,
) -> Status {
    let mut status = answer(fault, domain, request_id, retry_after);
    if let Some(pause) = retry_after.and_then(|pause| pause.as_millis().to_string().parse().ok()) {
        status.metadata_mut().insert(PUSHBACK_HEADER, pause);
    }
    status
}

fn answer(
    fault: &dyn Fault,
    domain: &'static str,
    request_id: &RequestId,
    retry_after: Option<Duration>,
) -> Status {
    let message = public_text(fault, request_id, MAX_TEXT_BYTES);
    let metadata = HashMap::from([("request_id".to_owned(), request_id.to_string())]);
    let mut details = ErrorDetails::with_error_info(fault.reason(), domain, metadata);
    if retry_after.is_some() {
        details.set_retry_info(retry_after);
    }
    Status::with_error_details(code(fault.kind()), message, details)
}

/// What the caller is told: of an internal error the request id and nothing else. Texts quote what callers sent, so they are
/// cut at `limit` bytes.
pub(crate) fn public_text(fault: &dyn Fault, request_id: &RequestId, limit: usize) -> String {
    if fault.kind().is_public() {
        clipped(&fault.public_message(), limit)
    } else {
        format!("An internal error occurred (request id {request_id}).")
    }
}

/// Longest text of an answer over gRPC, in bytes. It travels percent-encoded in one header and again in another,
/// and clients accept 16 KB of headers.
const MAX_TEXT_BYTES: usize = 2_000;

fn clipped(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(limit);
    format!("{}...", text.get(..end).unwrap_or_default())
}

/// The gRPC code of a kind.
fn code(kind: Kind) -> Code {
    Code::from_i32(kind.grpc_code())
}

/// Logs what is the service's own failure, with its causes.
pub(crate) fn log(fault: &dyn Fault, domain: &'static str, request_id: &RequestId) {
    let reason = fault.reason();
    match fault.kind().level() {
        Level::Debug => tracing::debug!(domain, reason, %request_id, "refused"),
        Level::Warn => {
            tracing::warn!(domain, reason, %request_id, error = %fault, causes = causes(fault), "unavailable");
        }
        Level::Error => {
            tracing::error!(domain, reason, %request_id, error = %fault, causes = causes(fault), "failed");
        }
    }
}

fn causes(error: &dyn Fault) -> String {
    let mut text = String::new();
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    for _ in 0..MAX_CAUSES {
        let Some(cause) = next else { break };
        let separator = if text.is_empty() { "" } else { ": " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{borrow::Cow, fmt, io};

    #[derive(Debug)]
    struct Broken(Kind, io::Error);

    impl fmt::Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the disk said no")
        }
    }

    impl Error for Broken {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.1)
        }
    }

    impl Fault for Broken {
        fn kind(&self) -> Kind {
            self.0
        }

        fn reason(&self) -> &'static str {
            "SomeException"
        }

        fn public_message(&self) -> Cow<'_, str> {
            "what the caller may know".into()
        }
    }

    fn answer(kind: Kind) -> Status {
        status(&Broken(kind, io::Error::other("sector 7")), "test.keystead", &RequestId::generate())
    }

    #[test]
    fn error_info_carries_reason_domain_and_request_id() {
        let id = RequestId::generate();
        let broken = Broken(Kind::NotFound, io::Error::other("sector 7"));
        let status = status(&broken, "test.keystead", &id);
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(status.message(), "what the caller may know");
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("SomeException", "test.keystead"));
        assert_eq!(info.metadata.get("request_id").map(String::as_str), Some(id.as_str()));
    }

    #[test]
    fn an_internal_error_shows_the_request_id_and_nothing_else() {
        let status = answer(Kind::Internal);
        let id = status.get_details_error_info().unwrap().metadata["request_id"].clone();
        assert_eq!(status.message(), format!("An internal error occurred (request id {id})."));
        let all = format!("{status:?}{}", String::from_utf8_lossy(status.details()));
        for hidden in ["disk", "sector", "may know"] {
            assert!(!all.contains(hidden), "{hidden}");
        }
    }

    #[test]
    fn a_text_of_any_size_fits_the_headers_of_an_answer() {
        assert_eq!(clipped("short", MAX_TEXT_BYTES), "short");
        let long = clipped(&"\u{20ac}".repeat(1_000_000), MAX_TEXT_BYTES);
        assert!(long.ends_with("\u{20ac}...") && long.len() <= MAX_TEXT_BYTES + 3);
    }

    #[test]
    fn causes_are_joined_and_bounded() {
        assert_eq!(causes(&Broken(Kind::Internal, io::Error::other("sector 7"))), "sector 7");
    }
}
