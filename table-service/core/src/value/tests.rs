use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::arbitrary::{any_bytes, any_text, to_raw};
use super::*;
use crate::codec;

fn n(text: &str) -> Number {
    text.parse().unwrap()
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[test]
fn sizes_count_names_elements_and_containers() {
    let cases = [
        (s(""), 0),
        (s("é"), 2),
        (AttributeValue::B(vec![0; 7]), 7),
        (AttributeValue::N(n("3.14159")), 5),
        (AttributeValue::Null, 1),
        (AttributeValue::Bool(false), 1),
        (AttributeValue::Ss(["a", "bc"].map(String::from).into()), 3),
        (AttributeValue::Ns([n("1"), n("-123456")].into()), 2 + 5),
        (AttributeValue::Bs([vec![1], vec![2, 3]].into()), 3),
        (AttributeValue::L(vec![]), 3),
        (AttributeValue::L(vec![s("ab"), AttributeValue::Null]), 3 + 3 + 2),
        (AttributeValue::M([("k".to_owned(), s("ab"))].into()), 3 + 1 + 1 + 2),
    ];
    for (value, size) in cases {
        assert_eq!(value.size(), size, "{value:?}");
    }
    let item: Item =
        [("pk".to_owned(), s("abc")), ("n".to_owned(), AttributeValue::N(n("1")))].into_iter().collect();
    assert_eq!(item.size(), 2 + 3 + 1 + 2);
}

#[test]
fn debug_shows_types_and_lengths_only() {
    let secret = "canary-7f3a";
    let nested = AttributeValue::M([(secret.to_owned(), s(secret))].into());
    let item: Item = [(secret.to_owned(), nested.clone()), ("b".to_owned(), s(secret))].into_iter().collect();
    let sets = [
        AttributeValue::Ss([secret.to_owned()].into()),
        AttributeValue::Ns([n("424242")].into()),
        AttributeValue::Bs([secret.as_bytes().to_vec()].into()),
        AttributeValue::B(secret.as_bytes().to_vec()),
        AttributeValue::N(n("424242")),
        AttributeValue::L(vec![s(secret)]),
    ];
    let shown = format!("{item:?} {item:#?} {nested:?} {sets:?}");
    assert!(!shown.contains("canary") && !shown.contains("424242") && !shown.contains("99, 97"), "{shown}");
    assert_eq!(format!("{nested:?}"), "M(1)");
}

/// What a request wrote, and what it weighs by what stands there.
type Written = (raw::Value, usize);

/// A number in one of its many spellings, and its weight counted on the digits: from the first that is not zero to the last,
/// in pairs on either side of the point.
fn written_number() -> impl Strategy<Value = (String, usize)> {
    let digits = prop_oneof!["[1-9]", "[1-9][0-9]{0,36}[1-9]", "[1-9]0{0,36}[1-9]"];
    (any::<bool>(), digits, -129_i32..=126, 0_usize..4, 0_usize..4, any::<prop::sample::Index>()).prop_map(
        |(is_negative, digits, point, before, behind, split)| {
            let count = i32::try_from(digits.len()).unwrap();
            let whole = point.clamp(0, count);
            let pairs = |digits: i32| usize::try_from(digits).unwrap().div_ceil(2);
            let size = 1 + pairs(whole) + pairs(count - whole) + usize::from(is_negative);
            let digits = format!("{}{digits}{}", "0".repeat(before), "0".repeat(behind));
            let split = split.index(digits.len() + 1);
            let exponent = point + i32::try_from(before).unwrap() - i32::try_from(split).unwrap();
            let sign = if is_negative { "-" } else { "" };
            (format!("{sign}{}.{}e{exponent:+}", &digits[..split], &digits[split..]), size)
        },
    )
}

fn written_zero() -> impl Strategy<Value = (String, usize)> {
    prop::sample::select(vec!["0", "-0", "0.00", "000", "0e9", "+.0"]).prop_map(|text| (text.to_owned(), 1))
}

/// Numbers of different sizes are different, so these are a set.
fn written_numbers() -> impl Strategy<Value = Written> {
    vec(prop_oneof![9 => written_number(), 1 => written_zero()], 1..5).prop_map(|numbers| {
        let by_size: BTreeMap<usize, String> = numbers.into_iter().map(|(text, size)| (size, text)).collect();
        (raw::Value::Ns(by_size.values().cloned().collect()), by_size.keys().sum())
    })
}

fn written() -> impl Strategy<Value = Written> {
    let texts = btree_set(any_text(), 1..4).prop_map(|set| {
        let size = set.iter().map(String::len).sum();
        (raw::Value::Ss(set.into_iter().collect()), size)
    });
    let byte_strings = btree_set(any_bytes(), 1..4).prop_map(|set| {
        let size = set.iter().map(Vec::len).sum();
        (raw::Value::Bs(set.into_iter().collect()), size)
    });
    let leaf = prop_oneof![
        3 => prop_oneof![9 => written_number(), 1 => written_zero()]
            .prop_map(|(text, size)| (raw::Value::N(text), size)),
        1 => any_text().prop_map(|text| { let size = text.len(); (raw::Value::S(text), size) }),
        1 => any_bytes().prop_map(|bytes| { let size = bytes.len(); (raw::Value::B(bytes), size) }),
        1 => written_numbers(),
        1 => texts,
        1 => byte_strings,
        1 => any::<bool>().prop_map(|truth| (raw::Value::Bool(truth), 1)),
        1 => Just(()).prop_map(|()| (raw::Value::Null(true), 1)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|written| {
                let (values, sizes): (Vec<_>, Vec<_>) = written.into_iter().unzip();
                let size = 3 + sizes.iter().map(|size| 1 + size).sum::<usize>();
                (raw::Value::L(values), size)
            }),
            btree_map(any_text(), inner, 0..4).prop_map(|written| {
                // Names are not empty.
                let named = |(name, (value, size))| (format!("n{name}"), value, size);
                let fields: Vec<_> = written.into_iter().map(named).collect();
                let size = 3 + fields.iter().map(|(name, _, size)| 1 + name.len() + size).sum::<usize>();
                (raw::Value::M(fields.into_iter().map(|(name, value, _)| (name, value)).collect()), size)
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_size_is_that_of_what_was_written(written in btree_map("[a-z]{1,6}", written(), 0..6)) {
        let size: usize = written.iter().map(|(name, (_, size))| name.len() + size).sum();
        let written: raw::Map = written.into_iter().map(|(name, (value, _))| (name, value)).collect();
        let item = raw::item(written).unwrap();
        prop_assert_eq!(item.size(), size);
        // As it is answered with, and as it is stored, it is the same size.
        let answered = item.iter().map(|(name, value)| (name.to_owned(), to_raw(value))).collect();
        prop_assert_eq!(raw::item(answered).unwrap().size(), size);
        let stored = codec::encode_item(&item);
        prop_assert_eq!(codec::decode_item(&stored).unwrap().size(), size);
    }
}
