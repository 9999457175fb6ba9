//! What a deployment starts with is complete, usable and stays as it is.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use identity::Directory;

use super::*;

fn cli(out: &Path, more: &[&str]) -> Cli {
    let out = ["keystead-init", "--out", out.to_str().unwrap()];
    Cli::parse_from(out.iter().chain(more))
}

/// Every file below `out`, with its content.
fn contents(out: &Path) -> BTreeMap<PathBuf, String> {
    let directories = ["kms", "table", "admin"].map(|name| out.join(name));
    let files = directories.iter().flat_map(|directory| fs::read_dir(directory).unwrap());
    let paths = files.map(|file| file.unwrap().path());
    paths
        .map(|path| (path.strip_prefix(out).unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn init(out: &Path, more: &[&str]) -> BTreeMap<PathBuf, String> {
    run(&cli(out, more), SystemTime::now()).unwrap();
    contents(out)
}

#[test]
fn everything_is_made_once_and_what_is_secret_is_its_owners() {
    let out = tempfile::tempdir().unwrap();
    let made = init(out.path(), &[]);
    let names: Vec<_> = made.keys().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "admin/admin.key",
            "admin/admin.pem",
            "admin/ca.key",
            "admin/ca.pem",
            "admin/credential.toml",
            "kms/ca.pem",
            "kms/principals.toml",
            "kms/root.key",
            "kms/server.key",
            "kms/server.pem",
            "table/ca.pem",
            "table/kms-client.key",
            "table/kms-client.pem",
            "table/principals.toml",
            "table/server.key",
            "table/server.pem",
        ]
    );
    for name in names {
        let mode = fs::metadata(out.path().join(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode, if name.ends_with(".pem") { 0o644 } else { 0o600 }, "{name}");
    }
    assert!(init(out.path(), &[]) == made, "a second run changes nothing");
}

#[test]
fn what_a_killed_run_left_is_completed_and_not_replaced() {
    let order = [
        "admin/ca.key",
        "admin/ca.pem",
        "kms/ca.pem",
        "table/ca.pem",
        "admin/credential.toml",
        "admin/admin.key",
        "admin/admin.pem",
        "table/kms-client.key",
        "table/kms-client.pem",
        "kms/server.key",
        "kms/server.pem",
        "table/server.key",
        "table/server.pem",
        "kms/root.key",
        "kms/principals.toml",
        "table/principals.toml",
    ]
    .map(PathBuf::from);
    let whole = tempfile::tempdir().unwrap();
    let made = init(whole.path(), &[]);
    assert!(made.len() == order.len() && order.iter().all(|path| made.contains_key(path)));
    // As far as the clock of the file system can tell: several files may have one time.
    let time = |path: &PathBuf| fs::metadata(whole.path().join(path)).unwrap().modified().unwrap();
    assert!(order.is_sorted_by_key(time), "this is the order in which they are made");
    for kept in 0..order.len() {
        let out = tempfile::tempdir().unwrap();
        let before = init(out.path(), &[]);
        for path in order.get(kept..).unwrap() {
            fs::remove_file(out.path().join(path)).unwrap();
        }
        fs::write(out.path().join("kms/server.key.new"), "half a k").unwrap();
        let left = contents(out.path());
        let after = init(out.path(), &[]);
        for path in order.get(..kept).unwrap() {
            assert!(after.get(path) == left.get(path), "{path:?} is still the same");
        }
        assert!(before.keys().all(|path| after.contains_key(path)), "all is there after {kept} files");
    }
}

#[test]
fn the_services_can_read_their_principals() {
    let out = tempfile::tempdir().unwrap();
    init(out.path(), &["--account", "123456789012", "--region", "eu-central-1"]);
    let kms = Directory::load(&out.path().join("kms/principals.toml")).unwrap();
    let table = Directory::load(&out.path().join("table/principals.toml")).unwrap();
    let root = "arn:aws:iam::123456789012:root";
    for directory in [&kms, &table] {
        let certified = directory.certified([principals::ROOT_SAN]).unwrap().unwrap();
        assert_eq!(certified.arn.to_string(), root);
        let credential = Credential::read(&out.path().join("admin/credential.toml")).unwrap();
        let proven = directory
            .authenticate(credential.access_key_id.as_str(), credential.secret.expose().as_bytes())
            .unwrap();
        assert_eq!(proven.arn.to_string(), root);
    }
    let service = kms.certified([principals::SERVICE_SAN]).unwrap().unwrap();
    assert_eq!(service.as_service().unwrap().to_string(), "dynamodb.eu-central-1.amazonaws.com");
    assert!(table.certified([principals::SERVICE_SAN]).unwrap().is_none(), "it is nobody to itself");
}

#[test]
fn renewal_replaces_certificates_and_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let before = init(out.path(), &[]);
    let after = init(out.path(), &["--renew-certificates", "--server-names", "tables.example.org,10.1.2.3"]);
    for (path, text) in &before {
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_renewed = ["server.", "admin.", "kms-client."].iter().any(|start| name.starts_with(start));
        assert_eq!(after.get(path) != Some(text), is_renewed, "{path:?}");
    }
    assert_eq!(after.len(), before.len());
}

#[test]
fn without_the_authoritys_key_nothing_is_made_and_nothing_is_missed() {
    let out = tempfile::tempdir().unwrap();
    let before = init(out.path(), &[]);
    fs::remove_dir_all(out.path().join("admin")).unwrap();
    let after = init(out.path(), &[]);
    assert!(
        after.iter().all(|(path, text)| before.get(path) == Some(text)) && after.len() == before.len() - 5
    );
    let renewal = run(&cli(out.path(), &["--renew-certificates"]), SystemTime::now()).unwrap_err();
    assert!(renewal.to_string().contains("ca.key is not there"), "{renewal}");
    assert!(contents(out.path()) == after);
}
