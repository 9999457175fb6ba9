use super::*;
use crate::keycond::KeyTests;
use crate::schema::{KeyAttribute, KeySchema, ScalarType};
use crate::value::arbitrary::to_raw;
use crate::value::literal::{b, item, l, m, n, ns, s, ss};
use crate::value::{AttributeValue, Item};

fn condition(operator: &str, values: &[AttributeValue]) -> Condition {
    Condition {
        attribute_value_list: (!values.is_empty()).then(|| values.iter().map(to_raw).collect()),
        comparison_operator: Member::named(operator),
    }
}

fn conditions<const N: usize>(list: [(&str, Condition); N]) -> Option<Conditions> {
    Some(list.into_iter().map(|(name, condition)| (name.to_owned(), condition)).collect())
}

fn sample() -> Item {
    item([
        ("num", n("5")),
        ("txt", s("hello")),
        ("bin", b(b"bytes")),
        ("set", ss(["a", "b"])),
        ("list", l([n("1"), s("x")])),
        ("nil", AttributeValue::Null),
        ("#odd.name SET", n("1")),
    ])
}

fn holds(name: &str, operator: &str, values: &[AttributeValue]) -> Result<bool, String> {
    let cond = filter(conditions([(name, condition(operator, values))]), &Member::Absent);
    cond.map(|cond| cond.unwrap().holds(&sample())).map_err(|error| error.public_text())
}

#[test]
fn operators_mean_what_they_meant() {
    for (name, operator, values, expected) in [
        ("num", "EQ", vec![n("5.0")], true),
        ("num", "EQ", vec![s("5")], false),
        ("gone", "EQ", vec![n("5")], false),
        ("set", "EQ", vec![ss(["b", "a"])], true),
        ("list", "EQ", vec![l([n("1"), s("x")])], true),
        ("num", "NE", vec![n("5")], false),
        ("num", "NE", vec![s("5")], true),
        ("gone", "NE", vec![n("5")], true),
        ("num", "LE", vec![n("5")], true),
        ("num", "LT", vec![n("5")], false),
        ("num", "GE", vec![n("5")], true),
        ("num", "GT", vec![n("4")], true),
        ("gone", "LT", vec![n("5")], false),
        ("num", "IN", vec![n("1"), n("5")], true),
        ("num", "IN", vec![n("1"), n("2")], false),
        ("num", "BETWEEN", vec![n("5"), n("5")], true),
        ("txt", "BETWEEN", vec![s("a"), s("b")], false),
        ("nil", "NOT_NULL", vec![], true),
        ("gone", "NOT_NULL", vec![], false),
        ("nil", "NULL", vec![], false),
        ("gone", "NULL", vec![], true),
        ("txt", "CONTAINS", vec![s("ell")], true),
        ("bin", "CONTAINS", vec![b(b"te")], true),
        ("set", "CONTAINS", vec![s("a")], true),
        ("list", "CONTAINS", vec![n("1")], true),
        ("gone", "CONTAINS", vec![n("1")], false),
        ("txt", "NOT_CONTAINS", vec![s("ell")], false),
        ("txt", "NOT_CONTAINS", vec![n("1")], true),
        ("set", "NOT_CONTAINS", vec![s("z")], true),
        // Both are false of what is not there.
        ("gone", "NOT_CONTAINS", vec![s("z")], false),
        ("txt", "BEGINS_WITH", vec![s("he")], true),
        ("num", "BEGINS_WITH", vec![s("5")], false),
        ("#odd.name SET", "EQ", vec![n("1")], true),
    ] {
        assert_eq!(holds(name, operator, &values), Ok(expected), "{name} {operator}");
    }
}

#[test]
fn arguments_are_counted_and_typed() {
    const OOM: &str = "One or more parameter values were invalid: ";
    for (operator, values) in [
        ("EQ", vec![]),
        ("EQ", vec![n("1"), n("2")]),
        ("NULL", vec![n("1")]),
        ("NOT_NULL", vec![n("1")]),
        ("IN", vec![]),
        ("BETWEEN", vec![n("1")]),
        ("BEGINS_WITH", vec![s("1"), s("2")]),
    ] {
        let expected = format!("{OOM}Invalid number of argument(s) for the {operator} ComparisonOperator");
        assert_eq!(holds("num", operator, &values), Err(expected));
    }
    for (operator, value, kind) in [
        ("LE", ss(["a"]), "SS"),
        ("LT", AttributeValue::Bool(true), "BOOL"),
        ("GT", m([]), "M"),
        ("CONTAINS", l([n("1")]), "L"),
        ("NOT_CONTAINS", ns(["1"]), "NS"),
        ("BEGINS_WITH", n("1"), "N"),
        ("IN", l([n("1")]), "L"),
    ] {
        let expected =
            format!("{OOM}ComparisonOperator {operator} is not valid for {kind} AttributeValue type");
        assert_eq!(holds("num", operator, &[value]), Err(expected));
    }
    assert_eq!(holds("", "NULL", &[]), Err("Empty attribute name".to_owned()));
    let expected = format!("{OOM}AttributeValues inside AttributeValueList must be of same type");
    assert_eq!(holds("num", "IN", &[n("3"), s("dog")]), Err(expected.clone()));
    assert_eq!(holds("num", "BETWEEN", &[n("3"), s("dog")]), Err(expected));
    let expected =
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound";
    assert_eq!(holds("num", "BETWEEN", &[n("4"), n("3")]), Err(expected.to_owned()));
}

#[test]
fn conditions_are_joined_by_and_unless_or_is_said() {
    let two = || conditions([("num", condition("EQ", &[n("5")])), ("txt", condition("EQ", &[s("no")]))]);
    let holds = |operator| filter(two(), operator).unwrap().unwrap().holds(&sample());
    assert!(!holds(&Member::Absent));
    assert!(!holds(&Member::Known(ConditionalOperator::And)));
    assert!(holds(&Member::Known(ConditionalOperator::Or)));
    let unknown = Member::Other(Echo::from("XOR"));
    assert_eq!(filter(two(), &unknown), Err(Invalid::NoOperator));
    assert_eq!(filter(None, &Member::Absent), Ok(None));
    assert_eq!(filter(None, &Member::Known(ConditionalOperator::Or)), Err(Invalid::OperatorAlone));
    let one = || conditions([("num", condition("NULL", &[]))]);
    assert_eq!(filter(one(), &Member::Known(ConditionalOperator::And)), Err(Invalid::OperatorForOne));
}

fn expects(entry: ExpectedAttributeValue) -> Result<bool, String> {
    let cond = expected(Some([("num".to_owned(), entry)].into()), &Member::Absent);
    cond.map(|cond| cond.unwrap().holds(&sample())).map_err(|error| error.public_text())
}

#[test]
fn expectations_are_a_value_or_a_condition() {
    let value = |number: &str| Some(to_raw(&n(number)));
    let list = || Some(vec![to_raw(&n("5"))]);
    let eq = || Member::Known(ComparisonOperator::Eq);
    type Entry = ExpectedAttributeValue;
    assert_eq!(expects(Entry { value: value("5"), ..Entry::default() }), Ok(true));
    assert_eq!(expects(Entry { value: value("6"), exists: Some(true), ..Entry::default() }), Ok(false));
    assert_eq!(expects(Entry { exists: Some(false), ..Entry::default() }), Ok(false));
    assert_eq!(expects(Entry { value: value("5"), comparison_operator: eq(), ..Entry::default() }), Ok(true));
    let listed = Entry { attribute_value_list: list(), comparison_operator: eq(), ..Entry::default() };
    assert_eq!(expects(listed), Ok(true));
    for (entry, what) in [
        (
            Entry { value: value("5"), attribute_value_list: list(), ..Entry::default() },
            "Value and AttributeValueList cannot be used together",
        ),
        (
            Entry { value: value("5"), exists: Some(true), comparison_operator: eq(), ..Entry::default() },
            "Exists and ComparisonOperator cannot be used together",
        ),
        (
            Entry { comparison_operator: eq(), ..Entry::default() },
            "Value or AttributeValueList must be used with ComparisonOperator: EQ",
        ),
        (
            Entry { attribute_value_list: list(), ..Entry::default() },
            "AttributeValueList can only be used with a ComparisonOperator",
        ),
        (Entry::default(), "Value must be provided when Exists is null"),
        (Entry { exists: Some(true), ..Entry::default() }, "Value must be provided when Exists is true"),
        (
            Entry { value: value("5"), exists: Some(false), ..Entry::default() },
            "Value cannot be used when Exists is false",
        ),
    ] {
        let expected = format!("One or more parameter values were invalid: {what} for Attribute: num");
        assert_eq!(expects(entry), Err(expected));
    }
}

fn update(action: Member<AttributeAction>, value: Option<AttributeValue>) -> Result<Update, String> {
    let entry = AttributeValueUpdate { value: value.as_ref().map(to_raw), action };
    updates(Some([("x".to_owned(), entry)].into())).map_err(|error| error.public_text())
}

#[test]
fn attribute_updates_put_add_and_delete() {
    use AttributeAction::{Add, Delete, Put};
    for (action, value, before, after) in [
        (None, Some(n("1")), None, Some(n("1"))),
        (Some(Put), Some(s("y")), Some(n("1")), Some(s("y"))),
        (Some(Add), Some(n("2")), Some(n("1")), Some(n("3"))),
        (Some(Add), Some(n("2")), None, Some(n("2"))),
        (Some(Add), Some(ss(["b"])), Some(ss(["a"])), Some(ss(["a", "b"]))),
        (Some(Add), Some(l([n("2")])), Some(l([n("2")])), Some(l([n("2"), n("2")]))),
        (Some(Add), Some(l([n("2")])), None, Some(l([n("2")]))),
        (Some(Delete), None, Some(n("1")), None),
        (Some(Delete), None, None, None),
        (Some(Delete), Some(ss(["a"])), Some(ss(["a", "b"])), Some(ss(["b"]))),
        (Some(Delete), Some(ss(["a"])), Some(ss(["a"])), None),
        (Some(Delete), Some(ss(["a"])), None, None),
    ] {
        let action = action.map_or(Member::Absent, Member::Known);
        let whole = |value: Option<AttributeValue>| {
            value.into_iter().map(|value| ("x".to_owned(), value)).collect::<Item>()
        };
        let update = update(action, value).unwrap();
        assert_eq!(update.apply(whole(before)), Ok(whole(after)));
    }
    assert!(updates(None).unwrap().creates());
    assert!(!update(Member::Known(Delete), None).unwrap().creates());
}

#[test]
fn attribute_updates_complain_of_what_they_cannot_do() {
    use AttributeAction::{Add, Delete, Put};
    const OOM: &str = "One or more parameter values were invalid: ";
    for (action, value, expected) in [
        (Put, None, "Only DELETE action is allowed when no attribute value is specified"),
        (Add, None, "Only DELETE action is allowed when no attribute value is specified"),
        (Add, Some(s("x")), "ADD action is not supported for the type S"),
        (Delete, Some(n("1")), "DELETE action with value is not supported for the type N"),
        (Delete, Some(l([])), "DELETE action with value is not supported for the type L"),
    ] {
        assert_eq!(update(Member::Known(action), value).unwrap_err(), format!("{OOM}{expected}"));
    }
    let unnamed =
        [(String::new(), AttributeValueUpdate { value: Some(to_raw(&n("1"))), ..Default::default() })];
    assert_eq!(updates(Some(unnamed.into())).unwrap_err(), Invalid::EmptyAttributeName);
    for (action, value, before) in
        [(Add, n("1"), s("a")), (Add, ss(["a"]), ns(["1"])), (Delete, ss(["a"]), n("1"))]
    {
        let error = update(Member::Known(action), Some(value)).unwrap().apply(item([("x", before)]));
        assert_eq!(error.unwrap_err().public_text(), "Type mismatch for attribute to update");
    }
}

#[test]
fn key_conditions_are_those_of_an_index() {
    let attribute = |name: &str| KeyAttribute { name: name.to_owned(), kind: ScalarType::S };
    let schema = KeySchema { hash: attribute("a"), range: Some(attribute("b")) };
    let complaint = |conditions: Option<Conditions>| {
        let tests = KeyTests::of_conditions(conditions.unwrap());
        tests.and_then(|tests| tests.against(&schema)).map(|_| ()).map_err(|error| error.public_text())
    };
    let eq = || condition("EQ", &[s("x")]);
    assert_eq!(complaint(conditions([("a", eq())])), Ok(()));
    assert_eq!(complaint(conditions([("a", eq()), ("b", condition("BEGINS_WITH", &[s("x")]))])), Ok(()));
    let length = Err("Conditions can be of length 1 or 2 only".to_owned());
    assert_eq!(complaint(conditions([])), length);
    assert_eq!(complaint(conditions([("a", eq()), ("b", eq()), ("c", eq())])), length);
    for operator in ["NE", "CONTAINS", "NOT_CONTAINS", "IN"] {
        let expected = "Attempted conditional constraint is not an indexable operation";
        assert_eq!(
            complaint(conditions([("a", eq()), ("b", condition(operator, &[s("x")]))])),
            Err(expected.to_owned())
        );
    }
}
