//! The log as JSON: one object in a line, with the event's fields beside `timestamp`, `level` and `target`, and the innermost
//! span around it in `span`.
//!
//! This is what tracing-subscriber's own format says, less its list of all spans. That one makes a tree of every span, writes
//! it, parses it for each event and writes it again, piece by piece through a check for UTF-8; for a read of one item, logging
//! took a quarter of what serving it did. Here every value is written once.

use serde::Serialize;
use std::fmt;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::Record,
};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// How an event is written.
pub(crate) struct JsonLine;

/// How the fields of a span are: as members of an object, without its braces.
pub(crate) struct JsonMembers;

/// Members of an object, separated.
#[derive(Default)]
struct Members(Vec<u8>);

impl Members {
    fn push(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        // What the `log` crate says of an event itself is in its metadata.
        if name.starts_with("log.") {
            return;
        }
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        // Writing numbers and texts to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.0, name);
        self.0.push(b':');
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    fn as_str(&self) -> Result<&str, fmt::Error> {
        str::from_utf8(&self.0).map_err(|_| fmt::Error)
    }
}

impl Visit for Members {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field.name(), &format_args!("{value:?}"));
    }
}

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let normal = event.normalized_metadata();
        let metadata = normal.as_ref().unwrap_or_else(|| event.metadata());
        out.write_str(r#"{"timestamp":""#)?;
        SystemTime.format_time(&mut out)?;
        out.write_str("\",")?;
        let mut members = Members::default();
        members.push("level", metadata.level().as_str());
        event.record(&mut members);
        members.push("target", metadata.target());
        out.write_str(members.as_str()?)?;
        if let Some(span) = ctx.lookup_current() {
            write!(out, r#","span":{{"name":"{}""#, span.name())?;
            if let Some(fields) =
                span.extensions().get::<FormattedFields<N>>().filter(|fields| !fields.is_empty())
            {
                out.write_char(',')?;
                out.write_str(fields)?;
            }
            out.write_char('}')?;
        }
        out.write_str("}\n")
    }
}

impl FormatFields<'_> for JsonMembers {
    fn format_fields<R: RecordFields>(&self, mut out: Writer<'_>, fields: R) -> fmt::Result {
        let mut members = Members::default();
        fields.record(&mut members);
        out.write_str(members.as_str()?)
    }

    fn add_fields(&self, current: &mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        let mut members = Members::default();
        fields.record(&mut members);
        if !current.is_empty() && !members.0.is_empty() {
            current.fields.push(',');
        }
        current.fields.push_str(members.as_str()?);
        Ok(())
    }
}
