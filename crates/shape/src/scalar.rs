//! Strings, numbers, truth values, bytes and moments.

use base64::engine::general_purpose::STANDARD as BASE64;
use base64::{DecodeSliceError, Engine as _};

use crate::decode::{Decode, Place, Report, Shape};
use crate::json::{Kind, Reader};
use crate::unreadable::{Found, Unreadable};

impl Decode for String {
    const SHAPE: Shape = Shape::Text;

    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        Ok(json.text()?.into_owned())
    }
}

impl Decode for bool {
    const SHAPE: Shape = Shape::Flag;

    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        if json.peek()? != Kind::Text {
            return Ok(json.word()? == Kind::True);
        }
        let text = json.text()?;
        match (text.eq_ignore_ascii_case("true"), text.eq_ignore_ascii_case("false")) {
            (true, _) => Ok(true),
            (_, true) => Ok(false),
            _ => Err(Unreadable::Unfit { wanted: Self::SHAPE, found: Found::Text, place: Place::Member }),
        }
    }
}

impl Decode for i32 {
    const SHAPE: Shape = Shape::Integer;

    /// As AWS reads it: without the fraction, and the nearest that the type has. Rules of range come afterwards.
    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        let number = whole(json.number()?);
        Ok(Self::try_from(number).unwrap_or(if number < 0 { Self::MIN } else { Self::MAX }))
    }
}

impl Decode for i64 {
    const SHAPE: Shape = Shape::Long;

    /// As [`i32`].
    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        Ok(whole(json.number()?))
    }
}

impl Decode for f64 {
    const SHAPE: Shape = Shape::Double;

    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        float(json.number()?)
    }
}

/// A moment: milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub i64);

impl Decode for Millis {
    const SHAPE: Shape = Shape::Time;

    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        let seconds = float(json.number()?)?;
        Ok(Self(nearest(seconds * 1000.0)))
    }
}

impl Decode for Vec<u8> {
    const SHAPE: Shape = Shape::Blob;

    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        let mut bytes = Self::new();
        base64(&json.text()?, &mut bytes)?;
        Ok(bytes)
    }
}

/// Decodes base64 in its one form, padded, into a buffer that never grows: it may hold a secret.
pub(crate) fn base64(text: &str, bytes: &mut Vec<u8>) -> Result<(), Unreadable> {
    if !text.len().is_multiple_of(4) {
        return Err(Unreadable::Base64Length(text.len()));
    }
    let room = text.len() / 4 * 3;
    bytes.reserve_exact(room);
    bytes.resize(room, 0);
    match BASE64.decode_slice(text, bytes) {
        Ok(length) => {
            bytes.truncate(length);
            Ok(())
        }
        Err(DecodeSliceError::DecodeError(_) | DecodeSliceError::OutputSliceTooSmall) => {
            Err(Unreadable::Base64Character)
        }
    }
}

/// The number without its fraction; beyond the type's range, the nearest.
fn whole(number: &str) -> i64 {
    if number.contains(['e', 'E']) {
        return float(number).map_or(0, |number| nearest(number.trunc()));
    }
    let whole = number.split('.').next().unwrap_or_default();
    whole.parse().unwrap_or(if number.starts_with('-') { i64::MIN } else { i64::MAX })
}

/// Rust's own reader takes every number of JSON; what is too large is infinite.
fn float(number: &str) -> Result<f64, Unreadable> {
    number.parse().map_err(|_| Unreadable::Malformed)
}

/// The nearest whole number of 64 bits. By way of text, because the language converts no other way without `as`.
fn nearest(number: f64) -> i64 {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    match number {
        number if number >= LIMIT => format!("{number:.0}").parse().unwrap_or(i64::MAX),
        number if number <= -LIMIT => format!("{number:.0}").parse().unwrap_or(i64::MIN),
        number => format!("{:.0}", number.round()).parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests;
