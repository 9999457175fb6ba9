//! The example principals file that is handed out loads.

use identity::{Directory, Verdict};
use std::{fs, os::unix::fs::PermissionsExt};

#[test]
fn the_example_principals_file_loads() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/principals.example.toml");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("principals.toml");
    fs::copy(example, &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();

    let principals = Directory::load(&path).unwrap();
    let root =
        principals.authenticate("AKIAIOSFODNN7EXAMPLE", b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap();
    assert!(root.is_root());
    let alice = principals.by_arn("arn:aws:iam::000000000000:user/alice").unwrap();
    let music = "arn:aws:dynamodb:us-east-1:000000000000:table/Music";
    assert_eq!(alice.policy.evaluate("dynamodb:BatchGetItem", music), Verdict::Allow);
    assert_eq!(alice.policy.evaluate("dynamodb:DeleteTable", music), Verdict::Silent);
}
