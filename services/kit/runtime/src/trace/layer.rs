//! The layer that gives each call its span and carries the trace context over the wire.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request, Response};
use opentelemetry::trace::TraceContextExt;
use tower::{Layer, Service};
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::body::TracedBody;
use super::outcome::{Kind, Outcome};
use super::{carrier, span};
use crate::server::is_grpc;

/// Tells the caller which trace its request became.
const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// Traces calls: one layer for servers and clients.
#[derive(Clone, Debug)]
pub struct TraceLayer {
    service: Arc<str>,
    peer: Option<Arc<str>>,
}

impl TraceLayer {
    /// For the calls that `service` answers: continues the caller's trace, answers with `x-trace-id`.
    pub fn server(service: impl Into<Arc<str>>) -> Self {
        Self {
            service: service.into(),
            peer: None,
        }
    }

    /// For the gRPC calls that `service` makes to `peer`: hands the current trace on.
    pub fn client(service: impl Into<Arc<str>>, peer: impl Into<Arc<str>>) -> Self {
        Self {
            service: service.into(),
            peer: Some(peer.into()),
        }
    }

    /// The call's span and kind; `None` for probes, health and reflection.
    fn open<B>(&self, request: &mut Request<B>) -> Option<(Span, Kind)> {
        if span::is_noise(request.uri().path()) {
            return None;
        }
        if let Some(peer) = &self.peer {
            let span = span::grpc_client(request, &self.service, peer);
            carrier::inject(&span.context(), request.headers_mut());
            return Some((span, Kind::GrpcClient));
        }
        let (span, kind) = if is_grpc(request) {
            (span::grpc_server(request, &self.service), Kind::GrpcServer)
        } else {
            (span::http_server(request, &self.service), Kind::HttpServer)
        };
        let parent = carrier::extract(request.headers());
        if parent.span().span_context().is_valid() {
            // Fails only without a telemetry layer, and then there is no trace to continue.
            let _ = span.set_parent(parent);
        }
        Some((span, kind))
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service that [`TraceLayer`] makes.
#[derive(Clone, Debug)]
pub struct Trace<S> {
    inner: S,
    layer: TraceLayer,
}

impl<S, B, R> Service<Request<B>> for Trace<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Future<Output = Result<Response<R>, S::Error>> + Send + 'static,
    S::Error: Send,
    R: Send,
{
    type Response = Response<TracedBody<R>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let Some((span, kind)) = self.layer.open(&mut request) else {
            let answer = self.inner.call(request);
            return async move { Ok(answer.await?.map(|body| TracedBody::new(body, None))) }
                .boxed();
        };
        let answer = span
            .in_scope(|| self.inner.call(request))
            .instrument(span.clone());
        let mut outcome = Outcome::new(span, kind);
        async move {
            let mut response = match answer.await {
                Ok(response) => response,
                Err(error) => {
                    outcome.broken();
                    return Err(error);
                }
            };
            outcome.head(response.status(), response.headers());
            if kind != Kind::GrpcClient
                && let Some(id) = span::trace_id(outcome.span())
                && let Ok(id) = HeaderValue::try_from(id)
            {
                response.headers_mut().insert(TRACE_ID, id);
            }
            Ok(response.map(|body| TracedBody::new(body, Some(outcome))))
        }
        .boxed()
    }
}
