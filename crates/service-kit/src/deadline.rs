//! How long a request may take: what its caller gives it in `grpc-timeout`, and no longer than the server does.

use http::HeaderMap;
use std::time::Duration;

/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests>
const HEADER: &str = "grpc-timeout";
/// At most so many digits.
const MAX_DIGITS: usize = 8;

/// By how much of its time a request ends before its caller gives up, so that the answer still arrives.
const HEAD_START: u32 = 16;

/// The time for a request with these headers. A header that cannot be read is taken for none.
pub(crate) fn time_for(headers: &HeaderMap, longest: Duration) -> Duration {
    let given = headers.get(HEADER).and_then(|value| parse(value.to_str().ok()?));
    given.map_or(longest, |given| given.saturating_sub(given / HEAD_START).min(longest))
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number.saturating_mul(3600))),
        "M" => Some(Duration::from_secs(number.saturating_mul(60))),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_of_both_times_counts() {
        let longest = Duration::from_secs(30);
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, http::HeaderValue::from_static(value));
            time_for(&headers, longest)
        };
        for (value, expected) in [
            ("0n", Duration::ZERO),
            ("16u", Duration::from_micros(15)),
            ("320m", Duration::from_millis(300)),
            ("16S", Duration::from_secs(15)),
            ("1M", longest),
            ("99999999H", longest),
        ] {
            assert_eq!(of(value), expected, "{value}");
        }
        for malformed in ["", "S", "1", "1s", "-1S", "1.5S", "123456789S", "1 S"] {
            assert_eq!(of(malformed), longest, "{malformed}");
        }
        assert_eq!(time_for(&HeaderMap::new(), longest), longest);
    }
}
