//! Traces: one span for each request that is served and one for each call of another service, exported over OTLP.
//!
//! A [`Span`] is made with OpenTelemetry's own interface and not out of the log's spans: so no log filter switches one off,
//! and none adds a word to the log. It takes a method, a code and a request's id and nothing else, so that nothing else can be
//! exported. Exporting holds nobody up: a span that finds the queue full is dropped, and a collector that is away is tried
//! again with the next batch, while the log says so once. `telemetry` starts it, `stack` and a service's clients make spans.
//!
//! A request has a span once its caller is known: whoever has no credential fills no queue. It is the child of whoever the
//! request's `traceparent` names (<https://www.w3.org/TR/trace-context/>), and is made unless that caller chose not to be
//! traced. A `tracestate` is neither read nor passed on: it may hold anything.

use crate::{
    RequestId, UsageError,
    paths::{GRPC_SYSTEM, Method},
};
use clap::Args;
use http::{HeaderMap, Uri, uri::InvalidUri};
use opentelemetry::{
    Context, KeyValue,
    propagation::TextMapPropagator,
    trace::{Span as _, SpanKind, Status as Outcome, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_otlp::{RetryPolicy, WithTonicConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{
        BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
    },
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::counter::ConstCounter,
    registry::Registry,
};
use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tonic::{Code, transport::Endpoint};

/// The header that says which span caused a request.
const TRACE_PARENT: &str = "traceparent";
/// Spans that wait to be exported: a few hundred bytes each. One more is dropped.
const QUEUE_SPANS: usize = 4_096;
/// Spans that are exported at once.
const BATCH_SPANS: usize = 512;
/// How long a span waits for others to be exported with.
const BATCH_DELAY: Duration = Duration::from_secs(5);
/// How long a batch may take, connecting included.
const EXPORT_DEADLINE: Duration = Duration::from_secs(5);
/// How long a stop waits for what is left.
const LAST_EXPORT_DEADLINE: Duration = Duration::from_secs(2);

/// Makes the spans of this process; nothing without a collector.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();
/// How many spans of this process are over, and how many of them a collector has.
static ENDED: AtomicU64 = AtomicU64::new(0);
static EXPORTED: AtomicU64 = AtomicU64::new(0);

/// Where traces go.
#[derive(Args, Clone, Debug)]
pub struct TraceArgs {
    /// Send traces to the OpenTelemetry collector at this URL (http://HOST:PORT), over OTLP with gRPC. Without it, none
    /// are made
    #[arg(long, value_parser = collector, value_name = "URL")]
    pub otlp_endpoint: Option<Uri>,
    /// The share of requests that are traced, from 0 to 1, of those whose callers do not say themselves
    #[arg(long, default_value = "1", value_parser = share, value_name = "SHARE")]
    pub otlp_sample_ratio: f64,
}

impl TraceArgs {
    /// Starts exporting in the name of the process `name`, if there is a collector. Nothing is connected yet. Needs a runtime.
    pub(crate) fn start(&self, name: &'static str) -> Result<Exporting, UsageError> {
        let Some(url) = &self.otlp_endpoint else { return Ok(Exporting(None)) };
        let endpoint = Endpoint::from(url.clone()).connect_timeout(EXPORT_DEADLINE).timeout(EXPORT_DEADLINE);
        // The next batch is the next attempt: until then, the queue is what bounds the memory.
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_tonic()
            .with_channel(endpoint.connect_lazy())
            .with_retry_policy(RetryPolicy::disabled())
            .build();
        let inner = exporter.map_err(|error| UsageError::new(format!("--otlp-endpoint: {error}")))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_SPANS)
            .with_max_export_batch_size(BATCH_SPANS)
            .with_scheduled_delay(BATCH_DELAY)
            .build();
        let exporter = Exporter { inner, is_failing: AtomicBool::new(false) };
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(self.otlp_sample_ratio))))
            .with_resource(Resource::builder_empty().with_service_name(name).build())
            .build();
        TRACER.get_or_init(|| provider.tracer("keystead"));
        Ok(Exporting(Some(provider)))
    }
}

/// Plain HTTP/2: to another machine, a collector beside the service speaks TLS.
fn collector(text: &str) -> Result<Uri, String> {
    let url: Uri = text.parse().map_err(|error: InvalidUri| error.to_string())?;
    let is_bare = url.path() == "/" && url.query().is_none();
    match (url.scheme_str(), url.authority()) {
        (Some("http"), Some(host)) if is_bare && host.port().is_some() && !host.as_str().contains('@') => {
            Ok(url)
        }
        _ => Err("a URL of the form http://HOST:PORT is needed".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a number from 0 to 1 is needed".to_owned()),
    }
}

/// Registers how many spans there were, if any are made: what is over and was not exported still waits, or was dropped.
pub(crate) fn register(registry: &mut Registry) {
    if TRACER.get().is_some() {
        registry.register_collector(Box::new(SpanCounts));
    }
}

#[derive(Debug)]
struct SpanCounts;

impl Collector for SpanCounts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = [
            ("keystead_trace_spans", "Spans of this process that are over", &ENDED),
            ("keystead_trace_spans_exported", "Spans of this process that the collector has", &EXPORTED),
        ];
        counts.into_iter().try_for_each(|(name, help, count)| {
            let counter = ConstCounter::new(count.load(Ordering::Relaxed));
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)
        })
    }
}

/// The export of spans. Dropping this exports what is left, and blocks its thread for that, though not for long.
#[must_use = "dropping it ends the export"]
pub(crate) struct Exporting(Option<SdkTracerProvider>);

impl Drop for Exporting {
    fn drop(&mut self) {
        if let Some(provider) = &self.0 {
            // The exporter itself says what went wrong.
            let _ = provider.shutdown_with_timeout(LAST_EXPORT_DEADLINE);
        }
    }
}

/// A request that is being served, or a call that is being made, as a trace shows it; nothing without a collector. It
/// ends when it is dropped.
pub struct Span {
    span: Option<opentelemetry_sdk::trace::Span>,
    code: Code,
}

impl Span {
    /// A request that is served.
    pub(crate) fn server(method: &Method, id: &RequestId, headers: &HeaderMap) -> Self {
        let parent = headers.get(TRACE_PARENT).and_then(|value| value.to_str().ok());
        Self::start(
            SpanKind::Server,
            method.system,
            (&method.service, &method.name),
            Some(id.as_str()),
            parent,
        )
    }

    /// A call that is made, of the request with this id and this [`trace_parent`] if one caused it.
    pub fn client(service: &str, method: &str, id: Option<&str>, parent: Option<&str>) -> Self {
        Self::start(SpanKind::Client, GRPC_SYSTEM, (service, method), id, parent)
    }

    fn start(
        kind: SpanKind,
        system: &'static str,
        (service, method): (&str, &str),
        id: Option<&str>,
        parent: Option<&str>,
    ) -> Self {
        let span = TRACER.get().map(|tracer| {
            let attributes = [("rpc.system", system), ("rpc.service", service), ("rpc.method", method)];
            let attributes = attributes.into_iter().chain(id.map(|id| ("keystead.request_id", id)));
            let attributes = attributes.map(|(name, value)| KeyValue::new(name, value.to_owned()));
            let span = tracer.span_builder(format!("{service}/{method}")).with_kind(kind);
            span.with_attributes(attributes).start_with_context(tracer, &context(parent))
        });
        // What is dropped before it has an answer was given up.
        Self { span, code: Code::Cancelled }
    }

    /// How it went.
    pub fn note(&mut self, code: Code) {
        self.code = code;
    }

    /// Makes this the parent of whatever the request causes.
    pub fn put_on<T>(&self, request: &mut tonic::Request<T>) {
        if let Some(parent) = self.trace_parent().and_then(|TraceParent(parent)| parent.parse().ok()) {
            request.metadata_mut().insert(TRACE_PARENT, parent);
        }
    }

    /// What children of this span are told.
    pub(crate) fn trace_parent(&self) -> Option<TraceParent> {
        let context = Context::new().with_remote_span_context(self.span.as_ref()?.span_context().clone());
        let mut fields = HashMap::new();
        TraceContextPropagator::new().inject_context(&context, &mut fields);
        fields.remove(TRACE_PARENT).map(|parent| TraceParent(parent.into()))
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let Some(span) = &mut self.span else { return };
        if span.is_recording() {
            ENDED.fetch_add(1, Ordering::Relaxed);
        }
        span.set_attribute(KeyValue::new("rpc.grpc.status_code", i64::from(i32::from(self.code))));
        if is_failure(self.code) {
            span.set_status(Outcome::error(""));
        }
    }
}

/// The header's value that makes a request the parent of what it causes.
#[derive(Clone)]
pub(crate) struct TraceParent(Arc<str>);

impl TraceParent {
    pub(crate) fn into_inner(self) -> Arc<str> {
        self.0
    }
}

/// What a request tells those whom it causes of its trace, if it came through the [`Server`](crate::Server)'s stack and
/// is traced: for [`Span::client`].
pub fn trace_parent<T>(request: &tonic::Request<T>) -> Option<Arc<str>> {
    request.extensions().get().map(|TraceParent(parent)| parent.clone())
}

/// Whose child a span is: nobody's, if `parent` is none or malformed.
fn context(parent: Option<&str>) -> Context {
    // The propagator takes numbers that are too short.
    let is_whole = |parent: &&str| parent.split('-').take(4).map(str::len).eq([2, 32, 16, 2]);
    let parent = parent.filter(is_whole);
    let fields: HashMap<_, _> =
        parent.map(|parent| (TRACE_PARENT.to_owned(), parent.to_owned())).into_iter().collect();
    TraceContextPropagator::new().extract_with_context(&Context::new(), &fields)
}

/// The codes that are a server's fault (<https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>); a refusal is an answer.
fn is_failure(code: Code) -> bool {
    use Code::{DataLoss, DeadlineExceeded, Internal, Unavailable, Unimplemented, Unknown};
    matches!(code, Unknown | DeadlineExceeded | Unimplemented | Internal | Unavailable | DataLoss)
}

/// Says once that spans cannot be exported, and once that they can again.
#[derive(Debug)]
struct Exporter {
    inner: opentelemetry_otlp::SpanExporter,
    is_failing: AtomicBool,
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let exported = self.inner.export(batch).await;
        if exported.is_ok() {
            EXPORTED.fetch_add(count, Ordering::Relaxed);
        }
        match (&exported, self.is_failing.swap(exported.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => tracing::warn!(%error, "traces cannot be exported"),
            (Ok(()), true) => tracing::info!("traces are exported again"),
            _ => {}
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_formed_parent_is_taken_and_any_other_ignored() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let taken = context(Some(parent)).span().span_context().clone();
        assert_eq!(taken.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(taken.span_id().to_string(), "00f067aa0ba902b7");
        assert!(taken.is_remote() && taken.is_sampled());
        for malformed in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-1-1-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-1-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(!context(Some(malformed)).span().span_context().is_valid(), "{malformed}");
        }
        assert!(!context(None).span().span_context().is_valid());
    }

    #[test]
    fn only_the_url_of_a_collector_will_do() {
        for good in ["http://127.0.0.1:4317", "http://collector:4317/", "http://[::1]:4317"] {
            assert!(collector(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "collector:4317",
            "https://collector:4317",
            "http://",
            "http://collector",
            "/",
            "http://a:b@c:1",
            "http://c:1/v1",
        ] {
            assert!(collector(bad).is_err(), "{bad}");
        }
    }
}
