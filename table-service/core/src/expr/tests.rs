use std::sync::Arc;

use proptest::prelude::*;

use super::bind::{Cond, Operand as Bound};
use super::substitution::{Substitutions, ValueErrors};
use super::syntax::{Comparator, Expr};
use super::*;
use crate::value::{AttributeValue, raw};

mod printing;
mod speed;
mod truth;

/// The complaint about a condition, with names `#a` to `#c` and values `:a`, `:b` (texts), `:n` (number), `:t` (true).
fn complaint(text: &str) -> Option<String> {
    bound(text).err()
}

fn bound(text: &str) -> Result<Cond, String> {
    let kind = ExpressionKind::Condition;
    let expr = condition(kind, text).map_err(|error| error.public_text())?;
    bind::condition(&expr, &mut substitutions())
        .map_err(|error| Invalid::Expression { kind, error }.public_text())
}

fn substitutions() -> Substitutions {
    let names = ["a", "b", "c"].map(|name| (format!("#{name}"), name.to_owned()));
    let values = [
        (":a".to_owned(), raw::Value::S("A".to_owned())),
        (":b".to_owned(), raw::Value::S("B".to_owned())),
        (":n".to_owned(), raw::Value::N("1.50".to_owned())),
        (":t".to_owned(), raw::Value::Bool(true)),
    ];
    Substitutions::new(Some(names.into()), Some(values.into()), ValueErrors::Bare).unwrap()
}

fn fails(text: &str, expected: &str) {
    assert_eq!(complaint(text), Some(format!("Invalid ConditionExpression: {expected}")), "{text}");
}

fn syntax(text: &str, token: &str, near: &str) {
    fails(text, &format!("Syntax error; token: \"{token}\", near: \"{near}\""));
}

#[test]
fn the_grammar_is_accepted() {
    for text in [
        "a = :a",
        "a=:a",
        "  a\t=\r\n:a ",
        "#a.b[0][12].#c <> :a",
        ":a < a and :n >= b",
        "(a = :a)",
        "(a) = (:a)",
        "(a = :a) AND (b = :a OR c = :a)",
        "((a = :a) AND b = :a)",
        "a BETWEEN :a AND :b AND b between :n and :n",
        "(a between (:a) and (:b))",
        "a IN (:a, :b, c)",
        "NOT a = :a",
        "not (a = :a or not b = :b)",
        "attribute_exists(a.b)",
        "attribute_not_exists(#a) OR attribute_type(a, :a2)",
        "begins_with(a, :a) AND contains(b, :n)",
        "size(a) > :n AND size(:a) = b",
        "a = b",
    ] {
        let kind = ExpressionKind::Filter;
        assert!(condition(kind, text).is_ok(), "{text}: {:?}", condition(kind, text));
    }
}

#[test]
fn and_binds_tighter_than_or_and_chains_are_flat() {
    let Ok(Expr::Any(any)) = condition(ExpressionKind::Filter, "a=:a OR b=:a AND c=:a AND NOT a=:b OR b=:b")
    else {
        panic!("not a chain of OR");
    };
    assert_eq!(any.len(), 3);
    assert!(matches!(&any[1], Expr::All(all) if all.len() == 3 && matches!(all[2], Expr::Not(_))));
}

#[test]
fn syntax_errors_show_the_token_between_its_neighbours() {
    syntax("a", "<EOF>", "a");
    syntax("a =", "<EOF>", "=");
    syntax("a = :a b", "b", ":a b");
    syntax("= :a", "=", "= :a");
    syntax("a = = :a", "=", "= = :a");
    syntax("a = :a AND", "<EOF>", "AND");
    syntax("a = :a AND OR b = :b", "OR", "AND OR b");
    syntax("(a = :a", "<EOF>", ":a");
    syntax("a = :a)", ")", ":a)");
    syntax("()", ")", "()");
    syntax("a = -5", "-", "= -5");
    syntax("a = 'x'", "'", "= 'x");
    syntax("a = \"x", "\"", "= \"x");
    syntax("_a = :a", "_", "_a");
    syntax("1a = :a", "1", "1a");
    syntax("a = :", ":", "= :");
    syntax("# = :a", "#", "# =");
    syntax("a.1 = :a", "1", ".1 =");
    syntax("a[b] = :a", "b", "[b]");
    syntax("a[1 = :a", "=", "1 = :a");
    syntax("a..b = :a", ".", "..b");
    syntax("a IN :a", ":a", "IN :a");
    syntax("a IN ()", ")", "()");
    syntax("a BETWEEN :a", "<EOF>", ":a");
    syntax("a BETWEEN :a OR :b", "OR", ":a OR :b");
    syntax("NOT NOT :a", "<EOF>", ":a");
    syntax("begins_with(a, :a", "<EOF>", ":a");
    syntax("begins_with()", ")", "()");
    syntax("a = ü", "ü", "= ü");
    syntax("(a = :a) = :b", "=", ") = :b");
    syntax("a = (a = :a)", "=", "a = :a");
    syntax("and = :a", "and", "and =");
}

#[test]
fn empty_and_oversize_texts_are_refused_before_parsing() {
    fails("", "The expression can not be empty;");
    syntax(" ", "<EOF>", "");
    let text = |length: usize| format!("a = :a{}", " ".repeat(length - 6));
    assert_eq!(complaint(&text(4096)), None);
    fails(&text(4097), "Expression size has exceeded the maximum allowed size; expression size: 4097");
}

#[test]
fn an_expression_has_300_operators_and_functions_at_most() {
    const TOO_MANY: &str = "The expression contains too many operators; operator count: 301";
    // Each further comparison adds two: itself and the OR before it.
    let chain = |first: &str, more: usize| format!("{first}{}", " OR a=:a".repeat(more));
    for (first, own) in [
        ("a=:a", 1),
        ("NOT a=:a", 2),
        ("size(a)=:n", 2),
        ("begins_with(a,:a)", 1),
        ("a IN(:a,:a)", 1),
        ("a BETWEEN :a AND :a", 1),
        ("a=:a AND a=:a", 3),
    ] {
        let more = (300 - own) / 2;
        assert_eq!(complaint(&chain(first, more)), None, "{first}");
        fails(&chain(first, more + 1), TOO_MANY);
    }
}

#[test]
fn in_takes_100_operands() {
    let list = |count: usize| format!("a IN ({})", vec![":a"; count].join(","));
    assert_eq!(complaint(&list(100)), None);
    fails(&list(101), "The IN operator is provided with too many operands; number of operands: 101");
    fails(
        &format!("b IN (:x, {}", &list(101)[6..]),
        "An expression attribute value used in expression is not defined; attribute value: :x",
    );
}

#[test]
fn complaints_come_in_dynamodbs_order() {
    let all = "((size(a))) = nope(key) AND key = :x";
    fails(all, "The expression has redundant parentheses;");
    fails("size(a) AND contains(a, b) = nope(key) AND key = :x", "Invalid function name; function: nope");
    fails(
        "key = :x AND size(a)",
        "The function is not allowed to be used this way in an expression; function: size",
    );
    fails(
        "contains(key, :x) = a",
        "The function is not allowed to be used this way in an expression; function: contains",
    );
    fails("a = :x AND key = :a", "Attribute name is a reserved keyword; reserved keyword: key");
    fails("a.Size = :x", "Attribute name is a reserved keyword; reserved keyword: Size");
    fails(
        "a = :x AND begins_with(a)",
        "An expression attribute value used in expression is not defined; attribute value: :x",
    );
    fails(
        "#x = :x",
        "An expression attribute name used in the document path is not defined; attribute name: #x",
    );
}

#[test]
fn parentheses_are_redundant_only_around_parentheses() {
    for text in
        ["((a = :a))", "((a)) = :a", "(((a = :a)))", "NOT ((a = :a))", "a = ((:a))", "b = :b AND ((a = :a))"]
    {
        fails(text, "The expression has redundant parentheses;");
    }
}

#[test]
fn functions_check_their_operands() {
    let count = |function: &str, count: usize| {
        format!(
            "Incorrect number of operands for operator or function; operator or function: {function}, number of operands: {count}"
        )
    };
    fails("begins_with(a)", &count("begins_with", 1));
    fails("attribute_exists(a, b)", &count("attribute_exists", 2));
    fails("size(a, b) = :n", &count("size", 2));
    let kind = |function: &str, kind: &str| {
        format!(
            "Incorrect operand type for operator or function; operator or function: {function}, operand type: {kind}"
        )
    };
    fails("begins_with(a, :n)", &kind("begins_with", "N"));
    fails("begins_with(:t, a)", &kind("begins_with", "BOOL"));
    fails("begins_with(size(a), a)", &kind("begins_with", "N"));
    fails("size(:n) = :n", &kind("size", "N"));
    fails("a < :t", &kind("<", "BOOL"));
    fails("a BETWEEN :t AND :a", &kind("BETWEEN", "BOOL"));
    fails("attribute_type(a, :n)", &kind("attribute_type", "N"));
    fails("attribute_type(a, b)", &kind("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"));
    fails(
        "attribute_type(a, :a)",
        "Invalid attribute type name found; type: A, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
    );
    fails(
        "attribute_exists(:a)",
        "Operator or function requires a document path; operator or function: attribute_exists",
    );
    fails(
        "contains(#a.b[1], a.b[1])",
        "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [a, b, [1]]",
    );
    for (text, operator, actual) in [(":a <> :n", "<>", "N"), (":n = :a", "=", "S"), (":a < :n", "<", "N")] {
        fails(text, &kind(operator, actual));
    }
    assert_eq!(complaint(":a = :b OR :a IN (:b, :n) OR :n BETWEEN :a AND :b"), None);
    assert_eq!(complaint("a = :t"), None);
    assert_eq!(complaint("contains(a, :n)"), None);
}

/// Each of a class that is reported before those behind it, wherever it stands.
#[test]
fn complaints_come_by_their_class_and_then_from_left_to_right() {
    const CLASSES: [(&str, &str); 4] = [
        ("c = :q", "attribute value used in expression is not defined"),
        ("contains(c)", "Incorrect number of operands"),
        ("c = c", "The first operand must be distinct"),
        ("begins_with(c, :n)", "Incorrect operand type"),
    ];
    for (index, (first, expected)) in CLASSES.iter().enumerate() {
        for (second, _) in &CLASSES[index..] {
            for text in [format!("{first} AND {second}"), format!("NOT ({second}) OR a = :a AND {first}")] {
                let complaint = complaint(&text).unwrap();
                assert!(complaint.contains(expected), "{text}: {complaint}");
            }
        }
    }
    let first = complaint("#q = :q").unwrap();
    assert!(first.ends_with("attribute name: #q"), "{first}");
    let first = complaint(":q = #q").unwrap();
    assert!(first.ends_with("attribute value: :q"), "{first}");
}

#[test]
fn between_checks_its_bounds() {
    fails(
        "a BETWEEN :b AND :a",
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; \
         lower bound operand: AttributeValue: {S:B}, upper bound operand: AttributeValue: {S:A}",
    );
    fails(
        "a BETWEEN :a AND :n",
        "The BETWEEN operator requires same data type for lower and upper bounds; \
         lower bound operand: AttributeValue: {S:A}, upper bound operand: AttributeValue: {N:1.5}",
    );
    assert_eq!(complaint("a BETWEEN :a AND :a"), None);
}

#[test]
fn binding_leaves_no_placeholder() {
    let cond = bound("#a.#b[3] = :n").unwrap();
    let path = path::Path {
        attribute: "a".into(),
        rest: vec![path::PathStep::Field("b".into()), path::PathStep::Index(3)],
    };
    let value = AttributeValue::N("1.5".parse().unwrap()).into();
    assert_eq!(
        cond,
        Cond::Compare { op: Comparator::Equal, left: Bound::Path(path), right: Bound::Value(value) }
    );
}

/// Regression: each use of a placeholder copied what it stands for, and 4 KB of expression made gigabytes of 2 MB.
#[test]
fn all_uses_of_a_placeholder_share_what_it_stands_for() {
    let Ok(Cond::In { value: Bound::Path(path), list }) = bound("#a.#a IN (:a, :a, :a)") else { panic!() };
    let [path::PathStep::Field(field)] = &*path.rest else { panic!() };
    assert!(Arc::ptr_eq(&path.attribute, field));
    let [Bound::Value(first), Bound::Value(second), Bound::Value(third)] = &*list else { panic!() };
    assert!(Arc::ptr_eq(first, second) && Arc::ptr_eq(first, third));
}

#[test]
fn indexes_beyond_any_list_are_refused() {
    fails("a[4294967296] = :a", "List index is not within the allowable range; index: [4294967296]");
    fails(
        &format!("a[{}] = :a", "9".repeat(1000)),
        &format!("List index is not within the allowable range; index: [{}]", "9".repeat(1000)),
    );
}

#[test]
fn nesting_is_bounded_before_the_stack_is() {
    let hostile = [
        "(".repeat(4096),
        format!("{}a = :a{}", "(".repeat(2000), ")".repeat(2000)),
        "size(".repeat(800),
        "size((".repeat(580),
    ];
    let nest =
        |open: &str, close: &str, depth: usize| format!("{}a=b{}", open.repeat(depth), close.repeat(depth));
    let work = move || {
        for text in &hostile {
            fails(text, "Expression nesting has exceeded the maximum allowed depth;");
        }
        for text in ["NOT (".repeat(800), "a = :a AND (".repeat(340)] {
            fails(&text, "The expression contains too many operators; operator count: 301");
        }
        // As builders write it, and the worst that does not flatten.
        assert_eq!(complaint(&nest("(", " AND c=b)", 149)), None);
        assert_eq!(complaint(&nest("NOT(", ")", 299)), None);
        assert_eq!(complaint(&nest("(a=c AND (a=c OR ", "))", 74)), None);
        assert_eq!(complaint(&format!("a = :a{}", " OR a = :a".repeat(149))), None);
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap();
}

#[test]
fn parentheses_do_not_change_the_tree_of_a_chain() {
    let tree = |text: &str| format!("{:?}", condition(ExpressionKind::Filter, text).unwrap());
    assert_eq!(tree("((a=:a AND b=:b) AND c=:c) AND (d=:d)"), tree("a=:a AND b=:b AND c=:c AND d=:d"));
    assert_eq!(tree("a=:a OR (b=:b OR c=:c)"), tree("a=:a OR b=:b OR c=:c"));
    assert_ne!(tree("(a=:a OR b=:b) AND c=:c"), tree("a=:a OR b=:b AND c=:c"));
    assert_ne!(tree("NOT (a=:a AND b=:b)"), tree("NOT a=:a AND b=:b"));
}

mod substitutions {
    use super::*;

    fn make(names: &[(&str, &str)], values: &[(&str, raw::Value)]) -> Result<Substitutions, String> {
        let names = names.iter().map(|(key, name)| (key.to_string(), name.to_string())).collect();
        let values = values
            .iter()
            .map(|(key, value)| (key.to_string(), crate::value::arbitrary::to_raw(&value_of(value))))
            .collect();
        Substitutions::new(Some(names), Some(values), ValueErrors::Bare).map_err(|error| error.public_text())
    }

    fn value_of(value: &raw::Value) -> AttributeValue {
        match value {
            raw::Value::S(text) => AttributeValue::S(text.clone()),
            _ => AttributeValue::Null,
        }
    }

    fn one() -> (&'static str, raw::Value) {
        (":v", raw::Value::S("x".to_owned()))
    }

    #[test]
    fn malformed_keys_and_empty_maps_are_refused() {
        let new = |names, values| {
            Substitutions::new(names, values, ValueErrors::Bare)
                .map(|_| ())
                .map_err(|error| error.public_text())
        };
        assert_eq!(new(None, None), Ok(()));
        assert_eq!(new(Some([].into()), None), Err("ExpressionAttributeNames must not be empty".to_owned()));
        assert_eq!(new(None, Some([].into())), Err("ExpressionAttributeValues must not be empty".to_owned()));
        for key in ["", "#", "a", ":a", "#a-b", "#a b", "##a", "#ä"] {
            let expected =
                format!("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{key}\"");
            assert_eq!(make(&[(key, "a")], &[one()]).map(|_| ()), Err(expected));
        }
        for key in ["", ":", "v", "#v", "::v", ":v.w"] {
            let expected =
                format!("ExpressionAttributeValues contains invalid key: Syntax error; key: \"{key}\"");
            let value = (key, raw::Value::S(String::new()));
            assert_eq!(make(&[("#a", "a")], &[value]).map(|_| ()), Err(expected));
        }
        let long = format!("#{}", "x".repeat(255));
        let too_long = |member: &str| {
            Err(format!(
                "{member} contains invalid key: The expression attribute map contains a key that is too long"
            ))
        };
        assert_eq!(make(&[(&long, "a")], &[one()]).map(|_| ()), too_long("ExpressionAttributeNames"));
        let value = (long.replace('#', ":"), raw::Value::Null(true));
        assert_eq!(
            make(&[("#a", "a")], &[(&value.0, value.1)]).map(|_| ()),
            too_long("ExpressionAttributeValues")
        );
        assert!(make(&[(&long[..255], "a")], &[one()]).is_ok());
        assert_eq!(
            make(&[("#a", "")], &[one()]).map(|_| ()),
            Err("ExpressionAttributeNames contains invalid value: Empty attribute name for key #a".to_owned())
        );
    }

    #[test]
    fn invalid_values_are_worded_as_the_operation_does() {
        let text = |errors| {
            let values = [(":v".to_owned(), raw::Value::N("x".to_owned()))].into();
            Substitutions::new(None, Some(values), errors).unwrap_err().public_text()
        };
        assert_eq!(text(ValueErrors::Bare), "The parameter cannot be converted to a numeric value: x");
        assert_eq!(
            text(ValueErrors::WithPlaceholder),
            "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :v"
        );
    }

    #[test]
    fn together_they_are_limited_to_2_mb() {
        let values = |length: usize| [(":v".to_owned(), raw::Value::S("x".repeat(length)))].into();
        let limit = 2 * 1024 * 1024;
        assert!(Substitutions::new(None, Some(values(limit - 2)), ValueErrors::Bare).is_ok());
        assert_eq!(
            Substitutions::new(None, Some(values(limit - 1)), ValueErrors::Bare).map(|_| ()),
            Err(Invalid::PlaceholdersTooLarge)
        );
    }

    #[test]
    fn what_nobody_used_is_reported() {
        let mut some = substitutions();
        some.name("#a").unwrap();
        some.value(":a").unwrap();
        assert_eq!(
            some.finish().unwrap_err().public_text(),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}"
        );
        let mut all_names = substitutions();
        for key in ["#a", "#b", "#c"] {
            all_names.name(key).unwrap();
        }
        assert_eq!(
            all_names.finish().unwrap_err().public_text(),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a, :b, :n, :t}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics(text in ".{0,60}") {
        let _ = complaint(&text);
    }

    #[test]
    fn no_sequence_of_tokens_panics(
        words in proptest::collection::vec(prop::sample::select(vec![
            "a", "#a", ":a", ":n", "(", ")", "[", "]", "0", ",", ".", "=", "<>", "<", "<=", ">", ">=", "AND", "OR",
            "NOT", "BETWEEN", "IN", "size", "begins_with", "contains", "attribute_type", "key", "+", "-", "é", "_",
        ]), 0..24),
    ) {
        let _ = complaint(&words.join(" "));
        let _ = complaint(&words.concat());
    }
}
