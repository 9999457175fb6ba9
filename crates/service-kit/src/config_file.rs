//! The command line with its environment and its configuration file: flag beats environment beats file beats default.
//!
//! The file's values become the defaults of the flags before the command line is read, so that every flag of every
//! service has a TOML key of the same name without saying so, and one parser checks all values.

use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches, error::ErrorKind};
use std::ffi::OsString;
use toml::Value;

/// Largest configuration file, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Reads the arguments of a process (`std::env::args_os()`). With `subcommand`, that one has the flags that the file
/// `--config` may set; without, the command itself. `--help` and `--version` come back as errors too: the caller
/// prints the error with its `print` and exits with [`EXIT_USAGE`](crate::EXIT_USAGE), or with 0 if it is not one
/// for stderr.
pub fn parse_args<P: CommandFactory + FromArgMatches>(
    subcommand: Option<&str>,
    args: impl IntoIterator<Item = OsString>,
) -> Result<P, clap::Error> {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut command = P::command();
    if let Some(path) = config_path(&args) {
        let values = read(&path).map_err(|problem| usage(&mut command, &path, &problem))?;
        let target = match subcommand {
            Some(name) => command.find_subcommand_mut(name),
            None => Some(&mut command),
        };
        let problem = match target {
            Some(target) => set_defaults(target, &values).err(),
            None => Some("there is nothing to configure".to_owned()),
        };
        if let Some(problem) = problem {
            return Err(usage(&mut command, &path, &problem));
        }
    }
    let matches = command.try_get_matches_from_mut(args)?;
    P::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// The value of `--config`, or of its environment variable.
fn config_path(args: &[OsString]) -> Option<OsString> {
    let mut args = args.iter().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--config" {
            return args.next().cloned();
        }
        if let Some(path) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            return Some(path.into());
        }
    }
    std::env::var_os("KEYSTEAD_CONFIG")
}

fn read(path: &OsString) -> Result<toml::Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    if text.len() > MAX_BYTES {
        return Err(format!("larger than {MAX_BYTES} bytes"));
    }
    text.parse().map_err(|error: toml::de::Error| error.to_string())
}

/// Makes the values the defaults of the flags they name.
fn set_defaults(command: &mut Command, values: &toml::Table) -> Result<(), String> {
    for (key, value) in values {
        let known = command.get_arguments().find(|arg| arg.get_long() == Some(key) && key != "config");
        let id = known.map(|arg| arg.get_id().clone()).ok_or_else(|| format!("unknown key {key:?}"))?;
        let texts = texts(value).ok_or_else(|| format!("{key} is neither a text, a number nor a boolean"))?;
        *command = std::mem::take(command).mut_arg(id, |arg| with_default(arg, texts));
    }
    Ok(())
}

fn with_default(arg: Arg, values: Vec<String>) -> Arg {
    match arg.get_action() {
        // A flag without a value: its default is what it is when it is not given.
        ArgAction::SetTrue => arg.action(ArgAction::Set).num_args(0..=1).default_missing_value("true"),
        _ => arg,
    }
    .required(false)
    .default_values(values)
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => Some(vec![text(value)?]),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

fn usage(command: &mut Command, path: &OsString, problem: &str) -> clap::Error {
    command.error(ErrorKind::InvalidValue, format!("configuration {}: {problem}", path.to_string_lossy()))
}
