//! Logs: structured events on stderr, as text for people or JSON for machines. `main` calls [`init`] once.
//!
//! Trace export will be another layer here.

use crate::{LogArgs, UsageError};
use clap::ValueEnum;
use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line of text for each event.
    #[default]
    Text,
    /// One JSON object for each event.
    Json,
}

/// Starts logging to stderr. A second call, and a filter that does not parse, are usage errors.
pub fn init(args: &LogArgs) -> Result<(), UsageError> {
    let started = match args.log_format {
        LogFormat::Text => {
            text(&args.log_filter, std::io::stderr, std::io::stderr().is_terminal())?.try_init()
        }
        LogFormat::Json => json(&args.log_filter, std::io::stderr)?.try_init(),
    };
    started.map_err(|error| UsageError::new(format!("logging: {error}")))
}

fn text<W>(
    filter: &str,
    writer: W,
    color: bool,
) -> Result<impl Subscriber + Send + Sync + 'static, UsageError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(color);
    Ok(tracing_subscriber::registry().with(parse(filter)?).with(layer))
}

fn json<W>(filter: &str, writer: W) -> Result<impl Subscriber + Send + Sync + 'static, UsageError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(writer);
    Ok(tracing_subscriber::registry().with(parse(filter)?).with(layer))
}

fn parse(filter: &str) -> Result<EnvFilter, UsageError> {
    EnvFilter::try_new(filter).map_err(|error| UsageError::new(format!("log filter {filter:?}: {error}")))
}
