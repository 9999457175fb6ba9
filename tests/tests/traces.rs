//! Promise: with a collector, a request is one trace through both services, from its caller's own span on, if it is of the
//! share that is traced or its caller says so; nothing that a caller entrusts to the services is in a byte of what is
//! exported; and a collector that is away, or silent, holds up nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use proto::kms::EncryptRequest;
use proto::table::table_service_client::TableServiceClient;
use proto::table::{GetItemRequest, PutItemRequest};
use tests::canary::Canary;
use tests::item::{attributes, s};
use tests::{
    Credentials, Encryption, Kms, Principals, Protocol, Settings, Stack, Stopped, Tables, channel,
    eventually, partition_only,
};
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Request, Response, Status};

/// Batches go every few seconds.
const EXPORTED_WITHIN: Duration = Duration::from_secs(60);
/// More spans than a service keeps for its collector.
const MORE_THAN_THE_QUEUE: u32 = 5_000;
/// A caller's own span, as W3C writes it.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// What a collector was sent: messages, and the headers that came with them.
#[derive(Clone, Default)]
struct Exported(Arc<Mutex<Vec<(ExportTraceServiceRequest, String)>>>);

#[tonic::async_trait]
impl TraceService for Exported {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let headers = format!("{:?}", request.metadata());
        self.0.lock().expect("no test panics here").push((request.into_inner(), headers));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// A collector with a runtime of its own, so that it can be ended with its connections.
struct Collector {
    runtime: Option<Runtime>,
    address: SocketAddr,
    exported: Exported,
}

impl Collector {
    async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address")).await
    }

    async fn at(address: SocketAddr) -> Self {
        let free = async || tokio::net::TcpListener::bind(address).await.ok();
        let listener = eventually("the port is free", EXPORTED_WITHIN, free).await;
        let address = listener.local_addr().expect("it is bound");
        let listener = listener.into_std().expect("it is registered");
        let exported = Exported::default();
        let service = TraceServiceServer::new(exported.clone());
        let runtime = Runtime::new().expect("a runtime");
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("it does not block");
            let incoming = TcpListenerStream::new(listener);
            tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming).await
        });
        Self { runtime: Some(runtime), address, exported }
    }

    fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    fn spans(&self) -> Vec<Span> {
        let exported = self.exported.0.lock().expect("no test panics here");
        exported.iter().flat_map(|(message, _)| spans(message)).collect()
    }

    /// Every byte that came, in one file below `directory`.
    fn write(&self, directory: &Path) -> Vec<u8> {
        let exported = self.exported.0.lock().expect("no test panics here");
        let bytes: Vec<u8> = exported
            .iter()
            .flat_map(|(message, headers)| [message.encode_to_vec(), headers.clone().into_bytes()])
            .flatten()
            .collect();
        std::fs::write(directory.join("exported"), &bytes).expect("the directory is writable");
        bytes
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A span with all that it says.
#[derive(Debug)]
struct Span {
    process: String,
    name: String,
    kind: SpanKind,
    trace: String,
    id: String,
    parent: String,
    attributes: BTreeMap<String, String>,
}

fn spans(message: &ExportTraceServiceRequest) -> Vec<Span> {
    let mut found = Vec::new();
    for of_process in &message.resource_spans {
        let mut process = texts(&of_process.resource.as_ref().expect("a resource").attributes);
        let name = process.remove("service.name").expect("a name");
        assert!(process.is_empty(), "{process:?}");
        for span in of_process.scope_spans.iter().flat_map(|scope| &scope.spans) {
            assert!(
                span.events.is_empty() && span.links.is_empty() && span.trace_state.is_empty(),
                "{span:?}"
            );
            assert!(span.status.as_ref().is_none_or(|status| status.message.is_empty()), "{span:?}");
            found.push(Span {
                process: name.clone(),
                name: span.name.clone(),
                kind: span.kind(),
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                attributes: texts(&span.attributes),
            });
        }
    }
    found
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &KeyValue| match value.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{}: {other:?}", value.key),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Span {
    fn says(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map_or("", String::as_str)
    }

    fn is(&self, process: &str, kind: SpanKind, method: &str) -> bool {
        (self.process.as_str(), self.kind, self.says("rpc.method")) == (process, kind, method)
    }
}

fn traced(url: &str) -> Settings {
    let flags = ["--otlp-endpoint", url];
    Settings::knowing(Principals::new()).table_flags(flags).kms_flags(flags)
}

/// A request of the root that calls itself `id` and says whose child it is.
fn called<T>(stack: &Stack, id: &str, parent: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let credentials = stack.root_credentials().expect("the root has credentials");
    let headers = [("authorization", &*credentials.header()), ("x-request-id", id), ("traceparent", parent)];
    for (name, value) in headers {
        request.metadata_mut().insert(name, value.parse().expect("ASCII"));
    }
    request
}

/// Whatever a caller entrusts to the services, well and badly.
async fn plant(stack: &Stack, canary: &Canary, table: &str, key: &str) {
    let plant = |place: &str| canary.plant(place);
    let mut client = TableServiceClient::new(channel(stack.table_address()));
    let parent = |flags: &str| format!("00-{TRACE}-{CALLER}-{flags}");
    let put = PutItemRequest {
        table_name: table.to_owned(),
        item: attributes([("pk", s(plant("key"))), (plant("name").as_str(), s(plant("value")))]),
        ..Default::default()
    };
    let get = GetItemRequest {
        table_name: table.to_owned(),
        key: attributes([("pk", s(plant("key")))]),
        ..Default::default()
    };
    let mut first = called(stack, "put-1", &parent("01"), put.clone());
    first.metadata_mut().insert("tracestate", format!("x={}", plant("tracestate")).parse().expect("ASCII"));
    client.put_item(first).await.expect("written");
    client.put_item(called(stack, "unsampled", &parent("00"), put.clone())).await.expect("written");
    let malformed = format!("00-{}-{CALLER}-01", plant("parent"));
    client.get_item(called(stack, "get-1", &malformed, get)).await.expect("read");
    let absent = PutItemRequest { table_name: plant("table"), ..put };
    client
        .put_item(called(stack, "refused", &parent("01"), absent))
        .await
        .expect_err("there is no such table");

    let wrong = Credentials::new(plant("id"), plant("secret"));
    let tables = Tables::new(stack.table_address(), Some(&wrong));
    tables.list_tables(Default::default()).await.expect_err("nobody's credentials");
    let encrypt = EncryptRequest {
        key_id: key.to_owned(),
        plaintext: plant("plaintext").into(),
        encryption_context: [(plant("contextname"), plant("contextvalue"))].into(),
        ..Default::default()
    };
    stack.kms().encrypt(encrypt.clone()).await.expect("it encrypts");
    let unknown = EncryptRequest { key_id: format!("alias/{}", plant("alias")), ..encrypt };
    stack.kms().encrypt(unknown).await.expect_err("there is no such key");
    Kms::new(stack.kms_address(), Some(&wrong))
        .encrypt(EncryptRequest::default())
        .await
        .expect_err("nobody's credentials");
}

async fn stop(stack: Stack) -> Stopped {
    tests::within("the services stop", EXPORTED_WITHIN, stack.stop()).await
}

/// With a share of 0 only those are traced whose callers say so themselves, and then whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_share_of_none_leaves_the_requests_that_their_callers_trace() {
    let collector = Collector::start().await;
    let none = ["--otlp-sample-ratio", "0"];
    let settings = traced(&format!("http://{}", collector.address)).table_flags(none).kms_flags(none);
    let stack = Stack::apart(settings).await;
    let key = stack.kms().customer_key().await;
    stack.tables().create(partition_only("Songs"), &Encryption::Customer(key.arn)).await;
    let mut client = TableServiceClient::new(channel(stack.table_address()));
    let item = attributes([("pk", s("a"))]);
    let put = PutItemRequest { table_name: "Songs".to_owned(), item: item.clone(), ..Default::default() };
    // The first to need the table's key, so that its trace goes on in the other service.
    for (id, flags) in [("sampled", "01"), ("unsampled", "00")] {
        let parent = format!("00-{TRACE}-{CALLER}-{flags}");
        client.put_item(called(&stack, id, &parent, put.clone())).await.expect("written");
    }
    client.put_item(called(&stack, "malformed", "00-1-1-01", put)).await.expect("written");
    stack.tables().get("Songs", item).await.expect("read");
    stack.kms().describe(&key.key_id).await.expect("described");
    stop(stack).await;

    let spans = collector.spans();
    let mut found: Vec<_> =
        spans.iter().map(|span| (&*span.process, span.kind, span.says("rpc.method"))).collect();
    found.sort_by_key(|(process, kind, _)| (*process, *kind != SpanKind::Server));
    let expected = [
        ("kms-service", SpanKind::Server, "Decrypt"),
        ("table-service", SpanKind::Server, "PutItem"),
        ("table-service", SpanKind::Client, "Decrypt"),
    ];
    assert_eq!(found, expected, "{spans:#?}");
    for span in &spans {
        assert_eq!((&*span.trace, span.says("keystead.request_id")), (TRACE, "sampled"), "{span:?}");
    }
}

/// With a caller's signature too, and under the id that the answer tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_over_aws_json_is_one_trace_through_both_services() {
    let collector = Collector::start().await;
    let none = ["--otlp-sample-ratio", "0"];
    let settings = traced(&format!("http://{}", collector.address)).table_flags(none).kms_flags(none);
    let stack = Stack::apart(settings).await;
    let key = stack.kms().customer_key().await;
    stack.tables().create(partition_only("Songs"), &Encryption::Customer(key.arn)).await;
    let tables = stack.json(Protocol::DynamoDb);
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let put = br#"{"TableName":"Songs","Item":{"pk":{"S":"a"}}}"#;
    let request = tables.signer().request_at(SystemTime::now(), "PutItem", put, &[("traceparent", &parent)]);
    let answer = tables.exchange(&request).await.expect("an answer");
    assert_eq!(answer.status, 200, "{answer:?}");
    let id = answer.header("x-amzn-requestid").expect("an id");
    stop(stack).await;

    let spans = collector.spans();
    let mut found: Vec<_> = spans.iter().map(|span| (&*span.process, span.kind, &*span.name)).collect();
    found.sort_by_key(|(process, kind, _)| (*process, *kind != SpanKind::Server));
    let decrypt = "keystead.kms.v1.KeyManagementService/Decrypt";
    let expected = [
        ("kms-service", SpanKind::Server, decrypt),
        ("table-service", SpanKind::Server, "DynamoDB_20120810/PutItem"),
        ("table-service", SpanKind::Client, decrypt),
    ];
    assert_eq!(found, expected, "{spans:#?}");
    for span in &spans {
        assert_eq!((&*span.trace, span.says("keystead.request_id")), (TRACE, id), "{span:?}");
    }
}

/// The log's filter lets no span through, which is nothing to the traces.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_one_trace_through_both_services_and_holds_nothing_of_its_content() {
    let collector = Collector::start().await;
    let settings = traced(&format!("http://{}", collector.address));
    let stack = Stack::apart(settings.logging("off,service_kit::server=info")).await;
    let canary = Canary::new();
    let key = stack.kms().customer_key().await;
    let encryption = Encryption::Customer(key.arn.clone());
    stack.tables().create(partition_only("Songs"), &encryption).await;
    plant(&stack, &canary, "Songs", &key.key_id).await;
    let secrets: Vec<String> = stack.principals().secrets().map(str::to_owned).collect();
    let headers = [&stack.principals().root().credentials, &stack.principals().service().credentials];
    let headers = headers.map(|credentials| credentials.header().replace("Basic ", ""));
    // What was not exported yet is exported now.
    stop(stack).await;

    let spans = collector.spans();
    let only = |wanted: &dyn Fn(&Span) -> bool| {
        let found: Vec<&Span> = spans.iter().filter(|span| wanted(span)).collect();
        assert_eq!(found.len(), 1, "{found:#?} of {spans:#?}");
        found[0]
    };
    let served = |id: &'static str| {
        move |span: &Span| span.kind == SpanKind::Server && span.says("keystead.request_id") == id
    };
    let put = only(&|span| served("put-1")(span) && span.process == "table-service");
    assert_eq!((&*put.trace, &*put.parent), (TRACE, CALLER), "{put:?}");
    assert_eq!(put.name, "keystead.table.v1.TableService/PutItem");
    let asked = only(&|span| span.parent == put.id);
    assert!(asked.is("table-service", SpanKind::Client, "Decrypt"), "{asked:?}");
    let decrypted = only(&|span| span.parent == asked.id);
    assert!(decrypted.is("kms-service", SpanKind::Server, "Decrypt"), "{decrypted:?}");
    for span in [put, asked, decrypted] {
        assert_eq!(span.trace, TRACE);
        assert_eq!(span.says("keystead.request_id"), "put-1");
        assert_eq!(span.says("rpc.grpc.status_code"), "0");
    }
    for span in [asked, decrypted] {
        assert_eq!(span.name, "keystead.kms.v1.KeyManagementService/Decrypt");
    }

    let orphan = only(&served("get-1"));
    assert_eq!((&*orphan.parent, orphan.trace == TRACE), ("", false), "{orphan:?}");
    let refused = only(&served("refused"));
    assert_eq!(refused.says("rpc.grpc.status_code"), i32::from(Code::NotFound).to_string());
    assert!(!spans.iter().any(|span| span.says("keystead.request_id") == "unsampled"));
    // Who has no credential fills no queue.
    let unauthenticated = i32::from(Code::Unauthenticated).to_string();
    assert!(!spans.iter().any(|span| span.says("rpc.grpc.status_code") == unauthenticated));

    let known = ["keystead.request_id", "rpc.grpc.status_code", "rpc.method", "rpc.service", "rpc.system"];
    for span in &spans {
        assert!(span.attributes.keys().all(|name| known.contains(&&**name)), "{span:?}");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let bytes = collector.write(directory.path());
    canary.assert_unseen(directory.path(), "in what was exported");
    for secret in secrets.iter().chain(&headers) {
        assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none(), "a secret was exported");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_on_when_the_collector_dies() {
    let mut collector = Collector::start().await;
    let stack = Stack::apart(traced(&format!("http://{}", collector.address))).await;
    let tables = stack.tables();
    tables.create(partition_only("Songs"), &Encryption::Owned).await;
    eventually("spans of both services arrive while they run", EXPORTED_WITHIN, async || {
        let spans = collector.spans();
        let has = |process: &str| spans.iter().any(|span| span.process == process);
        (has("table-service") && has("kms-service")).then_some(())
    })
    .await;
    collector.kill();
    tables.put("Songs", attributes([("pk", s("a"))])).await.expect("written");
    for _ in 0..MORE_THAN_THE_QUEUE {
        assert!(tables.get("Songs", attributes([("pk", s("a"))])).await.expect("read").is_some());
    }
    let said = |logs: &Path, line: &str| -> Vec<usize> {
        let times = |file: std::path::PathBuf| {
            std::fs::read_to_string(file).expect("a log is readable").matches(line).count()
        };
        tests::canary::files(logs).into_iter().map(times).collect()
    };
    let cannot = |logs: &Path| said(logs, "traces cannot be exported");
    eventually("the log says so", EXPORTED_WITHIN, async || cannot(&stack.logs()).contains(&1).then_some(()))
        .await;
    let counts = async || {
        let metrics = stack.table_metrics().await;
        ["keystead_trace_spans_total", "keystead_trace_spans_exported_total"]
            .map(|name| metrics.sum(name, &[]))
    };
    let [ended, exported] = counts().await;
    assert!(ended >= exported + f64::from(MORE_THAN_THE_QUEUE) && exported > 0.0, "{ended} and {exported}");

    let collector = Collector::at(collector.address).await;
    eventually("spans arrive again", EXPORTED_WITHIN, async || {
        tables.get("Songs", attributes([("pk", s("a"))])).await.expect("read");
        (counts().await[1] > exported && !collector.spans().is_empty()).then_some(())
    })
    .await;
    let stopped = stop(stack).await;
    let cannot = cannot(&stopped.logs());
    assert!(!cannot.is_empty() && cannot.iter().all(|times| *times <= 1), "once each: {cannot:?}");
    let again = said(&stopped.logs(), "traces are exported again");
    assert!(again.contains(&1), "and that it is over: {again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_or_never_answers_holds_up_nothing() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let [silent_address, gone_address] = [&silent, &gone].map(|it| it.local_addr().expect("it is bound"));
    drop(gone);
    for address in [silent_address, gone_address] {
        let stack = Stack::apart(traced(&format!("http://{address}"))).await;
        let tables = stack.tables();
        tables.create(partition_only("Songs"), &Encryption::Owned).await;
        tables.put("Songs", attributes([("pk", s("a"))])).await.expect("written");
        stop(stack).await;
    }
}
