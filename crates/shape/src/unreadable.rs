//! Why a body is no request: AWS's SerializationException and its texts.

use std::fmt;

use crate::decode::{Place, Shape};
use crate::json::{Kind, Reader};

/// What stood where something else was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// `true`
    True,
    /// `false`
    False,
    /// A number without fraction and exponent.
    Integer,
    /// Any other number.
    Decimal,
    /// A string.
    Text,
    /// An array.
    List,
    /// An object.
    Map,
}

impl Found {
    /// What comes next; reads no further than the texts need.
    pub(crate) fn next(json: &mut Reader<'_>) -> Result<Self, Unreadable> {
        Ok(match json.peek()? {
            Kind::True => Self::True,
            Kind::False => Self::False,
            Kind::Text => Self::Text,
            Kind::List => Self::List,
            Kind::Map => Self::Map,
            Kind::Number if json.number()?.contains(['.', 'e', 'E']) => Self::Decimal,
            Kind::Number => Self::Integer,
            // Only the whole request comes here as null; everywhere else that is nothing at all.
            Kind::Null => return Err(Unreadable::Malformed),
        })
    }

    const fn token(self) -> &'static str {
        match self {
            Self::True => "TRUE_VALUE",
            Self::False => "FALSE_VALUE",
            Self::Integer => "NUMBER_VALUE",
            Self::Decimal => "DECIMAL_VALUE",
            Self::Text => "STRING_VALUE",
            Self::List => "START_ARRAY",
            Self::Map => "START_OBJECT",
        }
    }
}

/// Why a body is no request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Not JSON, or nested too deep. AWS gives no text.
    Malformed,
    /// A value of another type than the member has.
    Unfit {
        /// The member's type.
        wanted: Shape,
        /// What was there.
        found: Found,
        /// Where it was.
        place: Place,
    },
    /// Base64 of a length that it cannot have.
    Base64Length(usize),
    /// Base64 with a character that cannot stand where it stands.
    Base64Character,
}

impl Unreadable {
    /// The text for the caller, if there is one. `package` is where the service's types live in AWS's texts:
    /// `com.amazonaws.dynamodb.v20120810`.
    pub fn public_text(&self, package: &str) -> Option<String> {
        Some(match self {
            Self::Malformed => return None,
            Self::Unfit { wanted, found, place } => unfit(*wanted, *found, *place, package),
            Self::Base64Length(length) => {
                format!("Base64 encoded length is expected a multiple of 4 bytes but found: {length}")
            }
            // The spelling is AWS's.
            Self::Base64Character => "Invalid last non-pad Base64 character dectected".to_owned(),
        })
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public_text("").unwrap_or_else(|| "malformed JSON".to_owned()))
    }
}

impl std::error::Error for Unreadable {}

/// What AWS says when it meets a scalar where a list or a map with values of its own types must be.
const CAST: &str = "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class \
                    java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class \
                    are in module java.base of loader 'bootstrap')";

fn unfit(wanted: Shape, found: Found, place: Place, package: &str) -> String {
    let is_map = matches!(wanted, Shape::Map(_) | Shape::Structure { .. } | Shape::Union(_));
    match (wanted, found) {
        (_, Found::Map) => "Start of structure or map found where not expected".to_owned(),
        (Shape::Structure { .. } | Shape::Union(_), Found::List) => {
            format!("Unrecognized collection type class {}", java(wanted, package))
        }
        (_, Found::List) if is_map => {
            format!("Unrecognized collection type {}", java(wanted, package))
        }
        (_, Found::List) => format!("Unrecognized collection type class {}", java(wanted, package)),
        (Shape::List(_) | Shape::Map(_), _) if place == Place::Element => CAST.to_owned(),
        (_, _) if is_map && place == Place::Element => "Unexpected value type in payload".to_owned(),
        (Shape::List(_), _) => "Unexpected field type".to_owned(),
        (_, _) if is_map => "Unexpected field type".to_owned(),
        (Shape::Blob, _) => "only base-64-encoded strings are convertible to bytes".to_owned(),
        (Shape::Flag, Found::Text) => "Unexpected token received from parser".to_owned(),
        (_, found) => format!("{} cannot be converted to {}", found.token(), scalar(wanted)),
    }
}

const fn scalar(shape: Shape) -> &'static str {
    match shape {
        Shape::Integer => "Integer",
        Shape::Long => "Long",
        Shape::Double => "Double",
        Shape::Flag => "Boolean",
        Shape::Time => "Date",
        _ => "String",
    }
}

/// The type in Java, as AWS's texts name it.
fn java(shape: Shape, package: &str) -> String {
    match shape {
        Shape::Blob => "java.nio.ByteBuffer".to_owned(),
        Shape::Time => "java.util.Date".to_owned(),
        Shape::List(element) => format!("java.util.List<{}>", java(*element, package)),
        Shape::Map(value) => format!("java.util.Map<java.lang.String, {}>", java(*value, package)),
        Shape::Structure { name, .. } | Shape::Union(name) => format!("{package}.{name}"),
        shape => format!("java.lang.{}", scalar(shape)),
    }
}

#[cfg(test)]
mod tests;
