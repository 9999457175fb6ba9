use std::collections::BTreeMap;

use crate::decode::{Decode, Place, Report, Shape};
use crate::{Field, Millis, Reader, Standing, Unreadable};

const PACKAGE: &str = "com.amazonaws.dynamodb.v20120810";

/// A structure and a union, as far as their texts need them.
#[derive(Debug)]
struct Thing;
#[derive(Debug)]
struct Attribute;

impl Decode for Thing {
    const SHAPE: Shape = Shape::Structure {
        name: "Thing",
        fields: &[Field { name: "A", path: "a", shape: None, standing: Standing::Later }],
    };

    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        json.skip().map(|()| Self)
    }
}

impl Decode for Attribute {
    const SHAPE: Shape = Shape::Union("AttributeValue");

    fn decode(json: &mut Reader<'_>, _report: &mut Report) -> Result<Self, Unreadable> {
        json.skip().map(|()| Self)
    }
}

fn text<T: Decode + std::fmt::Debug>(json: &str) -> String {
    let mut reader = Reader::new(json.as_bytes()).unwrap();
    let error = reader.value::<T>(Place::Member, &mut Report::default()).unwrap_err();
    error.public_text(PACKAGE).unwrap()
}

const NOT_HERE: &str = "Start of structure or map found where not expected";
const CAST: &str = super::CAST;

#[test]
fn scalars_name_what_they_met_and_what_they_are() {
    for (met, token) in [
        ("true", "TRUE_VALUE"),
        ("false", "FALSE_VALUE"),
        ("23", "NUMBER_VALUE"),
        ("-2147483648", "NUMBER_VALUE"),
        ("34.56", "DECIMAL_VALUE"),
        ("1e3", "DECIMAL_VALUE"),
    ] {
        assert_eq!(text::<String>(met), format!("{token} cannot be converted to String"));
        assert_eq!(text::<Vec<u8>>(met), "only base-64-encoded strings are convertible to bytes");
    }
    for (met, token) in [("\"23\"", "STRING_VALUE"), ("true", "TRUE_VALUE"), ("false", "FALSE_VALUE")] {
        assert_eq!(text::<i32>(met), format!("{token} cannot be converted to Integer"));
        assert_eq!(text::<i64>(met), format!("{token} cannot be converted to Long"));
        assert_eq!(text::<f64>(met), format!("{token} cannot be converted to Double"));
        assert_eq!(text::<Millis>(met), format!("{token} cannot be converted to Date"));
    }
    assert_eq!(text::<bool>("23"), "NUMBER_VALUE cannot be converted to Boolean");
    assert_eq!(text::<bool>("34.56"), "DECIMAL_VALUE cannot be converted to Boolean");
    assert_eq!(text::<bool>("\"23\""), "Unexpected token received from parser");
    assert_eq!(
        text::<Vec<u8>>("\"23456\""),
        "Base64 encoded length is expected a multiple of 4 bytes but found: 5"
    );
    assert_eq!(text::<Vec<u8>>("\"=+/=\""), "Invalid last non-pad Base64 character dectected");
}

#[test]
fn a_list_or_a_map_is_not_expected_everywhere() {
    assert_eq!(text::<String>("[]"), "Unrecognized collection type class java.lang.String");
    assert_eq!(text::<bool>("[]"), "Unrecognized collection type class java.lang.Boolean");
    assert_eq!(text::<i32>("[]"), "Unrecognized collection type class java.lang.Integer");
    assert_eq!(text::<i64>("[]"), "Unrecognized collection type class java.lang.Long");
    assert_eq!(text::<Vec<u8>>("[]"), "Unrecognized collection type class java.nio.ByteBuffer");
    assert_eq!(text::<Thing>("[]"), format!("Unrecognized collection type class {PACKAGE}.Thing"));
    assert_eq!(
        text::<BTreeMap<String, Attribute>>("[]"),
        format!("Unrecognized collection type java.util.Map<java.lang.String, {PACKAGE}.AttributeValue>")
    );
    assert_eq!(
        text::<BTreeMap<String, String>>("[]"),
        "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"
    );
    for text in [
        text::<String>("{}"),
        text::<bool>("{}"),
        text::<i32>("{}"),
        text::<Vec<u8>>("{}"),
        text::<Vec<String>>("{}"),
    ] {
        assert_eq!(text, NOT_HERE);
    }
}

#[test]
fn the_text_of_a_scalar_depends_on_where_it_stands() {
    for met in ["\"23\"", "true", "23", "34.56"] {
        assert_eq!(text::<Vec<String>>(met), "Unexpected field type");
        assert_eq!(text::<BTreeMap<String, String>>(met), "Unexpected field type");
        assert_eq!(text::<Thing>(met), "Unexpected field type");
        assert_eq!(text::<Vec<Thing>>(&format!("[{met}]")), "Unexpected value type in payload");
        assert_eq!(
            text::<BTreeMap<String, Attribute>>(&format!("{{\"a\":{met}}}")),
            "Unexpected value type in payload"
        );
        assert_eq!(text::<BTreeMap<String, Vec<Thing>>>(&format!("{{\"a\":{met}}}")), CAST);
        assert_eq!(text::<Vec<BTreeMap<String, Attribute>>>(&format!("[{met}]")), CAST);
    }
}
