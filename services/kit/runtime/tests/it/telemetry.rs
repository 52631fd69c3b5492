//! One trace over all services a call passes, and what its spans say.

use std::collections::HashMap;
use std::sync::OnceLock;

use onething_runtime::telemetry::init_with_exporter;
use onething_runtime::{MemoryDiscovery, Running};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tracing::Instrument;

use crate::kit::{TestService, call, common, eventually, peers, serve};

/// Everything that ends anywhere in this process.
fn exporter() -> &'static InMemorySpanExporter {
    static EXPORTER: OnceLock<InMemorySpanExporter> = OnceLock::new();
    EXPORTER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let settings = common("[telemetry]\nlog_filter = \"error\"").telemetry;
        // Lives as long as the process, like the subscriber itself.
        std::mem::forget(init_with_exporter(&settings, "test", exporter.clone()).unwrap());
        exporter
    })
}

/// The spans of one trace by `service kind method`, once there are `count` of them.
async fn spans(trace: &str, count: usize) -> HashMap<String, SpanData> {
    eventually(async || {
        let all = exporter().get_finished_spans().unwrap();
        let of_trace: Vec<SpanData> = all
            .into_iter()
            .filter(|span| span.span_context.trace_id().to_string() == trace)
            .collect();
        (of_trace.len() == count).then(|| {
            let key = |span: &SpanData| {
                let service = attribute(span, "onething.service").unwrap_or_default();
                format!("{service} {:?} {}", span.span_kind, span.name)
            };
            of_trace
                .into_iter()
                .map(|span| (key(&span), span))
                .collect()
        })
    })
    .await
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let found = span
        .attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key);
    found.map(|attribute| attribute.value.to_string())
}

async fn chain(discovery: &MemoryDiscovery) -> (Running, Running) {
    let last = serve("last", TestService::default(), &common(""), discovery).await;
    let next = onething_runtime::Peers::new(
        std::sync::Arc::new(discovery.clone()),
        "middle",
        crate::kit::SOON,
    );
    let middle = TestService {
        next: Some(next.peer("last")),
        ..TestService::default()
    };
    (serve("middle", middle, &common(""), discovery).await, last)
}

#[tokio::test]
async fn one_trace_spans_all_services() {
    exporter();
    let discovery = MemoryDiscovery::new();
    let (middle, last) = chain(&discovery).await;
    let peer = peers(&discovery).peer("middle");
    let root = tracing::info_span!("root");
    let answer = call(&peer, "Forward", "Echo")
        .instrument(root.clone())
        .await
        .unwrap();
    drop(root);
    let trace = answer
        .metadata()
        .get("x-trace-id")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();

    let spans = spans(&trace, 5).await;
    let line = [
        " Internal root",
        "test Client test.v1.TestService/Forward",
        "middle Server test.v1.TestService/Forward",
        "middle Client test.v1.TestService/Echo",
        "last Server test.v1.TestService/Echo",
    ];
    for pair in line.windows(2) {
        let (parent, child) = (&spans[pair[0]], &spans[pair[1]]);
        assert_eq!(
            child.parent_span_id,
            parent.span_context.span_id(),
            "{pair:?}"
        );
    }
    assert!(spans[line[2]].parent_span_is_remote);
    let client = &spans[line[1]];
    assert_eq!(
        attribute(client, "rpc.system.name").as_deref(),
        Some("grpc")
    );
    assert_eq!(
        attribute(client, "rpc.method").as_deref(),
        Some("test.v1.TestService/Forward")
    );
    assert_eq!(
        attribute(client, "rpc.response.status_code").as_deref(),
        Some("OK")
    );
    assert_eq!(
        attribute(client, "onething.peer").as_deref(),
        Some("middle")
    );
    let port = middle.addr().port().to_string();
    assert_eq!(attribute(client, "server.port"), Some(port));
    middle.stop().await;
    last.stop().await;
}

#[tokio::test]
async fn a_failure_is_an_error_where_it_is_one() {
    exporter();
    let discovery = MemoryDiscovery::new();
    let running = serve("target", TestService::default(), &common(""), &discovery).await;
    let peer = peers(&discovery).peer("target");
    let error = call(&peer, "Fail", "secret words").await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    let trace = error
        .metadata()
        .get("x-trace-id")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let spans = spans(&trace, 2).await;
    let client = &spans["test Client test.v1.TestService/Fail"];
    let server = &spans["target Server test.v1.TestService/Fail"];
    for span in [client, server] {
        let code = attribute(span, "rpc.response.status_code");
        assert_eq!(code.as_deref(), Some("FAILED_PRECONDITION"));
        assert!(!format!("{span:?}").contains("secret words"));
    }
    assert!(matches!(
        client.status,
        opentelemetry::trace::Status::Error { .. }
    ));
    assert_eq!(server.status, opentelemetry::trace::Status::Unset);
    running.stop().await;
}

#[tokio::test]
async fn a_deadline_that_passes_is_told_by_both_sides() {
    exporter();
    let discovery = MemoryDiscovery::new();
    let common = common("[server]\nrequest_timeout_seconds = 1");
    let running = serve("target", TestService::default(), &common, &discovery).await;
    let error = call(&peers(&discovery).peer("target"), "Wait", "")
        .await
        .unwrap_err();
    let trace = error
        .metadata()
        .get("x-trace-id")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    for span in spans(&trace, 2).await.values() {
        let code = attribute(span, "rpc.response.status_code");
        assert_eq!(code.as_deref(), Some("DEADLINE_EXCEEDED"));
        assert!(matches!(
            span.status,
            opentelemetry::trace::Status::Error { .. }
        ));
    }
    running.stop().await;
}

#[tokio::test]
async fn health_calls_leave_no_span() {
    exporter();
    let discovery = MemoryDiscovery::new();
    let running = serve("target", TestService::default(), &common(""), &discovery).await;
    let peer = peers(&discovery).peer("target");
    let root = tracing::info_span!("healthy");
    let answer = HealthClient::new(peer.clone())
        .check(HealthCheckRequest::default())
        .instrument(root.clone())
        .await
        .unwrap();
    assert!(answer.metadata().get("x-trace-id").is_none());
    let answer = call(&peer, "Echo", "")
        .instrument(root.clone())
        .await
        .unwrap();
    drop(root);
    let trace = answer
        .metadata()
        .get("x-trace-id")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let spans = spans(&trace, 3).await;
    assert!(spans.values().all(|span| !span.name.contains("health.v1")));
    running.stop().await;
}
