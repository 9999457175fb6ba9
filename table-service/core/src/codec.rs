//! The stored form of items. It is for ever: what is written once must be read by every later version.
//!
//! ```text
//! item   = version (1) | count | { name | value }          names strictly ascending by bytes
//! name   = length | UTF-8
//! value  = tag | body
//! tag 1  S     length | UTF-8          tag 6  BS   count | { length | bytes }   strictly ascending
//! tag 2  N     sort key of the number  tag 7  M    count | { name | value }     names strictly ascending
//! tag 3  B     length | bytes          tag 8  L    count | { value }
//! tag 4  SS    count | { length | UTF-8 }   asc.   tag 9  NULL
//! tag 5  NS    count | { sort key }         asc.   tag 10 BOOL false    tag 11 BOOL true
//! ```
//!
//! Lengths and counts are LEB128 in their shortest form. Every item has exactly one stored form, and reading accepts
//! nothing else: it never panics, never allocates more than the input's size warrants, and stops at the nesting limit.
//! The form is not secret by itself; the engine seals it. The byte forms of keys are in [`crate::schema`].

use std::collections::{BTreeMap, BTreeSet};

use crate::limits::MAX_NESTING_LEVELS;
use crate::number::Number;
use crate::value::{AttributeValue, Item};

/// The bytes are not an item in stored form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a stored item")]
pub struct Malformed;

const VERSION: u8 = 1;

const TAG_S: u8 = 1;
const TAG_N: u8 = 2;
const TAG_B: u8 = 3;
const TAG_SS: u8 = 4;
const TAG_NS: u8 = 5;
const TAG_BS: u8 = 6;
const TAG_M: u8 = 7;
const TAG_L: u8 = 8;
const TAG_NULL: u8 = 9;
const TAG_FALSE: u8 = 10;
const TAG_TRUE: u8 = 11;

/// The stored form of an item.
pub fn encode_item(item: &Item) -> Vec<u8> {
    // Tags and lengths add a few bytes for each attribute; growing once is cheaper than counting exactly.
    let mut out = Vec::with_capacity(item.size() + 8 * item.len() + 8);
    out.push(VERSION);
    put_length(item.len(), &mut out);
    for (name, value) in item.iter() {
        put_bytes(name.as_bytes(), &mut out);
        put_value(value, &mut out);
    }
    out
}

/// Reads an item in stored form.
///
/// # Errors
/// [`Malformed`] for whatever [`encode_item`] does not write.
pub fn decode_item(bytes: &[u8]) -> Result<Item, Malformed> {
    let mut reader = Reader(bytes);
    if reader.byte()? != VERSION {
        return Err(Malformed);
    }
    let map = reader.map(1)?;
    if reader.0.is_empty() { Ok(Item::from(map)) } else { Err(Malformed) }
}

fn put_value(value: &AttributeValue, out: &mut Vec<u8>) {
    match value {
        AttributeValue::S(text) => {
            out.push(TAG_S);
            put_bytes(text.as_bytes(), out);
        }
        AttributeValue::N(number) => {
            out.push(TAG_N);
            number.push_sort_key(out);
        }
        AttributeValue::B(bytes) => {
            out.push(TAG_B);
            put_bytes(bytes, out);
        }
        AttributeValue::Ss(set) => put_all(TAG_SS, set, out, |text, out| put_bytes(text.as_bytes(), out)),
        AttributeValue::Ns(set) => put_all(TAG_NS, set, out, |number, out| number.push_sort_key(out)),
        AttributeValue::Bs(set) => put_all(TAG_BS, set, out, |bytes, out| put_bytes(bytes, out)),
        AttributeValue::M(map) => put_all(TAG_M, map, out, |(name, value), out| {
            put_bytes(name.as_bytes(), out);
            put_value(value, out);
        }),
        AttributeValue::L(list) => put_all(TAG_L, list, out, put_value),
        AttributeValue::Null => out.push(TAG_NULL),
        AttributeValue::Bool(false) => out.push(TAG_FALSE),
        AttributeValue::Bool(true) => out.push(TAG_TRUE),
    }
}

fn put_all<I>(tag: u8, elements: I, out: &mut Vec<u8>, put: impl Fn(I::Item, &mut Vec<u8>))
where
    I: IntoIterator<IntoIter: ExactSizeIterator>,
{
    let elements = elements.into_iter();
    out.push(tag);
    put_length(elements.len(), out);
    elements.for_each(|element| put(element, out));
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

fn put_length(length: usize, out: &mut Vec<u8>) {
    let mut rest = length;
    while rest > 0x7F {
        out.push(low_bits(rest) | 0x80);
        rest >>= 7;
    }
    out.push(low_bits(rest));
}

fn low_bits(value: usize) -> u8 {
    u8::try_from(value & 0x7F).unwrap_or(0)
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A length or count. None can exceed what is left, because every element has at least one byte.
    fn length(&mut self) -> Result<usize, Malformed> {
        let mut value = 0_usize;
        for shift in [0_u32, 7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || shift == 0;
                return if shortest && value <= self.0.len() { Ok(value) } else { Err(Malformed) };
            }
        }
        Err(Malformed)
    }

    fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length()?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<String, Malformed> {
        std::str::from_utf8(self.bytes()?).map(str::to_owned).map_err(|_| Malformed)
    }

    fn number(&mut self) -> Result<Number, Malformed> {
        let (number, rest) = Number::from_sort_key(self.0).ok_or(Malformed)?;
        self.0 = rest;
        Ok(number)
    }

    fn value(&mut self, level: usize) -> Result<AttributeValue, Malformed> {
        if level > MAX_NESTING_LEVELS {
            return Err(Malformed);
        }
        Ok(match self.byte()? {
            TAG_S => AttributeValue::S(self.text()?),
            TAG_N => AttributeValue::N(self.number()?),
            TAG_B => AttributeValue::B(self.bytes()?.to_vec()),
            TAG_SS => AttributeValue::Ss(self.set(Self::text)?),
            TAG_NS => AttributeValue::Ns(self.set(Self::number)?),
            TAG_BS => AttributeValue::Bs(self.set(|reader| reader.bytes().map(<[u8]>::to_vec))?),
            TAG_M => AttributeValue::M(self.map(level + 1)?),
            TAG_L => AttributeValue::L(self.list(level + 1)?),
            TAG_NULL => AttributeValue::Null,
            TAG_FALSE => AttributeValue::Bool(false),
            TAG_TRUE => AttributeValue::Bool(true),
            _ => return Err(Malformed),
        })
    }

    fn set<T: Ord>(
        &mut self,
        element: impl Fn(&mut Self) -> Result<T, Malformed>,
    ) -> Result<BTreeSet<T>, Malformed> {
        let mut set = BTreeSet::new();
        let count = self.length()?;
        for _ in 0..count {
            let element = element(self)?;
            if set.last().is_some_and(|last| *last >= element) {
                return Err(Malformed);
            }
            set.insert(element);
        }
        if set.is_empty() { Err(Malformed) } else { Ok(set) }
    }

    fn map(&mut self, level: usize) -> Result<BTreeMap<String, AttributeValue>, Malformed> {
        let mut map = BTreeMap::new();
        let count = self.length()?;
        for _ in 0..count {
            let name = self.text()?;
            if map.last_key_value().is_some_and(|(last, _)| *last >= name) {
                return Err(Malformed);
            }
            let value = self.value(level)?;
            map.insert(name, value);
        }
        Ok(map)
    }

    fn list(&mut self, level: usize) -> Result<Vec<AttributeValue>, Malformed> {
        let count = self.length()?;
        let mut list = Vec::with_capacity(count.min(1024));
        for _ in 0..count {
            list.push(self.value(level)?);
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests;
