//! The principals file and authentication: what is taken, what is refused, and that no text ever shows a secret.

use super::*;
use static_assertions::assert_not_impl_any;
use std::{fs, os::unix::fs::PermissionsExt};
use tempfile::TempDir;

assert_not_impl_any!(SecretKey: fmt::Debug, fmt::Display, Clone, PartialEq, serde::Serialize);
assert_not_impl_any!(Credential: Clone, PartialEq, fmt::Display, serde::Serialize);
assert_not_impl_any!(Directory: Clone, serde::Serialize);

/// A planted secret. It must appear in no text that this crate makes.
const SECRET: &str = "CanarySecret/bPxRfiCYEXAMPLEKEY";
const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const ALICE: &str = "arn:aws:iam::000000000000:user/alice";

fn write(directory: &TempDir, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn load(text: &str) -> Result<Directory, DirectoryError> {
    let directory = tempfile::tempdir().unwrap();
    Directory::load(&write(&directory, "principals.toml", text, 0o600))
}

fn refusal(text: &str) -> String {
    let error = load(text).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("CanarySecret"), "{shown}");
    error.to_string()
}

fn entry(rest: &str) -> String {
    format!(
        "[[principal]]\narn = '{ALICE}'\naccess_key_id = '{ID}'\nsecret_access_key = '{SECRET}'\n{rest}\n"
    )
}

#[test]
fn a_principal_proves_itself_with_its_secret_and_nothing_else() {
    let directory = load(&entry("")).unwrap();
    assert_eq!(directory.authenticate(ID, SECRET.as_bytes()).unwrap().arn.as_str(), ALICE);
    let with_zero = format!("{SECRET}\0");
    let long = SECRET.repeat(10);
    for wrong in ["", "x", &SECRET[1..], &SECRET[..SECRET.len() - 1], &with_zero, &long] {
        assert_eq!(directory.authenticate(ID, wrong.as_bytes()).unwrap_err(), AuthError, "{wrong:?}");
    }
    for id in ["", "AKIAIOSFODNN7EXAMPLF", "akiaiosfodnn7example", ALICE] {
        assert_eq!(directory.authenticate(id, SECRET.as_bytes()).unwrap_err(), AuthError, "{id:?}");
    }
}

#[test]
fn nobody_gets_in_with_the_decoy_of_unknown_ids() {
    let directory = load(&entry("")).unwrap();
    let decoy = directory.decoy.expose().to_owned();
    assert_eq!(directory.authenticate("AKIAUNKNOWNUNKNOWN", decoy.as_bytes()).unwrap_err(), AuthError);
    assert_eq!(directory.authenticate(ID, decoy.as_bytes()).unwrap_err(), AuthError);
}

#[test]
fn an_unknown_id_and_a_wrong_secret_give_the_same_answer() {
    let directory = load(&entry("")).unwrap();
    let answers =
        [directory.authenticate(ID, b"wrong"), directory.authenticate("unknown", SECRET.as_bytes())];
    let texts = answers.map(|answer| {
        let error = answer.unwrap_err();
        (error.kind(), error.reason(), error.public_message().into_owned(), format!("{error:?}"))
    });
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn every_kind_of_principal_is_known_by_its_arn() {
    let text = format!(
        "{}
        [[principal]]
        arn = 'arn:aws:iam::000000000000:root'
        [[principal]]
        arn = 'arn:aws:iam::000000000000:role/tables'
        service = 'dynamodb.us-east-1.amazonaws.com'
        ",
        entry(r#"policy = '{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}'"#)
    );
    let directory = load(&text).unwrap();
    let alice = directory.by_arn(ALICE).unwrap();
    assert_eq!(alice.policy.evaluate("kms:Decrypt", "*"), crate::Verdict::Allow);
    assert_eq!(alice.policy.evaluate("dynamodb:GetItem", "*"), crate::Verdict::Silent);
    assert!(directory.by_arn("arn:aws:iam::000000000000:root").unwrap().is_root());
    let service = directory.by_arn("arn:aws:iam::000000000000:role/tables").unwrap();
    assert_eq!(service.as_service().unwrap().as_str(), "dynamodb.us-east-1.amazonaws.com");
    assert_eq!(service.policy, PolicyDocument::default());
    assert!(directory.by_arn("arn:aws:iam::000000000000:user/bob").is_none());
    assert!(directory.anonymous().is_none(), "a principals file lets nobody in without credentials");
}

#[test]
fn a_principals_file_that_others_may_touch_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for mode in [0o644, 0o640, 0o606, 0o620] {
        let path = write(&directory, "principals.toml", &entry(""), mode);
        let error = Directory::load(&path).unwrap_err();
        assert!(matches!(error, DirectoryError::File(FileError::Exposed { .. })), "{mode:o}: {error}");
    }
}

#[test]
fn without_its_source_there_is_no_directory_and_an_empty_one_refuses_everyone() {
    let error = Directory::load(Path::new("/nonexistent/principals.toml")).unwrap_err();
    assert!(matches!(error, DirectoryError::File(ref error) if error.is_not_found()), "{error}");
    assert!(matches!(load("").unwrap_err(), DirectoryError::Nobody(_)));
    let nobody = Directory::nobody().unwrap();
    assert!(nobody.anonymous().is_none());
    assert_eq!(nobody.authenticate(ID, SECRET.as_bytes()).unwrap_err(), AuthError);
}

#[test]
fn unknown_keys_and_malformed_values_are_refused_with_their_line_and_without_the_secret() {
    for (text, expected) in [
        (entry("password = 'x'"), "line 5: unknown field `password`"),
        (format!("{}\nversion = 1", entry("")), "unknown field `version`"),
        ("principals = []".to_owned(), "line 1: unknown field `principals`"),
        ("[[principal]]".to_owned(), "missing field `arn`"),
        ("[[principal]]\narn = 'alice'".to_owned(), "line 2: \"alice\" is not a principal ARN"),
        (entry("service = 'dynamodb'"), "line 5: \"dynamodb\" is not a service name"),
        (entry(&format!("secret_access_key = '{SECRET}'")), "duplicate key"),
        (format!("[[principal]]\narn = '{ALICE}'\nsecret_access_key = '{SECRET}"), "line 3"),
        (format!("[[principal]]\narn = '{ALICE}'\nsecret_access_key = {SECRET}"), "line 3"),
        (format!("[[principal]]\narn = '{ALICE}'\nsecret_access_key = ['{SECRET}']"), "a secret in quotes"),
        (
            format!("[[principal]]\narn = '{ALICE}'\nsecret_access_key = {{ x = '{SECRET}' }}"),
            "a secret in quotes",
        ),
        (format!("[[principal]]\narn = '{ALICE}'\naccess_key_id = 'short'"), "is not an access key id"),
    ] {
        let refusal = refusal(&text);
        assert!(refusal.contains(expected), "{text}\n{refusal}");
    }
}

#[test]
fn a_secret_of_the_wrong_form_is_refused_and_never_repeated() {
    for secret in ["'short'", "1234567890123456789", "1234567890.123456", "'with space CanarySecret'"] {
        let text =
            format!("[[principal]]\narn = '{ALICE}'\naccess_key_id = '{ID}'\nsecret_access_key = {secret}");
        let refusal = refusal(&text);
        assert!(refusal.contains("line 4"), "{refusal}");
        assert!(!refusal.contains(secret.trim_matches('\'')), "{refusal}");
    }
}

#[test]
fn half_a_credential_and_contradictions_are_refused() {
    let id_only = format!("[[principal]]\narn = '{ALICE}'\naccess_key_id = '{ID}'");
    assert!(refusal(&id_only).contains("belong together"));
    let secret_only = format!("[[principal]]\narn = '{ALICE}'\nsecret_access_key = '{SECRET}'");
    assert!(refusal(&secret_only).contains("belong together"));
    assert!(refusal(&entry("policy = '{}'\npolicy_file = 'x.json'")).contains("exclude each other"));
    let root = "[[principal]]\narn = 'arn:aws:iam::000000000000:root'\n";
    assert!(refusal(&format!("{root}policy = '{{\"Statement\": []}}'")).contains("neither a policy"));
    assert!(refusal(&format!("{root}service = 'a.amazonaws.com'")).contains("neither a policy"));
}

#[test]
fn a_certificate_name_is_its_principal_exactly() {
    let bob = "[[principal]]\narn = 'arn:aws:iam::000000000000:user/bob'\n\
               certificate_san = 'spiffe://example.org/ns/default/sa/bob'\n";
    let directory = load(&(entry("certificate_san = 'alice.example.org'") + bob)).unwrap();
    let who = |sans: &[&str]| {
        directory.certified(sans.iter().copied()).map(|found| found.map(|who| who.arn.to_string()))
    };
    assert_eq!(who(&["alice.example.org"]).unwrap().as_deref(), Some(ALICE));
    assert_eq!(who(&["other", "alice.example.org", "alice.example.org"]).unwrap().as_deref(), Some(ALICE));
    assert!(who(&["spiffe://example.org/ns/default/sa/bob"]).unwrap().unwrap().ends_with("/bob"));
    for stranger in ["", "*.example.org", "ALICE.example.org", "alice.example.org.", "example.org", ALICE] {
        assert_eq!(who(&[stranger]), Ok(None), "{stranger}");
    }
    let both = ["alice.example.org", "spiffe://example.org/ns/default/sa/bob"];
    assert_eq!(who(&both), Err(AuthError), "a certificate of two principals proves neither");
}

#[test]
fn what_no_certificate_can_hold_is_no_certificate_name() {
    for san in ["", "*.example.org", "a b", "-a.org", "a..b", "a.org.", ":x", "1:x", "x:", "spiffe://a b"] {
        let refusal = refusal(&entry(&format!("certificate_san = '{san}'")));
        assert!(refusal.contains("line 5: ") && refusal.contains("subjectAltName"), "{san}: {refusal}");
    }
}

#[test]
fn duplicates_are_refused() {
    let bob = "[[principal]]\narn = 'arn:aws:iam::000000000000:user/bob'\ncertificate_san = 'a.org'\n";
    assert!(
        refusal(&(entry("certificate_san = 'a.org'") + bob)).contains("certificate_san a.org is named twice")
    );
    assert!(refusal(&entry("").repeat(2)).contains(&format!("{ALICE} is named twice")));
    let bob = entry("").replace("alice", "bob");
    assert!(refusal(&(entry("") + &bob)).contains(&format!("access key id {ID} is named twice")));
}

#[test]
fn a_bad_policy_names_its_principal() {
    let refusal = refusal(&entry("policy = '{\"Statement\": '"));
    assert!(refusal.starts_with(&format!("policy of {ALICE}: ")), "{refusal}");
}

#[test]
fn a_policy_file_is_found_beside_the_principals_file() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("policies")).unwrap();
    let principals =
        write(&directory, "principals.toml", &entry("policy_file = 'policies/alice.json'"), 0o600);
    let error = Directory::load(&principals).unwrap_err().to_string();
    assert!(error.starts_with(&format!("policy of {ALICE}: ")) && error.contains("alice.json"), "{error}");

    let json = r#"{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}"#;
    write(&directory, "policies/alice.json", json, 0o644);
    let alice = Directory::load(&principals).unwrap().by_arn(ALICE).unwrap();
    assert_eq!(alice.policy.evaluate("kms:Decrypt", "*"), crate::Verdict::Allow);

    write(&directory, "policies/alice.json", json, 0o666);
    let error = Directory::load(&principals).unwrap_err();
    assert!(matches!(error, DirectoryError::PolicyFile { source: FileError::Exposed { .. }, .. }), "{error}");
}

#[test]
fn nothing_that_prints_shows_a_secret() {
    let credential = Credential {
        access_key_id: ID.parse().unwrap(),
        secret: SecretKey::new(SECRET.to_owned().into()).unwrap(),
    };
    let shown = format!("{credential:?}");
    assert_eq!(shown, format!("Credential({ID})"));
    let directory = load(&entry("")).unwrap();
    let principal = directory.authenticate(ID, SECRET.as_bytes()).unwrap();
    let shown = format!("{directory:?} {principal:?} {:?}", crate::Caller::direct(principal.clone()));
    assert!(!shown.contains("Canary") && !shown.contains(ID), "{shown}");
}

#[test]
fn the_development_directory_has_root_the_service_and_an_anonymous_root() {
    let account: AccountId = "000000000000".parse().unwrap();
    let service: ServiceName = "dynamodb.us-east-1.amazonaws.com".parse().unwrap();
    let data = tempfile::tempdir().unwrap();
    let directory = Directory::development_in(data.path(), &account, Some(service.clone())).unwrap();
    assert!(directory.anonymous().unwrap().is_root());

    let root = Credential::read(&data.path().join(crate::ROOT_CREDENTIAL_FILE)).unwrap();
    let known = directory.authenticate(root.access_key_id.as_str(), root.secret.expose().as_bytes()).unwrap();
    assert_eq!(known.arn, account.root_arn());
    let own = Credential::read(&data.path().join(crate::SERVICE_CREDENTIAL_FILE)).unwrap();
    let known = directory.authenticate(own.access_key_id.as_str(), own.secret.expose().as_bytes()).unwrap();
    assert_eq!(known.as_service(), Some(&service));

    let restarted = Directory::development_in(data.path(), &account, None).unwrap();
    assert!(restarted.authenticate(root.access_key_id.as_str(), root.secret.expose().as_bytes()).is_ok());
    assert!(restarted.authenticate(own.access_key_id.as_str(), own.secret.expose().as_bytes()).is_err());
}

#[test]
fn only_services_are_of_the_account_of_the_services() {
    let problem = "the account belongs to the services";
    for who in ["root", "user/alice", "role/reader"] {
        let text = entry("").replace(ALICE, &format!("arn:aws:iam::999999999999:{who}"));
        assert!(refusal(&text).contains(problem), "{who}");
    }
    let service = entry("service = 'dynamodb.us-east-1.amazonaws.com'");
    load(&service.replace(ALICE, "arn:aws:iam::999999999999:user/table-service")).unwrap();
    let root = Credential::generate().unwrap();
    let error = Directory::development(AccountId::of_services(), root, None).unwrap_err();
    assert!(error.to_string().contains(problem), "{error}");
}
