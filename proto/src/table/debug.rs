//! `Debug` for what carries items: the type and the length of a value, never the value. Attribute names and keys
//! appear only as keys of maps whose messages (items, requests) a log never prints.

use std::fmt;

use super::{
    AttributeList, AttributeMap, AttributeValue, BinarySet, NumberSet, StringSet, attribute_value::Value,
};

impl fmt::Debug for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => value.fmt(f),
            None => f.write_str("absent"),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S(text) => write!(f, "S({} bytes)", text.len()),
            Self::N(text) => write!(f, "N({} bytes)", text.len()),
            Self::B(bytes) => write!(f, "B({} bytes)", bytes.len()),
            Self::Ss(set) => set.fmt(f),
            Self::Ns(set) => set.fmt(f),
            Self::Bs(set) => set.fmt(f),
            Self::M(map) => map.fmt(f),
            Self::L(list) => list.fmt(f),
            Self::Null(_) => f.write_str("NULL"),
            Self::Bool(_) => f.write_str("BOOL"),
        }
    }
}

/// `Debug` that shows how many values a collection holds.
macro_rules! count_only {
    ($($collection:ident)*) => {$(
        impl fmt::Debug for $collection {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($collection), "({})"), self.values.len())
            }
        }
    )*};
}

count_only!(StringSet NumberSet BinarySet AttributeMap AttributeList);
