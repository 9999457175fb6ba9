use crate::error::{ExpressionKind, Invalid};
use crate::expr::projection::Projection;
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::value::Item;
use crate::value::literal::{item, l, m, n, s};

fn bound(text: &str) -> Result<Projection, String> {
    let names = [("#a", "a"), ("#dot", "a.b"), ("#key", "key")];
    let names = names.map(|(key, name)| (key.to_owned(), name.to_owned())).into();
    let mut substitutions = Substitutions::new(Some(names), None, ValueErrors::Bare).unwrap();
    let paths = crate::expr::projection(text).map_err(|error| error.public_text())?;
    let kind = ExpressionKind::Projection;
    Projection::bind(&paths, &mut substitutions)
        .map_err(|error| Invalid::Expression { kind, error }.public_text())
}

fn sample() -> Item {
    let inner = l([n("2"), n("4"), m([("x", s("hi")), ("y", s("yo"))])]);
    item([("a", m([("b", inner), ("c", n("5"))])), ("b", s("hello")), ("a.b", s("dot")), ("key", n("1"))])
}

#[test]
fn what_paths_lead_to_keeps_its_structure() {
    let element = |value| item([("a", m([("b", l([value]))]))]);
    for (text, expected) in [
        ("b", item([("b", s("hello"))])),
        (" b , #key ", item([("b", s("hello")), ("key", n("1"))])),
        ("#dot", item([("a.b", s("dot"))])),
        ("a.c", item([("a", m([("c", n("5"))]))])),
        ("a.b[0]", element(n("2"))),
        ("#a.b[2].y", element(m([("y", s("yo"))]))),
        // Closed up, in the order of the list and not of the expression.
        ("a.b[2].x, a.b[0]", item([("a", m([("b", l([n("2"), m([("x", s("hi"))])]))]))])),
        ("a.x, a.b[1], x, a.b[3].x", element(n("4"))),
    ] {
        assert_eq!(bound(text).unwrap().of(&sample()), expected, "{text}");
    }
    assert_eq!(bound("a, b, #dot, #key").unwrap().of(&sample()), sample());
}

#[test]
fn what_is_not_there_leaves_nothing_behind() {
    for text in ["x", "a.x", "a.x.y", "a[0]", "a.b.x", "a.b[3]", "a.b[3].x", "a.b[0].x", "a.b[0][0]", "b.c"] {
        assert_eq!(bound(text).unwrap().of(&sample()), Item::new(), "{text}");
    }
    // An empty map that is asked for is there.
    let empty = item([("e", m([]))]);
    assert_eq!(bound("e").unwrap().of(&empty), empty);
    assert_eq!(bound("e.f").unwrap().of(&empty), Item::new());
}

#[track_caller]
fn fails(text: &str, expected: &str) {
    assert_eq!(bound(text).unwrap_err(), format!("Invalid ProjectionExpression: {expected}"), "{text}");
}

#[test]
fn complaints_come_in_dynamodbs_order() {
    fails("", "The expression can not be empty;");
    fails("a,", "Syntax error; token: \"<EOF>\", near: \",\"");
    fails(",a", "Syntax error; token: \",\", near: \",a\"");
    fails("a,,b", "Syntax error; token: \",\", near: \",,b\"");
    fails("a b", "Syntax error; token: \"b\", near: \"a b\"");
    fails("a[:x]", "Syntax error; token: \":x\", near: \"[:x]\"");
    fails(":a", "Syntax error; token: \":a\", near: \":a\"");
    fails("a(b)", "Syntax error; token: \"(\", near: \"a(b\"");
    // Of all the words, those that other expressions have as keywords are reserved as well.
    fails("#x, a, a, x.And", "Attribute name is a reserved keyword; reserved keyword: And");
    let undefined =
        "An expression attribute name used in the document path is not defined; attribute name: #x";
    fails("a, a, #x", undefined);
    fails("a.#x", undefined);
}

#[test]
fn paths_neither_overlap_nor_conflict() {
    let overlap = |one: &str, two: &str| {
        format!(
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        )
    };
    fails("a, b, a", &overlap("[a]", "[a]"));
    fails("#a, a", &overlap("[a]", "[a]"));
    fails("a.b, a", &overlap("[a, b]", "[a]"));
    fails("a, a.b[1].c", &overlap("[a]", "[a, b, [1], c]"));
    fails("c, a[1], a[1][0]", &overlap("[a, [1]]", "[a, [1], [0]]"));
    fails("x.z, x.y.b, x.y.a, x.y", &overlap("[x, y, b]", "[x, y]"));
    let conflict = |one: &str, two: &str| {
        format!(
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        )
    };
    fails("a.b, a[1]", &conflict("[a, b]", "[a, [1]]"));
    fails("a.b[1].x, a.b.c", &conflict("[a, b, [1], x]", "[a, b, c]"));
    // Overlap is complained about before conflict, wherever they are.
    fails("a.b, a[1], c, c", &overlap("[c]", "[c]"));
    for text in ["a, b", "a.b, a.c", "a[1], a[2]", "a.b, a.c[2]", "a.b, #dot"] {
        assert!(bound(text).is_ok(), "{text}");
    }
}

#[test]
fn paths_are_as_long_as_values_are_deep() {
    assert!(bound(&format!("a{}", ".b".repeat(31))).is_ok());
    fails(
        &format!("a{}", ".b".repeat(32)),
        "The document path has too many nesting levels; nesting levels: 33",
    );
    fails(
        &format!("a{}", "[0]".repeat(1000)),
        "The document path has too many nesting levels; nesting levels: 1001",
    );
}

#[test]
fn attributes_to_get_are_whole_and_each_one_once() {
    let names = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        Projection::of_attributes(&names).map_err(|error| error.public_text())
    };
    assert_eq!(names(&["a.b", "zzz"]).unwrap().of(&sample()), item([("a.b", s("dot"))]));
    assert_eq!(
        names(&["a", "b", "a"]).unwrap_err(),
        "One or more parameter values were invalid: Duplicate value in attribute name: a"
    );
}
