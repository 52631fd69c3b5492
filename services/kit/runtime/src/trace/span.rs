//! The spans themselves: names and attributes after OpenTelemetry's conventions for RPC and HTTP.
//! Nothing of a request's content goes into them, and never the query string.

use http::{Method, Request};
use opentelemetry::trace::TraceContextExt;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::discovery::Endpoint;

/// The trace that the current span belongs to, in hexadecimal; `None` outside any trace.
pub fn current_trace_id() -> Option<String> {
    trace_id(&Span::current())
}

/// Names the current span after the route of a REST request.
pub(crate) fn record_route(method: &Method, route: &str) {
    let span = Span::current();
    span.record("http.route", route);
    span.record("otel.name", format!("{method} {route}"));
}

/// Says in the current span to which instance the call goes.
pub(crate) fn record_server(endpoint: &Endpoint) {
    let span = Span::current();
    span.record("server.address", endpoint.host());
    span.record("server.port", endpoint.port());
}

pub(super) fn trace_id(span: &Span) -> Option<String> {
    let context = span.context();
    let context = context.span().span_context().clone();
    context.is_valid().then(|| context.trace_id().to_string())
}

/// Whether a request is asked about often and says nothing: probes, health, reflection.
pub(super) fn is_noise(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/metrics")
        || path.starts_with("/grpc.health.")
        || path.starts_with("/grpc.reflection.")
}

pub(super) fn grpc_client<B>(request: &Request<B>, service: &str, peer: &str) -> Span {
    let method = request.uri().path().trim_start_matches('/');
    tracing::info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "client",
        otel.status_code = Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = Empty,
        rpc.status_code = Empty,
        server.address = Empty,
        server.port = Empty,
        onething.service = service,
        onething.peer = peer,
    )
}

pub(super) fn grpc_server<B>(request: &Request<B>, service: &str) -> Span {
    let method = request.uri().path().trim_start_matches('/');
    tracing::info_span!(
        parent: None,
        "rpc",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = Empty,
        rpc.status_code = Empty,
        onething.service = service,
    )
}

pub(super) fn http_server<B>(request: &Request<B>, service: &str) -> Span {
    tracing::info_span!(
        parent: None,
        "http",
        otel.name = %request.method(),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = %request.method(),
        http.route = Empty,
        // The path itself may carry what a person typed into it: the route says enough.
        http.response.status_code = Empty,
        onething.service = service,
    )
}
