//! What `#[derive(Decode)]` writes: the members of a structure, read one by one into a default value.

use crate::decode::{Decode, Place, Report, Shape};
use crate::json::Reader;
use crate::unreadable::Unreadable;
use crate::violation::{Rule, Shown};

/// How a member stands in a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Served, and every request has it.
    Required,
    /// Served.
    Optional,
    /// Understood, and refused when it is set.
    Later,
    /// Understood, and without effect; why that is right.
    Ignored(&'static str),
    /// Not a member: the members of another structure stand here.
    Flattened,
}

/// A member of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its name in texts: `tableName`.
    pub path: &'static str,
    /// Its type; none if it is not read.
    pub shape: Option<Shape>,
    /// How it stands.
    pub standing: Standing,
}

/// A structure, as the derive describes it.
pub trait Structure: Default {
    /// Its members, in the order in which they are declared.
    const FIELDS: &'static [Field];

    /// Reads the member `name`, if the structure has it. `came` has a bit for each field that was there.
    ///
    /// # Errors
    /// As [`Decode::decode`].
    fn member(
        &mut self,
        name: &str,
        came: &mut u64,
        json: &mut Reader<'_>,
        report: &mut Report,
    ) -> Result<bool, Unreadable>;
}

/// Reads a structure. Members that it does not have are skipped; a required one that is not there is a violation.
///
/// # Errors
/// As [`Decode::decode`].
pub fn structure<T: Structure>(json: &mut Reader<'_>, report: &mut Report) -> Result<T, Unreadable> {
    let mut structure = T::default();
    let mut came = 0;
    json.map(
        |json, name| {
            if structure.member(&name, &mut came, json, report)? { Ok(()) } else { json.skip() }
        },
    )?;
    for (at, field) in T::FIELDS.iter().enumerate() {
        if field.standing == Standing::Required && came >> at & 1 == 0 {
            report.violations.push(field.path, Shown::Null, Rule::NotNull);
        }
    }
    Ok(structure)
}

impl Reader<'_> {
    /// Reads a member of a structure. True if it was there; null is the default.
    ///
    /// # Errors
    /// As [`Decode::decode`].
    pub fn member<T: Decode + Default>(
        &mut self,
        path: &'static str,
        slot: &mut T,
        report: &mut Report,
    ) -> Result<bool, Unreadable> {
        let before = report.violations.len();
        let value = self.value(Place::Member, report)?;
        report.violations.place(before, path, path);
        let came = value.is_some();
        *slot = value.unwrap_or_default();
        Ok(came)
    }

    /// Reads over a member that is not offered yet. `false` asks for nothing, and neither does null.
    ///
    /// # Errors
    /// It is malformed.
    pub fn later(&mut self, name: &'static str, report: &mut Report) -> Result<(), Unreadable> {
        if !matches!(self.peek()?, crate::Kind::Null | crate::Kind::False) {
            report.later(name);
        }
        self.skip()
    }
}
