//! The metrics every server has. What they say of a request is its method and its code: no table, key or caller.

use crate::paths::Method;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use std::{sync::Arc, time::Duration};
use tonic::Code;

/// Upper bounds of the duration buckets: 50 microseconds to 26 seconds, each twice the one before.
const FIRST_BUCKET_SECONDS: f64 = 0.000_05;
const BUCKETS: u16 = 20;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabels {
    service: Arc<str>,
    method: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    service: Arc<str>,
    method: Arc<str>,
    code: &'static str,
}

/// `keystead_rpc_total`, `keystead_rpc_duration_seconds` and `keystead_rpc_in_flight`.
#[derive(Clone, Debug)]
pub(crate) struct RpcMetrics {
    total: Family<OutcomeLabels, Counter>,
    duration: Family<MethodLabels, Histogram>,
    pub(crate) in_flight: Gauge,
}

impl RpcMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let histogram = || Histogram::new(exponential_buckets(FIRST_BUCKET_SECONDS, 2.0, BUCKETS));
        let metrics = Self {
            total: Family::default(),
            duration: Family::new_with_constructor(histogram),
            in_flight: Gauge::default(),
        };
        registry.register("keystead_rpc", "Requests by outcome", metrics.total.clone());
        registry.register_with_unit(
            "keystead_rpc_duration",
            "Time to answer a request",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        registry.register("keystead_rpc_in_flight", "Requests in work", metrics.in_flight.clone());
        metrics
    }

    pub(crate) fn observe(&self, method: &Method, code: Code, taken: Duration) {
        let (service, name) = (method.service.clone(), method.name.clone());
        let labels = MethodLabels { service: service.clone(), method: name.clone() };
        self.duration.get_or_create(&labels).observe(taken.as_secs_f64());
        self.total.get_or_create(&OutcomeLabels { service, method: name, code: code_name(code) }).inc();
    }
}

/// The name of a code as gRPC writes it (<https://grpc.io/docs/guides/status-codes/>).
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
