//! Promise: what cannot go on ends, and says so. A store that failed ends its service, a service that ends by itself ends
//! `keystead`, and times that cannot be meant are refused before anything is bound or made.

use std::os::unix::fs::PermissionsExt;

use tests::canary::files;
use tests::item::{attributes, s};
use tests::{Encryption, Settings, Stack, music, partition_only, run_to_end};

/// Enough to start, and little enough to be full soon.
const LARGEST_FILE_KB: u32 = 8 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn keystead_ends_with_an_error_when_one_of_its_services_ends_by_itself() {
    let mut stack = Stack::together_with(Settings::default().largest_file(LARGEST_FILE_KB)).await;
    let tables = stack.tables();
    tables.create(music(None), &Encryption::Owned).await;
    let mut written = 0;
    for number in 0..100 {
        let words = ("Words", s("x".repeat(300_000)));
        let item = attributes([("Artist", s("A")), ("SongTitle", s(number.to_string())), words]);
        if tables.put("Music", item).await.is_err() {
            break;
        }
        written += 1;
    }
    assert!(written < 100, "the disk is full before that");
    let status = stack.ended().await;
    assert_eq!(status.code(), Some(1), "an error, and neither success nor a signal");
    let logs: Vec<String> =
        files(&stack.logs()).iter().map(|file| std::fs::read_to_string(file).expect("a log")).collect();
    assert!(logs.iter().any(|log| log.contains("table service: the store failed")), "{logs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_cannot_be_meant_are_refused_before_anything_is_bound() {
    let directory = tempfile::tempdir().expect("a directory");
    let credential = directory.path().join("credential.toml");
    let secret = "access_key_id = \"AKIAIOSFODNN7EXAMPLE\"\nsecret_access_key = \"wJalrXUtnFEMI/K7MDENG\"\n";
    std::fs::write(&credential, secret).expect("writable");
    std::fs::set_permissions(&credential, std::fs::Permissions::from_mode(0o600)).expect("an own file");
    let credential = credential.to_str().expect("UTF-8");
    let binaries: [(&str, Vec<&str>); 2] =
        [("table-service", vec!["serve", "--kms-credentials", credential]), ("keystead", vec![])];
    let times = [
        ("--key-lease", vec!["99ms", "0s", "366days", "584942417355years"], vec!["100ms", "365days"]),
        ("--outage-grace", vec!["366days", "584942417355years"], vec!["0s", "100ms", "365days"]),
        ("--key-check-interval", vec!["99ms", "0s", "366days"], vec!["100ms", "365days"]),
    ];
    for (binary, first) in &binaries {
        for (flag, wrong, right) in &times {
            for time in wrong {
                let arguments = [&first[..], &["--data-dir", "data", flag, time]].concat();
                let (status, printed) = run_to_end(binary, &arguments, directory.path()).await;
                assert_eq!(status.code(), Some(64), "{binary} {flag} {time}: {printed}");
                assert!(printed.contains(flag), "{binary} {flag} {time}: {printed}");
                assert!(!printed.contains("listening"), "{binary} {flag} {time}: {printed}");
            }
            for time in right {
                let arguments = [&first[..], &["--check-config", "--data-dir", "data", flag, time]].concat();
                let (status, printed) = run_to_end(binary, &arguments, directory.path()).await;
                assert!(status.success(), "{binary} {flag} {time}: {printed}");
            }
        }
    }
    assert!(!directory.path().join("data").exists(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_services_show_what_their_stores_do() {
    let stack = Stack::apart(Settings::default()).await;
    stack.kms().customer_key().await;
    stack.tables().create(partition_only("Songs"), &Encryption::Owned).await;
    for metrics in [stack.kms_metrics().await, stack.table_metrics().await] {
        let value = |name: &str| metrics.sum(&format!("keystead_store_{name}"), &[]);
        let (commits, flushes) = (value("commits_total"), value("merged_commits_count"));
        assert!(flushes > 0.0 && commits >= flushes, "{commits} commits in {flushes} batches");
        assert_eq!(value("flush_seconds_count"), flushes);
        assert!(value("merged_commits_sum") >= flushes && value("flush_seconds_sum") > 0.0);
        let all = [("le", "+Inf")];
        assert_eq!(metrics.sum("keystead_store_flush_seconds_bucket", &all), flushes);
        assert!(value("keys_written_total") > 0.0 && value("disk_bytes") > 0.0);
    }
}
