use proptest::prelude::*;

use super::*;
use crate::limits::MAX_LISTED;
use crate::number::Number;
use crate::value::arbitrary::any_key_value;
use shape::Member;

const OOM: &str = "One or more parameter values were invalid: ";

fn definition(name: &str, kind: ScalarType) -> AttributeDefinition {
    AttributeDefinition { name: name.to_owned(), kind: Member::Known(kind) }
}

fn element(name: &str, role: KeyRole) -> KeySchemaElement {
    KeySchemaElement { name: name.to_owned(), role: Member::Known(role) }
}

fn create(definitions: &[AttributeDefinition], elements: &[KeySchemaElement]) -> Result<KeySchema, String> {
    KeySchema::for_new_table(definitions, elements, false).map_err(|error| error.public_text())
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(text: &str) -> AttributeValue {
    AttributeValue::N(text.parse().unwrap())
}

fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn music() -> KeySchema {
    let definitions = [definition("SongTitle", ScalarType::S), definition("Artist", ScalarType::S)];
    create(&definitions, &[element("Artist", KeyRole::Hash), element("SongTitle", KeyRole::Range)]).unwrap()
}

fn schema(hash: ScalarType, range: ScalarType) -> KeySchema {
    let attribute = |name: &str, kind| KeyAttribute { name: name.to_owned(), kind };
    KeySchema { hash: attribute("h", hash), range: Some(attribute("r", range)) }
}

#[test]
fn the_tutorial_table_is_accepted() {
    let music = music();
    assert_eq!(music.hash, KeyAttribute { name: "Artist".to_owned(), kind: ScalarType::S });
    assert_eq!(music.range.map(|range| range.name).as_deref(), Some("SongTitle"));
}

#[test]
fn schemas_that_do_not_fit_their_definitions_are_refused() {
    use KeyRole::{Hash, Range};
    use ScalarType::{N, S};
    let a = || definition("a", S);
    let b = || definition("b", N);
    let cases = [
        (vec![a()], vec![element("a", Hash), element("b", Range)], "Invalid KeySchema: Some index key attribute have no definition".to_owned()),
        (
            vec![a(), definition("c", S)],
            vec![element("a", Hash), element("b", Range)],
            format!("{OOM}Some index key attributes are not defined in AttributeDefinitions. Keys: [a, b], AttributeDefinitions: [a, c]"),
        ),
        (
            vec![a(), b()],
            vec![element("a", Hash)],
            format!("{OOM}Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"),
        ),
        (
            vec![a(), b()],
            vec![element("a", Hash), element("a", Range)],
            "Invalid KeySchema: Both the Hash Key and the Range Key element in the KeySchema have the same name".to_owned(),
        ),
        (vec![a()], vec![element("a", Range)], "Invalid KeySchema: The first KeySchemaElement is not a HASH key type".to_owned()),
        (
            vec![a(), b()],
            vec![element("a", Hash), element("b", Hash)],
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type".to_owned(),
        ),
        (vec![a(), a()], vec![element("a", Hash)], format!("{OOM}Duplicate attribute name in AttributeDefinitions: a")),
    ];
    for (definitions, elements, expected) in cases {
        assert_eq!(create(&definitions, &elements), Err(expected));
    }
}

/// Regression: definitions were once compared each with each, and later all put in order, before anybody was authorized.
#[test]
fn no_more_definitions_are_compared_with_each_other_than_an_answer_lists() {
    let create_with = |distinct: usize| {
        let mut definitions: Vec<_> =
            (0..distinct).map(|n| definition(&format!("a{n}"), ScalarType::S)).collect();
        definitions.push(definition("a0", ScalarType::S));
        create(&definitions, &[element("a0", KeyRole::Hash)]).unwrap_err()
    };
    assert!(create_with(MAX_LISTED - 1).contains("Duplicate attribute name"));
    assert!(create_with(MAX_LISTED).contains("does not exactly match"));
}

/// Regression: two million elements were described, 80 bytes each, for an answer of 2000 bytes.
#[test]
fn a_key_schema_of_thousands_is_not_described_whole() {
    let elements = vec![KeySchemaElement::default(); 100_000];
    let text = create(&[definition("a", ScalarType::S)], &elements).unwrap_err();
    assert!(text.starts_with(
        "10 validation errors detected: Value '[KeySchemaElement(attributeName=, keyType=null), "
    ));
    assert!(text.contains(", ...]' at 'keySchema' failed"), "{text}");
    assert!(text.len() < 10_000, "{} bytes", text.len());
}

#[test]
fn constraints_are_reported_together_in_order() {
    let definitions = [
        AttributeDefinition { name: String::new(), kind: Member::Absent },
        AttributeDefinition { name: "a".to_owned(), kind: Member::Other("BOOL".into()) },
    ];
    let elements = [KeySchemaElement { name: "a".to_owned(), role: Member::Other("SORT".into()) }];
    assert_eq!(
        create(&definitions, &elements).unwrap_err(),
        "4 validation errors detected: \
         Value '' at 'attributeDefinitions.1.member.attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1; \
         Value null at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must not be null; \
         Value 'BOOL' at 'attributeDefinitions.2.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]; \
         Value 'SORT' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]"
    );
    assert_eq!(
        create(&[], &[]).unwrap_err(),
        "1 validation error detected: \
         Value '[]' at 'keySchema' failed to satisfy constraint: Member must have length greater than or equal to 1"
    );
    let long = "x".repeat(256);
    let error =
        create(&[definition(&long, ScalarType::S)], &[element(&long[1..], KeyRole::Hash)]).unwrap_err();
    assert!(
        error.starts_with("1 validation error detected: Value 'xxx")
            && error.ends_with("less than or equal to 255"),
        "{error}"
    );
    let three = ["a", "b", "c"];
    let error = create(
        &three.map(|name| definition(name, ScalarType::S)),
        &three.map(|name| element(name, KeyRole::Hash)),
    )
    .unwrap_err();
    assert!(
        error.ends_with(
            "at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2"
        ),
        "{error}"
    );
}

#[test]
fn keys_are_taken_from_items() {
    let stored = item([("Artist", s("Acme")), ("SongTitle", s("Happy")), ("Year", n("2026"))]);
    let key = music().key_of_item(&stored).unwrap();
    assert_eq!(key.hash, KeyValue::S("Acme".to_owned()));
    assert_eq!(key.range, Some(KeyValue::S("Happy".to_owned())));
    let map = music().key_to_map(&key);
    assert_eq!(map, item([("Artist", s("Acme")), ("SongTitle", s("Happy"))]));
    assert_eq!(music().key_from_map(&map), Ok(key));
}

#[test]
fn items_without_a_proper_key_are_refused() {
    let text = |stored: Item| music().key_of_item(&stored).unwrap_err().public_text();
    assert_eq!(text(item([("Artist", s("a"))])), format!("{OOM}Missing the key SongTitle in the item"));
    assert_eq!(text(Item::new()), format!("{OOM}Missing the key Artist in the item"));
    assert_eq!(
        text(item([("Artist", n("1")), ("SongTitle", s("b"))])),
        format!("{OOM}Type mismatch for key Artist expected: S actual: N")
    );
    assert_eq!(
        text(item([("Artist", AttributeValue::Null), ("SongTitle", s("b"))])),
        format!("{OOM}Type mismatch for key Artist expected: S actual: NULL")
    );
    assert_eq!(
        text(item([("Artist", s("a")), ("SongTitle", s(""))])),
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: SongTitle"
    );
    let binary = schema(ScalarType::B, ScalarType::N);
    let stored = item([("h", AttributeValue::B(vec![])), ("r", n("1"))]);
    assert_eq!(
        binary.key_of_item(&stored).unwrap_err().public_text(),
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty binary value. Key: h"
    );
}

#[test]
fn key_maps_have_to_match_the_schema() {
    let mismatch = Err(Invalid::KeyMismatch);
    assert_eq!(Invalid::KeyMismatch.public_text(), "The provided key element does not match the schema");
    for map in [
        Item::new(),
        item([("Artist", s("a"))]),
        item([("Artist", s("a")), ("Other", s("b"))]),
        item([("Artist", s("a")), ("SongTitle", n("1"))]),
        item([("Artist", s("a")), ("SongTitle", s("b")), ("Year", n("1"))]),
    ] {
        assert_eq!(music().key_from_map(&map), mismatch, "{map:?}");
    }
    let empty = item([("Artist", s("")), ("SongTitle", s("b"))]);
    assert!(matches!(music().key_from_map(&empty), Err(Invalid::EmptyKey { .. })));
}

#[test]
fn key_values_end_at_2048_and_1024_bytes() {
    let key = |hash: usize, range: usize| {
        music().key_of_item(&item([("Artist", s(&"x".repeat(hash))), ("SongTitle", s(&"y".repeat(range)))]))
    };
    assert!(key(2048, 1024).is_ok());
    assert_eq!(
        key(2049, 1024).unwrap_err().public_text(),
        format!("{OOM}Size of hashkey has exceeded the maximum size limit of2048 bytes")
    );
    assert_eq!(
        key(2048, 1025).unwrap_err().public_text(),
        format!("{OOM}Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
    );
}

#[test]
fn one_number_written_twice_is_one_key() {
    let numbers = schema(ScalarType::N, ScalarType::N);
    let key = |hash, range| {
        numbers.key_of_item(&item([("h", n(hash)), ("r", n(range))])).unwrap().canonical_bytes()
    };
    assert_eq!(key("1", "100"), key("1.0", "1e2"));
    assert_ne!(key("1", "100"), key("100", "1"));
}

#[test]
fn a_text_and_the_same_bytes_are_different_keys() {
    let text = KeyValue::S("a".to_owned());
    let bytes = KeyValue::B(b"a".to_vec());
    assert_eq!(text.sort_bytes(), bytes.sort_bytes());
    assert_ne!(text.canonical_bytes(), bytes.canonical_bytes());
}

#[test]
fn debug_hides_key_values() {
    let key =
        PrimaryKey { hash: KeyValue::S("canary".to_owned()), range: Some(KeyValue::B(b"canary".to_vec())) };
    assert_eq!(format!("{key:?}"), "PrimaryKey { hash: S(6), range: Some(B(6)) }");
    assert_eq!(format!("{:?}", KeyValue::N(Number::from(4242))), "N");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn sort_bytes_order_as_the_values(left in any_key_value(), right in any_key_value()) {
        if left.kind() != right.kind() {
            return Ok(());
        }
        let (left_bytes, right_bytes) = (left.sort_bytes(), right.sort_bytes());
        prop_assert_eq!(left.cmp(&right), left_bytes.cmp(&right_bytes));
        prop_assert!(left == right || !left_bytes.starts_with(&right_bytes));
    }

    #[test]
    fn sort_bytes_are_read_back_whatever_follows(value in any_key_value(), rest in any_key_value()) {
        let mut bytes = value.sort_bytes();
        prop_assert_eq!(KeyValue::from_sort_bytes(value.kind(), &bytes), Some(value.clone()));
        let rest = rest.sort_bytes();
        bytes.extend(&rest);
        prop_assert_eq!(KeyValue::split_sort_bytes(value.kind(), &bytes), Some((value.clone(), rest.as_slice())));
        prop_assert_eq!(KeyValue::from_sort_bytes(value.kind(), &bytes), None);
    }

    #[test]
    fn canonical_bytes_are_one_to_one(hash in any_key_value(), range in proptest::option::of(any_key_value())) {
        let key = PrimaryKey { hash, range };
        let bytes = key.canonical_bytes();
        prop_assert_eq!(PrimaryKey::from_canonical_bytes(&bytes), Some(key));
        for cut in 0..bytes.len() {
            let part = PrimaryKey::from_canonical_bytes(&bytes[..cut]);
            prop_assert!(part.is_none_or(|part| part.canonical_bytes() == bytes[..cut]));
        }
    }

    #[test]
    fn only_written_bytes_are_read(bytes in proptest::collection::vec(prop_oneof![0_u8..5, any::<u8>()], 0..16)) {
        if let Some(key) = PrimaryKey::from_canonical_bytes(&bytes) {
            prop_assert_eq!(key.canonical_bytes(), bytes.as_slice());
        }
        for kind in [ScalarType::S, ScalarType::N, ScalarType::B] {
            if let Some(value) = KeyValue::from_sort_bytes(kind, &bytes) {
                prop_assert_eq!(value.sort_bytes(), bytes.as_slice());
            }
        }
    }
}
