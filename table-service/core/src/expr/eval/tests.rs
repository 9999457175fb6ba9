use crate::error::ExpressionKind;
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::expr::{bind, condition};
use crate::value::{Item, raw};

fn text(text: &str) -> raw::Value {
    raw::Value::S(text.to_owned())
}

fn number(number: &str) -> raw::Value {
    raw::Value::N(number.to_owned())
}

fn texts(texts: &[&str]) -> raw::Value {
    raw::Value::Ss(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn map<const N: usize>(entries: [(&str, raw::Value); N]) -> raw::Map {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn item() -> Item {
    let attributes = map([
        ("txt", text("h\u{e9}llo \u{1d11e}")),
        ("num", number("1.50")),
        ("bin", raw::Value::B(vec![1, 2, 3])),
        ("txts", texts(&["a", "b"])),
        ("nums", raw::Value::Ns(vec!["1".to_owned(), "2.0".to_owned()])),
        ("bins", raw::Value::Bs(vec![vec![1], vec![2]])),
        ("lst", raw::Value::L(vec![text("x"), number("2"), raw::Value::M(map([("k", text("v"))]))])),
        ("mp", raw::Value::M(map([("inn", raw::Value::M(map([("num", number("7"))])))]))),
        ("nil", raw::Value::Null(true)),
        ("yes", raw::Value::Bool(true)),
        ("blank", text("")),
    ]);
    raw::item(attributes).unwrap()
}

fn holds(text: &str, item: &Item) -> bool {
    let values = map([
        (":h", self::text("h\u{e9}")),
        (":llo", self::text("llo")),
        (":blank", self::text("")),
        (":a", self::text("a")),
        (":x", self::text("x")),
        (":z", self::text("z")),
        (":one", number("1")),
        (":same", number("15e-1")),
        (":two", number("2")),
        (":seven", number("7")),
        (":eight", number("8")),
        (":bin", raw::Value::B(vec![1, 2, 3])),
        (":two_bytes", raw::Value::B(vec![2, 3])),
        (":byte", raw::Value::B(vec![2])),
        (":none", raw::Value::B(Vec::new())),
        (":high", raw::Value::B(vec![200])),
        (":txts", texts(&["b", "a"])),
        (":nil", raw::Value::Null(true)),
        (":yes", raw::Value::Bool(true)),
        (":inner", raw::Value::M(map([("k", self::text("v"))]))),
        (":S", self::text("S")),
        (":SS", self::text("SS")),
        (":NULL", self::text("NULL")),
    ]);
    let mut substitutions = Substitutions::new(None, Some(values), ValueErrors::Bare).unwrap();
    let expr = condition(ExpressionKind::Condition, text).unwrap();
    bind::condition(&expr, &mut substitutions).unwrap().holds(item)
}

#[track_caller]
fn all(expected: bool, conditions: &[&str]) {
    for condition in conditions {
        assert_eq!(holds(condition, &item()), expected, "{condition}");
    }
}

#[test]
fn equality_is_deep_and_by_value() {
    all(
        true,
        &[
            "num = :same",
            "txts = :txts",
            "lst[2] = :inner",
            "mp.inn.num = :seven",
            "nil = :nil",
            "yes = :yes",
            "blank = :blank",
            "lst[0] = :x",
            ":one < :two",
            "num <> :one",
            "num <> :a",
        ],
    );
    all(false, &["num = :one", "num = :a", "txts = :a", "lst[1] = :x", "num <> :same", "lst[2] <> :inner"]);
}

#[test]
fn what_is_missing_differs_from_everything_and_meets_nothing_else() {
    all(
        true,
        &[
            "gone <> :a",
            "gone <> lost",
            "mp.gone <> :one",
            "lst[9] <> :x",
            "txt.deeper <> :a",
            "num[0] <> :one",
            "attribute_not_exists(gone)",
            "attribute_not_exists(lst[3])",
            "NOT gone = :a",
            "NOT gone BETWEEN :one AND :two",
            "NOT contains(gone, :a)",
            "size(num) <> :one",
        ],
    );
    all(
        false,
        &[
            "gone = :a",
            "gone = lost",
            "gone < :one",
            "gone >= :one",
            "gone BETWEEN :one AND :two",
            "gone IN (:a, :one)",
            "begins_with(gone, :a)",
            "begins_with(txt, gone)",
            "contains(gone, :a)",
            "contains(txt, gone)",
            "attribute_type(gone, :S)",
            "attribute_exists(gone)",
            "attribute_exists(mp.inn.gone)",
            "size(gone) = :one",
            "size(yes) = :one",
            "size(nil) = :one",
        ],
    );
    for (condition, expected) in [("attribute_not_exists(pk)", true), ("pk <> :a", true), ("pk = :a", false)]
    {
        assert_eq!(holds(condition, &Item::new()), expected, "{condition} of no item");
    }
}

#[test]
fn only_values_of_one_type_have_an_order() {
    all(
        true,
        &[
            "num > :one",
            "num <= :same",
            "num BETWEEN :one AND :two",
            "num BETWEEN :same AND :same",
            "txt < :z",
            "bin < :high",
            ":two BETWEEN num AND mp.inn.num",
        ],
    );
    all(
        false,
        &["txt > :one", "num < :a", "yes < num", "bin > :high", "num BETWEEN :a AND :z", "txts < txt"],
    );
}

#[test]
fn functions_know_their_types() {
    all(
        true,
        &[
            "begins_with(txt, :h)",
            "begins_with(txt, :blank)",
            "begins_with(bin, :none)",
            "contains(txt, :llo)",
            "contains(txt, :blank)",
            "contains(bin, :two_bytes)",
            "contains(bin, :none)",
            "contains(txts, :a)",
            "contains(nums, :two)",
            "contains(bins, :byte)",
            "contains(lst, :two)",
            "contains(lst, :inner)",
            "contains(:llo, lst[9]) OR contains(:x, lst[0])",
            "attribute_type(txt, :S)",
            "attribute_type(txts, :SS)",
            "attribute_type(nil, :NULL)",
            "attribute_exists(nil)",
            "num IN (:a, :same)",
            // A pair of surrogates counts twice, and the letter with its accent once.
            "size(txt) = :eight",
            "size(bin) > :two",
            "size(txts) = :two",
            "size(nums) = :two",
            "size(lst) > :two",
            "size(mp) = :one",
            "size(blank) < :one",
            "size(txt) BETWEEN :seven AND :eight",
        ],
    );
    all(
        false,
        &[
            "begins_with(txt, :llo)",
            "begins_with(txt, :bin)",
            "begins_with(num, :a)",
            "begins_with(txts, :a)",
            "contains(txt, :z)",
            "contains(txts, :z)",
            "contains(nums, :a)",
            "contains(num, :one)",
            "contains(mp, :a)",
            "contains(lst, :z)",
            "contains(txt, :byte)",
            "attribute_type(txt, :SS)",
            "num IN (:a, :one)",
        ],
    );
}

#[test]
fn connectives_follow_their_precedence() {
    all(
        true,
        &[
            "num = :one OR num = :same AND yes = :yes",
            "NOT num = :one AND yes = :yes",
            "NOT (num = :one OR txt = :z)",
        ],
    );
    all(
        false,
        &[
            "(num = :same OR num = :one) AND yes = :nil",
            "NOT (num = :same)",
            "num = :one AND num = :same OR txt = :z",
        ],
    );
}
