//! Deadlines: told to the callee, kept by both sides.

use std::time::{Duration, Instant};

use onething_runtime::{Deadline, MemoryDiscovery};
use tonic::{Code, Request};

use crate::kit::{TestService, call, call_with, common, peers, serve};

#[tokio::test]
async fn the_callee_knows_how_long_it_has() {
    let discovery = MemoryDiscovery::new();
    let running = serve("target", TestService::default(), &common(""), &discovery).await;
    let peer = peers(&discovery).peer("target");
    let remaining = async |peer: &_| -> u64 {
        call(peer, "Remaining", "")
            .await
            .unwrap()
            .into_inner()
            .parse()
            .unwrap()
    };
    let left = remaining(&peer.clone().with_timeout(Duration::from_secs(5))).await;
    assert!((3_000..=5_000).contains(&left), "{left}");
    let left = remaining(&peer.clone().with_timeout(Duration::from_secs(5000))).await;
    assert!(
        (28_000..=30_000).contains(&left),
        "capped by request_timeout_seconds: {left}"
    );
    let mut request = Request::new(String::new());
    request.set_timeout(Duration::from_secs(7));
    let left = call_with(&peer, "Remaining", request)
        .await
        .unwrap()
        .into_inner();
    let left: u64 = left.parse().unwrap();
    assert!(
        (5_000..=7_000).contains(&left),
        "the request's own comes first: {left}"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_deadline_passes_through_a_service_to_the_next() {
    let discovery = MemoryDiscovery::new();
    let last = serve("last", TestService::default(), &common(""), &discovery).await;
    let middle = TestService {
        next: Some(peers(&discovery).peer("last")),
        ..TestService::default()
    };
    let middle = serve("middle", middle, &common(""), &discovery).await;
    let peer = peers(&discovery)
        .peer("middle")
        .with_timeout(Duration::from_secs(6));
    let left = call(&peer, "Forward", "Remaining")
        .await
        .unwrap()
        .into_inner();
    let left: u64 = left.parse().unwrap();
    assert!((3_000..=6_000).contains(&left), "{left}");
    middle.stop().await;
    last.stop().await;
}

#[tokio::test]
async fn a_caller_does_not_wait_longer_than_its_deadline() {
    let discovery = MemoryDiscovery::new();
    let running = serve("target", TestService::default(), &common(""), &discovery).await;
    let peer = peers(&discovery).peer("target");
    let asked = Instant::now();
    let mut request = Request::new(String::new());
    request.set_timeout(Duration::from_millis(100));
    let error = call_with(&peer, "Wait", request).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert!(asked.elapsed() < Duration::from_secs(5));

    let late = Deadline::after(Duration::ZERO)
        .scope(call(&peer, "Echo", ""))
        .await;
    assert_eq!(late.unwrap_err().code(), Code::DeadlineExceeded);
    running.stop().await;
}

#[tokio::test]
async fn a_server_ends_a_call_that_its_caller_would_wait_for() {
    let discovery = MemoryDiscovery::new();
    let common = common("[server]\nrequest_timeout_seconds = 1");
    let running = serve("target", TestService::default(), &common, &discovery).await;
    let peer = peers(&discovery).peer("target").without_timeout();
    let error = call(&peer, "Wait", "").await.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Code::DeadlineExceeded, "the deadline passed")
    );
    running.stop().await;
}
