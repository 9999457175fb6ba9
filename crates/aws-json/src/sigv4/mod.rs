//! Signature Version 4: whether a request was signed with a secret, for this service, and just now.
//!
//! A [`Claim`] is what the head of a request says of its signature, checked as far as that is possible without a secret:
//! all its parts are there, it covers what it must cover, and it is for here and for now. Whose it is to be says
//! [`Claim::access_key_id`]; whether it is, [`Claim::is_signed_with`] the secret of that key. What is compared is made of
//! what arrived: the body is hashed as it was received ([`BodyHash`]), and no header can say that it is another or none.
//!
//! Only the `Authorization` header counts. A signature in the query string is refused, alone and beside the header.
//!
//! Every header that begins with `x-amz-` is signed once there is a claim, so its readers need not ask.

mod authorization;
mod canonical;
mod headers;
mod moment;
mod refusal;

pub use refusal::SignatureError;

use authorization::{ALGORITHM, Authorization, Credential};
use hmac::{Hmac, KeyInit, Mac};
use http::{header::DATE, request::Parts};
use moment::Moment;
use sha2::{Digest, Sha256};
use std::{
    borrow::Cow,
    fmt,
    time::{Duration, SystemTime},
};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// How far a client's clock may be from ours, either way
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>).
pub const MAX_SKEW: Duration = Duration::from_secs(15 * 60);
/// The last part of every credential.
const TERMINATOR: &str = "aws4_request";
/// The canonical form of most requests takes no more.
const USUAL_CANONICAL_BYTES: usize = 512;
const AUTHORIZATION_HEADER: &str = "authorization";
const DATE_HEADER: &str = "x-amz-date";
const TOKEN_HEADER: &str = "x-amz-security-token";
/// What the parameters of a signature in the query string begin with, in any case.
const QUERY_PREFIX: &[u8] = b"x-amz-";

/// What a signature must be good for.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    /// The region that is served.
    pub region: &'a str,
    /// The service, by the name under which it is signed for.
    pub service: &'a str,
    /// What time it is.
    pub now: SystemTime,
}

/// What a request's head claims. `Debug` shows the access key id alone.
pub struct Claim<'h> {
    head: &'h Parts,
    credential: Credential<'h>,
    signed_headers: &'h str,
    signature: &'h str,
    /// The date, as the signature has it.
    stamp: Cow<'h, str>,
}

impl<'h> Claim<'h> {
    /// Reads the claim of a request and checks it, in AWS's order. Without `here`, it may be for any place and time.
    pub fn read(head: &'h Parts, here: Option<&Here<'_>>) -> Result<Self, SignatureError> {
        let header = headers::single(&head.headers, AUTHORIZATION_HEADER)?;
        refuse_query(head, header.is_some())?;
        let authorization = Authorization::parse(header.ok_or(SignatureError::Missing)?)?;
        let stamp = stamp(head)?;
        authorization.require_all(stamp.is_some())?;
        let stamp = stamp.unwrap_or_default();
        let then = Moment::parse(&stamp).ok_or_else(|| SignatureError::date(&stamp))?;
        if let Some(here) = here {
            check_time(then, here.now.into())?;
        }
        if let Some(name) = headers::first_unsigned(head, authorization.signed_headers) {
            return Err(SignatureError::unsigned(name));
        }
        authorization.require_algorithm()?;
        let credential = Credential::parse(authorization.credential)?;
        if let Some(here) = here {
            check_scope(&credential, here, &stamp)?;
        }
        if headers::has_two_hosts(head) || !headers::is_list(head, authorization.signed_headers) {
            return Err(SignatureError::Mismatch);
        }
        let Authorization { signed_headers, signature, .. } = authorization;
        Ok(Self { head, credential, signed_headers, signature, stamp })
    }

    /// Whose signature it is said to be.
    pub fn access_key_id(&self) -> &'h str {
        self.credential.access_key_id
    }

    /// Whether there is a session token, which belongs to temporary credentials.
    pub fn has_session_token(&self) -> bool {
        self.head.headers.contains_key(TOKEN_HEADER)
    }

    /// Whether the request, with a body of this hash, was signed with `secret`. The time taken does not depend on how
    /// much of the signature is right.
    pub fn is_signed_with(&self, secret: &[u8], body: &BodyHash) -> bool {
        let mut canonical = Vec::with_capacity(USUAL_CANONICAL_BYTES);
        canonical::write(self.head, self.signed_headers, body, &mut |piece| {
            canonical.extend_from_slice(piece)
        });
        let canonical = hex(&Sha256::digest(canonical));
        let Credential { date, region, service, terminator, .. } = self.credential;
        let scope = [date, "/", region, "/", service, "/", terminator];
        let lines = [ALGORITHM, "\n", &self.stamp, "\n"].into_iter().chain(scope).chain(["\n"]);
        let lines = lines.map(str::as_bytes).chain([&canonical[..]]);
        let right = self.signing_key(secret).and_then(|key| mac(&*key, lines));
        let (given, is_hex) = unhex(self.signature);
        right.is_some_and(|right| bool::from(right.ct_eq(&given) & is_hex))
    }

    /// The key that is good for one day, region and service. It is made anew each time: that takes some two
    /// microseconds, and what is not kept need not be guarded.
    fn signing_key(&self, secret: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let Credential { date, region, service, terminator, .. } = self.credential;
        let mut first = Zeroizing::new(b"AWS4".to_vec());
        // In one piece, so that nothing of the secret is left behind by growing.
        first.reserve_exact(secret.len());
        first.extend_from_slice(secret);
        let key = mac(&first, [date.as_bytes()])?;
        [region, service, terminator].iter().try_fold(key, |key, part| mac(&*key, [part.as_bytes()]))
    }
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({})", self.credential.access_key_id)
    }
}

/// The hash of a body as it was received.
#[derive(Clone, Default)]
pub struct BodyHash(Sha256);

impl BodyHash {
    /// Takes the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The hash of a body that is all there.
    pub fn of(body: &[u8]) -> Self {
        let mut hash = Self::default();
        hash.update(body);
        hash
    }

    fn hex(&self) -> [u8; 64] {
        hex(&self.0.clone().finalize())
    }
}

impl fmt::Debug for BodyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyHash")
    }
}

/// When a request says that it was signed: in a header of its own, or else in HTTP's, which may be in HTTP's form, or in that
/// of mail. botocore signs the latter where an application sets it.
fn stamp(head: &Parts) -> Result<Option<Cow<'_, str>>, SignatureError> {
    if let Some(stamp) = headers::single(&head.headers, DATE_HEADER)? {
        return Ok(Some(stamp.into()));
    }
    let date = headers::single(&head.headers, DATE.as_str())?;
    let in_https = |date: &str| match date.strip_suffix(" -0000") {
        Some(mails) => httpdate::parse_http_date(&format!("{mails} GMT")),
        None => httpdate::parse_http_date(date),
    };
    Ok(date.map(|date| in_https(date).map_or(date.into(), |time| Moment::from(time).to_string().into())))
}

fn refuse_query(head: &Parts, has_header: bool) -> Result<(), SignatureError> {
    let query = head.uri.query().unwrap_or_default();
    let is_of_signature = |name: &[u8]| {
        name.get(..QUERY_PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(QUERY_PREFIX))
    };
    if !query.split('&').any(|pair| is_of_signature(pair.as_bytes())) {
        return Ok(());
    }
    Err(if has_header {
        SignatureError::Invalid(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
                .to_owned(),
        )
    } else {
        SignatureError::Malformed(
            "AWS query-string parameters are not supported here: sign with the 'Authorization' header."
                .to_owned(),
        )
    })
}

fn check_time(then: Moment, now: Moment) -> Result<(), SignatureError> {
    if then < now - MAX_SKEW {
        Err(SignatureError::expired(then, now, MAX_SKEW))
    } else if then > now + MAX_SKEW {
        Err(SignatureError::not_yet(then, now, MAX_SKEW))
    } else {
        Ok(())
    }
}

/// Says of everything that is wrong with a credential's scope at once what it is.
fn check_scope(credential: &Credential<'_>, here: &Here<'_>, stamp: &str) -> Result<(), SignatureError> {
    let Credential { date, region, service, terminator, .. } = credential;
    let mut text = String::new();
    if *region != here.region {
        text += &format!("Credential should be scoped to a valid region, not '{region}'. ");
    }
    if *service != here.service {
        text += &format!("Credential should be scoped to correct service: '{}'. ", here.service);
    }
    if *terminator != TERMINATOR {
        text += &format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'. "
        );
    }
    let day = stamp.split('T').next().unwrap_or_default();
    if *date != day {
        text += &format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != \
             '{day}', from '{stamp}'."
        );
    }
    if text.is_empty() { Ok(()) } else { Err(SignatureError::Invalid(text)) }
}

/// HMAC takes keys of every length (RFC 2104), so there always is one.
fn mac<'t>(key: &[u8], text: impl IntoIterator<Item = &'t [u8]>) -> Option<Zeroizing<[u8; 32]>> {
    let mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    let mac = text.into_iter().fold(mac, Mac::chain_update);
    Some(Zeroizing::new(mac.finalize().into_bytes().into()))
}

/// A signature is 64 hexadecimal digits in lower case; of anything else, the zeros that are returned count for nothing.
fn unhex(text: &str) -> ([u8; 32], Choice) {
    let mut bytes = [0; 32];
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut is_hex = rest.is_empty() && pairs.len() == bytes.len();
    for (slot, [high, low]) in bytes.iter_mut().zip(pairs) {
        match (digit(high), digit(low)) {
            (Some(high), Some(low)) => *slot = high << 4 | low,
            _ => is_hex = false,
        }
    }
    (bytes, Choice::from(u8::from(is_hex)))
}

fn hex(hash: &[u8]) -> [u8; 64] {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' - 10 + half };
    let mut text = [b'0'; 64];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(hash) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    text
}

#[cfg(test)]
mod tests;
