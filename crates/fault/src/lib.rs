//! What can go wrong, in one small vocabulary, and what each transport makes of it.
//!
//! Every domain error has a [`Kind`], a stable reason (the AWS error code) and a public text. The maps from a kind to
//! a gRPC code, an HTTP status and a log level are total matches that stand side by side here; a door calls them and
//! holds no table of its own. This crate has no dependencies, so that every other crate can speak it.

use std::borrow::Cow;

/// The kind of a failure: what a caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request itself is wrong; sending it again will not help.
    Invalid,
    /// The thing named does not exist.
    NotFound,
    /// The thing to be made exists already.
    AlreadyExists,
    /// The request is right but the state of the thing forbids it (a disabled key, a busy table).
    Precondition,
    /// The caller is known and may not.
    Denied,
    /// The caller is not known.
    Unauthenticated,
    /// A quota or limit is used up.
    Exhausted,
    /// Two callers raced and this one lost; sending it again may help.
    Conflict,
    /// Understood, and not offered.
    Unimplemented,
    /// Something this service depends on does not answer; sending it again later may help.
    Unavailable,
    /// The caller's or the service's own time limit passed.
    Deadline,
    /// Stored data did not authenticate or decode.
    DataLoss,
    /// A defect or an environment failure. The caller learns a request id and nothing else.
    Internal,
}

/// How loudly an error is logged at the edge that consumes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The caller's own doing.
    Debug,
    /// Worth counting: something is degraded and expected to heal by itself.
    Warn,
    /// A person must look.
    Error,
}

impl Kind {
    /// The numeric gRPC status code (<https://grpc.io/docs/guides/status-codes/>).
    pub const fn grpc_code(self) -> i32 {
        match self {
            Self::Invalid => 3,
            Self::Deadline => 4,
            Self::NotFound => 5,
            Self::AlreadyExists => 6,
            Self::Denied => 7,
            Self::Exhausted => 8,
            Self::Precondition => 9,
            Self::Conflict => 10,
            Self::Unimplemented => 12,
            Self::Internal => 13,
            Self::Unavailable => 14,
            Self::DataLoss => 15,
            Self::Unauthenticated => 16,
        }
    }

    /// The HTTP status, as AWS's JSON protocols use it: 400 for whatever the caller can mend, 5xx for the rest.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Invalid
            | Self::NotFound
            | Self::AlreadyExists
            | Self::Precondition
            | Self::Denied
            | Self::Unauthenticated
            | Self::Exhausted
            | Self::Conflict
            | Self::Unimplemented => 400,
            Self::Unavailable | Self::Deadline => 503,
            Self::DataLoss | Self::Internal => 500,
        }
    }

    /// How loudly to log it.
    pub const fn level(self) -> Level {
        match self {
            Self::Invalid
            | Self::NotFound
            | Self::AlreadyExists
            | Self::Precondition
            | Self::Denied
            | Self::Unauthenticated
            | Self::Exhausted
            | Self::Conflict
            | Self::Unimplemented => Level::Debug,
            Self::Unavailable | Self::Deadline => Level::Warn,
            Self::DataLoss | Self::Internal => Level::Error,
        }
    }

    /// Whether the error's own text may be shown to the caller. What is not public is logged under the request id.
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::Internal)
    }
}

/// An error that a door can turn into an answer.
pub trait Fault: std::error::Error {
    /// What the caller can do about it.
    fn kind(&self) -> Kind;

    /// The AWS error code, stable: `ValidationException`, `NotFoundException`, ...
    fn reason(&self) -> &'static str;

    /// The text for the caller. It holds no secret and no internal detail. Some AWS errors have no text at all.
    fn public_message(&self) -> Cow<'_, str>;
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Kind; 13] = [
        Kind::Invalid,
        Kind::NotFound,
        Kind::AlreadyExists,
        Kind::Precondition,
        Kind::Denied,
        Kind::Unauthenticated,
        Kind::Exhausted,
        Kind::Conflict,
        Kind::Unimplemented,
        Kind::Unavailable,
        Kind::Deadline,
        Kind::DataLoss,
        Kind::Internal,
    ];

    #[test]
    fn grpc_codes_are_distinct_and_none_is_ok() {
        let codes: std::collections::HashSet<i32> = ALL.iter().map(|kind| kind.grpc_code()).collect();
        assert_eq!(codes.len(), ALL.len());
        assert!(codes.iter().all(|code| (1..=16).contains(code)));
    }

    #[test]
    fn server_side_failures_are_5xx_and_logged() {
        for kind in ALL {
            assert_eq!(kind.http_status() >= 500, kind.level() != Level::Debug, "{kind:?}");
        }
    }
}
