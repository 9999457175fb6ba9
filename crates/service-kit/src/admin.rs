//! The admin port: plain HTTP, no credentials, nothing that names a table, a key or a caller.

use crate::{Readiness, listener::Connection};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{encoding::text::encode, registry::Registry};
use std::{io, sync::Arc};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};

/// Connections at the same time: some scrapers, some probes, and a person.
pub(crate) const CONNECTIONS: usize = 64;
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The connections of the admin port, as axum takes them.
pub(crate) struct Connections(pub(crate) ReceiverStream<io::Result<Connection>>);

impl axum::serve::Listener for Connections {
    type Io = Connection;
    type Addr = ();

    async fn accept(&mut self) -> (Connection, ()) {
        loop {
            match self.0.next().await {
                Some(Ok(connection)) => return (connection, ()),
                Some(Err(_)) => {}
                // The listener is gone, and with it whoever waits here.
                None => std::future::pending().await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

/// `/livez`, `/readyz` and `/metrics`.
pub(crate) fn router(registry: Arc<Registry>, readiness: Readiness) -> Router {
    let metrics = get(|| async move { metrics(&registry) });
    Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(readyz).with_state(readiness))
        .route("/metrics", metrics)
}

async fn readyz(State(readiness): State<Readiness>) -> Response {
    let reasons = readiness.reasons();
    if reasons.is_empty() {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, reasons).into_response()
    }
}

fn metrics(registry: &Registry) -> Response {
    let mut text = String::new();
    match encode(&mut text, registry) {
        Ok(()) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
