//! The assembly of subscriber, tracer and exporter.

use std::io::IsTerminal;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, TracerProviderBuilder};
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::format::{Json, Plain, TraceIds};
use super::guard::Guard;
use crate::boot_error::BootError;
use crate::config::{LogFormat, TelemetrySettings};

/// Sets up logs and traces for the whole process. Trace ids exist without an exporter, too; with
/// `otlp_endpoint` set, spans go there in batches. Call it within a tokio runtime.
///
/// A second call in the same process changes nothing and returns a guard that does nothing.
///
/// # Errors
/// When the exporter or the log filter cannot be set up.
pub fn init(settings: &TelemetrySettings, service_name: &str) -> Result<Guard, BootError> {
    let mut builder = SdkTracerProvider::builder();
    if !settings.otlp_endpoint.is_empty() {
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(&settings.otlp_endpoint)
            .build()
            .map_err(|error| BootError::Telemetry(error.into()))?;
        builder = builder.with_batch_exporter(exporter);
    }
    install(settings, service_name, builder)
}

/// As [`init`], with an exporter of the caller's that gets each span as it ends: for tests.
///
/// # Errors
/// When the log filter cannot be set up.
pub fn init_with_exporter(
    settings: &TelemetrySettings,
    service_name: &str,
    exporter: impl opentelemetry_sdk::trace::SpanExporter + 'static,
) -> Result<Guard, BootError> {
    install(
        settings,
        service_name,
        SdkTracerProvider::builder().with_simple_exporter(exporter),
    )
}

fn install(
    settings: &TelemetrySettings,
    service_name: &str,
    builder: TracerProviderBuilder,
) -> Result<Guard, BootError> {
    let name = match settings.service_name.as_str() {
        "" => service_name,
        name => name,
    };
    let provider = builder.with_resource(resource(name)).build();
    let filter = EnvFilter::try_new(&settings.log_filter)
        .map_err(|error| BootError::Telemetry(error.into()))?;
    let traces = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("onething"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(traced());
    let ids = TraceIds::default();
    let subscriber = Registry::default()
        .with(traces)
        .with(logs(settings.log_format, ids.clone()).with_filter(filter));
    let dispatch = Dispatch::new(subscriber);
    ids.install(&dispatch);
    if tracing::dispatcher::set_global_default(dispatch).is_err() {
        // Somebody else is here already (another service of this process, another test).
        return Ok(Guard::new(None));
    }
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(provider.clone());
    Ok(Guard::new(Some(provider)))
}

fn logs<S>(format: LogFormat, ids: TraceIds) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => layer.with_ansi(false).event_format(Json(ids)).boxed(),
        LogFormat::Plain => {
            let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            layer.with_ansi(colour).event_format(Plain(ids)).boxed()
        }
    }
}

/// What becomes a span or an event of one: everything from INFO, without the transport's own, which
/// would trace the export of traces.
fn traced() -> Targets {
    let transport = [
        "h2",
        "hyper",
        "hyper_util",
        "opentelemetry",
        "opentelemetry_sdk",
        "tonic",
        "tower",
    ];
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(transport.map(|target| (target, LevelFilter::OFF)))
}

fn resource(service_name: &str) -> Resource {
    Resource::builder()
        .with_service_name(service_name.to_owned())
        .with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", uuid::Uuid::new_v4().to_string()),
        ])
        .build()
}
