//! The yardstick of what is called over AWS JSON: axum's own server and router with nothing around them, which reads a JSON
//! body and answers with one of as many bytes as the path says. It listens on a free port of loopback, says which in a
//! line like those of the services, and takes no arguments.

use std::io::Write as _;

use axum::{Json, Router, extract::Path, routing::post};
use serde_json::{Value, json};
// For the allocator that the services have.
use service_kit as _;
use tokio::net::TcpListener;

/// What is around the text of an answer. A shorter answer is an empty object.
const FRAME_BYTES: usize = r#"{"text":""}"#.len();

async fn echo(Path(bytes): Path<usize>, Json(request): Json<Value>) -> Json<Value> {
    // The request is looked at, so that reading it cannot be left out.
    let filler = if request.is_object() { "x" } else { "y" };
    match bytes.checked_sub(FRAME_BYTES) {
        Some(bytes) => Json(json!({ "text": filler.repeat(bytes) })),
        None => Json(json!({})),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let stop = service_kit::shutdown_signal()?;
    let address = listener.local_addr()?;
    let said = json!({ "message": "listening", "domain": "json-echo.keystead", "address": address });
    writeln!(std::io::stderr(), "{said}")?;
    let router = Router::new().route("/{bytes}", post(echo));
    Ok(axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await?)
}
