//! Answers that no handler gave. tonic itself refuses a request that does not decode, that is too large, or that names
//! no method, and knows nothing of AWS error codes; here those refusals become errors like all others.

use crate::{RequestId, refusal::Unserved, status};
use axum::response::Response;
use fault::{Fault, Kind};
use http::HeaderMap;
use std::borrow::Cow;
use tonic::{Code, Status};

/// Where a status carries its ErrorInfo.
const DETAILS: &str = "grpc-status-details-bin";

/// Why no handler saw a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Unhandled {
    #[error("the request does not decode")]
    Malformed,
    #[error("the request is too large")]
    TooLarge,
    #[error("the request is nested too deep")]
    TooDeep,
    #[error("the request is compressed")]
    Compressed,
    #[error("there is no such operation")]
    Unknown,
}

/// What an explanation needs to know of the request: it is gone when there is something to explain.
pub(crate) struct Asked {
    is_compressed: bool,
}

impl Asked {
    pub(crate) fn with(headers: &HeaderMap) -> Self {
        Self { is_compressed: headers.get("grpc-encoding").is_some_and(|encoding| encoding != "identity") }
    }

    /// The answer as it is, or with an error code and a text of ours if it is a refusal of tonic's.
    pub(crate) fn explain(&self, answer: Response, domain: &'static str, id: &RequestId) -> Response {
        match undetailed(answer.headers()) {
            // The request's body met the end of the budget (`upload`).
            Some(Code::ResourceExhausted) => Unserved::Overloaded.answer(domain, id).into_http(),
            Some(code) => {
                self.unhandled(code).map_or(answer, |refusal| status(&refusal, domain, id).into_http())
            }
            None => answer,
        }
    }

    fn unhandled(&self, code: Code) -> Option<Unhandled> {
        match code {
            Code::Internal => Some(Unhandled::Malformed),
            Code::OutOfRange => Some(Unhandled::TooLarge),
            // Of the codec of `proto`.
            Code::InvalidArgument => Some(Unhandled::TooDeep),
            Code::Unimplemented if self.is_compressed => Some(Unhandled::Compressed),
            Code::Unimplemented => Some(Unhandled::Unknown),
            _ => None,
        }
    }
}

/// The code of an answer that has no details.
fn undetailed(headers: &HeaderMap) -> Option<Code> {
    let code = headers.get(Status::GRPC_STATUS).filter(|_| !headers.contains_key(DETAILS))?;
    Some(Code::from_bytes(code.as_bytes()))
}

impl Fault for Unhandled {
    fn kind(&self) -> Kind {
        match self {
            Self::Malformed | Self::TooLarge | Self::TooDeep => Kind::Invalid,
            Self::Compressed | Self::Unknown => Kind::Unimplemented,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "SerializationException",
            Self::TooLarge | Self::TooDeep => "ValidationException",
            Self::Compressed => "UnsupportedOperationException",
            Self::Unknown => "UnknownOperationException",
        }
    }

    fn public_message(&self) -> Cow<'_, str> {
        match self {
            Self::Malformed => "The request does not decode.",
            Self::TooLarge => "The request is larger than this service accepts.",
            Self::TooDeep => {
                "Nesting Levels have exceeded supported limits: the request is nested too deep to be decoded."
            }
            Self::Compressed => {
                "Compressed requests are not supported: send grpc-encoding identity, or none."
            }
            Self::Unknown => "There is no such operation.",
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: Status) -> Option<Unhandled> {
        let plain = Asked::with(&HeaderMap::new());
        undetailed(status.into_http::<axum::body::Body>().headers()).and_then(|code| plain.unhandled(code))
    }

    #[test]
    fn what_tonic_refuses_is_explained_and_nothing_else() {
        assert_eq!(
            refusal(Status::internal("failed to decode Protobuf message")),
            Some(Unhandled::Malformed)
        );
        assert_eq!(refusal(Status::out_of_range("message length too large")), Some(Unhandled::TooLarge));
        assert_eq!(refusal(Status::invalid_argument("nested")), Some(Unhandled::TooDeep));
        assert_eq!(refusal(Status::unimplemented("")), Some(Unhandled::Unknown));
        assert_eq!(refusal(Status::unavailable("stopping")), None);
        let own = status(&Unhandled::Unknown, "test.keystead", &RequestId::generate());
        assert_eq!(refusal(own), None);
        assert_eq!(undetailed(&HeaderMap::new()), None);
        for (encoding, expected) in [("gzip", Unhandled::Compressed), ("identity", Unhandled::Unknown)] {
            let headers = [(http::HeaderName::from_static("grpc-encoding"), encoding.parse().unwrap())];
            let asked = Asked::with(&headers.into_iter().collect());
            assert_eq!(asked.unhandled(Code::Unimplemented), Some(expected));
        }
    }
}
