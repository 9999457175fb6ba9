use proptest::prelude::*;

use super::*;
use crate::value::arbitrary::{any_value, to_raw};

const WRAPS: [fn(Value) -> Value; 2] = [in_map, in_list];

const OOM: &str = "One or more parameter values were invalid: ";

fn text(value: Value) -> String {
    value.validate().unwrap_err().public_text()
}

fn strings<const N: usize>(members: [&str; N]) -> Vec<String> {
    members.map(String::from).into()
}

/// A scalar in `wraps` containers.
fn nested(wraps: usize, wrap: fn(Value) -> Value) -> Value {
    (0..wraps).fold(Value::Bool(true), |inner, _| wrap(inner))
}

fn in_map(value: Value) -> Value {
    Value::M([("k".to_owned(), value)].into())
}

fn in_list(value: Value) -> Value {
    Value::L(vec![value])
}

#[test]
fn every_kind_of_malformed_value_has_its_text() {
    let cases = [
        (
            Value::Empty,
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            Value::Several,
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
        ),
        (Value::N("1,5".to_owned()), "The parameter cannot be converted to a numeric value: 1,5"),
        (Value::N(String::new()), "The parameter cannot be converted to a numeric value: "),
        (
            Value::N("1e126".to_owned()),
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            Value::N("1e-131".to_owned()),
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
        (Value::N("1".repeat(39)), "Attempting to store more than 38 significant digits in a Number"),
        (Value::Ns(strings(["1", "x"])), "The parameter cannot be converted to a numeric value: x"),
    ];
    for (value, expected) in cases {
        assert_eq!(text(value), expected);
    }
    let with_prefix = [
        (Value::Null(false), "Null attribute value types must have the value of true"),
        (Value::Ss(vec![]), "An string set  may not be empty"),
        (Value::Ns(vec![]), "An number set  may not be empty"),
        (Value::Bs(vec![]), "Binary sets should not be empty"),
        (Value::Ss(strings(["a", "b", "b"])), r#"Input collection ["a", "b", "b"] contains duplicates."#),
        (Value::Ns(strings(["1", "2", "1.0"])), "Input collection contains duplicates."),
        (
            Value::Bs(vec![vec![0], vec![255], vec![0]]),
            r#"Input collection ["AA==","/w==","AA=="]of type BS contains duplicates."#,
        ),
    ];
    for (value, expected) in with_prefix {
        assert_eq!(text(value), format!("{OOM}{expected}"));
    }
}

#[test]
fn errors_are_found_at_any_depth() {
    for wrap in WRAPS {
        let value = wrap(wrap(Value::Ss(vec![])));
        assert_eq!(value.validate(), Err(Invalid::EmptyStringSet));
    }
}

#[test]
fn empty_texts_and_bytes_are_fine_outside_keys() {
    let value = Value::L(vec![
        Value::S(String::new()),
        Value::B(vec![]),
        Value::Ss(strings(["", "a"])),
        Value::Bs(vec![vec![]]),
    ]);
    assert!(value.validate().is_ok());
}

#[test]
fn thirty_two_levels_are_accepted_and_one_more_is_not() {
    for wrap in WRAPS {
        assert!(nested(31, wrap).validate().is_ok());
        assert_eq!(nested(32, wrap).validate(), Err(Invalid::NestingTooDeep));
    }
    assert_eq!(
        text(nested(32, in_map)),
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
    );
    let map = |wraps| Map::from([("a".to_owned(), nested(wraps, in_map))]);
    assert!(item(map(31)).is_ok());
    assert_eq!(item(map(32)), Err(Invalid::NestingTooDeep));
}

#[test]
fn hostile_depth_overflows_no_stack() {
    let work = || {
        for wrap in WRAPS {
            assert_eq!(nested(200_000, wrap).validate(), Err(Invalid::NestingTooDeep));
            drop(nested(200_000, wrap));
            assert!(!format!("{:?}", nested(200_000, wrap)).is_empty());
        }
        let mixed = (0..200_000).fold(Value::Empty, |inner, at| match at % 2 {
            0 => Value::L(vec![Value::Empty, inner, Value::S("x".to_owned())]),
            _ => in_map(inner),
        });
        drop(mixed);
    };
    std::thread::Builder::new().stack_size(128 * 1024).spawn(work).unwrap().join().unwrap();
}

#[test]
fn items_end_at_exactly_400_kb() {
    let map = |length: usize| Map::from([("name".to_owned(), Value::S("x".repeat(length)))]);
    assert_eq!(item(map(409_600 - 4)).unwrap().size(), 409_600);
    let error = item(map(409_600 - 3)).unwrap_err();
    assert_eq!(error.public_text(), "Item size has exceeded the maximum allowed size");
    assert!(key(map(409_600)).is_ok());
}

#[test]
fn attribute_names_have_limits_at_every_level() {
    let map = |name: &str| Map::from([(name.to_owned(), Value::Bool(true))]);
    let inner = |name: &str| Map::from([("m".to_owned(), Value::M(map(name)))]);
    let long = "x".repeat(65_536);
    let builds: [&dyn Fn(&str) -> Map; 2] = [&map, &inner];
    for build in builds {
        assert_eq!(item(build("")), Err(Invalid::EmptyAttributeName));
        assert_eq!(item(build(&long)), Err(Invalid::AttributeNameTooLarge));
        assert!(item(build(&long[1..])).is_ok());
    }
}

#[test]
fn neither_debug_nor_display_shows_what_was_sent() {
    let canary = "canary-91";
    let errors = [
        Value::N(canary.to_owned()).validate(),
        Value::Ss(strings([canary, canary])).validate(),
        Value::Bs(vec![canary.into(), canary.into()]).validate(),
    ];
    for error in errors {
        let error = error.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary") && !shown.contains("Y2FuYXJ5"), "{shown}");
        assert!(error.public_text().len() > shown.len() / 4);
    }
    assert_eq!(format!("{:?}", Value::S(canary.to_owned())), "S(9)");
}

proptest! {
    #[test]
    fn valid_values_survive_the_way_in(value in any_value()) {
        prop_assert_eq!(to_raw(&value).validate(), Ok(value));
    }
}
