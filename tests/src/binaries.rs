//! Finds the three binaries, building them once per test process so that a test never runs an old one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Where the binary called `name` is.
///
/// The first call runs `cargo build` for the profile that this test was built with; when nothing changed that takes a
/// moment, as it does after `cargo test --workspace`.
pub fn path(name: &str) -> &'static Path {
    static BUILT: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(build);
    built.get(name).unwrap_or_else(|| panic!("cargo built no binary called {name}, only {:?}", built.keys()))
}

/// Where a test is selected, cargo resolves the features that tests need for everything: then what it compiled for the tests
/// serves the binaries too. Which test it is makes no difference. Benchmarks measure the binaries as they are deployed.
const AS_FOR_TESTS: [&str; 2] = ["--test", "stories"];

fn build() -> HashMap<String, PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--workspace", "--bins", "--message-format=json-render-diagnostics"])
        .current_dir(
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is inside the workspace"),
        )
        .stderr(Stdio::inherit());
    if built_for_release() {
        command.arg("--release");
    } else {
        command.args(AS_FOR_TESTS);
    }
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "cargo build failed: {}", output.status);
    String::from_utf8(output.stdout).expect("cargo prints UTF-8").lines().filter_map(executable).collect()
}

/// `target/release/deps/this-test` against `target/debug/deps/this-test`.
fn built_for_release() -> bool {
    let this = std::env::current_exe().expect("a running program has a path");
    this.components().any(|part| part.as_os_str() == "release")
}

/// The name and path in one line of cargo's messages, if it is about an executable.
fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let path = PathBuf::from(message.get("executable")?.as_str()?);
    let name = path.file_stem()?.to_str()?.to_owned();
    Some((name, path))
}
