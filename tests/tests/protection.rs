//! Promise: a service takes on what it can and no more. Memory stays bounded under many connections, the slow and the
//! silent are cut off, and whoever is turned away is told when to come back.

use std::net::SocketAddr;
use std::time::Duration;

use tests::item::{Attributes, attributes, s};
use tests::{
    Encryption, Kms, PERMISSIVE, Principals, Refusal as _, Settings, Stack, Tables, eventually, music,
    run_to_end, within,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::Code;

/// Connections that do nothing, and those that do something all the time.
const IDLE: usize = 1_000;
const BUSY: usize = 256;
/// Requests of each of the busy ones.
const CALLS: usize = 20;
/// What a connection may cost at most, with TLS and in a build without optimisation, beyond what is shared. A structural
/// bound, generous: one message buffer too many for each connection would be beyond it.
const BYTES_EACH: u64 = 256 * 1024;
const PATIENCE: Duration = Duration::from_secs(120);

/// HTTP/2's preface, and an empty SETTINGS frame.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

fn key() -> Attributes {
    attributes([("Artist", s("a")), ("SongTitle", s("t"))])
}

async fn memory_under(stack: &Stack, connect: impl AsyncFn(SocketAddr) -> Tables) {
    stack.tables().create(music(None), &Encryption::Owned).await;
    stack.tables().put("Music", key()).await.expect("root may");
    let before = stack.table_memory();
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        let tables = connect(stack.table_address()).await;
        tables.get("Music", key()).await.expect("root may");
        idle.push(tables);
    }
    let with_idle = stack.table_memory();
    let mut busy = JoinSet::new();
    for _ in 0..BUSY {
        let tables = connect(stack.table_address()).await;
        busy.spawn(async move {
            for _ in 0..CALLS {
                tables.get("Music", key()).await.expect("it is served");
            }
            tables
        });
    }
    let served = within("all are served", PATIENCE, busy.join_all()).await;
    let with_all = stack.table_memory();
    println!(
        "{IDLE} idle: {} KB each; with {BUSY} busy: {} KB each; {} MB in all",
        with_idle.saturating_sub(before) / 1024 / u64::try_from(IDLE).expect("it fits"),
        with_all.saturating_sub(before) / 1024 / u64::try_from(IDLE + BUSY).expect("it fits"),
        with_all / 1_000_000
    );
    let bound = BYTES_EACH * u64::try_from(IDLE + BUSY).expect("it fits");
    assert!(
        with_all.saturating_sub(before) < bound,
        "{before} bytes before, {with_all} with all connections"
    );
    drop((idle, served));
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_under_many_connections() {
    let stack = Stack::apart(Settings::knowing(Principals::new())).await;
    let root = stack.root_credentials().cloned();
    memory_under(&stack, async |address| Tables::new(address, root.as_ref())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_under_many_connections_over_tls() {
    let stack = Stack::apart(Settings::knowing(Principals::new()).over_tls()).await;
    let root = stack.root_credentials().cloned();
    let connect = async |address| Tables::over(stack.authority().channel(address, None), root.as_ref());
    memory_under(&stack, connect).await;
}

/// As many as want to may connect and keep quiet: whoever wants something is served.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_full_of_idle_connections_serves_on() {
    let settings = Settings::knowing(Principals::new()).table_flags(["--max-connections", "32"]);
    let stack = Stack::apart(settings).await;
    stack.tables().create(music(None), &Encryption::Owned).await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(stack.table_address()).await.expect("it listens");
        stream.write_all(GREETING).await.expect("it listens");
        silent.push(stream);
    }
    within("a caller is served", PATIENCE, stack.tables().put("Music", key())).await.expect("root may");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_too_many_is_told_when_to_come_back() {
    let principals = Principals::new().with("alice", PERMISSIVE);
    let settings = Settings::knowing(principals.clone()).kms_flags(["--max-requests", "1"]);
    let mut stack = Stack::apart_unstarted(settings);
    stack.start_kms().await;
    // The table service itself would watch, and take the one place.
    let service = Kms::new(stack.kms_address(), Some(&principals.service().credentials));
    let watching = service.watch_keys().await.expect("there is one place");
    let refused = stack.kms_as("alice").list_keys(Default::default()).await.refused();
    assert_eq!((refused.code, refused.reason.as_str()), (Code::Unavailable, "ServiceUnavailable"));
    assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
    drop(watching);
    eventually("the place is free again", PATIENCE, async || {
        stack.kms_as("alice").list_keys(Default::default()).await.ok()
    })
    .await;
}

/// Half a preface, noise, HTTP/1, and a frame larger than any: the connection ends, and others go on.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_speak_http_2_is_cut_off() {
    let stack = Stack::apart(Settings::knowing(Principals::new())).await;
    let huge = [GREETING, b"\xff\xff\xff\0\0\0\0\0\x01", &[0; 1000][..]].concat();
    let mut heard = JoinSet::new();
    for said in [
        &b"PRI * HTTP/2.0\r\n"[..],
        b"\0\xff\0\xff noise that is longer than a preface",
        b"GET / HTTP/1.1\r\n\r\n",
        b"",
        &huge,
    ] {
        for address in [stack.table_address(), stack.kms_address()] {
            let said = said.to_vec();
            heard.spawn(async move {
                let mut stream = TcpStream::connect(address).await.expect("it listens");
                stream.write_all(&said).await.expect("it listens");
                let mut heard = Vec::new();
                // A reset is as good as an end.
                let _ = stream.read_to_end(&mut heard).await;
            });
        }
    }
    within("all of them are cut off", PATIENCE, heard.join_all()).await;
    stack.tables().create(music(None), &Encryption::Owned).await;
    assert!(stack.table_readiness().await.0 && stack.kms_readiness().await.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthcheck_says_whether_the_service_is_ready() {
    let mut stack = Stack::apart(Settings::knowing(Principals::new())).await;
    let admin = stack.table_admin_address().to_string();
    let directory = stack.files().to_owned();
    let check =
        async || run_to_end("table-service", &["healthcheck", "--admin-listen", &admin], &directory).await;
    let (status, printed) = check().await;
    assert_eq!((status.code(), printed.as_str()), (Some(0), ""));
    // The same file that configures the service, with what it says of other things.
    let config = directory.join("config.toml");
    std::fs::write(&config, format!("admin-listen = '{admin}'\nregion = 'us-east-1'\n")).expect("writable");
    let config = config.to_str().expect("UTF-8");
    let (status, printed) =
        run_to_end("table-service", &["healthcheck", "--config", config], &directory).await;
    assert_eq!(status.code(), Some(0), "{printed}");
    stack.kill_table().await;
    let (status, printed) = check().await;
    assert_eq!(status.code(), Some(1), "{printed}");
    assert!(printed.contains("no answer"), "{printed}");
}
