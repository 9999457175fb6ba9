//! What both batches check of what they are sent for each table, and the one kind of text in which AWS repeats all of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use shape::{MAX_SHOWN_CHARS, Rule, Shown, Violations};

use crate::limits::TABLE_NAME_CHARS;
use crate::validate::is_table_name_text;
use crate::value::raw::{Map, Value};

/// The member that holds the tables, as most texts name it, and as those of the newer layer do.
const MEMBER: &str = "requestItems";
const NEWER_MEMBER: &str = "RequestItems";

const NAME_RULES: &str = "Member must have length less than or equal to 255, Member must have length greater than or equal \
                          to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";

/// Checks the names of tables; a table may be named by its ARN as well.
pub(super) fn check_names<T>(
    items: &BTreeMap<String, T>,
    violations: &mut Violations,
    show: impl FnOnce(&mut Shortened),
) {
    let is_name = |name: &String| {
        name.starts_with("arn:")
            || TABLE_NAME_CHARS.contains(&name.chars().count()) && is_table_name_text(name)
    };
    if !items.keys().all(is_name) {
        violations.push(MEMBER, shown(show), Rule::MapKeys(NAME_RULES));
    }
}

/// Adds that a list of the map breaks these rules.
pub(super) fn values_break(
    rules: &'static str,
    violations: &mut Violations,
    show: impl FnOnce(&mut Shortened),
) {
    violations.push(MEMBER, shown(show), Rule::MapValues(rules));
}

/// Adds that what stands at `path` below one table breaks a rule, in the words of the newer layer.
pub(super) fn below_table(table: &str, path: &str, rule: Rule, violations: &mut Violations) {
    let (at, logged) = (format!("{NEWER_MEMBER}.{table}.member"), format!("{NEWER_MEMBER}....member"));
    violations.below(&at, &logged, |violations| violations.push(path, Shown::Hidden, rule));
}

fn shown(show: impl FnOnce(&mut Shortened)) -> Shown {
    let mut text = Shortened::default();
    show(&mut text);
    if text.is_cut { Shown::Hidden } else { Shown::short(&text.text) }
}

/// A text that takes no more than is shown.
#[derive(Default)]
pub(super) struct Shortened {
    text: String,
    is_cut: bool,
}

impl Shortened {
    /// Appends.
    pub(super) fn push(&mut self, text: &str) {
        self.is_cut |= self.text.len() + text.len() > MAX_SHOWN_CHARS * 4;
        if !self.is_cut {
            self.text.push_str(text);
        }
    }

    /// Appends members with something around and between them; no more of them than fit.
    pub(super) fn list<T>(
        &mut self,
        [open, close]: [&str; 2],
        separator: &str,
        members: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.push(open);
        let mut is_first = true;
        for member in members {
            if self.is_cut {
                return;
            }
            if !std::mem::take(&mut is_first) {
                self.push(separator);
            }
            each(self, member);
        }
        self.push(close);
    }

    /// Appends a map of values as JSON.
    pub(super) fn json_map(&mut self, map: &Map) {
        self.list(["{", "}"], ",", map, |text, (name, value)| {
            text.json_text(name);
            text.push(":");
            text.json_value(value);
        });
    }

    /// Appends a text as JSON.
    pub(super) fn json_text(&mut self, text: &str) {
        self.push("\"");
        for character in text.chars() {
            if self.is_cut {
                return;
            }
            let mut escaped = String::new();
            match character {
                '"' | '\\' => escaped.extend(['\\', character]),
                control if control < ' ' => drop(write!(escaped, "\\u{:04x}", u32::from(control))),
                plain => escaped.push(plain),
            }
            self.push(&escaped);
        }
        self.push("\"");
    }

    /// Recursion ends where the text does: each level adds to it.
    fn json_value(&mut self, value: &Value) {
        let typed = |text: &mut Self, name: &str, content: &mut dyn FnMut(&mut Self)| {
            text.push("{");
            text.json_text(name);
            text.push(":");
            if !text.is_cut {
                content(text);
            }
            text.push("}");
        };
        let texts = |text: &mut Self, members: &[String]| {
            text.list(["[", "]"], ",", members, |text, member| text.json_text(member));
        };
        match value {
            Value::S(content) => typed(self, "S", &mut |text| text.json_text(content)),
            Value::N(content) => typed(self, "N", &mut |text| text.json_text(content)),
            Value::Ss(members) => typed(self, "SS", &mut |text| texts(text, members)),
            Value::Ns(members) => typed(self, "NS", &mut |text| texts(text, members)),
            Value::M(map) => typed(self, "M", &mut |text| text.json_map(map)),
            Value::L(list) => typed(self, "L", &mut |text| {
                text.list(["[", "]"], ",", list, |text, value| text.json_value(value));
            }),
            Value::Null(flag) => typed(self, "NULL", &mut |text| text.push(&flag.to_string())),
            Value::Bool(flag) => typed(self, "BOOL", &mut |text| text.push(&flag.to_string())),
            // Bytes say nothing to a reader.
            Value::B(_) | Value::Bs(_) | Value::Empty | Value::Several => self.push("{}"),
        }
    }
}
