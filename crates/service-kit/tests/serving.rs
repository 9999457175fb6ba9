//! A running server from outside: answers, health, reflection, admin port, limits and an orderly stop.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken test may panic")]

mod carried;

use carried::{
    ALICE, ALICE_BASIC, FAIL, MUCH_BYTES, PANIC, REFUSE, Running, SAY_MUCH, SAY_WHO, WAIT, basic, loopback,
    principals, server, start, with_headers,
};
use identity::Directory;
use proto::kms::{EncryptRequest, GenerateRandomResponse, WatchKeysRequest};
use service_kit::{HealthcheckArgs, Limits, REQUEST_ID_HEADER, StartError, Unhealthy, exit_code};
use std::time::Duration;
use tokio_stream::StreamExt;
use tonic::{Code, Request};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_types::StatusExt;

/// How long anything in these tests may take before it counts as stuck.
const STUCK: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_refusal_carries_error_info_and_the_request_id_both_ways() {
    let server = start(|server| server).await;
    let alice = basic(ALICE_BASIC);
    let status =
        server.call(&[("authorization", &alice), (REQUEST_ID_HEADER, "order-17")], REFUSE).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "Key 'x' does not exist"));
    let info = status.get_details_error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("NotFoundException", "kms.keystead"));
    assert_eq!(info.metadata["request_id"], "order-17");
    assert_eq!(status.metadata().get(REQUEST_ID_HEADER).unwrap(), "order-17");

    let request = with_headers(&[("authorization", &alice)], SAY_WHO);
    let answer = server.client().await.generate_random(request).await.unwrap();
    assert_eq!(answer.metadata().get(REQUEST_ID_HEADER).unwrap().len(), 36);
    server.stop().await;
}

#[tokio::test]
async fn an_internal_error_shows_only_the_request_id() {
    let server = start(|server| server).await;
    let headers = [("authorization", basic(ALICE_BASIC)), (REQUEST_ID_HEADER, "order-18".to_owned())];
    let status = server
        .call(&headers.each_ref().map(|(name, value)| (*name, value.as_str())), FAIL)
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(status.message(), "An internal error occurred (request id order-18).");
    assert!(!format!("{status:?}{:?}", status.details()).contains("Canary"));
    assert!(!String::from_utf8_lossy(status.details()).contains("Canary"));
    server.stop().await;
}

#[tokio::test]
async fn a_handler_that_panics_fails_its_own_request_only() {
    let server = start(|server| server).await;
    let alice = basic(ALICE_BASIC);
    let mut client = server.client().await;
    let mut other = client.clone();
    let waiting = with_headers(&[("authorization", &alice)], WAIT);
    let waiting = tokio::spawn(async move { other.generate_random(waiting).await });
    server.carried.waiting.acquire().await.unwrap().forget();

    let panicking = with_headers(&[("authorization", &alice), (REQUEST_ID_HEADER, "order-20")], PANIC);
    let status = client.generate_random(panicking).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(status.message(), "An internal error occurred (request id order-20).");
    server.carried.go.add_permits(1);
    assert!(waiting.await.unwrap().is_ok(), "a call on the same connection goes on");
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn a_flipped_readiness_shows_on_the_admin_port_and_in_health() {
    let server = start(|server| server).await;
    let mut health = HealthClient::new(server.channel().await);
    let mut watch = health.watch(HealthCheckRequest { service: String::new() }).await.unwrap().into_inner();
    await_status(&mut watch, ServingStatus::Serving).await;
    assert_eq!(server.admin("/readyz").await, (200, "ready\n".to_owned()));

    server.readiness.not_ready("store", "poisoned: the disk said no");
    await_status(&mut watch, ServingStatus::NotServing).await;
    assert_eq!(server.admin("/readyz").await, (503, "store: poisoned: the disk said no\n".to_owned()));
    assert_eq!(server.admin("/livez").await, (200, "alive\n".to_owned()));
    for service in ["", "keystead.kms.v1.KeyManagementService"] {
        let check = health.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap();
        assert_eq!(check.into_inner().status(), ServingStatus::NotServing, "{service:?}");
    }

    server.readiness.ready("store");
    await_status(&mut watch, ServingStatus::Serving).await;
    assert_eq!(server.admin("/readyz").await.0, 200);
    drop((health, watch));
    server.stop().await;
}

async fn await_status(
    watch: &mut tonic::Streaming<tonic_health::pb::HealthCheckResponse>,
    expected: ServingStatus,
) {
    let seen = async { while watch.message().await.unwrap().unwrap().status() != expected {} };
    tokio::time::timeout(STUCK, seen).await.unwrap();
}

#[tokio::test]
async fn both_versions_of_reflection_answer_without_credentials() {
    let server = start(|server| server).await;
    let service = "keystead.kms.v1.KeyManagementService";
    macro_rules! reflect {
        ($version:ident) => {{
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
            };
            let mut client = ServerReflectionClient::new(server.channel().await);
            let ask =
                |question| ServerReflectionRequest { host: String::new(), message_request: Some(question) };
            let questions = tokio_stream::iter([
                ask(MessageRequest::ListServices(String::new())),
                ask(MessageRequest::FileContainingSymbol(service.to_owned())),
            ]);
            let mut answers = client.server_reflection_info(questions).await.unwrap().into_inner();
            let listed = answers.next().await.unwrap().unwrap().message_response.unwrap();
            let MessageResponse::ListServicesResponse(list) = listed else { panic!("{listed:?}") };
            let mut names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
            names.sort();
            assert_eq!(names, ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", service]);
            let described = answers.next().await.unwrap().unwrap().message_response.unwrap();
            assert!(matches!(described, MessageResponse::FileDescriptorResponse(_)), "{described:?}");
        }};
    }
    reflect!(v1);
    reflect!(v1alpha);
    server.stop().await;
}

#[tokio::test]
async fn metrics_count_by_method_and_code_and_callers_make_up_no_labels() {
    let server = start(|server| server).await;
    let alice = basic(ALICE_BASIC);
    for _ in 0..3 {
        server.call(&[("authorization", &alice)], SAY_WHO).await.unwrap();
    }
    server.call(&[], SAY_WHO).await.unwrap_err();
    server.call(&[("authorization", &alice)], REFUSE).await.unwrap_err();
    let mut grpc = tonic::client::Grpc::new(server.channel().await);
    grpc.ready().await.unwrap();
    let codec: tonic_prost::ProstCodec<(), ()> = tonic_prost::ProstCodec::default();
    let path = "/made.Up/Label".parse().unwrap();
    grpc.unary(Request::new(()), path, codec).await.unwrap_err();

    let (code, text) = server.admin("/metrics").await;
    assert_eq!(code, 200);
    let method = r#"service="keystead.kms.v1.KeyManagementService",method="GenerateRandom""#;
    for line in [
        format!("keystead_rpc_total{{{method},code=\"OK\"}} 3"),
        format!("keystead_rpc_total{{{method},code=\"UNAUTHENTICATED\"}} 1"),
        format!("keystead_rpc_total{{{method},code=\"NOT_FOUND\"}} 1"),
        format!("keystead_rpc_duration_seconds_count{{{method}}} 5"),
        r#"keystead_rpc_total{service="unknown",method="unknown",code="UNAUTHENTICATED"} 1"#.to_owned(),
        "keystead_rpc_in_flight 0".to_owned(),
    ] {
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
    }
    assert!(!text.contains("made.Up") && !text.contains(ALICE));
    server.stop().await;
}

#[tokio::test]
async fn one_request_too_many_is_refused_at_once_and_the_next_one_served() {
    let server = start(|server| server.limits(Limits { concurrent_requests: 1, ..Limits::default() })).await;
    let waiting = waiting_call(&server).await;
    let alice = basic(ALICE_BASIC);
    let status = server.call(&[("authorization", &alice)], SAY_WHO).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.get_details_error_info().unwrap().reason, "ServiceUnavailable");
    let pause = status.get_details_retry_info().unwrap().retry_delay;
    assert_eq!(pause, Some(Duration::from_secs(1)));
    assert_eq!(status.metadata().get("grpc-retry-pushback-ms").unwrap(), "1000");
    let health = HealthClient::new(server.channel().await).check(HealthCheckRequest::default()).await;
    assert!(health.is_ok(), "health is not starved");

    server.carried.go.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap(), ALICE);
    assert_eq!(server.call(&[("authorization", &alice)], SAY_WHO).await.unwrap(), ALICE);
    server.stop().await;
}

/// Regression: anybody could keep health checks out by watching.
#[tokio::test]
async fn streams_without_credentials_leave_room_for_health_checks() {
    let limits = Limits {
        concurrent_public_requests: 1,
        concurrent_public_streams: 1,
        concurrent_requests: 1,
        ..Limits::default()
    };
    let server = start(|server| server.limits(limits)).await;
    let mut health = HealthClient::new(server.channel().await);
    let whole = || HealthCheckRequest { service: String::new() };
    let _watching = health.watch(whole()).await.unwrap();
    let refused = health.watch(whole()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    health.check(whole()).await.unwrap();
    server.call(&[("authorization", &basic(ALICE_BASIC))], SAY_WHO).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_request_takes_no_longer_than_its_caller_gives_it_nor_than_the_server_does() {
    let alice = basic(ALICE_BASIC);
    let waiting = || with_headers(&[("authorization", &alice)], WAIT);
    let limits = Limits { request: Duration::from_millis(20), ..Limits::default() };
    let server = start(|server| server.limits(limits)).await;
    let mut client = server.client().await;
    let status = client.generate_random(waiting()).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.get_details_error_info().unwrap().reason, "RequestTimeout");
    server.stop().await;

    let limits = Limits { request: Duration::from_secs(600), ..Limits::default() };
    let server = start(|server| server.limits(limits)).await;
    let mut client = server.client().await;
    let mut request = waiting();
    request.set_timeout(Duration::from_millis(200));
    let status = tokio::time::timeout(STUCK, client.generate_random(request)).await.unwrap().unwrap_err();
    // tonic's client may be the first to give up, and has another word for it.
    assert!([Code::DeadlineExceeded, Code::Cancelled].contains(&status.code()), "{status:?}");
    let given_up = async { while !server.admin("/metrics").await.1.contains("keystead_rpc_in_flight 0") {} };
    tokio::time::timeout(STUCK, given_up).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn who_does_not_begin_to_speak_is_cut_off_and_who_does_is_not() {
    use tokio::io::AsyncReadExt;
    let limits = Limits { handshake: Duration::from_millis(100), ..Limits::default() };
    let server = start(|server| server.limits(limits)).await;
    let mut speaking = server.client().await;
    for address in [server.address, server.admin_address] {
        let mut silent = tokio::net::TcpStream::connect(address).await.unwrap();
        let mut heard = Vec::new();
        // An end, or a reset.
        let _ = tokio::time::timeout(STUCK, silent.read_to_end(&mut heard)).await.unwrap();
    }
    let request = with_headers(&[("authorization", &basic(ALICE_BASIC))], SAY_WHO);
    assert!(speaking.generate_random(request).await.is_ok());
    server.stop().await;
}

/// Connections that did nothing make room for one that wants something.
#[tokio::test]
async fn a_full_server_makes_room() {
    let server = start(|server| server.limits(Limits { connections: 4, ..Limits::default() })).await;
    let mut idle = Vec::new();
    for _ in 0..4 {
        idle.push(server.channel().await);
    }
    let alice = basic(ALICE_BASIC);
    let served =
        tokio::time::timeout(STUCK, server.call(&[("authorization", &alice)], SAY_WHO)).await.unwrap();
    assert_eq!(served.unwrap(), ALICE);
    server.stop().await;
}

/// Many large requests at once share the memory there is; small ones go on meanwhile.
#[tokio::test]
async fn a_large_request_without_room_is_turned_away() {
    let server = start(|server| server.limits(Limits { body_bytes: 1, ..Limits::default() })).await;
    let channel = server.channel().await;
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.unwrap();
    let codec: tonic_prost::ProstCodec<EncryptRequest, GenerateRandomResponse> = Default::default();
    let path = "/keystead.kms.v1.KeyManagementService/GenerateRandom".parse().unwrap();
    let large = EncryptRequest { plaintext: vec![0; 200_000], ..Default::default() };
    let mut request = Request::new(large);
    carried::put_headers(request.metadata_mut(), &[("authorization", &basic(ALICE_BASIC))]);
    let status = grpc.unary(request, path, codec).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(status.get_details_retry_info().unwrap().retry_delay.is_some());
    assert_eq!(server.call(&[("authorization", &basic(ALICE_BASIC))], SAY_WHO).await.unwrap(), ALICE);
    server.stop().await;
}

/// The same for answers, until their callers have taken them.
#[tokio::test]
async fn a_large_answer_without_room_is_given_up() {
    let alice = basic(ALICE_BASIC);
    let headers = [("authorization", alice.as_str())];
    let server = start(|server| server.limits(Limits { answer_bytes: 1, ..Limits::default() })).await;
    let status = server.call(&headers, SAY_MUCH).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(status.get_details_retry_info().unwrap().retry_delay.is_some());
    assert_eq!(server.call(&headers, SAY_WHO).await.unwrap(), ALICE);
    server.stop().await;

    let limits = Limits { answer_bytes: 2 * MUCH_BYTES, ..Limits::default() };
    let server = start(|server| server.limits(limits)).await;
    for _ in 0..10 {
        assert_eq!(server.call(&headers, SAY_MUCH).await.unwrap().len(), MUCH_BYTES);
    }
    server.stop().await;
}

#[tokio::test]
async fn the_healthcheck_says_what_readyz_says() {
    let server = start(|server| server).await;
    let check = HealthcheckArgs { admin_listen: server.admin_address, config: None };
    check.run().await.unwrap();
    server.readiness.not_ready("store", "sealed");
    let error = check.run().await.unwrap_err();
    assert_eq!(error.to_string(), "not ready: store: sealed");
    server.stop().await;
    assert!(matches!(check.run().await.unwrap_err(), Unhealthy::Silent(..)));
}

#[tokio::test]
async fn a_caller_that_goes_away_gives_its_place_back_and_is_counted_as_cancelled() {
    let server = start(|server| server.limits(Limits { concurrent_requests: 1, ..Limits::default() })).await;
    let waiting = waiting_call(&server).await;
    waiting.abort();
    let served = async {
        while server.call(&[("authorization", &basic(ALICE_BASIC))], SAY_WHO).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(STUCK, served).await.unwrap();
    let (_, text) = server.admin("/metrics").await;
    assert!(text.contains(r#"method="GenerateRandom",code="CANCELLED"} 1"#), "{text}");
    server.stop().await;
}

/// A call that is in its handler and waits there.
async fn waiting_call(server: &Running) -> tokio::task::JoinHandle<Result<String, tonic::Status>> {
    let mut client = server.client().await;
    let request = with_headers(&[("authorization", &basic(ALICE_BASIC))], WAIT);
    let call = tokio::spawn(async move {
        let answer = client.generate_random(request).await?;
        Ok(String::from_utf8(answer.into_inner().plaintext).unwrap())
    });
    server.carried.waiting.acquire().await.unwrap().forget();
    call
}

#[tokio::test]
async fn a_stop_lets_a_call_in_work_finish_and_takes_no_new_one() {
    let server = start(|server| server).await;
    let waiting = waiting_call(&server).await;
    server.stop.cancel();
    let refused = async { while tokio::net::TcpStream::connect(server.address).await.is_ok() {} };
    tokio::time::timeout(STUCK, refused).await.unwrap();
    assert_eq!(server.admin("/readyz").await, (503, "server: stopping\n".to_owned()));
    assert!(!server.served.is_finished());

    server.carried.go.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap(), ALICE);
    tokio::time::timeout(STUCK, server.served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_stop_ends_streams_that_wait() {
    let server = start(|server| server).await;
    let mut client = server.client().await;
    let mut request = Request::new(WatchKeysRequest {});
    carried::put_headers(request.metadata_mut(), &[("authorization", &basic(ALICE_BASIC))]);
    let mut events = client.watch_keys(request).await.unwrap().into_inner();
    server.stop.cancel();
    let ended = tokio::time::timeout(STUCK, events.message()).await.unwrap();
    assert_eq!(ended.unwrap_err().code(), Code::Unavailable);
    tokio::time::timeout(Duration::from_secs(5), server.served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_call_that_does_not_finish_holds_up_a_stop_for_no_longer_than_the_limit() {
    let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
    let server = start(|server| server.limits(limits)).await;
    let _waiting = waiting_call(&server).await;
    server.stop.cancel();
    tokio::time::timeout(STUCK, server.served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn port_0_is_reported_and_a_taken_port_refused() {
    let running = start(|server| server).await;
    assert_ne!(running.address.port(), 0);
    assert_ne!(running.admin_address.port(), 0);
    let taken = server(principals(), carried::carried()).bind(running.address, loopback()).await;
    assert!(matches!(taken.err().unwrap(), StartError::Bind { .. }));
    running.stop().await;
}

#[tokio::test]
async fn other_machines_are_served_only_when_that_is_asked_for() {
    let anywhere = "0.0.0.0:0".parse().unwrap();
    let data = tempfile::tempdir().unwrap();
    let development =
        || Directory::development_in(data.path(), &"000000000000".parse().unwrap(), None).unwrap();
    for directory in [development(), principals()] {
        let error = server(directory, carried::carried()).bind(anywhere, loopback()).await.err().unwrap();
        assert!(matches!(error, StartError::Exposed { .. }), "{error}");
        let usage = format!("{:?}", std::process::ExitCode::from(service_kit::EXIT_USAGE));
        assert_eq!(format!("{:?}", exit_code(&error)), usage);
    }
    let allowed =
        server(development(), carried::carried()).insecure_dev(true).bind(anywhere, loopback()).await;
    assert!(allowed.is_ok());
}
