//! Whole requests: what the derive makes of a struct, and that nothing a body holds does harm.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::prelude::*;
use shape::{Decode, Field, MAX_DEPTH, Member, Place, Reader, Refusal, Report, Request, Shape, Standing};
use shape::{Structure as _, Unreadable, Violations, choices};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Fast,
    Safe,
}
choices!(Mode { Safe = "SAFE", Fast = "FAST" } later { "ODD" });

#[derive(Debug, Default, PartialEq, Decode)]
#[shape(name = "PutThingInput", later("Tags", "StreamSpecification"))]
#[shape(ignored(ConsistentRead: bool = "every read is strongly consistent"))]
struct PutThing {
    #[shape(required)]
    thing_name: String,
    #[shape(rename = "KMSKeyId")]
    kms_key_id: Option<String>,
    mode: Option<Mode>,
    kept: Member<Mode>,
    #[shape(required)]
    parts: Vec<Part>,
    named: BTreeMap<String, Part>,
    limit: Option<i32>,
    #[shape(rename = "ScanForward", via = bool, by = |forward: bool| !forward)]
    backward: bool,
    #[shape(via = BTreeMap<String, String>)]
    context: Context,
    #[shape(flatten)]
    page: Page,
}

#[derive(Debug, Default, PartialEq, Decode)]
struct Part {
    #[shape(required)]
    name: String,
    blob: Vec<u8>,
    tree: Option<Tree>,
}

#[derive(Debug, Default, PartialEq, Decode)]
struct Page {
    marker: Option<String>,
}

#[derive(Debug, Default, PartialEq, Decode)]
struct Nothing {}

#[derive(Debug, Default, PartialEq)]
struct Context(BTreeMap<String, String>);

impl From<BTreeMap<String, String>> for Context {
    fn from(pairs: BTreeMap<String, String>) -> Self {
        Self(pairs)
    }
}

/// As an attribute value: recursive, and read by hand.
#[derive(Debug, Default, PartialEq)]
struct Tree(Vec<Tree>);

impl Decode for Tree {
    const SHAPE: Shape = Shape::Union("Tree");

    fn decode(json: &mut Reader<'_>, report: &mut Report) -> Result<Self, Unreadable> {
        let mut tree = Self::default();
        json.map(|json, name| match &*name {
            "L" => {
                tree.0 = json.value(Place::Member, report)?.unwrap_or_default();
                Ok(())
            }
            _ => json.skip(),
        })?;
        Ok(tree)
    }
}

impl Request for Nothing {}

impl Request for PutThing {
    fn constraints(&self, violations: &mut Violations) {
        violations.text("thingName", &self.thing_name, 3..=9);
        violations.one_of("kept", &self.kept);
        violations.range("limit", self.limit, 1..=100);
    }
}

fn put(body: &str) -> Result<PutThing, String> {
    shape::decode(body.as_bytes()).map_err(|refusal| refusal.public_text("p").unwrap_or_default())
}

fn with(members: &str) -> Result<PutThing, String> {
    put(&format!(r#"{{"ThingName":"abc","Parts":[],{members}}}"#))
}

fn violations(body: &str) -> Vec<String> {
    let text = put(body).unwrap_err();
    let (count, listed) = text.split_once(" detected: ").unwrap();
    let listed: Vec<_> = listed.split("; ").map(ToOwned::to_owned).collect();
    assert!(count.starts_with(&listed.len().to_string()), "{text}");
    let constraint = " failed to satisfy constraint: Member must ";
    listed.into_iter().map(|one| one.replace(constraint, ": ").replace("Value ", "")).collect()
}

#[test]
fn members_are_read_into_their_fields() {
    let whole = put(
        r#"{"ThingName":"abc","KMSKeyId":"k","Mode":"FAST","Kept":"SAFE","Parts":[{"Name":"x","Blob":"aGk="}],
            "Named":{"a":{"Name":"y"}},"Limit":5,"ScanForward":false,"Context":{"k":"v"},"Marker":"m","ConsistentRead":true}"#,
    );
    let part = |name: &str, blob: &[u8]| Part { name: name.to_owned(), blob: blob.to_vec(), tree: None };
    let expected = PutThing {
        thing_name: "abc".to_owned(),
        kms_key_id: Some("k".to_owned()),
        mode: Some(Mode::Fast),
        kept: Member::Known(Mode::Safe),
        parts: vec![part("x", b"hi")],
        named: BTreeMap::from([("a".to_owned(), part("y", b""))]),
        limit: Some(5),
        backward: true,
        context: Context(BTreeMap::from([("k".to_owned(), "v".to_owned())])),
        page: Page { marker: Some("m".to_owned()) },
    };
    assert_eq!(whole, Ok(expected));
    assert_eq!(shape::decode::<Nothing>(br#"{"Any":[1,{"a":null}]}"#), Ok(Nothing {}));
}

#[test]
fn null_is_absent_and_the_last_of_two_counts() {
    let plain = put(r#"{"ThingName":"abc","Parts":[]}"#);
    assert_eq!(
        with(r#""KMSKeyId":null,"Mode":null,"Kept":null,"Named":null,"Tags":null,"Marker":null,"New":1"#),
        plain
    );
    assert_eq!(with(r#""Limit":1,"Limit":2"#).unwrap().limit, Some(2));
    assert_eq!(with(r#""Limit":1,"Limit":null"#).unwrap().limit, None);
    assert_eq!(
        violations(r#"{"ThingName":"abc","ThingName":null,"Parts":[]}"#),
        ["null at 'thingName': not be null"]
    );
}

#[test]
fn every_violation_is_listed_with_its_path() {
    assert_eq!(violations("{}"), ["null at 'thingName': not be null", "null at 'parts': not be null"]);
    assert_eq!(
        violations(
            r#"{"ThingName":"ab","Mode":"x","Kept":"y","Parts":[{},null,{"Name":null}],"Named":{"k.1":{},"l":null},"Limit":0}"#
        ),
        [
            "'x' at 'mode': satisfy enum value set: [SAFE, FAST, ODD]",
            "null at 'parts.1.member.name': not be null",
            "null at 'parts.2.member': not be null",
            "null at 'parts.3.member.name': not be null",
            "null at 'named.k.1.member.name': not be null",
            "null at 'named.l.member': not be null",
            "'ab' at 'thingName': have length greater than or equal to 3",
            "'y' at 'kept': satisfy enum value set: [SAFE, FAST, ODD]",
            "'0' at 'limit': have value greater than or equal to 1",
        ]
    );
    let many = format!(r#"{{"ThingName":"abc","Parts":[{}{{}}]}}"#, "{},".repeat(100_000));
    assert_eq!(violations(&many).len(), 10);
}

#[test]
fn what_is_not_offered_is_refused_when_it_is_set_and_after_everything_else() {
    for (members, what) in [
        (r#""Tags":[]"#, "Tags"),
        (r#""StreamSpecification":{"StreamEnabled":true}"#, "StreamSpecification"),
        (r#""Mode":"ODD""#, "ODD"),
        (r#""Tags":true,"StreamSpecification":{}"#, "Tags"),
    ] {
        let body = format!(r#"{{"ThingName":"abc","Parts":[],{members}}}"#);
        assert_eq!(shape::decode::<PutThing>(body.as_bytes()), Err(Refusal::NotOffered(what)));
    }
    assert!(with(r#""Tags":null,"StreamSpecification":false"#).is_ok(), "they ask for nothing");
    assert_eq!(violations(r#"{"ThingName":"ab","Parts":[],"Tags":[]}"#).len(), 1, "rules come first");
    assert_eq!(
        with(r#""Tags":[],"Limit":"5""#),
        Err("STRING_VALUE cannot be converted to Integer".to_owned())
    );
    assert_eq!(with(r#""Tags":[1,]"#), Err(String::new()), "malformed");
    assert_eq!(with(r#""Limit":"5","New":01"#), Err(String::new()), "malformed, although that comes later");
}

#[test]
fn what_is_ignored_has_a_type_all_the_same() {
    assert!(with(r#""ConsistentRead":false"#).is_ok());
    assert_eq!(with(r#""ConsistentRead":1"#), Err("NUMBER_VALUE cannot be converted to Boolean".to_owned()));
}

#[test]
fn a_request_is_one_object_and_nothing_behind_it() {
    for body in ["", "null", "{}x", "{} {}", "{", "[", "\u{1}"] {
        assert_eq!(
            shape::decode::<Nothing>(body.as_bytes()),
            Err(Refusal::Unreadable(Unreadable::Malformed)),
            "{body}"
        );
    }
    for body in ["[]", "1", "\"{}\"", "true"] {
        assert!(matches!(
            shape::decode::<Nothing>(body.as_bytes()),
            Err(Refusal::Unreadable(Unreadable::Unfit { .. }))
        ));
    }
}

#[test]
fn the_derive_tells_what_a_struct_has() {
    let standing = |name: &str| PutThing::FIELDS.iter().find(|field| field.name == name).unwrap().standing;
    assert_eq!(standing("ThingName"), Standing::Required);
    assert_eq!(standing("KMSKeyId"), Standing::Optional);
    assert_eq!(standing("Tags"), Standing::Later);
    assert_eq!(standing("ConsistentRead"), Standing::Ignored("every read is strongly consistent"));
    let field = PutThing::FIELDS.iter().find(|field| field.name == "KMSKeyId").unwrap();
    assert_eq!(
        *field,
        Field { name: "KMSKeyId", path: "kMSKeyId", shape: Some(Shape::Text), standing: Standing::Optional }
    );
    assert!(matches!(PutThing::SHAPE, Shape::Structure { name: "PutThingInput", .. }));
}

/// As little stack as a server's smallest thread might have, and what is run on it must end.
fn on_a_small_stack<T: Send + Debug + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(256 * 1024).spawn(run).unwrap().join().unwrap()
}

#[test]
fn depth_needs_no_stack_and_size_no_memory() {
    const LARGE: usize = 16 * 1024 * 1024;
    let deep = |levels: usize| format!(r#"{{"Tree":{}{}"#, r#"{"L":["#.repeat(levels), "]}".repeat(levels));
    let tree =
        |levels: usize| format!(r#"{{"ThingName":"abc","Parts":[{{"Name":"x",{}}}]}}"#, &deep(levels)[1..]);
    let outside = 3;
    let (fits, too_deep) = (tree((MAX_DEPTH - outside) / 2), tree(10_000));
    on_a_small_stack(move || {
        assert!(shape::decode::<PutThing>(fits.as_bytes()).is_ok());
        for body in [
            too_deep,
            "[".repeat(LARGE),
            format!("{{\"Unknown\":{}", "[".repeat(LARGE)),
            format!("{{\"Tags\":{}", "{\"a\":".repeat(LARGE / 5)),
            format!("{{\"Parts\":[{}", "1,".repeat(LARGE / 2)),
            format!("{{\"Unknown\":[{}", "1,".repeat(LARGE / 2)),
            format!("{{\"ThingName\":\"{}", "a".repeat(LARGE)),
            format!("{{\"ThingName\":\"{}", "\\\"".repeat(LARGE / 2)),
            format!("{{\"Limit\":{}", "9".repeat(LARGE)),
            " ".repeat(LARGE),
        ] {
            assert!(shape::decode::<PutThing>(body.as_bytes()).is_err());
        }
    });
}

const VALID: &str = r#"{"ThingName":"abc","KMSKeyId":"k\u00e9\n","Mode":"FAST","Kept":"SAFE","Parts":[{"Name":"x","Blob":"aGk=","Tree":{"L":[{"L":[]},{}]}}],
    "Named":{"a":{"Name":"y"}},"Limit":-5.0e0,"ScanForward":false,"Context":{"k":"v"},"Marker":"m","ConsistentRead":true,"Tags":null,"X":[{}]}"#;

proptest! {
    #[test]
    fn no_body_makes_it_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..4), 1..6),
        noise in prop::collection::vec(any::<u8>(), 0..32),
    ) {
        let mut body = VALID.as_bytes().to_vec();
        for (at, other, edit) in edits {
            let (at, other) = (at.index(body.len()), other.index(body.len()));
            let (from, to) = (at.min(other), at.max(other));
            match edit {
                0 => body[at] = body[other],
                1 => drop(body.drain(from..to)),
                2 => body.splice(at..at, VALID.as_bytes()[..to.min(VALID.len())].iter().copied()).for_each(drop),
                _ => body.splice(at..at, noise.iter().copied()).for_each(drop),
            }
            body.push(b'}');
        }
        let texts = on_a_small_stack(move || {
            let refused = [shape::decode::<PutThing>(&body).err(), shape::decode::<PutThing>(&noise).err()];
            refused.into_iter().flatten().map(|refusal| refusal.public_text("p").unwrap_or_default()).collect::<Vec<_>>()
        });
        prop_assert!(texts.len() <= 2);
    }
}
