//! What a server writes to its log: one line for each request with who, what, how long and which; never a secret, a
//! body or the detail that an internal error keeps from its caller, except on the one line that is for the operator.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken test may panic")]

mod carried;

use carried::{ALICE, ALICE_BASIC, FAIL, SAY_WHO, TABLES_BASIC, basic, start, with_headers};
use service_kit::{
    LogArgs, ON_BEHALF_OF_HEADER, REQUEST_ID_HEADER,
    telemetry::{self, LogFormat},
};
use std::{
    io,
    sync::{Arc, Mutex},
};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// With everything logged that can be.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_requests_and_holds_no_secret() {
    let captured = Captured::default();
    let args = LogArgs { log_filter: "trace,h2=trace".to_owned(), log_format: LogFormat::Text };
    let subscriber = telemetry::subscriber(&args, captured.clone(), false).unwrap();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let server = start(|server| server.accept_on_behalf_of()).await;
    let (alice, service) = (basic(ALICE_BASIC), basic(TABLES_BASIC));
    let id = (REQUEST_ID_HEADER, "order-19");
    server.call(&[("authorization", &alice), id], SAY_WHO).await.unwrap();
    server.call(&[("authorization", &service), (ON_BEHALF_OF_HEADER, ALICE), id], SAY_WHO).await.unwrap();
    server.call(&[("authorization", &basic((ALICE_BASIC.0, "CanaryGuess")))], SAY_WHO).await.unwrap_err();
    server.call(&[("authorization", &alice)], FAIL).await.unwrap_err();
    // A hundred at once: a span that leaked into another task would mix up their lines.
    let client = server.client().await;
    let mut many = tokio::task::JoinSet::new();
    for number in 0..100 {
        let mut client = client.clone();
        let id = format!("many-{number}");
        let request = with_headers(&[("authorization", &alice), (REQUEST_ID_HEADER, &id)], SAY_WHO);
        many.spawn(async move { client.generate_random(request).await.unwrap() });
    }
    many.join_all().await;
    drop(client);
    server.stop().await;

    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    let access: Vec<&str> = log.lines().filter(|line| line.contains(" access: ")).collect();
    let line = |part: &str| {
        access.iter().find(|line| line.contains(part)).copied().unwrap_or_else(|| panic!("{part}"))
    };
    let direct = line("request_id=order-19");
    for part in ["method=GenerateRandom", "code=\"OK\"", "micros=", &format!("principal=\"{ALICE}\"")] {
        assert!(direct.contains(part), "{part}: {direct}");
    }
    line("via=\"dynamodb.us-east-1.amazonaws.com\"");
    line("code=\"UNAUTHENTICATED\"");
    for number in 0..100 {
        let id = format!("request_id=many-{number}");
        assert_eq!(access.iter().filter(|line| line.ends_with(&id)).count(), 1, "{id}");
    }

    // The handler's own events carry the span of their own request.
    let handled = |number: usize| format!("request_id=many-{number}}}: carried: handling id=many-{number}");
    for number in 0..100 {
        assert_eq!(log.matches(&format!("{}\n", handled(number))).count(), 1, "{number}");
    }
    for secret in [ALICE_BASIC.1, TABLES_BASIC.1, "CanaryGuess", &alice, &service] {
        assert!(!log.contains(secret), "{secret}");
    }
    let details: Vec<_> = log.lines().filter(|line| line.contains("CanaryDetail")).collect();
    assert_eq!(details.len(), 1, "an internal error is logged once: {details:?}");
    assert!(details[0].contains("ERROR") && details[0].contains("request_id="), "{}", details[0]);
}
