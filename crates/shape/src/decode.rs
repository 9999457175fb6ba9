//! How a value of the API model is read: [`Decode`], what it is ([`Shape`]), and what is found on the way ([`Report`]).

use std::collections::BTreeMap;

use crate::echo::Echo;
use crate::json::{Kind, Reader};
use crate::structure::Field;
use crate::unreadable::{Found, Unreadable};
use crate::violation::{Rule, Shown, Violations};

/// A type of the API model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A string.
    Text,
    /// One of a closed set of strings.
    Choice(&'static [&'static str]),
    /// A number of 32 bits.
    Integer,
    /// A number of 64 bits.
    Long,
    /// A floating-point number.
    Double,
    /// A truth value.
    Flag,
    /// Bytes, in base64.
    Blob,
    /// A moment: seconds since 1970, with a fraction.
    Time,
    /// A list of these.
    List(&'static Shape),
    /// A map from strings to these.
    Map(&'static Shape),
    /// Named members.
    Structure {
        /// Its name in AWS's model.
        name: &'static str,
        /// Its members.
        fields: &'static [Field],
    },
    /// A structure that reads itself; its name.
    Union(&'static str),
}

impl Shape {
    const fn accepts(self, kind: Kind) -> bool {
        match self {
            Self::Text | Self::Choice(_) | Self::Blob => matches!(kind, Kind::Text),
            Self::Integer | Self::Long | Self::Double | Self::Time => matches!(kind, Kind::Number),
            // AWS takes the words as strings too.
            Self::Flag => matches!(kind, Kind::True | Kind::False | Kind::Text),
            Self::List(_) => matches!(kind, Kind::List),
            Self::Map(_) | Self::Structure { .. } | Self::Union(_) => matches!(kind, Kind::Map),
        }
    }
}

/// Where a value stands. AWS's texts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is a member of a structure, or the whole request.
    Member,
    /// It is in a list or a map.
    Element,
}

/// A type that can be read.
pub trait Decode: Sized {
    /// What it is in the API model.
    const SHAPE: Shape;

    /// Reads a value that is neither null nor of another kind than the shape's.
    ///
    /// # Errors
    /// It is malformed, or something in it does not fit. What is readable and against a rule goes to the report.
    fn decode(json: &mut Reader<'_>, report: &mut Report) -> Result<Self, Unreadable>;

    /// What a null in a list or a map is. None: it may not stand there.
    fn null() -> Option<Self> {
        None
    }
}

/// What is found while a request is read.
#[derive(Debug, Default)]
pub struct Report {
    pub(crate) violations: Violations,
    pub(crate) later: Option<&'static str>,
}

impl Report {
    /// The value that is being read breaks a rule.
    pub fn violation(&mut self, shown: Shown, rule: Rule) {
        self.violations.push("", shown, rule);
    }

    /// The request asks for something that is understood and not offered yet.
    pub fn later(&mut self, what: &'static str) {
        self.later.get_or_insert(what);
    }
}

impl Reader<'_> {
    /// Reads a value, or null. What is reported of it is reported at `path`.
    ///
    /// # Errors
    /// As [`Decode::decode`], and a value of another kind than the shape's.
    pub fn value<T: Decode>(&mut self, place: Place, report: &mut Report) -> Result<Option<T>, Unreadable> {
        let kind = self.peek()?;
        if kind == Kind::Null {
            self.word()?;
            return Ok(None);
        }
        if !T::SHAPE.accepts(kind) {
            return Err(Unreadable::Unfit { wanted: T::SHAPE, found: Found::next(self)?, place });
        }
        T::decode(self, report).map(Some)
    }

    /// Reads an element of a list or a map. A null that may not stand there is a violation.
    fn element<T: Decode>(
        &mut self,
        report: &mut Report,
        path: impl FnOnce() -> (String, String),
    ) -> Result<Option<T>, Unreadable> {
        let before = report.violations.len();
        let mut element = self.value(Place::Element, report)?;
        if element.is_none() {
            element = T::null();
            if element.is_none() {
                report.violation(Shown::Null, Rule::NotNull);
            }
        }
        if report.violations.len() > before {
            let (shown, logged) = path();
            report.violations.place(before, &shown, &logged);
        }
        Ok(element)
    }
}

impl<T: Decode> Decode for Option<T> {
    const SHAPE: Shape = T::SHAPE;

    fn decode(json: &mut Reader<'_>, report: &mut Report) -> Result<Self, Unreadable> {
        T::decode(json, report).map(Some)
    }

    fn null() -> Option<Self> {
        Some(None)
    }
}

impl<T: Decode> Decode for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);

    fn decode(json: &mut Reader<'_>, report: &mut Report) -> Result<Self, Unreadable> {
        let mut elements = Self::new();
        let mut count = 0_usize;
        json.list(|json| {
            count += 1;
            let path = || {
                let path = format!("{count}.member");
                (path.clone(), path)
            };
            elements.extend(json.element(report, path)?);
            Ok(())
        })?;
        Ok(elements)
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    const SHAPE: Shape = Shape::Map(&T::SHAPE);

    fn decode(json: &mut Reader<'_>, report: &mut Report) -> Result<Self, Unreadable> {
        let mut entries = Self::new();
        json.map(|json, name| {
            let path = || (format!("{name}.member"), format!("{}.member", Echo::from(&*name).show(false)));
            // The last of two entries of one name counts.
            match json.element(report, path)? {
                Some(value) => drop(entries.insert(name.into_owned(), value)),
                None => drop(entries.remove(&*name)),
            }
            Ok(())
        })?;
        Ok(entries)
    }
}
