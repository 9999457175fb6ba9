//! Bytes that a request brings and nobody else may see.

use std::borrow::Cow;
use std::mem;

use zeroize::Zeroize as _;

use crate::decode::{Decode, Report, Shape};
use crate::json::Reader;
use crate::scalar::base64;
use crate::unreadable::Unreadable;

/// Bytes that are overwritten when they are dropped, also if they turn out to be unreadable. No `Debug`, no `Clone`.
#[derive(Default)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The bytes, for a type that overwrites them itself.
    pub fn into_bytes(mut self) -> Vec<u8> {
        mem::take(&mut self.0)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Decode for Secret {
    const SHAPE: Shape = Shape::Blob;

    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        let mut text = json.text()?;
        let mut secret = Self::default();
        let outcome = base64(&text, &mut secret.0);
        // With escapes the text is a copy of ours; without, it lies in the body, which is its owner's to overwrite.
        if let Cow::Owned(text) = &mut text {
            text.zeroize();
        }
        outcome.map(|()| secret)
    }
}
