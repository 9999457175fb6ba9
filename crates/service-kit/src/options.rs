//! From one declaration of an option to its flag, its environment variable and its key in the configuration file:
//! a flag beats the environment beats the file beats the default.
//!
//! A service declares its options as clap `Args`, with names, defaults and help texts only. Everything else follows
//! here: the variable `KEYSTEAD_DATA_DIR` and the TOML key `data-dir` of the flag `--data-dir`, the form of booleans, the
//! precedence, the messages that name where a bad value came from, and `--print-default-config`. The options are those
//! of one subcommand; another subcommand that declares some of them too gets them from the same places.

use crate::{EXIT_USAGE, config_file};
use clap::{
    Arg, ArgAction, Command, CommandFactory, FromArgMatches,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::{
    ffi::{OsStr, OsString},
    io::{self, Write},
    process::ExitCode,
};

/// Flags that say what to do and not how, so that no variable or file can hold them.
const ACTIONS: [&str; 4] = ["help", "version", "check-config", "print-default-config"];
/// Names the file, and so is not in it.
const CONFIG: &str = "config";
/// Where the lines of a default configuration are broken.
const LINE_CHARACTERS: usize = 110;

/// Reads the arguments of a process (`std::env::args_os()`). `subcommand` is the one whose flags are the options;
/// without it, the command itself has them.
pub(crate) fn parse_args<P: CommandFactory + FromArgMatches>(
    subcommand: Option<&str>,
    args: impl IntoIterator<Item = OsString>,
) -> Result<P, Stop> {
    let args: Vec<OsString> = args.into_iter().collect();
    let declared = P::command();
    let names: Vec<String> = names(options_of(&declared, subcommand)).map(str::to_owned).collect();
    let mut command = for_each_option(declared, &names, equipped);
    if args.iter().any(|arg| arg == "--print-default-config") {
        return Err(Stop::DefaultConfig(default_config(options_of(&command, subcommand))));
    }
    if let Some(path) = config_path(&args) {
        let values = config_file::read(path.as_ref(), options_of(&command, subcommand)).map_err(usage)?;
        command = for_each_option(command, &names, |arg| match values.get(name(&arg)) {
            Some(value) => arg.required(false).default_value(value.clone()),
            None => arg,
        });
    }
    let parsed = command.try_get_matches_from_mut(&args).and_then(|matches| P::from_arg_matches(&matches));
    parsed.map_err(|error| with_variable(error.format(&mut command), &args).into())
}

/// Why there is nothing to execute.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Wrong arguments; or `--help` and `--version`, which are errors to clap.
    Parser(Box<clap::Error>),
    /// The configuration file that was asked for.
    DefaultConfig(String),
}

impl From<clap::Error> for Stop {
    fn from(error: clap::Error) -> Self {
        Self::Parser(Box::new(error))
    }
}

impl Stop {
    /// Prints it, and gives the exit code: 64, or 0 for what was asked to be printed.
    pub(crate) fn exit(&self) -> ExitCode {
        // Nowhere to say it if even stderr is closed.
        match self {
            Self::Parser(error) => drop(error.print()),
            Self::DefaultConfig(text) => drop(io::stdout().write_all(text.as_bytes())),
        }
        if self.is_wrong() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS }
    }

    fn is_wrong(&self) -> bool {
        matches!(self, Self::Parser(error) if error.use_stderr())
    }
}

/// The options that a file may set.
pub(crate) fn keys(options: &Command) -> impl Iterator<Item = &Arg> {
    options.get_arguments().filter(|arg| ![CONFIG, ""].contains(&name(arg)) && !ACTIONS.contains(&name(arg)))
}

/// An option's name: that of its flag and its key.
pub(crate) fn name(arg: &Arg) -> &str {
    arg.get_long().unwrap_or_default()
}

fn options_of<'a>(command: &'a Command, subcommand: Option<&str>) -> &'a Command {
    subcommand.and_then(|name| command.find_subcommand(name)).unwrap_or(command)
}

fn names(options: &Command) -> impl Iterator<Item = &str> {
    keys(options).map(name).chain([CONFIG])
}

/// Changes each option, wherever it is declared.
fn for_each_option(command: Command, names: &[String], change: impl Fn(Arg) -> Arg) -> Command {
    let change = |arg: Arg| if names.iter().any(|known| known == name(&arg)) { change(arg) } else { arg };
    command.mut_args(&change).mut_subcommands(|subcommand| subcommand.mut_args(&change))
}

/// Gives an option its variable, and a boolean the form in which it can be turned off too: `--flag=false`.
fn equipped(arg: Arg) -> Arg {
    let variable = variable(name(&arg));
    let is_given = arg.is_required_set() && arg.get_default_values().is_empty();
    // A deployment that passes a variable on passes it on empty where nobody set it.
    let is_empty = std::env::var_os(&variable).is_some_and(|value| value.is_empty());
    let arg = if is_empty { arg } else { arg.env(variable) }.required(is_given);
    match arg.get_action() {
        ArgAction::SetTrue => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_value("false")
            .default_missing_value("true")
            .value_name("true|false")
            .hide_possible_values(true),
        _ => arg,
    }
}

fn variable(name: &str) -> String {
    format!("KEYSTEAD_{}", name.replace('-', "_").to_uppercase())
}

/// The value of `--config`, or of its environment variable.
fn config_path(args: &[OsString]) -> Option<OsString> {
    flag(args, CONFIG).or_else(|| std::env::var_os(variable(CONFIG)).filter(|path| !path.is_empty()))
}

/// What a flag is on the command line.
fn flag(args: &[OsString], name: &str) -> Option<OsString> {
    let flag = format!("--{name}");
    let mut args = args.iter().skip(1);
    while let Some(arg) = args.next() {
        if arg == OsStr::new(&flag) {
            return Some(args.next().cloned().unwrap_or_default());
        }
        let value = arg.to_str().and_then(|arg| arg.strip_prefix(&flag)?.strip_prefix('='));
        if let Some(value) = value {
            return Some(value.into());
        }
    }
    None
}

/// Says that a bad value came from the environment: what clap says names the flag, which nobody gave. (Values of the
/// file were checked when it was read.)
fn with_variable(error: clap::Error, args: &[OsString]) -> clap::Error {
    let named = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(named)) => named.trim_start_matches('-'),
        _ => return error,
    };
    let name = named.split([' ', '=', '[']).next().unwrap_or_default();
    let variable = variable(name);
    if flag(args, name).is_some() || std::env::var_os(&variable).is_none() {
        return error;
    }
    usage(format!("environment variable {variable}: {}", first_line(&error)))
}

/// What is wrong, without clap's colours, its prefix, and its hint at `--help`.
pub(crate) fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

fn usage(problem: String) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{problem}\n"))
}

/// A configuration file with every option. What has no default is there as a comment.
fn default_config(options: &Command) -> String {
    let mut text = commented(
        "Every option with its default. Each is also a flag (data-dir: --data-dir) and an environment variable \
         (KEYSTEAD_DATA_DIR); a flag beats the environment, which beats this file. A key that is not known, or a \
         value that cannot be, stops the start.",
    );
    for arg in keys(options) {
        let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
        text.push('\n');
        text.push_str(&commented(&help));
        text.push_str(&setting(arg));
    }
    text
}

fn setting(arg: &Arg) -> String {
    match arg.get_default_values().first().map(|value| value.to_string_lossy()) {
        Some(value) if is_bare(&value) => format!("{} = {value}\n", name(arg)),
        Some(value) => format!("{} = {}\n", name(arg), toml::Value::from(value.as_ref())),
        None => {
            let value = arg.get_value_names().and_then(|names| names.first());
            format!("# {} = \"{}\"\n", name(arg), value.map(|name| name.as_str()).unwrap_or_default())
        }
    }
}

/// Whether TOML has it as a boolean or a number of the same spelling.
fn is_bare(value: &str) -> bool {
    value.parse::<bool>().is_ok() || value.parse::<u64>().is_ok_and(|number| number.to_string() == value)
}

/// A text as comment lines.
fn commented(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() + word.len() >= LINE_CHARACTERS {
            lines.push_str(&line);
            lines.push('\n');
            line.truncate(1);
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

#[cfg(test)]
mod tests;
