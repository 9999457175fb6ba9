//! Logs: structured events on stderr, as text for people or JSON for machines; and the start of the traces, which have a
//! module of their own. `main` calls [`init`] once.
//!
//! Whatever the filter, no secret is written (`tests/logs.rs` holds that down to the frames of HTTP/2), and the lines of
//! the target [`AUDIT`] are: who could silence them with a log filter could use a key unseen. Traces are no layer here,
//! so that neither depends on the other: a layer finds a span's parent only while its own filter lets it through.

use crate::{
    LogArgs, TraceArgs, UsageError,
    log_json::{JsonLine, JsonMembers},
    log_lines::{Lines, Waiting},
    traces::Exporting,
};
use clap::ValueEnum;
use std::{fmt::Display, io::IsTerminal};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt, LevelFilter, filter_fn},
    fmt::MakeWriter,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// The target of the lines that are written whatever the log filter says, at level INFO and above.
pub const AUDIT: &str = "audit";

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line of text for each event.
    #[default]
    Text,
    /// One JSON object for each event.
    Json,
}

/// What runs beside the service to tell of it. Dropping it exports what traces are left, which blocks its thread for a
/// while, and writes what lines are left; later lines do not wait.
#[must_use = "dropping it ends the export"]
pub struct Telemetry {
    _exporting: Exporting,
    // Dropped last: exporting may have something to log.
    _waiting: Waiting,
}

/// Starts logging to stderr, and exporting traces in the name of the process `name` until what is returned is dropped. A
/// second call, and a filter that does not parse, are usage errors.
pub fn init(log: &LogArgs, traces: &TraceArgs, name: &'static str) -> Result<Telemetry, UsageError> {
    let refused = |error: &dyn Display| UsageError::new(format!("logging: {error}"));
    let is_terminal = std::io::stderr().is_terminal();
    let (lines, _waiting) = Lines::start(std::io::stderr()).map_err(|error| refused(&error))?;
    subscriber(log, lines, is_terminal)?.try_init().map_err(|error| refused(&error))?;
    Ok(Telemetry { _exporting: traces.start(name)?, _waiting })
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
        LogFormat::Json => lines.event_format(JsonLine).fmt_fields(JsonMembers).boxed(),
    };
    let always = filter_fn(belongs_to_audit).with_max_level_hint(LevelFilter::INFO);
    Ok(tracing_subscriber::registry().with(lines.with_filter(wanted.or(always))))
}

/// The audit lines, and the spans that say in which request one was written.
fn belongs_to_audit(what: &Metadata<'_>) -> bool {
    *what.level() <= Level::INFO && (what.target() == AUDIT || what.is_span())
}

impl LogArgs {
    /// What to log. A filter that does not parse is a usage error.
    pub(crate) fn filter(&self) -> Result<EnvFilter, UsageError> {
        EnvFilter::try_new(&self.log_filter)
            .map_err(|error| UsageError::new(format!("--log-filter {:?}: {error}", self.log_filter)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_lines::ACCESS;
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(filter: &str) -> Vec<String> {
        let written = Written::default();
        let args = LogArgs { log_filter: filter.to_owned(), log_format: LogFormat::Json };
        let sink = written.clone();
        let subscriber = subscriber(&args, move || sink.clone(), false).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            let _entered = tracing::info_span!("rpc", request_id = "r-1").entered();
            tracing::info!(target: AUDIT, operation = "Decrypt");
            tracing::debug!(target: AUDIT, operation = "detail");
            tracing::info!(target: ACCESS, "served");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn no_filter_silences_the_audit_log() {
        for filter in ["off", "error", "audit=off", "warn,audit=off", "access=off,audit=error"] {
            let lines = lines(filter);
            let [line] = &lines[..] else { panic!("{filter}: {lines:?}") };
            assert!(line.contains(r#""operation":"Decrypt""#), "{filter}: {line}");
            assert!(line.contains("r-1"), "it says in which request: {line}");
        }
        assert_eq!(lines("info").len(), 2);
        assert_eq!(lines("debug").len(), 3);
    }

    #[test]
    fn a_line_of_json_is_one_object_whatever_is_said() {
        let written = Written::default();
        let args = LogArgs { log_filter: "info".to_owned(), log_format: LogFormat::Json };
        let sink = written.clone();
        let subscriber = subscriber(&args, move || sink.clone(), false).unwrap();
        let hostile = "\"}\n{\u{1b}[31m\u{0}é";
        tracing::subscriber::with_default(subscriber, || {
            let span =
                tracing::info_span!("rpc", method = %hostile, later = tracing::field::Empty, number = 7);
            let _entered = span.enter();
            let none: Option<&str> = None;
            span.record("later", none);
            span.record("later", hostile);
            tracing::warn!(target: ACCESS, text = hostile, shown = ?hostile, is = true, share = 0.5, low = -1, none, "{hostile}");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let [line] = &text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        let time = line["timestamp"].take();
        assert_eq!(time.as_str().map(str::len), Some("2026-11-30T12:00:00.000000Z".len()));
        let expected = serde_json::json!({
            "timestamp": null, "level": "WARN", "target": "access", "message": hostile, "text": hostile,
            "shown": format!("{hostile:?}"), "is": true, "share": 0.5, "low": -1,
            "span": { "name": "rpc", "method": hostile, "later": hostile, "number": 7 },
        });
        assert_eq!(line, expected);
    }
}
