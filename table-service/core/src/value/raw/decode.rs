//! Attribute values out of JSON text: a map of one member, whose name is the type. What is wrong with a value in itself is
//! left to validation, for all doors alike.

use shape::{Decode, Place, Reader, Report, Shape, Unreadable};

use super::{Map, Value};

impl Decode for Value {
    const SHAPE: Shape = Shape::Union("AttributeValue");

    fn decode(json: &mut Reader<'_>, report: &mut Report) -> Result<Self, Unreadable> {
        let mut value = Self::Empty;
        let mut seen: Option<&'static str> = None;
        json.map(|json, name| {
            let (name, read) = match &*name {
                "S" => ("S", typed(json, Self::S, report)?),
                "N" => ("N", typed(json, Self::N, report)?),
                "B" => ("B", typed(json, Self::B, report)?),
                "SS" => ("SS", typed(json, Self::Ss, report)?),
                "NS" => ("NS", typed(json, Self::Ns, report)?),
                "BS" => ("BS", typed(json, Self::Bs, report)?),
                "M" => ("M", typed::<Map>(json, Self::M, report)?),
                "L" => ("L", typed(json, Self::L, report)?),
                "NULL" => ("NULL", typed(json, Self::Null, report)?),
                "BOOL" => ("BOOL", typed(json, Self::Bool, report)?),
                _ => return json.skip(),
            };
            match (read, seen) {
                (Some(_), Some(before)) if before != name => value = Self::Several,
                (Some(read), _) => {
                    value = read;
                    seen = Some(name);
                }
                // Null is no value: of a type that was there, the last is what counts.
                (None, Some(before)) if before == name => {
                    value = Self::Empty;
                    seen = None;
                }
                (None, _) => {}
            }
            Ok(())
        })?;
        Ok(value)
    }

    fn null() -> Option<Self> {
        Some(Self::Empty)
    }
}

/// What a member of one type holds; none if it is null.
fn typed<T: Decode>(
    json: &mut Reader<'_>,
    of: fn(T) -> Value,
    report: &mut Report,
) -> Result<Option<Value>, Unreadable> {
    Ok(json.value(Place::Member, report)?.map(of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Invalid;
    use crate::value::AttributeValue;

    #[derive(Default, shape::Decode)]
    struct Holder {
        v: Option<Value>,
    }

    impl shape::Request for Holder {}

    fn read(value: &str) -> Result<AttributeValue, Invalid> {
        let body = format!("{{\"V\":{value}}}");
        shape::decode::<Holder>(body.as_bytes()).unwrap().v.unwrap_or_default().validate()
    }

    #[test]
    fn every_type_is_read() {
        for (json, shown) in [
            (r#"{"S":"text"}"#, "S(4)"),
            (r#"{"N":"-1.5"}"#, "N"),
            (r#"{"B":"aGk="}"#, "B(2)"),
            (r#"{"SS":["a","b"]}"#, "SS(2)"),
            (r#"{"NS":["1","2"]}"#, "NS(2)"),
            (r#"{"BS":["aGk=","AA=="]}"#, "BS(2)"),
            (r#"{"M":{"a":{"L":[{"BOOL":false},{"NULL":true}]}}}"#, "M(1)"),
            (r#"{"L":[]}"#, "L(0)"),
            (r#"{"NULL":true,"New":{"x":[1]},"S":null}"#, "NULL"),
            (r#"{"BOOL":"true"}"#, "BOOL"),
            (r#"{"S":"a","S":"bc"}"#, "S(2)"),
        ] {
            assert_eq!(format!("{:?}", read(json).unwrap()), shown, "{json}");
        }
    }

    #[test]
    fn what_is_not_exactly_one_type_is_left_to_validation() {
        for json in
            ["{}", "null", r#"{"S":null}"#, r#"{"New":1}"#, r#"{"L":[null]}"#, r#"{"S":"a","S":null}"#]
        {
            assert_eq!(read(json), Err(Invalid::EmptyValue), "{json}");
        }
        for json in [r#"{"S":"a","N":"1"}"#, r#"{"L":[{"NULL":true,"BOOL":true,"S":"a"}]}"#] {
            assert_eq!(read(json), Err(Invalid::SeveralTypes), "{json}");
        }
    }

    #[test]
    fn the_deepest_value_that_a_table_takes_is_read_on_a_small_stack() {
        let nested =
            |levels: usize| format!("{}{{\"S\":\"\"}}{}", "{\"L\":[".repeat(levels), "]}".repeat(levels));
        let run = move || {
            assert!(read(&nested(31)).is_ok());
            assert_eq!(read(&nested(32)), Err(Invalid::NestingTooDeep));
            assert_eq!(read(&nested(120)), Err(Invalid::NestingTooDeep));
            assert!(shape::decode::<Holder>(format!("{{\"V\":{}}}", nested(10_000)).as_bytes()).is_err());
        };
        std::thread::Builder::new().stack_size(256 * 1024).spawn(run).unwrap().join().unwrap();
    }
}
