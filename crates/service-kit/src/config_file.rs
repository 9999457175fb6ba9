//! The command line with its environment and its configuration file: flag beats environment beats file beats default.
//!
//! The file's values become the defaults of the flags before the command line is read, so that every flag of every
//! service has a TOML key of the same name without saying so, and one parser checks all values.

use crate::EXIT_USAGE;
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches, error::ErrorKind};
use std::{ffi::OsString, process::ExitCode};
use toml::Value;

/// Largest configuration file, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Reads the arguments of a process (`std::env::args_os()`). With `subcommand`, that one has the flags that the file
/// `--config` may set; without, the command itself. `--help` and `--version` come back as errors too, as clap has
/// it: [`exit_for_args`] knows what to do with each.
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

/// Prints what [`parse_args`] came back with, and gives the exit code for it: 64, or 0 for `--help` and `--version`.
pub fn exit_for_args(error: &clap::Error) -> ExitCode {
    // Nowhere to say it if even stderr is closed.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CommonArgs;
    use clap::{Parser, Subcommand};
    use std::path::Path;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(subcommand)]
        command: Sub,
    }

    #[derive(Debug, Subcommand)]
    enum Sub {
        Serve {
            #[command(flatten)]
            common: Box<CommonArgs>,
            /// A flag of the service's own that must be given.
            #[arg(long)]
            root_key: String,
        },
        Other,
    }

    fn parse(config: &str, args: &[&str]) -> Result<(Box<CommonArgs>, String), clap::Error> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.toml");
        std::fs::write(&path, config).unwrap();
        let given = ["kms-service", "serve", "--config"].map(OsString::from).into_iter();
        let args = given.chain([path.into_os_string()]).chain(args.iter().map(OsString::from));
        match parse_args::<Cli>(Some("serve"), args)?.command {
            Sub::Serve { common, root_key } => Ok((common, root_key)),
            Sub::Other => panic!("not serve"),
        }
    }

    #[test]
    fn every_flag_has_a_key_in_the_file() {
        let config = "
            listen = '127.0.0.1:0'
            admin-listen = '[::1]:9'
            data-dir = '/data'
            account = '123456789012'
            region = 'eu-central-1'
            principals = 'p.toml'
            insecure-dev = true
            log-filter = 'debug'
            log-format = 'json'
            root-key = 'file:/key'
        ";
        let (common, root_key) = parse(config, &[]).unwrap();
        assert_eq!(common.listen_or(8001).to_string(), "127.0.0.1:0");
        assert_eq!(common.admin_listen_or(9001).to_string(), "[::1]:9");
        assert_eq!(common.data_dir, Path::new("/data"));
        assert_eq!((common.account.as_str(), common.region.as_str()), ("123456789012", "eu-central-1"));
        assert_eq!(common.principals.as_deref(), Some(Path::new("p.toml")));
        assert!(common.insecure_dev);
        assert_eq!(common.log.log_format, crate::telemetry::LogFormat::Json);
        assert_eq!(root_key, "file:/key");
    }

    #[test]
    fn a_flag_beats_the_file_and_the_file_the_default() {
        let config = "root-key = 'file:/key'\nregion = 'eu-central-1'\ninsecure-dev = false";
        let (common, _) = parse(config, &["--region", "us-west-2", "--insecure-dev"]).unwrap();
        assert_eq!(common.region.as_str(), "us-west-2");
        assert!(common.insecure_dev);
        let (common, _) = parse(config, &[]).unwrap();
        assert_eq!(common.region.as_str(), "eu-central-1");
        assert!(!common.insecure_dev);
        assert_eq!(common.account.as_str(), "000000000000");
        assert_eq!(common.listen_or(8001).to_string(), "127.0.0.1:8001");
    }

    #[test]
    fn an_unknown_key_and_a_bad_value_are_usage_errors() {
        for (config, expected) in [
            ("rootkey = 'x'", "unknown key \"rootkey\""),
            ("root_key = 'x'", "unknown key \"root_key\""),
            ("config = 'other.toml'", "unknown key \"config\""),
            ("help = true", "unknown key \"help\""),
            ("[listen]\nport = 1", "listen is neither"),
            ("listen = 1.5", "listen is neither"),
            ("listen = ", "configuration"),
            ("root-key = 'x'\nlisten = 'everywhere'", "invalid value 'everywhere' for '--listen"),
            ("root-key = 'x'\naccount = 5", "invalid value '5' for '--account"),
            ("root-key = 'x'\ninsecure-dev = 'maybe'", "invalid value 'maybe' for '--insecure-dev"),
            ("", "--root-key"),
        ] {
            let error = parse(config, &[]).unwrap_err();
            assert!(error.to_string().contains(expected), "{config}: {error}");
            assert!(error.use_stderr());
        }
    }

    #[test]
    fn a_missing_file_is_a_usage_error_and_no_file_is_none() {
        let with = |args: &[&str]| parse_args::<Cli>(Some("serve"), args.iter().map(OsString::from));
        let error = with(&["x", "serve", "--config=/nonexistent", "--root-key", "k"]).unwrap_err();
        assert!(error.to_string().contains("/nonexistent"), "{error}");
        assert!(with(&["x", "serve", "--root-key", "k"]).is_ok());
        assert!(with(&["x", "other"]).is_ok());
        assert!(!with(&["x", "--help"]).unwrap_err().use_stderr());
    }
}
