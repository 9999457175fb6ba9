use proptest::prelude::*;

use super::*;
use crate::expr::substitution::ValueErrors;
use crate::schema::ScalarType;
use crate::value::arbitrary::any_key_value;
use crate::value::raw;

const OOM: &str = "One or more parameter values were invalid: ";

fn schema(hash: ScalarType, range: Option<ScalarType>) -> KeySchema {
    let attribute = |name: &str, kind| KeyAttribute { name: name.to_owned(), kind };
    KeySchema { hash: attribute("pk", hash), range: range.map(|kind| attribute("sk", kind)) }
}

fn substitutions() -> Substitutions {
    let s = |text: &str| raw::Value::S(text.to_owned());
    let values = [
        (":p".to_owned(), s("part")),
        (":a".to_owned(), s("a")),
        (":b".to_owned(), s("b")),
        (":e".to_owned(), s("")),
        (":n".to_owned(), raw::Value::N("1.0".to_owned())),
        (":m".to_owned(), raw::Value::N("20".to_owned())),
        (":x".to_owned(), raw::Value::B(vec![0xFF, 0])),
        (":t".to_owned(), raw::Value::Bool(true)),
        (":l".to_owned(), s(&"x".repeat(1025))),
        (":ll".to_owned(), s(&"x".repeat(2049))),
    ];
    let names = [("#p".to_owned(), "pk".to_owned()), ("#s".to_owned(), "sk".to_owned())];
    Substitutions::new(Some(names.into()), Some(values.into()), ValueErrors::Bare).unwrap()
}

fn run(text: &str, schema: &KeySchema) -> Result<KeyCondition, String> {
    let tests = parse(text, &mut substitutions()).and_then(KeyTests::new);
    tests.and_then(|tests| tests.against(schema)).map_err(|error| error.public_text())
}

fn on_texts(text: &str) -> Result<KeyCondition, String> {
    run(text, &schema(ScalarType::S, Some(ScalarType::S)))
}

fn range(text: &str) -> RangeCondition {
    on_texts(text).unwrap().range.unwrap()
}

fn fails(text: &str, expected: &str) {
    assert_eq!(on_texts(text), Err(expected.to_owned()), "{text}");
}

fn s(text: &str) -> KeyValue {
    KeyValue::S(text.to_owned())
}

#[test]
fn every_form_binds_to_the_same_condition() {
    let expected = KeyCondition { hash: s("part"), range: Some(RangeCondition::Greater(s("a"))) };
    for text in [
        "pk = :p AND sk > :a",
        "sk > :a AND pk = :p",
        "#p = :p and #s > :a",
        "(pk = :p) AND (sk > :a)",
        "(pk = :p AND sk > :a)",
        ":p = pk AND :a < sk",
        "((pk = :p) AND sk > :a)",
        "pk=:p\tAND\n(sk)>(:a)",
    ] {
        assert_eq!(on_texts(text), Ok(expected.clone()), "{text}");
    }
    assert_eq!(on_texts("pk = :p").unwrap().range, None);
    let hash_only = run("pk = :n", &schema(ScalarType::N, None)).unwrap();
    assert_eq!(hash_only.hash, KeyValue::N("1".parse().unwrap()));
}

#[test]
fn every_operator_is_bound_both_ways() {
    let a = || s("a");
    for (text, expected) in [
        ("pk = :p AND sk = :a", RangeCondition::Equal(a())),
        ("pk = :p AND :a = sk", RangeCondition::Equal(a())),
        ("pk = :p AND sk < :a", RangeCondition::Less(a())),
        ("pk = :p AND :a > sk", RangeCondition::Less(a())),
        ("pk = :p AND sk <= :a", RangeCondition::AtMost(a())),
        ("pk = :p AND :a >= sk", RangeCondition::AtMost(a())),
        ("pk = :p AND sk >= :a", RangeCondition::AtLeast(a())),
        ("pk = :p AND :a <= sk", RangeCondition::AtLeast(a())),
        ("pk = :p AND sk BETWEEN :a AND :b", RangeCondition::Between(a(), s("b"))),
        ("sk BETWEEN :a AND :b AND pk = :p", RangeCondition::Between(a(), s("b"))),
        ("begins_with(sk, :a) AND pk = :p", RangeCondition::BeginsWith(a())),
    ] {
        assert_eq!(range(text), expected, "{text}");
    }
}

#[test]
fn operators_of_other_expressions_are_refused() {
    for (text, operator) in [
        ("pk = :p OR sk = :a", "OR"),
        ("NOT pk = :p", "NOT"),
        ("pk IN (:p)", "IN"),
        ("pk <> :p", "<>"),
        ("attribute_exists(pk)", "attribute_exists"),
        ("attribute_not_exists(pk)", "attribute_not_exists"),
        ("pk = :p AND contains(sk, :a)", "contains"),
    ] {
        fails(text, &format!("Invalid operator used in KeyConditionExpression: {operator}"));
    }
}

#[test]
fn conditions_need_one_plain_attribute_and_constants() {
    let invalid = "Invalid condition in KeyConditionExpression: ";
    fails("pk = sk", &format!("{invalid}Multiple attribute names used in one condition"));
    fails("begins_with(pk, sk)", &format!("{invalid}Multiple attribute names used in one condition"));
    fails(
        "pk = :p AND sk BETWEEN :a AND thing",
        &format!("{invalid}Multiple attribute names used in one condition"),
    );
    fails(":a = :b", &format!("{invalid}No key attribute specified"));
    fails(
        ":a BETWEEN pk AND sk",
        &format!("{invalid}BETWEEN operator must have the key attribute as its first operand"),
    );
    fails(
        "begins_with(:a, pk)",
        &format!("{invalid}begins_with operator must have the key attribute as its first operand"),
    );
    fails("pk.a = :p", "KeyConditionExpressions cannot have conditions on nested attributes");
    fails("pk[0] = :p", "KeyConditionExpressions cannot have conditions on nested attributes");
    fails("pk = size(sk)", "KeyConditionExpressions cannot contain nested operations");
    fails("size(pk) = :p", "KeyConditionExpressions cannot contain nested operations");
    fails(
        "pk = :p AND sk > :a AND sk < :b",
        "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
    );
    fails(
        "pk = :p AND #p = :p",
        "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
    );
}

#[test]
fn conditions_have_to_match_the_schema() {
    fails("sk = :a", "Query condition missed key schema element: pk");
    fails("thing = :a", "Query condition missed key schema element: pk");
    fails("pk = :p AND thing = :a", "Query condition missed key schema element: sk");
    fails(
        "pk = :p AND sk = :a AND thing = :b",
        "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)",
    );
    assert_eq!(
        run("pk = :p AND sk = :a", &schema(ScalarType::S, None)),
        Err("The number of query conditions (2) exceeds the number of key attributes defined in the schema (1)".to_owned())
    );
    for text in ["pk > :p", "begins_with(pk, :p)", "pk BETWEEN :a AND :b", "pk < :p AND sk = :a"] {
        fails(text, "Query key condition not supported");
    }
}

#[test]
fn operand_types_are_checked_in_two_steps() {
    let no_key = |operator: &str, kind: &str| {
        format!(
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; \
             operator or function: {operator}, operand type: {kind}"
        )
    };
    fails("pk = :p AND begins_with(sk, :n)", &no_key("begins_with", "N"));
    fails("pk = :p AND sk < :t", &no_key("<", "BOOL"));
    fails("pk = :p AND sk >= :t", &no_key(">=", "BOOL"));
    fails("pk = :p AND sk BETWEEN :t AND :t", &no_key("BETWEEN", "BOOL"));
    let mismatch = format!("{OOM}Condition parameter type does not match schema type");
    for text in [
        "pk = :n",
        "pk = :t",
        "pk = :p AND sk > :n",
        "pk = :p AND sk = :t",
        "pk = :p AND begins_with(sk, :x)",
    ] {
        fails(text, &mismatch);
    }
    let numbers = schema(ScalarType::S, Some(ScalarType::N));
    assert_eq!(run("pk = :p AND begins_with(sk, :a)", &numbers), Err(mismatch));
}

#[test]
fn key_values_are_checked_like_those_of_items() {
    let empty = |key: &str| {
        format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {key}"
        )
    };
    fails("pk = :e", &empty("pk"));
    fails("pk = :p AND sk = :e", &empty("sk"));
    fails("pk = :ll", &format!("{OOM}Size of hashkey has exceeded the maximum size limit of2048 bytes"));
    fails(
        "pk = :p AND sk = :l",
        &format!("{OOM}Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
    );
    assert!(on_texts("pk = :l").is_ok());
}

#[test]
fn errors_carry_the_expressions_name() {
    let prefix = "Invalid KeyConditionExpression: ";
    fails("", &format!("{prefix}The expression can not be empty;"));
    fails("pk", &format!("{prefix}Syntax error; token: \"<EOF>\", near: \"pk\""));
    fails("hash = :p", &format!("{prefix}Attribute name is a reserved keyword; reserved keyword: hash"));
    fails(
        "pk = :zz",
        &format!(
            "{prefix}An expression attribute value used in expression is not defined; attribute value: :zz"
        ),
    );
    fails("foo(pk)", &format!("{prefix}Invalid function name; function: foo"));
    fails(
        "pk = :p AND sk BETWEEN :b AND :a",
        &format!(
            "{prefix}The BETWEEN operator requires upper bound to be greater than or equal to lower bound; \
             lower bound operand: AttributeValue: {{S:b}}, upper bound operand: AttributeValue: {{S:a}}"
        ),
    );
}

#[test]
fn prefixes_of_highest_bytes_have_no_upper_end() {
    let condition = RangeCondition::BeginsWith(KeyValue::B(vec![0xFF, 0xFF]));
    assert_eq!(condition.bounds(), (Bound::Included(vec![0xFF, 0xFF]), Bound::Unbounded));
    assert!(condition.matches(&KeyValue::B(vec![0xFF, 0xFF, 0xFF])));
    assert!(!condition.matches(&KeyValue::B(vec![0xFF, 0xFE])));
}

#[test]
fn debug_hides_the_values() {
    let condition = on_texts("pk = :p AND sk > :a").unwrap();
    assert_eq!(format!("{condition:?}"), "KeyCondition { hash: S(4), range: Some(Greater(S(1))) }");
    let tests = parse("pk = :p", &mut substitutions()).and_then(KeyTests::new).unwrap();
    assert!(!format!("{tests:?}").contains("part"));
}

/// The condition, spelled out on values.
fn meets(condition: &RangeCondition, key: &KeyValue) -> bool {
    match condition {
        RangeCondition::Equal(value) => key == value,
        RangeCondition::Less(value) => key < value,
        RangeCondition::AtMost(value) => key <= value,
        RangeCondition::Greater(value) => key > value,
        RangeCondition::AtLeast(value) => key >= value,
        RangeCondition::Between(low, high) => low <= key && key <= high,
        RangeCondition::BeginsWith(prefix) => match (prefix, key) {
            (KeyValue::S(prefix), KeyValue::S(key)) => key.starts_with(prefix),
            (KeyValue::B(prefix), KeyValue::B(key)) => key.starts_with(prefix),
            _ => false,
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn bounds_hold_exactly_what_meets_the_condition(
        value in any_key_value(), other in any_key_value(), key in any_key_value(),
    ) {
        if value.kind() != key.kind() {
            return Ok(());
        }
        let mut conditions = vec![
            RangeCondition::Equal(value.clone()),
            RangeCondition::Less(value.clone()),
            RangeCondition::AtMost(value.clone()),
            RangeCondition::Greater(value.clone()),
            RangeCondition::AtLeast(value.clone()),
        ];
        if value.kind() != ScalarType::N {
            conditions.push(RangeCondition::BeginsWith(value.clone()));
        }
        if other.kind() == value.kind() {
            let (low, high) = if other < value { (other, value) } else { (value, other) };
            conditions.push(RangeCondition::Between(low, high));
        }
        for condition in conditions {
            prop_assert_eq!(condition.matches(&key), meets(&condition, &key), "{:?}", condition);
        }
    }
}
