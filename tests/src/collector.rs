//! A real OpenTelemetry collector, and behind it a receiver that keeps the spans for the test.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{AnyValue, KeyValue, any_value},
    trace::v1::{Span as Exported, span::SpanKind},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, codec::CompressionEncoding, transport::Server};

use crate::eventually::eventually;

/// One span as it arrived.
#[derive(Debug, Clone)]
pub struct Span {
    /// The process that recorded it: the resource's `service.name`.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Its trace, in hexadecimal.
    pub trace_id: String,
    /// Its id, in hexadecimal.
    pub id: String,
    /// Its parent's id; empty for a root.
    pub parent: String,
    /// Whether it is an outermost span of a process: it answers a call.
    pub server: bool,
    /// Attributes of the span and of its events, and the events' names, as text.
    pub attributes: Vec<(String, String)>,
}

impl Span {
    /// An attribute; empty when there is none.
    #[must_use]
    pub fn attribute(&self, key: &str) -> &str {
        let found = self.attributes.iter().find(|(known, _)| known == key);
        found.map_or("", |(_, value)| value.as_str())
    }
}

/// An OTLP/gRPC receiver in the test's own process.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    spans: Arc<Mutex<Vec<Span>>>,
    server: JoinHandle<()>,
}

impl Receiver {
    /// Starts receiving on a free port.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let spans = Arc::new(Mutex::new(Vec::new()));
        let service = TraceServiceServer::new(Store(spans.clone()))
            .accept_compressed(CompressionEncoding::Gzip);
        let server = Server::builder().add_service(service);
        let incoming = TcpListenerStream::new(listener);
        let server =
            tokio::spawn(async move { server.serve_with_incoming(incoming).await.unwrap() });
        Self {
            address,
            spans,
            server,
        }
    }

    /// Its address as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that has arrived so far.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Store(Arc<Mutex<Vec<Span>>>);

#[tonic::async_trait]
impl TraceService for Store {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut spans = self.0.lock().unwrap();
        for resource in request.into_inner().resource_spans {
            let of = resource.resource.unwrap_or_default();
            let service = of
                .attributes
                .iter()
                .find(|known| known.key == "service.name");
            let service = service
                .map(|found| text(found.value.as_ref()))
                .unwrap_or_default();
            let exported = resource
                .scope_spans
                .into_iter()
                .flat_map(|scope| scope.spans);
            spans.extend(exported.map(|span| received(&service, span)));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn received(service: &str, span: Exported) -> Span {
    let mut attributes = pairs(&span.attributes);
    for event in &span.events {
        attributes.push(("event".to_owned(), event.name.clone()));
        attributes.extend(pairs(&event.attributes));
    }
    if let Some(status) = &span.status {
        attributes.push(("status".to_owned(), status.message.clone()));
    }
    Span {
        service: service.to_owned(),
        trace_id: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        server: span.kind() == SpanKind::Server,
        name: span.name,
        attributes,
    }
}

fn pairs(attributes: &[KeyValue]) -> Vec<(String, String)> {
    attributes
        .iter()
        .map(|pair| (pair.key.clone(), text(pair.value.as_ref())))
        .collect()
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The collector `rotel`, which forwards every trace. Killed when dropped.
#[derive(Debug)]
pub struct Collector {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Collector {
    /// Starts a collector that forwards to an OTLP/gRPC endpoint.
    ///
    /// # Panics
    /// When it does not listen in time.
    pub async fn start(program: &Path, forward_to: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let held = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let [grpc, http] = held.map(|listener| listener.local_addr().unwrap());
        let child = Command::new(program)
            .arg("start")
            .arg(format!("--otlp-grpc-endpoint={grpc}"))
            .arg(format!("--otlp-http-endpoint={http}"))
            .arg("--exporter=otlp")
            .arg(format!("--otlp-exporter-endpoint={forward_to}"))
            .arg(format!(
                "--pid-file={}",
                folder.path().join("pid").display()
            ))
            .arg(format!(
                "--log-file={}",
                folder.path().join("log").display()
            ))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let collector = Self {
            child,
            url: format!("http://{grpc}"),
            _folder: folder,
        };
        eventually("the collector listens", async || {
            tokio::net::TcpStream::connect(grpc).await.ok().map(drop)
        })
        .await;
        collector
    }

    /// Where it receives OTLP over gRPC.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
