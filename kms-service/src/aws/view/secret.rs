//! Plaintext in an answer.

use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use envelope::Plaintext;
use serde::ser::{Error as _, Serialize, Serializer};

/// Plaintext, written in base64. The bytes are overwritten when this is made, the text when it is dropped; in between the
/// text is written straight into the body.
pub(super) struct Secret(Plaintext);

impl From<Plaintext> for Secret {
    fn from(plaintext: Plaintext) -> Self {
        let mut text = vec![0; 4 * plaintext.len().div_ceil(3)];
        // The text has exactly the length that is written, so this does not fail.
        let written = BASE64.encode_slice(plaintext.expose(), &mut text);
        text.truncate(written.unwrap_or_default());
        Self(Plaintext::from_vec(text))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(self.0.expose()).map_err(S::Error::custom)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plaintext_of_every_length_is_padded_base64() {
        for length in 0..100 {
            let bytes: Vec<u8> = (200..).take(length).map(|byte: u32| byte.to_le_bytes()[0]).collect();
            let written = serde_json::to_string(&Secret::from(Plaintext::from_vec(bytes.clone()))).unwrap();
            assert_eq!(written, format!("\"{}\"", BASE64.encode(&bytes)));
        }
    }
}
