//! Why a signature does not count, in AWS's codes and words. Nothing else is said of it, to nobody: a text holds what the
//! request's own head says, and never a secret or the signature that would have been right.

use super::moment::Moment;
use fault::{Fault, Kind};
use std::{borrow::Cow, time::Duration};

/// Why a request is not taken for that of the holder of an access key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature of any kind that is known.
    #[error("Request is missing Authentication Token")]
    Missing,
    /// Parts of the signature are not there: all of them, in one text.
    #[error("{0}")]
    Incomplete(String),
    /// A part of the signature cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// The signature is for elsewhere, for another time, or covers too little.
    #[error("{0}")]
    Invalid(String),
    /// It was not made with the secret of that access key, or not for this request.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
    /// The access key or the session token is nobody's.
    #[error("The security token included in the request is invalid.")]
    Unrecognized,
}

impl SignatureError {
    pub(super) fn expired(then: Moment, now: Moment, skew: Duration) -> Self {
        let minutes = skew.as_secs() / 60;
        let earliest = now - skew;
        Self::Invalid(format!(
            "Signature expired: {then} is now earlier than {earliest} ({now} - {minutes} min.)"
        ))
    }

    pub(super) fn not_yet(then: Moment, now: Moment, skew: Duration) -> Self {
        let minutes = skew.as_secs() / 60;
        let latest = now + skew;
        Self::Invalid(format!(
            "Signature not yet current: {then} is still later than {latest} ({now} + {minutes} min.)"
        ))
    }

    pub(super) fn unsigned(header: &str) -> Self {
        Self::Invalid(format!("'{header}' must be a 'SignedHeader' in the AWS Authorization."))
    }

    pub(super) fn date(text: &str) -> Self {
        Self::Malformed(format!(
            "Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ))
    }
}

impl Fault for SignatureError {
    fn kind(&self) -> Kind {
        Kind::Unauthenticated
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) | Self::Malformed(_) => "IncompleteSignatureException",
            Self::Invalid(_) | Self::Mismatch => "InvalidSignatureException",
            Self::Unrecognized => "UnrecognizedClientException",
        }
    }

    fn public_message(&self) -> Cow<'_, str> {
        self.to_string().into()
    }
}
