//! A whole request: from a body to a value that keeps the model's rules.

use std::fmt;

use crate::decode::{Decode, Place, Report};
use crate::json::Reader;
use crate::unreadable::Unreadable;
use crate::violation::{Violated, Violations};

/// A request of an operation.
pub trait Request: Decode {
    /// Adds the violations of the model's constraints. The operation runs the same check, for doors that do not decode
    /// JSON; here it only completes the list of a request that is refused anyway.
    fn constraints(&self, violations: &mut Violations) {
        let _none = violations;
    }

    /// The same, as the operation runs it.
    ///
    /// # Errors
    /// All violations.
    fn check(&self) -> Result<(), Violated> {
        let mut violations = Violations::new();
        self.constraints(&mut violations);
        violations.finish()
    }
}

/// Why a body was refused before any operation saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no request of this type: SerializationException.
    Unreadable(Unreadable),
    /// It breaks rules of the model: ValidationException.
    Violated(Violated),
    /// It sets what is understood and not offered yet; the member or value, in the wire's spelling.
    NotOffered(&'static str),
}

impl Refusal {
    /// The text for the caller, if there is one; see [`Unreadable::public_text`].
    pub fn public_text(&self, package: &str) -> Option<String> {
        match self {
            Self::Unreadable(why) => why.public_text(package),
            Self::Violated(violated) => Some(violated.public_text()),
            Self::NotOffered(what) => Some(format!("{what} is not supported by this service yet")),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => why.fmt(f),
            Self::Violated(violated) => violated.fmt(f),
            Self::NotOffered(what) => write!(f, "{what} is not offered yet"),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Unreadable> for Refusal {
    fn from(why: Unreadable) -> Self {
        Self::Unreadable(why)
    }
}

impl From<Violated> for Refusal {
    fn from(violated: Violated) -> Self {
        Self::Violated(violated)
    }
}

/// Reads a request.
///
/// # Errors
/// In AWS's order: a body that is unreadable, then every rule of the model that it breaks, in one text. Last, and only
/// here, what is not offered yet.
pub fn decode<T: Request>(body: &[u8]) -> Result<T, Refusal> {
    let mut report = Report::default();
    // What is not JSON is that first of all, also behind a value that does not fit.
    let request = read::<T>(body, &mut report)
        .map_err(|why| if is_json(body) { why } else { Unreadable::Malformed })?;
    let Report { mut violations, later } = report;
    if later.is_some() || !violations.is_empty() {
        request.constraints(&mut violations);
    }
    violations.finish()?;
    match later {
        Some(what) => Err(Refusal::NotOffered(what)),
        None => Ok(request),
    }
}

fn read<T: Decode>(body: &[u8], report: &mut Report) -> Result<T, Unreadable> {
    let mut json = Reader::new(body)?;
    let request = json.value::<T>(Place::Member, report)?.ok_or(Unreadable::Malformed)?;
    json.end()?;
    Ok(request)
}

fn is_json(body: &[u8]) -> bool {
    let skipped = Reader::new(body).and_then(|mut json| {
        json.skip()?;
        json.end()
    });
    skipped.is_ok()
}
