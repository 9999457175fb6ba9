use super::*;

fn read<T: Decode>(text: &str) -> Result<T, Unreadable> {
    let mut json = Reader::new(text.as_bytes())?;
    let value = json.value(Place::Member, &mut Report::default())?;
    json.end()?;
    Ok(value.unwrap())
}

#[test]
fn whole_numbers_lose_their_fraction_and_stop_at_the_ends_of_their_type() {
    for (text, short, long) in [
        ("0", 0, 0),
        ("-0", 0, 0),
        ("2147483647", i32::MAX, 2_147_483_647),
        ("2147483648", i32::MAX, 2_147_483_648),
        ("-2147483648", i32::MIN, -2_147_483_648),
        ("-99999999999", i32::MIN, -99_999_999_999),
        ("9223372036854775807", i32::MAX, i64::MAX),
        ("9223372036854775808", i32::MAX, i64::MAX),
        ("-9223372036854775809", i32::MIN, i64::MIN),
        ("5.9", 5, 5),
        ("-5.9", -5, -5),
        ("0.99999", 0, 0),
        ("1e3", 1000, 1000),
        ("12E-1", 1, 1),
        ("1e999999999", i32::MAX, i64::MAX),
        ("-1e999999999", i32::MIN, i64::MIN),
        ("1e-999999999", 0, 0),
        ("4503599627370497.5", i32::MAX, 4_503_599_627_370_497),
    ] {
        assert_eq!((read::<i32>(text), read::<i64>(text)), (Ok(short), Ok(long)), "{text}");
    }
    let digits = "9".repeat(100_000);
    assert_eq!((read::<i32>(&digits), read::<i64>(&digits)), (Ok(i32::MAX), Ok(i64::MAX)));
    assert_eq!(read::<f64>("-1.25e2"), Ok(-125.0));
}

#[test]
fn moments_have_three_decimals() {
    for (text, millis) in [
        ("0", 0),
        ("1568565290.0", 1_568_565_290_000),
        ("1.5e9", 1_500_000_000_000),
        ("1736123456.789", 1_736_123_456_789),
        ("-1.5", -1500),
        ("1e300", i64::MAX),
        ("-1e300", i64::MIN),
    ] {
        assert_eq!(read::<Millis>(text), Ok(Millis(millis)), "{text}");
    }
}

#[test]
fn truth_may_be_a_word() {
    for (text, value) in [("true", true), ("false", false), ("\"True\"", true), ("\"FALSE\"", false)] {
        assert_eq!(read::<bool>(text), Ok(value));
    }
    assert!(read::<bool>("\"yes\"").is_err());
}

#[test]
fn bytes_have_one_form() {
    for (text, bytes) in [
        ("\"\"", &b""[..]),
        ("\"AA==\"", b"\0"),
        ("\"AAE=\"", b"\0\x01"),
        ("\"aGk/\"", b"hi?"),
        (r#""aGk\/""#, b"hi?"),
        (r#""\u0061Gk/""#, b"hi?"),
    ] {
        assert_eq!(read::<Vec<u8>>(text), Ok(bytes.to_vec()), "{text}");
        assert_eq!(read::<crate::Secret>(text).map(crate::Secret::into_bytes), Ok(bytes.to_vec()), "{text}");
    }
    assert_eq!(read::<Vec<u8>>("\"23456\""), Err(Unreadable::Base64Length(5)));
    for text in ["=+/=", "+/+=", "A===", "AA=A", "a-_b", "a b=", "AA==AA==", "\u{e9}ab"] {
        assert_eq!(read::<Vec<u8>>(&format!("\"{text}\"")), Err(Unreadable::Base64Character), "{text}");
    }
}

#[test]
fn a_secret_is_overwritten_in_the_buffer_that_held_it() {
    let secret = read::<crate::Secret>("\"aGk/\"").unwrap();
    assert!(std::mem::needs_drop::<crate::Secret>());
    assert_eq!(secret.into_bytes().capacity(), 3, "the buffer never grew");
}
