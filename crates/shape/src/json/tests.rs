use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

/// Reads a text into the tree of another, independent reader.
fn tree(json: &mut Reader<'_>) -> Read<Value> {
    Ok(match json.peek()? {
        Kind::Null => {
            json.word()?;
            Value::Null
        }
        Kind::True | Kind::False => (json.word()? == Kind::True).into(),
        Kind::Number => serde_json::from_str(json.number()?).unwrap_or(Value::Null),
        Kind::Text => json.text()?.into(),
        Kind::List => {
            let mut list = Vec::new();
            json.list(|json| {
                list.push(tree(json)?);
                Ok(())
            })?;
            list.into()
        }
        Kind::Map => {
            let mut map = Map::new();
            json.map(|json, name| {
                let value = tree(json)?;
                map.insert(name.into_owned(), value);
                Ok(())
            })?;
            map.into()
        }
    })
}

fn whole<T>(text: &[u8], read: impl FnOnce(&mut Reader<'_>) -> Read<T>) -> Read<T> {
    let mut json = Reader::new(text)?;
    let value = read(&mut json)?;
    json.end()?;
    Ok(value)
}

/// Reading and skipping agree, and give what was read.
fn read(text: &[u8]) -> Option<Value> {
    let tree = whole(text, tree).ok();
    assert_eq!(whole(text, |json| json.skip()).is_ok(), tree.is_some(), "{}", String::from_utf8_lossy(text));
    tree
}

#[test]
fn what_rfc_8259_allows_is_read() {
    for text in [
        "null",
        " true ",
        "\t\r\nfalse",
        "0",
        "-0",
        "10",
        "1.5",
        "1e9",
        "1E+9",
        "-1.0e-9",
        "\"\"",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[1,[2,[]],{\"a\":{}}]",
        "{\"a\":1,\"a\":2}",
        r#""\"\\\/\b\f\n\r\t\u0041\uD834\uDD1E""#,
        "\"\u{7f}\u{1F600}\"",
    ] {
        assert_eq!(read(text.as_bytes()), Some(serde_json::from_str(text).unwrap()), "{text}");
    }
    assert_eq!(
        read(br#"{"a":1,"a":2}"#),
        Some(serde_json::json!({"a": 2})),
        "the last of two members counts"
    );
    assert_eq!(whole(br#""plain""#, |json| Ok(matches!(json.text()?, Cow::Borrowed("plain")))), Ok(true));
}

#[test]
fn what_rfc_8259_does_not_allow_is_malformed() {
    for text in [
        "",
        " ",
        "nul",
        "nulls",
        "True",
        "NaN",
        "Infinity",
        "'a'",
        "+1",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "--1",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1",
        "]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "{,}",
        "1 2",
        "\"",
        "\"a",
        "\"\\",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud834\"",
        "\"\\ud834\\n\"",
        "\"\\udd1e\"",
        "\"\\ud834\\ud834\"",
        "\"\\uD834\\u\"",
        "\"\\u+123\"",
        "\"\n\"",
        "\"\0\"",
        "/**/1",
        "[1]]",
        "\u{feff}1",
        "\u{a0}1",
        "\"\\é\"",
        "\"\\u00é0\"",
    ] {
        assert_eq!(read(text.as_bytes()), None, "{text}");
    }
    for bytes in
        [&b"\"\xff\""[..], b"\"\xc0\x80\"", b"\"\xed\xa0\x80\"", b"\xef\xbb\xbf1", b"\"\xf4\x90\x80\x80\""]
    {
        assert_eq!(read(bytes), None, "{bytes:?}");
    }
}

#[test]
fn nesting_ends_at_the_limit_and_not_before() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert!(read(nested(MAX_DEPTH).as_bytes()).is_some());
        assert!(read(nested(MAX_DEPTH + 1).as_bytes()).is_none());
    }
    let wide = format!("[{}[]]", "[[]],".repeat(1000));
    assert!(read(wide.as_bytes()).is_some(), "what was closed does not count");
}

proptest! {
    #[test]
    fn reads_what_another_reader_reads(value in value()) {
        for text in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(read(text.as_bytes()), Some(value.clone()));
        }
    }

    #[test]
    fn accepts_what_another_reader_accepts(value in value(), at in any::<prop::sample::Index>(), byte in spoiler(), cut in any::<bool>()) {
        let mut text = serde_json::to_vec(&value).unwrap();
        let at = at.index(text.len());
        text[at] = byte;
        if cut {
            text.truncate(at);
        }
        prop_assert_eq!(read(&text).is_some(), is_accepted_elsewhere(&text), "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(spoiler(), 0..64)) {
        read(&bytes);
    }
}

/// Whether another reader takes the text: one that skips, because only it leaves the size of numbers alone, and one that
/// builds a tree, because only it looks into escapes.
fn is_accepted_elsewhere(text: &[u8]) -> bool {
    let is_too_large = |error: &serde_json::Error| error.to_string().starts_with("number out of range");
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
        && serde_json::from_slice::<Value>(text).err().is_none_or(|error| is_too_large(&error))
}

/// Bytes that mean something in JSON, and some that do not.
fn spoiler() -> impl Strategy<Value = u8> {
    prop_oneof![prop::sample::select(&b"{}[]\",:\\u0019dDeE+-. \n\tntf/\x00\x1f\x7f"[..]), any::<u8>()]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000_i32..1000).prop_map(|number| Value::from(f64::from(number) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
