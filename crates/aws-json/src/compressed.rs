//! Compressed request bodies. What comes out is bounded while it comes out, so that a small body cannot take much memory.

use flate2::bufread::MultiGzDecoder;
use http::{HeaderMap, HeaderValue, header::CONTENT_ENCODING};
use std::io::Read;

/// Bytes that are taken out at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GunzipError {
    /// It is not gzip, or is cut off, or something follows it.
    #[error("the body is not what its Content-Encoding says")]
    Malformed,
    /// There is more in it than may be.
    #[error("the body is too large when decompressed")]
    TooLarge,
    /// Whoever counts memory has no more of it.
    #[error("no memory for the decompressed body")]
    NoRoom,
}

/// Whether a body is compressed: nothing for one that is as it is, an error for whatever is not gzip alone.
pub fn is_gzip(headers: &HeaderMap) -> Result<bool, GunzipError> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter().map(HeaderValue::as_bytes);
    match (encodings.next(), encodings.next()) {
        (None, _) => Ok(false),
        (Some(encoding), None) if encoding.eq_ignore_ascii_case(b"identity") => Ok(false),
        (Some(encoding), None) if encoding.eq_ignore_ascii_case(b"gzip") => Ok(true),
        _ => Err(GunzipError::Malformed),
    }
}

/// What is in a gzip `body`, if that is no more than `limit` bytes. `has_room` is asked before each piece is kept.
pub fn gunzip(
    body: &[u8],
    limit: usize,
    mut has_room: impl FnMut(usize) -> bool,
) -> Result<Vec<u8>, GunzipError> {
    let mut decoder = MultiGzDecoder::new(body);
    let mut plain = Vec::new();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let bytes = decoder.read(&mut piece).map_err(|_| GunzipError::Malformed)?;
        let taken = piece.get(..bytes).unwrap_or_default();
        if taken.is_empty() {
            return Ok(plain);
        }
        if plain.len().saturating_add(bytes) > limit {
            return Err(GunzipError::TooLarge);
        }
        if !has_room(bytes) {
            return Err(GunzipError::NoRoom);
        }
        plain.extend_from_slice(taken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn open(body: &[u8], limit: usize) -> Result<Vec<u8>, GunzipError> {
        gunzip(body, limit, |_| true)
    }

    #[test]
    fn what_comes_out_is_bounded() {
        let bomb = gzip(&vec![0; 10_000_000]);
        assert!(bomb.len() < 100_000);
        assert_eq!(open(&bomb, 10_000_000).unwrap().len(), 10_000_000);
        assert_eq!(open(&bomb, 9_999_999), Err(GunzipError::TooLarge));
        let mut room = 1_000_000;
        let has_room = |bytes| {
            room = usize::saturating_sub(room, bytes);
            room > 0
        };
        assert_eq!(gunzip(&bomb, 10_000_000, has_room), Err(GunzipError::NoRoom));
    }

    #[test]
    fn what_is_not_gzip_to_its_end_is_refused() {
        let good = gzip(b"{}");
        assert_eq!(open(&good, 2), Ok(b"{}".to_vec()));
        assert_eq!(open(&[good.as_slice(), good.as_slice()].concat(), 4), Ok(b"{}{}".to_vec()));
        for cut in 0..good.len() {
            assert_ne!(open(&good[..cut], 2), Ok(b"{}".to_vec()), "{cut}");
        }
        assert_eq!(open(&[good.as_slice(), b"x"].concat(), 2), Err(GunzipError::Malformed));
        assert_eq!(open(b"{}", 2), Err(GunzipError::Malformed));
    }

    #[test]
    fn gzip_is_the_one_encoding() {
        let encoded = |values: &[&'static str]| {
            let values = values.iter().map(|value| (CONTENT_ENCODING, HeaderValue::from_static(value)));
            is_gzip(&values.collect())
        };
        assert_eq!(encoded(&[]), Ok(false));
        assert_eq!(encoded(&["identity"]), Ok(false));
        assert_eq!(encoded(&["GZIP"]), Ok(true));
        for values in [&["br"][..], &["gzip, gzip"], &["gzip", "gzip"], &[""]] {
            assert!(encoded(values).is_err(), "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_opened_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), flip in 0_usize..400) {
            let _ = open(&bytes, 1_000);
            let mut body = gzip(&bytes);
            prop_assert_eq!(open(&body, 1_000), Ok(bytes));
            let bits = body.len() * 8;
            body[flip % bits / 8] ^= 1 << (flip % 8);
            let _ = open(&body, 1_000);
        }
    }
}
