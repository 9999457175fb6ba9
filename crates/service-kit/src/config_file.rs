//! The configuration file: TOML, one key for each option, of the same name. A key that is not known and a value that
//! cannot be refuse it; the message names the file and the line. It never quotes the line itself.

use crate::options::{first_line, keys, name};
use clap::{Arg, Command};
use std::{collections::HashMap, fs::File, io::Read, path::Path};
use toml::de::{DeTable, DeValue};

/// Largest configuration file, in bytes.
const MAX_BYTES: u64 = 256 * 1024;

/// The values of the file, each as the flag of its name would take it. Each was checked as if it were given alone, so
/// that one which a flag overrules is no less right.
pub(crate) fn read(path: &Path, options: &Command) -> Result<HashMap<String, String>, String> {
    let at = |problem: String| format!("configuration {}: {problem}", path.display());
    let text = text(path).map_err(at)?;
    let at = |offset: usize, problem: String| {
        let before = text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        format!("configuration {}, line {}: {problem}", path.display(), before.saturating_add(1))
    };
    let table = DeTable::parse(&text)
        .map_err(|error| at(error.span().unwrap_or_default().start, error.message().to_owned()))?;
    let mut values = HashMap::new();
    for (key, value) in table.into_inner() {
        let at = |problem| at(key.span().start, problem);
        let key = key.get_ref().as_ref();
        let arg =
            keys(options).find(|arg| name(arg) == key).ok_or_else(|| at(format!("unknown key {key:?}")))?;
        let value = plain(value.get_ref())
            .ok_or_else(|| at(format!("{key} is neither a text, a number nor a boolean")))?;
        check(arg, &value).map_err(at)?;
        values.insert(key.to_owned(), value);
    }
    Ok(values)
}

fn text(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    match u64::try_from(text.len()) {
        Ok(length) if length <= MAX_BYTES => Ok(text),
        _ => Err(format!("larger than {MAX_BYTES} bytes")),
    }
}

fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

fn check(arg: &Arg, value: &str) -> Result<(), String> {
    let alone = Command::new("").no_binary_name(true).arg(arg.clone().required(false));
    let given = alone.try_get_matches_from([format!("--{}={value}", name(arg))]);
    given.map(drop).map_err(|error| first_line(&error))
}
