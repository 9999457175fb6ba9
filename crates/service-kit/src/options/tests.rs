//! Precedence between flag, file and default, what is refused and in which words, and the default configuration. (What
//! concerns the environment is tested on the real binaries: a test may not change its own.)

use super::*;
use crate::{CommonArgs, telemetry::LogFormat};
use clap::{Args, Parser, Subcommand};
use std::path::Path;

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Sub,
}

#[derive(Debug, Subcommand)]
enum Sub {
    Serve(Box<ServeArgs>),
    Probe {
        #[arg(long, default_value = "127.0.0.1:9001")]
        admin_listen: String,
        #[arg(long)]
        config: Option<String>,
        /// No option: `serve` has none of this name.
        #[arg(long)]
        out: Option<String>,
    },
}

#[derive(Args, Debug)]
#[command(mut_arg("listen", |arg| arg.default_value("127.0.0.1:8001")))]
#[command(mut_arg("admin_listen", |arg| arg.default_value("127.0.0.1:9001")))]
struct ServeArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// A flag of the service's own that must be given.
    #[arg(long, value_name = "file:PATH")]
    root_key: String,
}

impl Stop {
    fn text(&self) -> String {
        match self {
            Self::Parser(error) => error.to_string(),
            Self::DefaultConfig(text) => text.clone(),
        }
    }
}

fn parsed(args: &[&str]) -> Result<Sub, Stop> {
    parse_args::<Cli>(Some("serve"), args.iter().map(OsString::from)).map(|cli| cli.command)
}

fn with_file(config: &str, args: &[&str]) -> Result<Sub, Stop> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.toml");
    std::fs::write(&path, config).unwrap();
    let (first, rest) = args.split_first().unwrap();
    parsed(&[&["x", first, "--config", path.to_str().unwrap()], rest].concat())
}

fn serve(config: &str, args: &[&str]) -> Result<ServeArgs, Stop> {
    match with_file(config, &[&["serve"], args].concat())? {
        Sub::Serve(args) => Ok(*args),
        Sub::Probe { .. } => panic!("not serve"),
    }
}

#[test]
fn every_option_has_a_key_in_the_file() {
    let config = "
        listen = '127.0.0.1:0'
        admin-listen = '[::1]:9'
        data-dir = '/data'
        account = '123456789012'
        region = 'eu-central-1'
        principals = 'p.toml'
        insecure-dev = true
        drain-timeout = '3s'
        log-filter = 'debug'
        log-format = 'json'
        otlp-endpoint = 'http://127.0.0.1:4317'
        root-key = 'file:/key'
    ";
    let ServeArgs { common, root_key } = serve(config, &[]).unwrap();
    assert_eq!(common.listen.to_string(), "127.0.0.1:0");
    assert_eq!(common.admin_listen.to_string(), "[::1]:9");
    assert_eq!(common.data_dir, Path::new("/data"));
    assert_eq!((common.account.as_str(), common.region.as_str()), ("123456789012", "eu-central-1"));
    assert_eq!(common.principals.as_deref(), Some(Path::new("p.toml")));
    assert!(common.insecure_dev);
    assert_eq!(common.limits.limits().drain, std::time::Duration::from_secs(3));
    assert_eq!(common.log.log_format, LogFormat::Json);
    assert_eq!(common.traces.otlp_endpoint.unwrap(), "http://127.0.0.1:4317");
    assert_eq!(root_key, "file:/key");
}

#[test]
fn a_flag_beats_the_file_and_the_file_the_default() {
    let config = "root-key = 'file:/key'\nregion = 'eu-central-1'\ninsecure-dev = false";
    let common = serve(config, &["--region", "us-west-2", "--insecure-dev"]).unwrap().common;
    assert_eq!(common.region.as_str(), "us-west-2");
    assert!(common.insecure_dev);
    let common = serve(config, &[]).unwrap().common;
    assert_eq!(common.region.as_str(), "eu-central-1");
    assert!(!common.insecure_dev);
    assert_eq!(common.account.as_str(), "000000000000");
    assert_eq!(common.listen.to_string(), "127.0.0.1:8001");
    let turned_off = serve("root-key = 'k'\ninsecure-dev = true", &["--insecure-dev=false"]).unwrap();
    assert!(!turned_off.common.insecure_dev);
}

#[test]
fn another_subcommand_takes_from_the_file_what_it_knows() {
    let config = "root-key = 'file:/key'\nadmin-listen = '127.0.0.1:1234'";
    let Sub::Probe { admin_listen, out, .. } = with_file(config, &["probe"]).unwrap() else {
        panic!("not probe")
    };
    assert_eq!((admin_listen.as_str(), out), ("127.0.0.1:1234", None));
    assert!(with_file("out = 'x'", &["probe"]).unwrap_err().text().contains("unknown key"));
}

#[test]
fn what_is_wrong_in_the_file_is_named_with_its_line() {
    for (config, expected) in [
        ("rootkey = 'x'", "line 1: unknown key \"rootkey\""),
        ("\n\nroot_key = 'x'", "line 3: unknown key \"root_key\""),
        ("config = 'other.toml'", "line 1: unknown key \"config\""),
        ("check-config = true", "line 1: unknown key \"check-config\""),
        ("help = true", "line 1: unknown key \"help\""),
        ("[listen]\nport = 1", "line 1: listen is neither"),
        ("listen = ['127.0.0.1:0']", "line 1: listen is neither"),
        ("listen = 1.5", "line 1: invalid value '1.5' for '--listen"),
        ("region = 'a'\nlisten = ", "line 2: "),
        ("region = 'x'\nregion = 'y'", "line 2: duplicate key"),
        ("root-key = 'x'\nlisten = 'everywhere'", "line 2: invalid value 'everywhere' for '--listen"),
        ("root-key = 'x'\naccount = 5", "line 2: invalid value '5' for '--account"),
        ("root-key = 'x'\ninsecure-dev = 'maybe'", "line 2: invalid value 'maybe' for '--insecure-dev"),
        ("root-key = 'x'\ndrain-timeout = 'soon'", "line 2: invalid value 'soon' for '--drain-timeout"),
    ] {
        for args in [&[][..], &["--root-key=k", "--listen=127.0.0.1:1", "--account=000000000000"]] {
            let error = serve(config, args).unwrap_err();
            let text = error.text();
            assert!(text.contains(expected) && text.contains("config.toml, "), "{config}: {text}");
            assert!(error.is_wrong());
        }
    }
    assert!(serve("", &[]).unwrap_err().text().contains("--root-key"));
    let secret = serve("root-key = 'x'\nsecret = 'Canary", &[]).unwrap_err().text();
    assert!(!secret.contains("Canary"), "{secret}");
}

#[test]
fn a_missing_file_is_a_usage_error_and_no_file_is_none() {
    let error = parsed(&["x", "serve", "--config=/nonexistent", "--root-key", "k"]).unwrap_err();
    assert!(error.text().contains("/nonexistent") && error.is_wrong());
    assert!(parsed(&["x", "serve", "--root-key", "k"]).is_ok());
    assert!(parsed(&["x", "probe"]).is_ok());
    assert!(!parsed(&["x", "--help"]).unwrap_err().is_wrong());
}

#[test]
fn the_default_configuration_is_complete_and_is_the_defaults() {
    let printed = parsed(&["x", "serve", "--print-default-config"]).unwrap_err();
    assert!(!printed.is_wrong(), "it is an answer and no error");
    let config = printed.text();
    let shown = |args: ServeArgs| format!("{:?}", ServeArgs { common: without_file(args.common), ..args });
    let from_file = shown(serve(&config, &["--root-key", "k"]).unwrap());
    assert_eq!(from_file, shown(serve("", &["--root-key", "k"]).unwrap()));
    let declared = Cli::command();
    for key in names(options_of(&declared, Some("serve"))).filter(|key| *key != CONFIG) {
        let is_there = |line: &str| line.trim_start_matches("# ").starts_with(&format!("{key} = "));
        assert_eq!(config.lines().filter(|line| is_there(line)).count(), 1, "{key}\n{config}");
    }
    for line in config.lines() {
        assert!(line.len() <= LINE_CHARACTERS, "{line}");
    }
    assert!(config.contains("# principals = \"FILE\"\n") && config.contains("insecure-dev = false\n"));
}

fn without_file(common: CommonArgs) -> CommonArgs {
    CommonArgs { config: crate::ConfigArgs::default(), ..common }
}
