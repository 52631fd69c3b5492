//! REST beside gRPC on one port, over plain HTTP/1.1.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use onething_runtime::{Application, MemoryDiscovery, Running, start};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::kit::{SOON, TestService, call, common, peers};

/// One event, and then silence.
async fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let first = stream::once(async { Ok(Event::default().data("x")) });
    Sse::new(first.chain(stream::pending()))
}

async fn gateway(lines: &str, discovery: &MemoryDiscovery) -> Running {
    let router = Router::new()
        .route("/v1/cases", get(async || "cases"))
        .route("/v1/panic", get(async || -> &'static str { panic!("no") }))
        .route(
            "/v1/slow",
            get(async || std::future::pending::<&'static str>().await),
        )
        .route("/v1/events", get(events));
    let application = Application::new("gateway")
        .without_reflection()
        .grpc(TestService::default())
        .http(router);
    start(application, &common(lines), Arc::new(discovery.clone()))
        .await
        .unwrap()
}

/// One HTTP/1.1 request on a connection of its own; the body is left unread.
async fn request(running: &Running, path: &str) -> http::Response<hyper::body::Incoming> {
    let stream = TcpStream::connect(running.addr()).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = Request::get(path)
        .header("host", "localhost")
        .body(Body::empty())
        .unwrap();
    sender.send_request(request).await.unwrap()
}

async fn fetch(running: &Running, path: &str) -> (StatusCode, Bytes) {
    let response = request(running, path).await;
    let status = response.status();
    (
        status,
        response.into_body().collect().await.unwrap().to_bytes(),
    )
}

fn code(body: &Bytes) -> Value {
    serde_json::from_slice::<Value>(body).unwrap()["code"].clone()
}

#[tokio::test]
async fn one_port_speaks_both() {
    let discovery = MemoryDiscovery::new();
    let running = gateway("", &discovery).await;
    assert_eq!(
        fetch(&running, "/v1/cases").await,
        (StatusCode::OK, Bytes::from("cases"))
    );
    let peer = peers(&discovery).peer("gateway");
    assert_eq!(
        call(&peer, "Echo", "hello").await.unwrap().into_inner(),
        "hello"
    );
    assert_eq!(
        fetch(&running, "/v1/nothing").await.0,
        StatusCode::NOT_FOUND
    );
    running.stop().await;
}

#[tokio::test]
async fn probes_tell_life_and_readiness() {
    let running = gateway("", &MemoryDiscovery::new()).await;
    assert_eq!(fetch(&running, "/livez").await.0, StatusCode::OK);
    assert_eq!(fetch(&running, "/readyz").await.0, StatusCode::OK);
    running.readiness().set("journal", false);
    assert_eq!(fetch(&running, "/livez").await.0, StatusCode::OK);
    let (status, body) = fetch(&running, "/readyz").await;
    assert_eq!(
        (status, body),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "not ready: journal\n".into()
        )
    );
    running.stop().await;
}

#[tokio::test]
async fn panics_and_lateness_are_problem_documents() {
    let running = gateway(
        "[server]\nrequest_timeout_seconds = 1",
        &MemoryDiscovery::new(),
    )
    .await;
    let (status, body) = fetch(&running, "/v1/panic").await;
    assert_eq!(
        (status, code(&body)),
        (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL".into())
    );
    let (status, body) = fetch(&running, "/v1/slow").await;
    assert_eq!(
        (status, code(&body)),
        (StatusCode::GATEWAY_TIMEOUT, "DEADLINE_EXCEEDED".into())
    );
    running.stop().await;
}

#[tokio::test]
async fn an_open_event_stream_does_not_hold_up_the_end() {
    let running = gateway("[server]\ndrain_seconds = 1", &MemoryDiscovery::new()).await;
    let mut events = request(&running, "/v1/events").await.into_body();
    let first = events.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "data: x\n\n");
    let began = Instant::now();
    running.stop().await;
    assert!((Duration::from_secs(1)..SOON).contains(&began.elapsed()));
    assert!(events.frame().await.unwrap().is_err(), "cut off, not ended");
}
