//! The form of a log line: plain for people, JSON for machines, both with the trace it belongs to.

use std::fmt;
use std::sync::{Arc, OnceLock};

use opentelemetry::trace::TraceContextExt;
use serde_json::{Map, Value};
use tracing::dispatcher::WeakDispatch;
use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// `2026-01-02T03:04:05.678901Z  INFO onething_gateway: message key=value trace_id=…`
pub(super) struct Plain(pub(super) TraceIds);

/// One object a line: `timestamp`, `level`, `target`, `message`, `trace_id`, `span_id`, `fields`.
pub(super) struct Json(pub(super) TraceIds);

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        SystemTime.format_time(&mut writer)?;
        let (on, off) = match (writer.has_ansi_escapes(), *metadata.level()) {
            (false, _) => ("", ""),
            (true, Level::ERROR) => ("\x1b[31m", "\x1b[0m"),
            (true, Level::WARN) => ("\x1b[33m", "\x1b[0m"),
            (true, Level::INFO) => ("\x1b[32m", "\x1b[0m"),
            (true, _) => ("\x1b[34m", "\x1b[0m"),
        };
        write!(
            writer,
            " {on}{:>5}{off} {}: ",
            metadata.level(),
            metadata.target()
        )?;
        let mut fields = Fields::default();
        event.record(&mut fields);
        write!(writer, "{}", fields.message)?;
        for (name, value) in &fields.others {
            match value {
                Value::String(text) => write!(writer, " {name}={text}")?,
                value => write!(writer, " {name}={value}")?,
            }
        }
        if let Some((trace, _)) = self.0.of(context) {
            write!(writer, " trace_id={trace}")?;
        }
        writeln!(writer)
    }
}

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), time.into());
        line.insert("level".to_owned(), metadata.level().as_str().into());
        line.insert("target".to_owned(), metadata.target().into());
        line.insert("message".to_owned(), fields.message.into());
        if let Some((trace, span)) = self.0.of(context) {
            line.insert("trace_id".to_owned(), trace.into());
            line.insert("span_id".to_owned(), span.into());
        }
        if !fields.others.is_empty() {
            line.insert("fields".to_owned(), Value::Object(fields.others));
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// The way from an event to its trace. Within a subscriber the current dispatcher cannot be asked
/// for, so it has to be told once: [`TraceIds::install`].
#[derive(Clone, Default)]
pub(super) struct TraceIds {
    dispatch: Arc<OnceLock<WeakDispatch>>,
}

impl TraceIds {
    /// Names the dispatcher that the formatter is part of.
    pub(super) fn install(&self, dispatch: &Dispatch) {
        // Set once per subscriber; a second one would be the same.
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    /// Trace and span that an event belongs to.
    fn of<S, N>(&self, context: &FmtContext<'_, S, N>) -> Option<(String, String)>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
        N: for<'a> FormatFields<'a> + 'static,
    {
        let id = context.parent_span().map(|span| span.id())?;
        let context = get_otel_context(&id, &self.dispatch.get()?.upgrade()?)?;
        let span = context.span();
        let context = span.span_context();
        context.is_valid().then(|| {
            (
                context.trace_id().to_string(),
                context.span_id().to_string(),
            )
        })
    }
}

/// An event's message and its other fields.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            ("message", value) => self.message = value.to_string(),
            (name, value) => {
                self.others.insert(name.to_owned(), value);
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged by one event within a span and one outside, and the span's trace id.
    fn logged(json: bool) -> (Vec<String>, String) {
        let lines = Lines::default();
        let writer = lines.clone();
        let fmt = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let ids = TraceIds::default();
        let fmt = if json {
            fmt.event_format(Json(ids.clone())).boxed()
        } else {
            fmt.event_format(Plain(ids.clone())).boxed()
        };
        let tracer = SdkTracerProvider::builder().build().tracer("test");
        let traces = tracing_opentelemetry::layer().with_tracer(tracer);
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(traces).with(fmt));
        ids.install(&dispatch);
        let trace = tracing::dispatcher::with_default(&dispatch, || {
            tracing::warn!("outside");
            let _span = tracing::info_span!("span").entered();
            tracing::info!(count = 3, name = "x \"y\"", ok = true, "inside");
            crate::trace::current_trace_id().unwrap()
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        (text.lines().map(str::to_owned).collect(), trace)
    }

    #[test]
    fn json_has_the_trace_at_the_top() {
        let (lines, trace) = logged(true);
        let outside: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(outside["level"], "WARN");
        assert_eq!(outside.get("trace_id"), None);
        let inside: Value = serde_json::from_str(&lines[1]).unwrap();
        assert_eq!(inside["message"], "inside");
        assert_eq!(inside["trace_id"], trace.as_str());
        assert_eq!(inside["span_id"].as_str().unwrap().len(), 16);
        assert_eq!(
            inside["fields"],
            serde_json::json!({"count": 3, "name": "x \"y\"", "ok": true})
        );
    }

    #[test]
    fn plain_ends_with_the_trace() {
        let (lines, trace) = logged(false);
        assert!(lines[0].ends_with("WARN onething_runtime::telemetry::format::tests: outside"));
        let end = format!("inside count=3 name=x \"y\" ok=true trace_id={trace}");
        assert!(lines[1].ends_with(&end), "{}", lines[1]);
    }
}
