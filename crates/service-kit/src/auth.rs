//! Who calls: client certificates, HTTP Basic credentials, AWS signatures, and for services the principal they act for.
//!
//! The gate fails closed: whatever it does not understand is refused, and credentials that are wrong are refused even
//! where none would be accepted. A certificate that is a principal's decides; Basic credentials beside it must be right
//! and of the same principal. A certificate that is nobody's counts for nothing, and Basic credentials may still prove
//! who calls; one that is several principals' is refused. There is one answer for all of it, so that nothing can be
//! learned from it.
//!
//! Basic credentials come over TLS or loopback only, because no other listener starts (`exposure`), unless that was waived.

use crate::{RequestId, json::Failure, peers::Peer, status};
use aws_json::sigv4::{BodyHash, Claim, Here, SignatureError};
use base64::{Engine, engine::general_purpose::STANDARD};
use fault::{Fault, Kind};
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION, request::Parts};
use identity::{AuthError, Caller, Directory, Principal, PrincipalArn, SecretKey};
use std::{borrow::Cow, sync::Arc, time::SystemTime};
use tonic::Status;
use zeroize::Zeroizing;

/// The header with the ARN of the principal that a service acts for.
pub const ON_BEHALF_OF_HEADER: &str = "x-keystead-on-behalf-of";
/// Longest `authorization` value that is decoded, in bytes: two names of 128 bytes in base64, and some.
const MAX_AUTHORIZATION_BYTES: usize = 512;
/// The error domain of a refusal that no service made.
const DOMAIN: &str = "auth.keystead";

/// Who the stack found to be calling. A request that did not come through the stack is refused.
pub fn caller<T>(request: &tonic::Request<T>) -> Result<Caller, Status> {
    let caller = request.extensions().get::<Caller>().cloned();
    caller.ok_or_else(|| status(&Refusal::Missing, DOMAIN, &crate::request_id(request)))
}

/// What decides who may come in.
pub(crate) struct Gate {
    pub(crate) directory: Arc<Directory>,
    /// Whether services may name the principal they act for.
    pub(crate) accepts_on_behalf_of: bool,
    /// Whether an access key that is nobody's is anybody's: then its requests are the anonymous principal's.
    pub(crate) accepts_any_key: bool,
}

/// Why a request is not let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no credentials")]
    Missing,
    #[error("malformed {0} header")]
    Malformed(&'static str),
    #[error(transparent)]
    Wrong(#[from] AuthError),
    #[error("{0} may not act for others")]
    NotAService(PrincipalArn),
    #[error("{0} may not act for that principal")]
    NotRepresentable(PrincipalArn),
}

impl Gate {
    pub(crate) fn admit(&self, request: &Parts) -> Result<Caller, Refusal> {
        let principal = self.principal(request)?;
        match single(&request.headers, ON_BEHALF_OF_HEADER)? {
            Some(value) => self.on_behalf_of(&principal, value),
            None => Ok(Caller::direct(principal)),
        }
    }

    /// Who signed a request for `service` in `region`, with a body of this hash. Only the signature says who calls: a
    /// certificate beside it must be the same principal's, or that of a service which passes the request on. Acting for
    /// others is not for signed requests.
    pub(crate) fn signed(
        &self,
        head: &Parts,
        region: &str,
        service: &str,
        body: &BodyHash,
    ) -> Result<Caller, Failure> {
        let here = Here { region, service, now: SystemTime::now() };
        let signer = self.signer(head, &here, body)?;
        let certified = match head.extensions.get::<Peer>() {
            Some(peer) => peer.certified.clone()?,
            None => None,
        };
        match certified {
            Some(other) if other.arn != signer.arn && other.as_service().is_none() => Err(AuthError.into()),
            _ if head.headers.contains_key(ON_BEHALF_OF_HEADER) => {
                Err(Refusal::NotRepresentable(signer.arn.clone()).into())
            }
            _ => Ok(Caller::direct(signer)),
        }
    }

    fn signer(
        &self,
        head: &Parts,
        here: &Here<'_>,
        body: &BodyHash,
    ) -> Result<Arc<Principal>, SignatureError> {
        if self.accepts_any_key {
            let key = Claim::read(head, None)?.access_key_id();
            if let (false, Some(anonymous)) = (self.directory.has_key(key), self.directory.anonymous()) {
                return Ok(anonymous);
            }
        }
        let claim = Claim::read(head, Some(here))?;
        let signed = |secret: &SecretKey| claim.is_signed_with(secret.expose().as_bytes(), body);
        let (holder, is_right) = self.directory.holder(claim.access_key_id(), signed);
        match holder {
            // There are no temporary credentials, so a session token is nobody's.
            Some(holder) if is_right && !claim.has_session_token() => Ok(holder),
            Some(_) if !claim.has_session_token() => Err(SignatureError::Mismatch),
            _ => Err(SignatureError::Unrecognized),
        }
    }

    fn principal(&self, request: &Parts) -> Result<Arc<Principal>, Refusal> {
        let basic =
            single(&request.headers, AUTHORIZATION.as_str())?.map(|value| self.basic(value)).transpose()?;
        let certified = match request.extensions.get::<Peer>() {
            Some(peer) => peer.certified.clone()?,
            None => None,
        };
        match (certified, basic) {
            (Some(certified), Some(basic)) if certified.arn != basic.arn => Err(AuthError.into()),
            (Some(principal), _) | (None, Some(principal)) => Ok(principal),
            (None, None) => self.directory.anonymous().ok_or(Refusal::Missing),
        }
    }

    fn basic(&self, value: &HeaderValue) -> Result<Arc<Principal>, Refusal> {
        let (id, secret) = decode_basic(value).ok_or(Refusal::Malformed("authorization"))?;
        Ok(self.directory.authenticate(&id, secret.as_bytes())?)
    }

    fn on_behalf_of(&self, service: &Principal, value: &HeaderValue) -> Result<Caller, Refusal> {
        let name = match service.as_service() {
            Some(name) if self.accepts_on_behalf_of => name.clone(),
            _ => return Err(Refusal::NotAService(service.arn.clone())),
        };
        let arn = value.to_str().map_err(|_| Refusal::Malformed(ON_BEHALF_OF_HEADER))?;
        // A service cannot borrow the rights of another service: those are for that one acting for itself.
        let represented = self.directory.by_arn(arn).filter(|principal| principal.as_service().is_none());
        match represented {
            Some(principal) => Ok(Caller::via(principal, name)),
            None => Err(Refusal::NotRepresentable(service.arn.clone())),
        }
    }
}

impl Refusal {
    /// The answer to a request that is not let in.
    pub(crate) fn status(&self, request_id: &RequestId) -> Status {
        status(self, DOMAIN, request_id)
    }
}

impl Fault for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::Missing | Self::Malformed(_) | Self::Wrong(_) => Kind::Unauthenticated,
            Self::NotAService(_) | Self::NotRepresentable(_) => Kind::Denied,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Malformed(_) => "IncompleteSignatureException",
            Self::Wrong(error) => error.reason(),
            Self::NotAService(_) | Self::NotRepresentable(_) => "AccessDeniedException",
        }
    }

    fn public_message(&self) -> Cow<'_, str> {
        match self {
            Self::Missing => "The request has no credentials: send HTTP Basic in `authorization`, or show a client certificate.".into(),
            Self::Malformed(header) => format!("The header {header} is malformed.").into(),
            Self::Wrong(AuthError) => AuthError.to_string().into(),
            Self::NotAService(arn) => {
                format!("User: {arn} is not authorized to act on behalf of another principal").into()
            }
            Self::NotRepresentable(arn) => {
                format!("User: {arn} is not authorized to act on behalf of the named principal").into()
            }
        }
    }
}

/// The one value of a header. Two values are refused: which one counts would be a matter of taste.
fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (first, None) => Ok(first),
        _ => Err(Refusal::Malformed(name)),
    }
}

/// User and password of `Basic base64(user:password)` (RFC 7617).
fn decode_basic(value: &HeaderValue) -> Option<(String, Zeroizing<String>)> {
    let text = value.to_str().ok().filter(|text| text.len() <= MAX_AUTHORIZATION_BYTES)?;
    let (scheme, encoded) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim_matches(' ')).ok()?);
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), Zeroizing::new(password.to_owned())))
}
