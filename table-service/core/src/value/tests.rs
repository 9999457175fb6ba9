use super::*;

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
