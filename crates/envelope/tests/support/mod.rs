//! Reads the text files of test data: groups of `name = hex` lines, parted by blank lines; `#` begins a comment line.

use std::collections::BTreeMap;

/// One group of a test data file.
pub(crate) struct Group(BTreeMap<String, String>);

impl Group {
    /// A field's raw text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("no field {name}"))
    }

    /// A field's bytes.
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        unhex(self.text(name))
    }

    /// A field's bytes, of known number.
    pub(crate) fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        self.bytes(name).try_into().unwrap_or_else(|_| panic!("{name} has not {N} bytes"))
    }
}

/// All groups of a file, in order.
pub(crate) fn groups(file: &str) -> Vec<Group> {
    file.split("\n\n").map(group).filter(|group| !group.0.is_empty()).collect()
}

fn group(text: &str) -> Group {
    // A value may hold the separator itself, so only the first one counts.
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let fields = lines.map(|line| line.split_once('=').unwrap_or_else(|| panic!("not a field: {line}")));
    Group(fields.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect())
}

fn unhex(text: &str) -> Vec<u8> {
    assert_eq!(text.len() % 2, 0, "odd number of digits");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}
