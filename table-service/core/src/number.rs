//! Exact decimal numbers of 38 significant digits: the `N` type.
//!
//! A [`Number`] is always in its one normal form, so equality, order and hashing are exact and by value, and what is
//! stored is what was normalised. Text is parsed without arithmetic on unbounded input: digits and exponent are
//! counted first. `to_sort_key` gives bytes whose order is the numeric order and of which none is a prefix of
//! another; the same bytes are the stored form.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::limits::{MAX_NUMBER_DIGITS, NUMBER_MAGNITUDE};

/// A decimal number: `coef * 10^exp`, negated if `neg`.
///
/// Normal form: `coef < 10^38`; the last digit of `coef` is not zero; zero is `coef = 0, exp = 0`, not negative.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    neg: bool,
    coef: u128,
    exp: i16,
}

/// Why a text or a result is not a number that can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is not a decimal number.
    #[error("the text is not a decimal number")]
    NotNumeric,
    /// The magnitude is 1E126 or more, or a result would need more than 38 digits.
    #[error("the magnitude is larger than the supported range")]
    Overflow,
    /// The magnitude is below 1E-130 and not zero.
    #[error("the magnitude is smaller than the supported range")]
    Underflow,
    /// More than 38 significant digits.
    #[error("the number has more than 38 significant digits")]
    TooManyDigits,
}

/// The longest sort key: class, exponent, 19 pairs of digits, terminator.
pub const MAX_SORT_KEY_BYTES: usize = 22;

// First byte of a sort key.
const CLASS_NEGATIVE: u8 = 0x10;
const CLASS_ZERO: u8 = 0x20;
const CLASS_POSITIVE: u8 = 0x30;
/// Ends a sort key; digit pairs are stored as pair + 1, so none equals it.
const TERMINATOR: u8 = 0;
const MAX_PAIRS: u32 = MAX_NUMBER_DIGITS.div_ceil(2);

impl Number {
    /// Zero.
    pub const ZERO: Self = Self { neg: false, coef: 0, exp: 0 };

    /// Brings a value to normal form, or says why it cannot be kept.
    fn normalise(neg: bool, coef: u128, exp: i64) -> Result<Self, NumberError> {
        if coef == 0 {
            return Ok(Self::ZERO);
        }
        let (mut coef, mut exp) = (coef, exp);
        while coef % 10 == 0 {
            coef /= 10;
            exp += 1;
        }
        let digits = digit_count(coef);
        check_magnitude(exp + i64::from(digits) - 1)?;
        if digits > MAX_NUMBER_DIGITS {
            return Err(NumberError::TooManyDigits);
        }
        // The magnitude check leaves -167..=125.
        let exp = i16::try_from(exp).map_err(|_| NumberError::Overflow)?;
        Ok(Self { neg, coef, exp })
    }

    /// The decimal exponent of the first digit: 123.4 has 2. Zero has 0.
    fn magnitude(self) -> i64 {
        match self.coef {
            0 => 0,
            coef => i64::from(self.exp) + i64::from(digit_count(coef)) - 1,
        }
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.neg
    }

    /// The exact sum. A sum that needs more than 38 digits is an overflow, as in DynamoDB.
    ///
    /// # Errors
    /// [`NumberError::Overflow`] and [`NumberError::Underflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, NumberError> {
        let exp = self.exp.min(other.exp);
        // Aligning overflows u128 only where the sum has more than 38 digits: the operand with the smaller exponent
        // keeps its last non-zero digit, and what is shifted past 3.4e38 stays above 1e38 whatever is taken away.
        let (left, right) = match (self.coef, other.coef) {
            (_, 0) => return Ok(self),
            (0, _) => return Ok(other),
            (left, right) => (align(left, self.exp, exp)?, align(right, other.exp, exp)?),
        };
        let (neg, coef) = match (self.neg == other.neg, left.cmp(&right)) {
            (true, _) => (self.neg, left.checked_add(right).ok_or(NumberError::Overflow)?),
            (false, Ordering::Less) => (other.neg, right - left),
            (false, _) => (self.neg, left - right),
        };
        Self::normalise(neg, coef, i64::from(exp)).map_err(|error| match error {
            NumberError::TooManyDigits => NumberError::Overflow,
            other => other,
        })
    }

    /// The exact difference.
    ///
    /// # Errors
    /// As [`Number::checked_add`].
    pub fn checked_sub(self, other: Self) -> Result<Self, NumberError> {
        self.checked_add(-other)
    }

    /// What it counts in an item's size: 1, and one byte for each two digits before and after the point, each part
    /// rounded up, leading and trailing zeros left out, and 1 more if negative (measured against AWS in 2026).
    pub fn size(self) -> usize {
        if self.coef == 0 {
            return 1;
        }
        let digits = i64::from(digit_count(self.coef));
        let fraction = i64::from(-self.exp).clamp(0, digits);
        let whole = digits - fraction;
        let halves = (whole + 1) / 2 + (fraction + 1) / 2;
        1 + usize::try_from(halves).unwrap_or(0) + usize::from(self.neg)
    }

    /// How long its text is.
    pub fn text_length(self) -> usize {
        let (digits, exp) = (i64::from(digit_count(self.coef)), i64::from(self.exp));
        let unsigned = match digits + exp {
            _ if exp >= 0 => digits + exp,
            // A point among the digits, or "0." and zeros before them.
            whole if whole > 0 => digits + 1,
            _ => 2 - exp,
        };
        usize::try_from(unsigned).unwrap_or(0) + usize::from(self.neg)
    }

    /// Bytes that sort as the numbers do. None is a prefix of another.
    ///
    /// `class`, then unless zero: `magnitude + 130`, the digits in pairs from the first on (each pair + 1), a zero
    /// byte; all after the class complemented if negative.
    pub fn to_sort_key(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(MAX_SORT_KEY_BYTES);
        self.push_sort_key(&mut out);
        out
    }

    /// Appends the sort key to `out`.
    pub fn push_sort_key(self, out: &mut Vec<u8>) {
        if self.coef == 0 {
            out.push(CLASS_ZERO);
            return;
        }
        let (class, flip) = if self.neg { (CLASS_NEGATIVE, 0xFF) } else { (CLASS_POSITIVE, 0) };
        out.push(class);
        let biased = self.magnitude() - NUMBER_MAGNITUDE.start();
        out.push(u8::try_from(biased).unwrap_or(u8::MAX) ^ flip);
        let digits = digit_count(self.coef);
        let even = if digits % 2 == 1 { self.coef * 10 } else { self.coef };
        for place in (0..digits.div_ceil(2)).rev() {
            let pair = even / pow10(place * 2) % 100;
            out.push((u8::try_from(pair).unwrap_or(0) + 1) ^ flip);
        }
        out.push(TERMINATOR ^ flip);
    }

    /// Reads one sort key from the front of `bytes`; gives the number and the rest. Only the exact bytes that
    /// [`Number::to_sort_key`] writes are accepted.
    pub fn from_sort_key(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (class, rest) = bytes.split_first()?;
        let flip = match *class {
            CLASS_ZERO => return Some((Self::ZERO, rest)),
            CLASS_NEGATIVE => 0xFF,
            CLASS_POSITIVE => 0,
            _ => return None,
        };
        let (biased, mut rest) = rest.split_first()?;
        let magnitude = i64::from(biased ^ flip) + NUMBER_MAGNITUDE.start();
        let (mut coef, mut pairs, mut last) = (0_u128, 0_u32, 0_u8);
        loop {
            let (byte, tail) = rest.split_first()?;
            rest = tail;
            let byte = byte ^ flip;
            if byte == TERMINATOR {
                break;
            }
            last = byte - 1;
            let leads_with_zero = pairs == 0 && last < 10;
            if last > 99 || leads_with_zero || pairs == MAX_PAIRS {
                return None;
            }
            coef = coef * 100 + u128::from(last);
            pairs += 1;
        }
        if last == 0 {
            return None;
        }
        let exp = magnitude - (2 * i64::from(pairs) - 1);
        let number = Self::normalise(flip != 0, coef, exp).ok()?;
        Some((number, rest))
    }
}

impl FromStr for Number {
    type Err = NumberError;

    /// Sign, digits with at most one point, exponent. No spaces, no NaN, no infinity, no hexadecimal.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let bytes = text.as_bytes();
        let (neg, bytes) = split_sign(bytes);
        let (mantissa, exponent) = match bytes.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => {
                let (mantissa, rest) = bytes.split_at(at);
                (mantissa, parse_exponent(rest.get(1..).unwrap_or_default())?)
            }
            None => (bytes, 0),
        };
        Mantissa::scan(mantissa)?.into_number(neg, exponent)
    }
}

/// What a scan of the digits found; nothing in it grows with the length of the text.
#[derive(Default)]
struct Mantissa {
    /// The digits from the first to the last non-zero one, while they fit into 38.
    coef: u128,
    /// Digits in `coef`, or more than 38 if they did not fit.
    digits: i64,
    /// Zeros seen since the last non-zero digit.
    trailing: i64,
    /// Digits after the point.
    fraction: i64,
}

impl Mantissa {
    fn scan(bytes: &[u8]) -> Result<Self, NumberError> {
        let mut scan = Self::default();
        let (mut any, mut point) = (false, false);
        for byte in bytes {
            match byte {
                b'.' if !point => point = true,
                b'0'..=b'9' => {
                    any = true;
                    scan.fraction += i64::from(point);
                    scan.push(byte - b'0');
                }
                _ => return Err(NumberError::NotNumeric),
            }
        }
        if any { Ok(scan) } else { Err(NumberError::NotNumeric) }
    }

    fn push(&mut self, digit: u8) {
        if digit == 0 {
            self.trailing += i64::from(self.digits > 0);
            return;
        }
        let shift = self.trailing + 1;
        self.digits += shift;
        self.trailing = 0;
        if self.digits <= i64::from(MAX_NUMBER_DIGITS) {
            let shift = u32::try_from(shift).unwrap_or(0);
            self.coef = self.coef * pow10(shift) + u128::from(digit);
        }
    }

    /// Magnitude first, digits second: the order in which AWS complains.
    fn into_number(self, neg: bool, exponent: i64) -> Result<Number, NumberError> {
        let last = exponent.saturating_sub(self.fraction);
        if self.digits == 0 {
            // Zero has its written exponent checked too: "0e126" overflows.
            return check_magnitude(last).map(|()| Number::ZERO);
        }
        let exp = last.saturating_add(self.trailing);
        check_magnitude(exp.saturating_add(self.digits - 1))?;
        if self.digits > i64::from(MAX_NUMBER_DIGITS) {
            return Err(NumberError::TooManyDigits);
        }
        Number::normalise(neg, self.coef, exp)
    }
}

impl fmt::Display for Number {
    /// The canonical text: expanded, without exponent, without needless zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.coef.to_string();
        let sign = if self.neg { "-" } else { "" };
        let exp = i64::from(self.exp);
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        if exp >= 0 {
            return write!(f, "{sign}{digits}{}", zeros(exp));
        }
        let whole = usize::try_from(exp.saturating_add(i64::from(digit_count(self.coef)))).ok();
        match whole.and_then(|whole| digits.split_at_checked(whole)) {
            Some(("", fraction)) => write!(f, "{sign}0.{fraction}"),
            Some((whole, fraction)) => write!(f, "{sign}{whole}.{fraction}"),
            None => write!(f, "{sign}0.{}{digits}", zeros(-self.magnitude() - 1)),
        }
    }
}

impl fmt::Debug for Number {
    /// Never the value: numbers are customers' data and Debug goes to logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({} digits)", digit_count(self.coef))
    }
}

impl std::ops::Neg for Number {
    type Output = Self;

    fn neg(self) -> Self {
        Self { neg: !self.neg && self.coef != 0, ..self }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.neg, other.neg) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => cmp_magnitude(*self, *other),
            (true, true) => cmp_magnitude(*other, *self),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        // 20 digits at most: always in range.
        Self::normalise(false, u128::from(value), 0).unwrap_or(Self::ZERO)
    }
}

/// Compares absolute values.
fn cmp_magnitude(left: Number, right: Number) -> Ordering {
    match (left.coef, right.coef) {
        (0, 0) => return Ordering::Equal,
        (0, _) => return Ordering::Less,
        (_, 0) => return Ordering::Greater,
        _ => {}
    }
    let scaled = |number: Number| number.coef * pow10(MAX_NUMBER_DIGITS - digit_count(number.coef));
    left.magnitude().cmp(&right.magnitude()).then_with(|| scaled(left).cmp(&scaled(right)))
}

fn align(coef: u128, from: i16, to: i16) -> Result<u128, NumberError> {
    let shift = u32::try_from(i32::from(from) - i32::from(to)).map_err(|_| NumberError::Overflow)?;
    10_u128.checked_pow(shift).and_then(|power| coef.checked_mul(power)).ok_or(NumberError::Overflow)
}

fn check_magnitude(magnitude: i64) -> Result<(), NumberError> {
    if magnitude > *NUMBER_MAGNITUDE.end() {
        Err(NumberError::Overflow)
    } else if magnitude < *NUMBER_MAGNITUDE.start() {
        Err(NumberError::Underflow)
    } else {
        Ok(())
    }
}

fn split_sign(bytes: &[u8]) -> (bool, &[u8]) {
    match bytes.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, bytes),
    }
}

/// An exponent outside 64 bits is not a number at all (measured against AWS).
fn parse_exponent(bytes: &[u8]) -> Result<i64, NumberError> {
    let (neg, digits) = split_sign(bytes);
    if digits.is_empty() {
        return Err(NumberError::NotNumeric);
    }
    digits
        .iter()
        .try_fold(0_i64, |value, byte| {
            let digit = i64::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
            let value = value.checked_mul(10)?;
            if neg { value.checked_sub(digit) } else { value.checked_add(digit) }
        })
        .ok_or(NumberError::NotNumeric)
}

/// Decimal digits; zero has one.
fn digit_count(coef: u128) -> u32 {
    coef.checked_ilog10().unwrap_or(0) + 1
}

/// A power of ten. Callers stay within 38, which fits.
fn pow10(exponent: u32) -> u128 {
    10_u128.saturating_pow(exponent)
}

#[cfg(test)]
mod tests;
