//! Compares request types and answers with AWS's model, for tests: the member lists in `tests/model`.
//!
//! A member that AWS has and a struct does not even declare would be ignored silently; this is what finds it. And what no
//! member may be, wherever it stands, the model tells all the places of.

mod answers;

use std::collections::{BTreeMap, BTreeSet};

use crate::decode::Shape;
use crate::structure::{Field, Standing};

pub use answers::compare_answers;

/// Where a type differs from the model, and why: a path as the lists write it, without `!`. It covers what is below it.
pub type Deviation = (&'static str, &'static str);

/// What a list or a type says of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    required: bool,
    kind: String,
}

/// What is wrong with the types of these operations; nothing is the aim. A deviation that is none is wrong as well.
pub fn compare(model: &str, operations: &[(&str, Shape)], deviations: &[Deviation]) -> Vec<String> {
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for (operation, shape) in operations {
        let mut ours = Ours::default();
        ours.add(operation, *shape, false);
        let theirs = theirs(model, operation);
        if theirs.is_empty() {
            wrong.push(format!("{operation}: not in the model"));
        }
        let mut complain = |path: &str, what: String| {
            let excuse = deviations.iter().find(|(deviation, _)| is_at_or_below(path, deviation));
            match excuse {
                Some((deviation, _)) => drop(used.insert(*deviation)),
                None => wrong.push(format!("{path}: {what}")),
            }
        };
        for (path, entry) in &theirs {
            if ours.opaque.iter().any(|opaque| path != opaque && is_at_or_below(path, opaque)) {
                continue;
            }
            match ours.entries.get(path) {
                None => complain(path, "missing".to_owned()),
                Some(None) => {}
                Some(Some(own)) if own == entry => {}
                Some(Some(own)) => complain(path, format!("{own:?}, and in the model {entry:?}")),
            }
        }
        for path in ours.entries.keys().filter(|path| !theirs.contains_key(*path)) {
            complain(path, "not in the model".to_owned());
        }
    }
    let useless = deviations.iter().filter(|(deviation, _)| !used.contains(deviation));
    wrong.extend(useless.map(|(deviation, _)| format!("{deviation}: a deviation that is none")));
    wrong
}

/// Requests for an operation, each with this value where the model has one of its members, at whatever depth; and one with it where
/// nothing is.
pub fn with_each_member(model: &str, operation: &str, value: &str) -> Vec<String> {
    let nobody = format!("{operation}.Nobody");
    let members = theirs(model, operation);
    members
        .keys()
        .chain([&nobody])
        .map(|path| around(path.strip_prefix(operation).unwrap_or(path), value))
        .collect()
}

/// The value, with what a path leads through around it.
fn around(path: &str, value: &str) -> String {
    let Some(at) = path.rfind(['.', '[', '{']) else { return value.to_owned() };
    let (outside, step) = path.split_at(at);
    let inside = match step.strip_prefix('.') {
        Some(name) => format!("{{\"{name}\":{value}}}"),
        None if step == "[]" => format!("[{value}]"),
        None => format!("{{\"key\":{value}}}"),
    };
    around(outside, &inside)
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', '{']))
}

fn theirs(model: &str, operation: &str) -> BTreeMap<String, Entry> {
    let mut entries = BTreeMap::new();
    for line in model.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(path), Some(kind)) = (words.next(), words.next()) else { continue };
        let (path, required) = path.strip_suffix('!').map_or((path, false), |path| (path, true));
        if !is_at_or_below(path, operation) {
            continue;
        }
        let kind = match kind {
            "choice" => choice(words.next().unwrap_or_default().split('|')),
            "union" => format!("union {}", words.next().unwrap_or_default()),
            kind => kind.to_owned(),
        };
        entries.insert(path.to_owned(), Entry { required, kind });
    }
    entries
}

fn choice<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: BTreeSet<_> = names.collect();
    format!("choice {}", names.into_iter().collect::<Vec<_>>().join("|"))
}

#[derive(Default)]
struct Ours {
    /// None: the member is declared, and not read.
    entries: BTreeMap<String, Option<Entry>>,
    /// Whatever the model has below these is taken care of.
    opaque: Vec<String>,
}

impl Ours {
    fn add(&mut self, path: &str, shape: Shape, required: bool) {
        let kind = match shape {
            Shape::Text => "string".to_owned(),
            Shape::Choice(names) => choice(names.iter().copied()),
            Shape::Integer => "integer".to_owned(),
            Shape::Long => "long".to_owned(),
            Shape::Double => "double".to_owned(),
            Shape::Flag => "boolean".to_owned(),
            Shape::Blob => "blob".to_owned(),
            Shape::Time => "timestamp".to_owned(),
            Shape::List(_) => "list".to_owned(),
            Shape::Map(_) => "map".to_owned(),
            Shape::Structure { .. } => "structure".to_owned(),
            Shape::Union(name) => format!("union {name}"),
        };
        self.entries.insert(path.to_owned(), Some(Entry { required, kind }));
        match shape {
            Shape::List(element) => self.add(&format!("{path}[]"), *element, false),
            Shape::Map(value) => self.add(&format!("{path}{{}}"), *value, false),
            Shape::Structure { fields, .. } => self.members(path, fields),
            _ => {}
        }
    }

    fn members(&mut self, path: &str, fields: &[Field]) {
        for field in fields {
            let at = format!("{path}.{}", field.name);
            match (field.standing, field.shape) {
                (Standing::Flattened, Some(Shape::Structure { fields, .. })) => self.members(path, fields),
                (standing, Some(shape)) => self.add(&at, shape, standing == Standing::Required),
                (_, None) => {
                    self.entries.insert(at.clone(), None);
                    self.opaque.push(at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "# x\nPut structure\nPut.Name! string 1..9\nPut.Tags list\nPut.Tags[] structure\nPut.Tags[].Key! string\n\
                         Put.Mode choice A|B\nPutter structure\nPutter.X string";

    const fn field(name: &'static str, shape: Option<Shape>, standing: Standing) -> Field {
        Field { name, path: name, shape, standing }
    }

    const RIGHT: Shape = Shape::Structure {
        name: "Put",
        fields: &[
            field("Name", Some(Shape::Text), Standing::Required),
            field("Tags", None, Standing::Later),
            field("Mode", Some(Shape::Choice(&["B", "A"])), Standing::Optional),
        ],
    };
    const WRONG: Shape = Shape::Structure {
        name: "Put",
        fields: &[
            field("Name", Some(Shape::Integer), Standing::Optional),
            field("Mode", Some(Shape::Choice(&["A"])), Standing::Optional),
            field("Own", Some(Shape::Flag), Standing::Optional),
        ],
    };

    #[test]
    fn each_member_is_in_one_request() {
        assert_eq!(
            with_each_member(MODEL, "Put", "1"),
            [
                "1",
                r#"{"Mode":1}"#,
                r#"{"Name":1}"#,
                r#"{"Tags":1}"#,
                r#"{"Tags":[1]}"#,
                r#"{"Tags":[{"Key":1}]}"#,
                r#"{"Nobody":1}"#
            ]
        );
    }

    #[test]
    fn every_difference_is_found_and_every_deviation_is_one() {
        assert_eq!(compare(MODEL, &[("Put", RIGHT)], &[]), [""; 0]);
        let paths = |wrong: Vec<String>| {
            wrong.iter().map(|one| one.split(':').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            paths(compare(MODEL, &[("Put", WRONG)], &[])),
            ["Put.Mode", "Put.Name", "Put.Tags", "Put.Tags[]", "Put.Tags[].Key", "Put.Own"]
        );
        let deviations =
            [("Put.Tags", "later"), ("Put.Name", "a"), ("Put.Mode", "b"), ("Put.Own", "c"), ("Put.Not", "d")];
        assert_eq!(paths(compare(MODEL, &[("Put", WRONG)], &deviations)), ["Put.Not"]);
        assert_eq!(paths(compare(MODEL, &[("Gone", RIGHT)], &[])).first().map(String::as_str), Some("Gone"));
    }
}
