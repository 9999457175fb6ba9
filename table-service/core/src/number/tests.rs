use std::collections::HashSet;

use bigdecimal::{BigDecimal, Zero as _};
use proptest::prelude::*;

use super::*;
use crate::value::arbitrary::any_number;

fn n(text: &str) -> Number {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> NumberError {
    text.parse::<Number>().unwrap_err()
}

fn oracle(number: Number) -> BigDecimal {
    number.to_string().parse().unwrap()
}

/// What DynamoDB makes of an exact value.
fn expected(value: &BigDecimal) -> Result<String, NumberError> {
    if value.is_zero() {
        return Ok("0".to_owned());
    }
    let value = value.normalized();
    let digits = i64::try_from(value.digits()).unwrap();
    let magnitude = digits - value.fractional_digit_count() - 1;
    if magnitude > 125 {
        return Err(NumberError::Overflow);
    }
    if magnitude < -130 {
        return Err(NumberError::Underflow);
    }
    if digits > 38 { Err(NumberError::TooManyDigits) } else { Ok(value.to_plain_string()) }
}

#[test]
fn texts_are_normalised_and_expanded() {
    let cases = [
        ("0", "0"),
        ("-0", "0"),
        ("-0.000", "0"),
        ("+5", "5"),
        ("5.", "5"),
        (".5", "0.5"),
        ("-.5e1", "-5"),
        ("0042.1200", "42.12"),
        ("1e2", "100"),
        ("1E+2", "100"),
        ("100e-2", "1"),
        ("123.45e-3", "0.12345"),
        ("1e-3", "0.001"),
        ("10e-3", "0.01"),
        ("1e00000000000000000000000000002", "100"),
        ("0e125", "0"),
        ("0e-130", "0"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001"),
    ];
    for (text, shown) in cases {
        assert_eq!(n(text).to_string(), shown, "{text}");
    }
    assert_eq!(n("1E125").to_string(), format!("1{}", "0".repeat(125)));
    assert_eq!(n("1E-130").to_string(), format!("0.{}1", "0".repeat(129)));
    assert_eq!(
        n(&format!("{}1{}", "0".repeat(500), "0".repeat(100))).to_string(),
        format!("1{}", "0".repeat(100))
    );
}

#[test]
fn texts_that_are_no_numbers_are_refused() {
    let texts = [
        "",
        " ",
        "+",
        "-",
        ".",
        "-.",
        "e5",
        ".e5",
        "1e",
        "1e+",
        "1e-",
        "--1",
        "+-1",
        "1.2.3",
        "1e1.5",
        "1e1e1",
        "0x10",
        "1_000",
        "1,5",
        " 1",
        "1 ",
        "1\n",
        "NaN",
        "Infinity",
        "-inf",
        "1f",
        "١",
        "1e٢",
        "½",
        "1e9223372036854775808",
        "1e-9223372036854775809",
        "1e99999999999999999999999999",
    ];
    for text in texts {
        assert_eq!(error(text), NumberError::NotNumeric, "{text:?}");
    }
}

#[test]
fn limits_are_exact() {
    assert_eq!(error("1e126"), NumberError::Overflow);
    assert_eq!(error("-1e126"), NumberError::Overflow);
    assert_eq!(error("0e126"), NumberError::Overflow);
    assert_eq!(error("1e9223372036854775807"), NumberError::Overflow);
    assert_eq!(error("1e-131"), NumberError::Underflow);
    assert_eq!(error("0e-131"), NumberError::Underflow);
    assert_eq!(error("0.1e-9223372036854775808"), NumberError::Underflow);
    assert_eq!(error(&"1".repeat(39)), NumberError::TooManyDigits);
    assert_eq!(error(&format!("1{}1", "0".repeat(37))), NumberError::TooManyDigits);
    assert_eq!(error(&format!("0.{}1", "0".repeat(130))), NumberError::Underflow);
    // Magnitude is complained about before digits.
    assert_eq!(error(&"1".repeat(127)), NumberError::Overflow);
    let nines = "9".repeat(38);
    assert_eq!(n(&format!("{nines}e88")).to_string(), format!("{nines}{}", "0".repeat(88)));
    assert_eq!(error(&format!("{nines}e89")), NumberError::Overflow);
    let smallest = format!("1.{}e-130", "9".repeat(37));
    assert_eq!(n(&smallest).to_string().len(), "0.".len() + 129 + 38);
}

#[test]
fn a_long_hostile_text_costs_no_arithmetic() {
    let text = "9".repeat(2_000_000);
    assert_eq!(error(&text), NumberError::Overflow);
    let text = format!("0.{}", "0".repeat(2_000_000));
    assert_eq!(error(&text), NumberError::Underflow);
}

#[test]
fn sums_are_exact_or_refused() {
    let add = |left: &str, right: &str| n(left).checked_add(n(right)).map(|sum| sum.to_string());
    assert_eq!(add("0.1", "0.2").unwrap(), "0.3");
    assert_eq!(add("1e50", "-1e50").unwrap(), "0");
    assert_eq!(add("1e50", "-1"), Err(NumberError::Overflow));
    assert_eq!(add("1e38", "-1").unwrap(), "9".repeat(38));
    assert_eq!(add("1e38", "1"), Err(NumberError::Overflow));
    assert_eq!(add("9e125", "1e125"), Err(NumberError::Overflow));
    assert_eq!(add("1.1e-130", "-1e-130"), Err(NumberError::Underflow));
    assert_eq!(add("1e125", "1e-130"), Err(NumberError::Overflow));
    assert_eq!(n("3").checked_sub(n("5")).unwrap().to_string(), "-2");
}

#[test]
fn sizes_are_those_measured_against_aws() {
    let cases = [
        ("3.14159", 5),
        ("123456", 4),
        ("1E125", 2),
        ("-1", 3),
        ("0", 1),
        ("0.001", 2),
        ("1.05", 3),
        ("100.001", 5),
        ("12345678901234567890123456789012345678", 20),
    ];
    for (text, size) in cases {
        assert_eq!(n(text).size(), size, "{text}");
    }
}

#[test]
fn sort_keys_of_the_extremes_stay_short_and_readable() {
    for text in
        ["0", "1e125", "-1e125", "1e-130", "-1e-130", &"9".repeat(38), &format!("-{}", "9".repeat(38))]
    {
        let key = n(text).to_sort_key();
        assert!(key.len() <= MAX_SORT_KEY_BYTES, "{text}");
        assert_eq!(Number::from_sort_key(&key), Some((n(text), [].as_slice())), "{text}");
    }
    assert_eq!(n("0").to_sort_key(), [0x20]);
    assert_eq!(n("1").to_sort_key(), [0x30, 130, 11, 0]);
    assert_eq!(n("-12.3").to_sort_key(), [0x10, !131, !13, !31, 0xFF]);
}

#[test]
fn bytes_that_are_no_sort_key_are_refused() {
    let bad: [&[u8]; 12] = [
        &[],
        &[0],
        &[0x11],
        &[0x30],
        &[0x30, 130],
        &[0x30, 130, 0],
        &[0x30, 130, 11],
        &[0x30, 130, 1, 0],
        &[0x30, 130, 5, 0],
        &[0x30, 130, 11, 1, 0],
        &[0x30, 130, 102, 0],
        &[
            0x30, 130, 101, 101, 101, 101, 101, 101, 101, 101, 101, 101, 101, 101, 101, 101, 101, 101, 101,
            101, 101, 101, 0,
        ],
    ];
    for bytes in bad {
        assert_eq!(Number::from_sort_key(bytes), None, "{bytes:?}");
    }
}

#[test]
fn debug_hides_the_value() {
    assert_eq!(format!("{:?}", n("-42.125")), "Number(5 digits)");
}

/// Texts in the grammar, crowded around the limits.
fn any_text() -> impl Strategy<Value = String> {
    let exponent = prop_oneof![
        3 => Just(String::new()),
        3 => (-200_i32..200).prop_map(|exponent| format!("e{exponent}")),
        1 => (-1_000_000_i32..1_000_000).prop_map(|exponent| format!("E{exponent:+}")),
    ];
    ("[-+]?", "0{0,3}[0-9]{1,42}", "(\\.[0-9]{0,42}0{0,3})?", exponent)
        .prop_map(|(sign, whole, fraction, exponent)| format!("{sign}{whole}{fraction}{exponent}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn parsing_agrees_with_the_oracle(text in any_text()) {
        let value: BigDecimal = text.parse().unwrap();
        // Zero keeps its written exponent, which the oracle drops when normalising.
        let expected = if value.is_zero() {
            let magnitude = -value.fractional_digit_count();
            match magnitude {
                126.. => Err(NumberError::Overflow),
                -130..126 => Ok("0".to_owned()),
                _ => Err(NumberError::Underflow),
            }
        } else {
            expected(&value)
        };
        prop_assert_eq!(text.parse::<Number>().map(|number| number.to_string()), expected);
    }

    #[test]
    fn the_length_of_the_text_is_known_without_it(number in any_number()) {
        prop_assert_eq!(number.text_length(), number.to_string().len());
    }

    #[test]
    fn display_parses_back(number in any_number()) {
        prop_assert_eq!(n(&number.to_string()), number);
    }

    #[test]
    fn order_and_sums_agree_with_the_oracle(left in any_number(), right in any_number()) {
        let (big_left, big_right) = (oracle(left), oracle(right));
        prop_assert_eq!(left.cmp(&right), big_left.cmp(&big_right));
        prop_assert_eq!(left == right, big_left == big_right);
        let narrow = |error| if error == NumberError::TooManyDigits { NumberError::Overflow } else { error };
        let sum = left.checked_add(right).map(|sum| sum.to_string());
        prop_assert_eq!(sum, expected(&(&big_left + &big_right)).map_err(narrow));
        let difference = left.checked_sub(right).map(|sum| sum.to_string());
        prop_assert_eq!(difference, expected(&(&big_left - &big_right)).map_err(narrow));
    }

    #[test]
    fn nearby_sums_agree_with_the_oracle(left in any_number(), right in any_number(), shift in -40_i64..40) {
        // Brings the second number close to the first, where digits overlap partly.
        let Ok(right) = format!("{}e{}", right, left.magnitude() - right.magnitude() + shift).parse::<Number>() else {
            return Ok(());
        };
        let narrow = |error| if error == NumberError::TooManyDigits { NumberError::Overflow } else { error };
        let sum = left.checked_add(right).map(|sum| sum.to_string());
        prop_assert_eq!(sum, expected(&(oracle(left) + oracle(right))).map_err(narrow));
    }

    #[test]
    fn sort_keys_order_as_the_numbers(left in any_number(), right in any_number()) {
        let (left_key, right_key) = (left.to_sort_key(), right.to_sort_key());
        prop_assert_eq!(left.cmp(&right), left_key.cmp(&right_key));
        prop_assert!(left == right || !left_key.starts_with(&right_key));
        prop_assert!(left_key.len() <= MAX_SORT_KEY_BYTES);
        let mut both = left_key.clone();
        both.extend(&right_key);
        prop_assert_eq!(Number::from_sort_key(&both), Some((left, right_key.as_slice())));
    }

    #[test]
    fn sort_keys_of_equal_values_are_equal(number in any_number()) {
        let written = format!("{number}{}", if number.to_string().contains('.') { "00" } else { ".00" });
        prop_assert_eq!(n(&written).to_sort_key(), number.to_sort_key());
    }

    #[test]
    fn only_written_sort_keys_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..24), class in 0_usize..3) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = [CLASS_NEGATIVE, CLASS_ZERO, CLASS_POSITIVE][class];
        }
        if let Some((number, rest)) = Number::from_sort_key(&bytes) {
            let read = bytes.len() - rest.len();
            prop_assert_eq!(number.to_sort_key(), &bytes[..read]);
        }
    }

    #[test]
    fn size_matches_the_digits(number in any_number()) {
        let text = number.to_string();
        let digits = text.trim_start_matches('-');
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = whole.trim_start_matches('0');
        let whole = if fraction.is_empty() { whole.trim_end_matches('0') } else { whole };
        let fraction = if whole.is_empty() { fraction.trim_start_matches('0') } else { fraction };
        let size = 1 + whole.len().div_ceil(2) + fraction.len().div_ceil(2) + usize::from(text.starts_with('-'));
        prop_assert_eq!(number.size(), size);
    }
}

#[test]
fn equal_numbers_hash_equal() {
    let set: HashSet<Number> = ["1", "1.0", "10e-1", "0.1e1"].into_iter().map(n).collect();
    assert_eq!(set.len(), 1);
    assert_eq!(Number::from(u64::MAX).to_string(), u64::MAX.to_string());
}
