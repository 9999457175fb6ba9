//! Logs: structured events on stderr, as text for people or JSON for machines. `main` calls [`init`] once.
//!
//! Whatever the filter, no secret is written (`tests/logs.rs` holds that down to the frames of HTTP/2). Trace export
//! will be another layer here.

use crate::{LogArgs, UsageError};
use clap::ValueEnum;
use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

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
    let started = subscriber(args, std::io::stderr, std::io::stderr().is_terminal())?.try_init();
    started.map_err(|error| UsageError::new(format!("logging: {error}")))
}

/// The log as [`init`] starts it, on another writer: for tests of what is logged.
pub fn subscriber<W>(
    args: &LogArgs,
    writer: W,
    color: bool,
) -> Result<impl Subscriber + Send + Sync + 'static, UsageError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let wanted = args.filter()?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(color);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match args.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    Ok(tracing_subscriber::registry().with(lines.with_filter(wanted)))
}

impl LogArgs {
    /// What to log. A filter that does not parse is a usage error.
    pub(crate) fn filter(&self) -> Result<EnvFilter, UsageError> {
        EnvFilter::try_new(&self.log_filter)
            .map_err(|error| UsageError::new(format!("--log-filter {:?}: {error}", self.log_filter)))
    }
}
