//! What both servers need around their handlers, once: command line, logs, traces, metrics, authentication, health,
//! reflection, the admin port and an orderly stop.
//!
//! One stack wraps every route of a [`Server`], the unknown ones too, so that no handler can be reached without it:
//! request id, concurrency limit, span, metrics, access log, authentication. What is public is a list of four paths
//! (health and reflection). Beside gRPC a server can have doors for AWS's JSON protocols ([`JsonApi`]). A handler finds out who calls with [`caller`], and turns an error into an answer with
//! [`status`], the only place that does.
//!
//! A service's `main` is [`main`] with what to do for each subcommand. To serve is: [`telemetry::init`],
//! [`CommonArgs::directory`], the service's own composition, [`Server::bind`], and [`Bound::serve`] with the token of
//! [`shutdown_signal`].

mod admin;
mod answer;
mod args;
mod auth;
mod body;
mod budget;
mod client;
mod config_file;
mod connections;
mod deadline;
mod exposure;
mod healthcheck;
mod host;
mod json;
mod limits;
mod listener;
mod log_json;
mod log_lines;
mod metrics;
mod options;
mod paths;
mod peers;
mod readiness;
mod refusal;
mod reload;
mod request_id;
mod server;
mod stack;
mod start;
pub mod telemetry;
mod tls;
mod traces;
mod unhandled;
mod unproven;
mod upload;

pub use answer::status;
pub use args::{CommonArgs, ConfigArgs, LimitArgs, LogArgs};
pub use auth::{ON_BEHALF_OF_HEADER, caller};
pub use client::{ClientIdentity, Upstream};
pub use healthcheck::{HealthcheckArgs, Unhealthy};
pub use host::host;
pub use json::{Call, Failure, JsonApi, Neighbour};
pub use limits::Limits;
pub use prometheus_client::registry::Registry;
pub use readiness::Readiness;
pub use request_id::{REQUEST_ID_HEADER, RequestId, request_id};
pub use server::{Bound, Server};
pub use start::{EXIT_USAGE, StartError, UsageError, exit_code, main, say, shutdown_signal};
pub use tls::TlsArgs;
pub use tokio_util::sync::CancellationToken;
pub use traces::{Span, TraceArgs, trace_parent};

/// Of every binary that has this crate in it, the benchmark's yardstick too: the memory that a burst took is the system's
/// again within seconds, even if nothing else happens then.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
