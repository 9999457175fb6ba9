//! Promise: nothing crosses a network in the clear, and a certificate is who it says: right, wrong, old and foreign ones,
//! certificates and credentials that disagree, and files that change while the services run.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use proto::kms::{DescribeKeyRequest, ListKeysRequest};
use proto::table::ListTablesRequest;
use tests::item::{attributes, s};
use tests::{
    Authority, Certificate, Credentials, Encryption, Kms, PERMISSIVE, Principals, Refusal as _, Refused,
    Settings, Stack, Tables, eventually, music, run_to_end,
};
use tonic::Code;
use tonic::transport::Channel;

/// How long a change of files may take to be noticed, on a busy machine.
const NOTICED: Duration = Duration::from_secs(60);
const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

async fn stack() -> Stack {
    let principals = Principals::new().with("alice", PERMISSIVE).with("bob", NOTHING);
    Stack::apart(Settings::knowing(principals).over_tls()).await
}

fn channel(stack: &Stack, address: SocketAddr, own: Option<&Certificate>) -> Channel {
    stack.authority().channel(address, own)
}

/// What both services say to a caller with this certificate and these credentials.
async fn ask(
    stack: &Stack,
    own: Option<&Certificate>,
    credentials: Option<&Credentials>,
) -> [Result<(), Refused>; 2] {
    let tables = Tables::over(channel(stack, stack.table_address(), own), credentials);
    let kms = Kms::over(channel(stack, stack.kms_address(), own), credentials, None);
    [
        tables.list_tables(ListTablesRequest::default()).await.map(drop),
        kms.list_keys(ListKeysRequest::default()).await.map(drop),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_over_tls_with_the_table_service_known_by_its_certificate() {
    let stack = stack().await;
    let key = stack.kms().customer_key().await;
    stack.tables().create(music(None), &Encryption::Customer(key.key_id.clone())).await;
    let item = || attributes([("Artist", s("a")), ("SongTitle", s("t"))]);
    stack.tables().put("Music", item()).await.expect("root may");
    assert_eq!(stack.tables_as("alice").get("Music", item()).await.expect("alice may"), Some(item()));
    stack.kms().disable(&key.key_id).await;
    eventually("the key's state is heard of", NOTICED, async || {
        stack.tables().get("Music", item()).await.is_err().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_its_principal_and_credentials_beside_it_must_agree() {
    let stack = stack().await;
    let (alice, bob) = (stack.principals().user("alice"), stack.principals().user("bob"));
    let of_alice = stack.authority().issue(&[&alice.san]);
    let wrong = Credentials::new(&alice.credentials.access_key_id, "not-the-secret-of-alice");
    for outcome in ask(&stack, Some(&of_alice), None).await {
        outcome.expect("alice by certificate");
    }
    for outcome in ask(&stack, Some(&of_alice), Some(&alice.credentials)).await {
        outcome.expect("alice by both");
    }
    // Who it is shows in what is refused.
    for outcome in ask(&stack, Some(&stack.authority().issue(&["other.org", &bob.san])), None).await {
        outcome.refused().assert_says("AccessDeniedException", &bob.arn);
    }
    let stranger = stack.authority().issue(&["stranger.keystead", "spiffe://keystead/stranger"]);
    for outcome in ask(&stack, Some(&stranger), Some(&alice.credentials)).await {
        outcome.expect("a stranger's certificate counts for nothing, and the credentials are right");
    }
    let two = stack.authority().issue(&[&alice.san, &bob.san]);
    let mut texts = Vec::new();
    for (own, credentials) in [
        (Some(&of_alice), Some(&wrong)),
        (Some(&of_alice), Some(&bob.credentials)),
        (Some(&stranger), Some(&wrong)),
        (Some(&two), None),
        (Some(&two), Some(&alice.credentials)),
        (None, Some(&wrong)),
    ] {
        for outcome in ask(&stack, own, credentials).await {
            let refused = outcome.refused();
            assert_eq!(refused.code, Code::Unauthenticated, "{refused:?}");
            texts.push((refused.reason, refused.message));
        }
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "what was wrong cannot be told apart: {texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_by_certificate_acts_for_others_and_a_user_does_not() {
    let stack = stack().await;
    let key = stack.kms().customer_key().await;
    let (alice, service) = (stack.principals().user("alice"), stack.principals().service());
    let describe = async |own: &str, caller: &str| {
        let channel = channel(&stack, stack.kms_address(), Some(&stack.authority().issue(&[own])));
        let request = DescribeKeyRequest { key_id: key.key_id.clone(), ..Default::default() };
        Kms::over(channel, None, Some(caller)).describe_key(request).await
    };
    describe(&service.san, &alice.arn).await.expect("a service acts for alice");
    for caller in [&stack.principals().root().arn, &alice.arn, &service.arn] {
        assert_eq!(describe(&alice.san, caller).await.refused().code, Code::PermissionDenied);
    }
    assert_eq!(describe(&service.san, &service.arn).await.refused().code, Code::PermissionDenied);
}

/// Only TLS 1.3 and HTTP/2 get an answer; whoever speaks anything else learns nothing.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_tls_13_is_spoken() {
    let stack = stack().await;
    for address in [stack.table_address(), stack.kms_address()] {
        let credentials = stack.root_credentials();
        let plain =
            Tables::new(address, credentials).list_tables(ListTablesRequest::default()).await.refused();
        assert_eq!(plain.reason, "", "plain HTTP/2 gets no answer of the service: {plain:?}");

        let heard = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).expect("it listens");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("it listens");
            let mut heard = Vec::new();
            // A reset is as good as an end.
            let _ = stream.read_to_end(&mut heard);
            heard
        });
        let heard = heard.await.expect("no panic");
        assert!(heard.len() <= 7, "at most a TLS alert: {heard:?}");
    }
}

/// The certificates of an authority are replaced in one order or the other, a broken file changes nothing, and no request
/// is lost meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn changed_files_count_from_then_on_and_open_connections_stay() {
    let stack = stack().await;
    let alice = stack.principals().user("alice");
    let own = stack.authority().issue(&[&alice.san]);
    let open = Kms::over(channel(&stack, stack.kms_address(), Some(&own)), None, None);
    let list = async |client: &Kms| client.list_keys(ListKeysRequest::default()).await.map(drop);
    list(&open).await.expect("the certificate is right");

    // A broken file changes nothing, and is spoken of once.
    std::fs::write(stack.files().join("server.pem"), "broken").expect("writable");
    let is_said = || {
        let logs = tests::canary::files(&stack.logs());
        let count = |log| std::fs::read_to_string(log).expect("text").matches("cannot be used").count();
        logs.iter().map(count).collect::<Vec<_>>()
    };
    eventually("both services say that the file is broken", NOTICED, async || {
        (is_said().iter().sum::<usize>() == 2).then_some(())
    })
    .await;
    for outcome in ask(&stack, Some(&own), None).await {
        outcome.expect("new connections get the old certificate");
    }

    // Another authority altogether, for both sides.
    let new = Authority::new();
    new.issue(&["127.0.0.1"]).write(stack.files(), "server");
    new.issue(&[&stack.principals().service().san]).write(stack.files(), "service");
    new.write(&stack.files().join("ca.pem"));
    let own_new = new.issue(&[&alice.san]);
    for address in [stack.table_address(), stack.kms_address()] {
        eventually("the new certificates count", NOTICED, async || {
            let channel = new.channel(address, Some(&own_new));
            let answer = Kms::over(channel, None, None).list_keys(ListKeysRequest::default()).await;
            // The table service has no such operation, and says so to whom it knows.
            match answer {
                Ok(_) => Some(()),
                Err(refused) => (refused.code == Code::Unimplemented).then_some(()),
            }
        })
        .await;
    }
    list(&open).await.expect("the connection that was open still is");
    for outcome in ask(&stack, Some(&own), None).await {
        assert_eq!(outcome.refused().reason, "", "the old authority counts no more");
    }
    assert_eq!(is_said().iter().sum::<usize>(), 2, "and it was said once");

    // The table service finds the key service again with its new certificate.
    let mut stack = stack;
    stack.kill_kms().await;
    stack.start_kms().await;
    eventually("the table service watches again", NOTICED, async || {
        let tables = Tables::over(new.channel(stack.table_address(), Some(&own_new)), None);
        tables.create_table(music(None)).await.is_ok().then_some(())
    })
    .await;
}

/// Exit code 64, before anything listens.
#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_cannot_be_used_stop_the_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).to_str().expect("UTF-8").to_owned();
    let authority = Arc::new(Authority::new());
    authority.write(&directory.path().join("ca.pem"));
    authority.issue(&["127.0.0.1"]).write(directory.path(), "good");
    authority.issue(&["127.0.0.1"]).write(directory.path(), "other");
    std::fs::write(path("readable.key"), std::fs::read(path("good.key")).expect("a key")).expect("writable");
    std::fs::write(path("empty.pem"), "").expect("writable");
    let (good, key, ca) = (path("good.pem"), path("good.key"), path("ca.pem"));
    let (other, readable, empty) = (path("other.key"), path("readable.key"), path("empty.pem"));
    let both = ["kms-service", "table-service"];
    let table = ["table-service"];
    let credential = path("credential.toml");
    let cases: [(&[&str], &[&str], &str); 11] = [
        (&both, &["--tls-cert", &good], "belong together"),
        (&both, &["--tls-key", &key], "belong together"),
        (&both, &["--tls-client-ca", &ca], "--tls-client-ca needs"),
        (&both, &["--tls-cert", &good, "--tls-key", &other], "good.pem"),
        (&both, &["--tls-cert", &good, "--tls-key", &readable], "mode 0644"),
        (&both, &["--tls-cert", &empty, "--tls-key", &key], "empty.pem holds no certificate"),
        (&both, &["--tls-cert", &good, "--tls-key", &key, "--tls-client-ca", &empty], "empty.pem"),
        (&both, &["--tls-cert", &good, "--tls-key", &key, "--listen", "0.0.0.0:0"], "no principals"),
        (&table, &["--kms-cert", &good], "--kms-cert and --kms-key belong together"),
        (&table, &["--kms-ca", &ca], "has no TLS"),
        (&table, &["--kms", "http://192.0.2.1:8001"], "another machine"),
    ];
    std::fs::write(
        &credential,
        "access_key_id = 'AKIAIOSFODNN7EXAMPLE'\nsecret_access_key = '0123456789abcdef'\n",
    )
    .expect("writable");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&credential, private).expect("an own file");
    for (binaries, more, expected) in cases {
        for binary in binaries {
            for check in [&["--check-config"][..], &[]] {
                let kms: &[&str] =
                    if *binary == "table-service" { &["--kms-credentials", &credential] } else { &[] };
                let arguments =
                    [&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"], check, kms];
                // The last of two is the one that counts for `--listen`: it may be given once.
                let arguments = match more.contains(&"--listen") {
                    true => [&["serve"], check, kms, more].concat(),
                    false => [arguments.concat(), more.to_vec()].concat(),
                };
                let (status, printed) = run_to_end(binary, &arguments, directory.path()).await;
                assert_eq!(status.code(), Some(64), "{binary} {more:?}: {printed}");
                assert!(printed.contains(expected), "{binary} {more:?}: {printed}");
                assert!(!printed.contains("PRIVATE"), "{binary} {more:?}: {printed}");
            }
        }
    }
}
