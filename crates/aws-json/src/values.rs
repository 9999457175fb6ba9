//! Values of answers, as the protocols write them.

use std::time::Duration;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Serialize, Serializer};

/// A moment: milliseconds since 1970, written in seconds with a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Millis(pub u64);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(Duration::from_millis(self.0).as_secs_f64())
    }
}

/// Bytes, written in base64. Not for secrets: the text passes through memory that nobody overwrites.
#[derive(Clone, Copy, Debug)]
pub struct Blob<B>(pub B);

impl<B: AsRef<[u8]>> Serialize for Blob<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0.as_ref(), &BASE64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_with_a_fraction() {
        let written = |millis| serde_json::to_string(&Millis(millis)).unwrap();
        assert_eq!(written(1_736_123_456_789), "1736123456.789");
        assert_eq!(written(1_568_565_290_000), "1568565290.0");
        assert_eq!(written(1), "0.001");
    }

    #[test]
    fn bytes_are_padded_base64() {
        for (bytes, text) in [(&b""[..], "\"\""), (&[0, 255, 1, 2], "\"AP8BAg==\""), (&[255; 3], "\"////\"")]
        {
            assert_eq!(serde_json::to_string(&Blob(bytes)).unwrap(), text);
        }
    }
}
