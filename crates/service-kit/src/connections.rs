//! HTTP over the listener's connections: HTTP/2 and HTTP/1.1, told apart by what a connection begins with.
//!
//! gRPC is HTTP/2; AWS's clients speak HTTP/1.1, mostly. A connection of HTTP/1.1 has one request in work at a time and keeps
//! one buffer, so its headers are bounded by it; whoever sends them too slowly, or keeps quiet for as long, is cut.

use crate::{
    Limits,
    listener::Connection,
    stack::{self, Stack},
};
use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use std::{io, sync::Arc};
use tokio::task::JoinSet;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};

/// Serves connections until there are no more to come; then lets what is in work finish. Dropping it cuts them all.
pub(crate) async fn serve(
    stack: Arc<Stack>,
    routes: Router,
    mut incoming: ReceiverStream<io::Result<Connection>>,
    limits: &Limits,
) {
    let builder = builder(limits);
    let graceful = GracefulShutdown::new();
    let mut serving = JoinSet::new();
    loop {
        let connection = tokio::select! {
            connection = incoming.next() => connection,
            Some(_) = serving.join_next() => continue,
        };
        let connection = match connection {
            Some(Ok(connection)) => connection,
            Some(Err(_)) => continue,
            None => break,
        };
        let peer = connection.peer();
        let (stack, routes) = (Arc::clone(&stack), routes.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (stack, routes) = (Arc::clone(&stack), routes.clone());
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer.clone());
            async move { stack::answer(&stack, routes, request).await }
        });
        let served = builder.serve_connection(TokioIo::new(connection), service);
        let served = graceful.watch(served.into_owned());
        serving.spawn(async move {
            if let Err(error) = served.await {
                tracing::debug!(error, "a connection ended");
            }
        });
    }
    graceful.shutdown().await;
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_per_connection)
        .max_header_list_size(limits.header_bytes)
        .keep_alive_interval(limits.keepalive)
        .keep_alive_timeout(limits.keepalive_timeout);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.keepalive)
        .max_buf_size(usize::try_from(limits.header_bytes).unwrap_or(usize::MAX));
    builder
}
