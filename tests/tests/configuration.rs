//! Promise: whoever starts a service says what it shall do by flag, environment or file, in that order, can have all of
//! it checked beforehand, and is told what is wrong and where, with exit code 64 and before anything is bound or made.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tests::{run_in, run_to_end};

/// The binaries, each with the arguments before its options.
const BINARIES: [(&str, &[&str]); 3] =
    [("kms-service", &["serve"]), ("table-service", &["serve"]), ("keystead", &[])];

fn write(directory: &Path, name: &str, mode: u32, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("writable");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("an own file");
    path.to_str().expect("UTF-8").to_owned()
}

const CREDENTIAL: &str = "access_key_id = \"AKIAIOSFODNN7EXAMPLE\"\n\
                          secret_access_key = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"\n";

/// What a binary needs besides.
fn needed<'a>(binary: &str, credential: &'a str) -> Vec<&'a str> {
    if binary == "table-service" { vec!["--kms-credentials", credential] } else { vec![] }
}

/// Everything below a directory, to see that nothing was made.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_default_configuration_is_taken_as_it_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let credential = write(directory.path(), "credential.toml", 0o600, CREDENTIAL);
    for (binary, subcommand) in BINARIES {
        let arguments = [subcommand, &["--print-default-config"]].concat();
        let (status, printed) = run_to_end(binary, &arguments, directory.path()).await;
        assert!(status.success(), "{binary}: {printed}");
        for key in ["data-dir", "account", "drain-timeout", "log-filter"] {
            assert!(printed.contains(&format!("{key} = ")), "{binary} has {key}: {printed}");
        }
        let config = write(directory.path(), "config.toml", 0o644, &printed);
        let before = names(directory.path());
        let arguments =
            [subcommand, &["--check-config", "--config", &config], &needed(binary, &credential)[..]].concat();
        let (status, printed) = run_to_end(binary, &arguments, directory.path()).await;
        assert!(status.success(), "{binary}: {printed}");
        assert_eq!(names(directory.path()), before, "{binary} made nothing");
    }
}

/// Values other than the default, in every form that TOML has for one; and variables that are there and empty, which is
/// what a deployment makes of one that nobody set.
#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_value_is_taken_and_an_empty_variable_is_none() {
    let directory = tempfile::tempdir().expect("a directory");
    let credential = write(directory.path(), "credential.toml", 0o600, CREDENTIAL);
    let forms = "otlp-sample-ratio = 0.25\nstore-cache-mib = 64\ndrain-timeout = '3s'\n";
    let forms = write(directory.path(), "forms.toml", 0o644, forms);
    let beyond = write(directory.path(), "beyond.toml", 0o644, "otlp-sample-ratio = 1.5\n");
    let empty = ["KEYSTEAD_OTLP_ENDPOINT", "KEYSTEAD_STORE_CACHE_MIB", "KEYSTEAD_CONFIG", "KEYSTEAD_ACCOUNT"];
    for (binary, subcommand) in BINARIES {
        for (more, environment, code) in [
            (vec!["--config", &*forms], vec![], 0),
            (vec!["--config", &*beyond], vec![], 64),
            (vec![], empty.map(|name| (name, "")).to_vec(), 0),
        ] {
            let arguments =
                [subcommand, &["--check-config"], &more[..], &needed(binary, &credential)].concat();
            let (status, printed) = run_in(binary, &arguments, &environment, directory.path()).await;
            assert_eq!(status.code(), Some(code), "{binary} {more:?}: {printed}");
        }
    }
}

/// An address of other machines without protection is refused and one on loopback is not: so which one counted shows.
#[tokio::test(flavor = "multi_thread")]
async fn a_flag_beats_the_environment_and_that_beats_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let credential = write(directory.path(), "credential.toml", 0o600, CREDENTIAL);
    let open = write(directory.path(), "open.toml", 0o644, "listen = '0.0.0.0:1'\n");
    let closed = write(directory.path(), "closed.toml", 0o644, "listen = '127.0.0.1:1'\n");
    let (open_variable, closed_variable) =
        (("KEYSTEAD_LISTEN", "0.0.0.0:2"), ("KEYSTEAD_LISTEN", "127.0.0.1:2"));
    for (binary, subcommand) in &BINARIES[..2] {
        let check = async |more: &[&str], environment: &[(&str, &str)]| {
            let arguments = [*subcommand, &["--check-config"], more, &needed(binary, &credential)].concat();
            let (status, printed) = run_in(binary, &arguments, environment, directory.path()).await;
            (status.code(), printed)
        };
        for (more, environment, refused) in [
            (vec![], vec![], None),
            (vec!["--config", &open], vec![], Some("0.0.0.0:1")),
            (vec!["--config", &closed], vec![open_variable], Some("0.0.0.0:2")),
            (vec!["--config", &open], vec![closed_variable], None),
            (vec!["--config", &open, "--listen", "127.0.0.1:3"], vec![open_variable], None),
            (vec!["--listen=0.0.0.0:3"], vec![closed_variable], Some("0.0.0.0:3")),
            (vec![], vec![("KEYSTEAD_CONFIG", &open)], Some("0.0.0.0:1")),
            (vec!["--config", &closed], vec![("KEYSTEAD_CONFIG", &open)], None),
            (vec![], vec![open_variable, ("KEYSTEAD_INSECURE_DEV", "true")], None),
            (
                vec!["--insecure-dev=false"],
                vec![open_variable, ("KEYSTEAD_INSECURE_DEV", "true")],
                Some("0.0.0.0:2"),
            ),
        ] {
            let (code, printed) = check(&more, &environment).await;
            let expected = if refused.is_some() { Some(64) } else { Some(0) };
            assert_eq!(code, expected, "{binary} {more:?} {environment:?}: {printed}");
            assert!(printed.contains(refused.unwrap_or("good")), "{binary} {more:?}: {printed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_with_where_it_stands() {
    let directory = tempfile::tempdir().expect("a directory");
    let credential = write(directory.path(), "credential.toml", 0o600, CREDENTIAL);
    let unknown = write(directory.path(), "unknown.toml", 0o644, "\nno-such-option = 1\n");
    let bad = write(directory.path(), "bad.toml", 0o644, "# first\n\naccount = 'twelve'\n");
    for (binary, subcommand) in BINARIES {
        for (more, environment, expected) in [
            (vec!["--config", &unknown], vec![], vec!["unknown.toml, line 2", "no-such-option"]),
            (vec!["--config", &bad], vec![], vec!["bad.toml, line 3", "--account", "twelve"]),
            (vec![], vec![("KEYSTEAD_ACCOUNT", "eleven")], vec!["KEYSTEAD_ACCOUNT", "eleven"]),
            (vec!["--account", "ten"], vec![("KEYSTEAD_ACCOUNT", "eleven")], vec!["--account", "ten"]),
            (vec!["--log-filter", "a=b=c"], vec![], vec!["--log-filter"]),
            (vec!["--otlp-endpoint", "collector:4317"], vec![], vec!["--otlp-endpoint", "http://HOST:PORT"]),
            (
                vec![],
                vec![("KEYSTEAD_OTLP_ENDPOINT", "https://c")],
                vec!["KEYSTEAD_OTLP_ENDPOINT", "https://c"],
            ),
            (vec!["--drain-timeout", "soon"], vec![], vec!["--drain-timeout"]),
        ] {
            for check in [&["--check-config"][..], &[]] {
                let arguments = [subcommand, check, &more, &needed(binary, &credential)].concat();
                let (status, printed) = run_in(binary, &arguments, &environment, directory.path()).await;
                assert_eq!(status.code(), Some(64), "{binary} {more:?} {environment:?}: {printed}");
                for part in &expected {
                    assert!(printed.contains(part), "{binary} {more:?} {environment:?}: {printed}");
                }
            }
        }
    }
    let both = ["--data-dir", "data", "--ephemeral"];
    let (status, printed) = run_to_end("keystead", &both, directory.path()).await;
    assert_eq!(status.code(), Some(64), "{printed}");
    assert_eq!(names(directory.path()), ["bad.toml", "credential.toml", "unknown.toml"], "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_reads_every_file_that_an_option_names_and_binds_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, mode: u32, text: &str| write(directory.path(), name, mode, text);
    let credential = file("credential.toml", 0o600, CREDENTIAL);
    let readable = file("readable.toml", 0o644, CREDENTIAL);
    let principals = file(
        "principals.toml",
        0o600,
        &format!("[[principal]]\narn = 'arn:aws:iam::000000000000:root'\n{CREDENTIAL}"),
    );
    let broken = file("broken.toml", 0o600, "[[principal]]\narn = 'nobody'\n");
    let root_key = directory.path().join("root.key").to_str().expect("UTF-8").to_owned();
    let (status, printed) =
        run_to_end("kms-service", &["init-root-key", "--out", &root_key], directory.path()).await;
    assert!(status.success(), "{printed}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let taken = taken.local_addr().expect("it is bound").to_string();
    let before = names(directory.path());

    let key = format!("file:{root_key}");
    let cases: [(&str, &[&str], Option<&str>); 9] = [
        ("kms-service", &["--root-key", &key, "--principals", &principals, "--listen", &taken], None),
        ("kms-service", &["--root-key", &format!("{key}.none")], Some("root.key.none")),
        ("kms-service", &["--root-key", &format!("file:{credential}")], Some("not a root key")),
        ("kms-service", &["--principals", &broken], Some("broken.toml, line 2")),
        ("table-service", &["--kms-credentials", &credential, "--admin-listen", &taken], None),
        ("table-service", &["--kms-credentials", &credential, "--durability", "sync"], None),
        ("table-service", &["--kms-credentials", &credential, "--durability=interval"], Some("not offered")),
        ("table-service", &["--kms-credentials", &readable], Some("mode 0644")),
        ("table-service", &["--kms-credentials", &credential, "--kms", "ftp://kms"], Some("--kms")),
    ];
    for (binary, more, wrong) in cases {
        let arguments = [&["serve", "--check-config"], more].concat();
        let (status, printed) = run_to_end(binary, &arguments, directory.path()).await;
        assert_eq!(status.code(), Some(if wrong.is_some() { 64 } else { 0 }), "{more:?}: {printed}");
        assert!(printed.contains(wrong.unwrap_or("good")), "{more:?}: {printed}");
        assert!(!printed.contains("wJalrXUtnFEMI"), "{more:?}: {printed}");
    }
    assert_eq!(names(directory.path()), before, "nothing was made");
}
