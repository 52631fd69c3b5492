//! Calls between services: finding them, losing them, panics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use onething_runtime::{Endpoint, MemoryDiscovery, Peers, StaticDiscovery};
use tokio::net::TcpListener;
use tonic::Code;

use crate::kit::{SOON, TestService, call, common, eventually, peers, serve};

/// An address where nobody listens.
async fn nobody() -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Endpoint::at("127.0.0.1", listener.local_addr().unwrap().port()).unwrap()
}

fn fixed(endpoints: Vec<Endpoint>) -> Peers {
    let services = BTreeMap::from([("target".to_owned(), endpoints)]);
    Peers::new(Arc::new(StaticDiscovery::new(services)), "test", SOON)
}

#[tokio::test]
async fn a_registered_service_is_called_by_its_name() {
    let discovery = MemoryDiscovery::new();
    let running = serve("target", TestService::default(), &common(""), &discovery).await;
    let peer = peers(&discovery).peer("target");
    assert_eq!(
        call(&peer, "Echo", "永不消逝").await.unwrap().into_inner(),
        "永不消逝"
    );
    assert_eq!(
        call(&peer, "Nothing", "").await.unwrap_err().code(),
        Code::Unimplemented
    );
    let failed = call(&peer, "Fail", "not now").await.unwrap_err();
    assert_eq!(
        (failed.code(), failed.message()),
        (Code::FailedPrecondition, "not now")
    );
    running.stop().await;
}

#[tokio::test]
async fn an_unknown_service_is_unavailable_at_once() {
    let peer = peers(&MemoryDiscovery::new()).peer("nobody");
    let asked = Instant::now();
    let error = call(&peer, "Echo", "").await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(error.message(), "no instance of nobody is known");
    assert!(asked.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_refused_connection_is_unavailable() {
    let dead = nobody().await;
    let error = call(&fixed(vec![dead.clone()]).peer("target"), "Echo", "")
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains(&dead.to_string()), "{error}");
}

#[tokio::test]
async fn an_instance_that_is_down_costs_no_call() {
    let discovery = MemoryDiscovery::new();
    let running = serve("target", TestService::default(), &common(""), &discovery).await;
    let alive = Endpoint::at("127.0.0.1", running.addr().port()).unwrap();
    let peer = fixed(vec![nobody().await, alive, nobody().await]).peer("target");
    for _ in 0..9 {
        call(&peer, "Echo", "").await.unwrap();
    }
    running.stop().await;
}

#[tokio::test]
async fn calls_are_spread_over_instances() {
    let discovery = MemoryDiscovery::new();
    let mut running = Vec::new();
    for name in ["one", "two", "three"] {
        let service = TestService {
            name,
            ..TestService::default()
        };
        running.push(serve("target", service, &common(""), &discovery).await);
    }
    let peer = peers(&discovery).peer("target");
    let mut counts = BTreeMap::new();
    for _ in 0..9 {
        *counts
            .entry(call(&peer, "Name", "").await.unwrap().into_inner())
            .or_insert(0) += 1;
    }
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [3, 3, 3]);
}

#[tokio::test]
async fn a_service_that_moves_is_found_again() {
    let discovery = MemoryDiscovery::new();
    let first = TestService {
        name: "first",
        ..TestService::default()
    };
    let running = serve("target", first, &common(""), &discovery).await;
    let peer = peers(&discovery).peer("target");
    assert_eq!(call(&peer, "Name", "").await.unwrap().into_inner(), "first");
    let before = running.addr();
    running.stop().await;
    assert_eq!(
        call(&peer, "Name", "").await.unwrap_err().code(),
        Code::Unavailable
    );

    let second = TestService {
        name: "second",
        ..TestService::default()
    };
    let moved = serve("target", second, &common(""), &discovery).await;
    assert_ne!(moved.addr(), before);
    assert_eq!(
        call(&peer, "Name", "").await.unwrap().into_inner(),
        "second"
    );
}

#[tokio::test]
async fn a_service_that_restarts_at_its_address_is_reached_again() {
    let discovery = MemoryDiscovery::new();
    let running = serve("target", TestService::default(), &common(""), &discovery).await;
    let address = running.addr();
    let peer = fixed(vec![Endpoint::at("127.0.0.1", address.port()).unwrap()]).peer("target");
    call(&peer, "Echo", "").await.unwrap();
    running.stop().await;
    assert_eq!(
        call(&peer, "Echo", "").await.unwrap_err().code(),
        Code::Unavailable
    );

    let same = common(&format!("[server]\nlisten = \"{address}\""));
    let running = serve("target", TestService::default(), &same, &discovery).await;
    eventually(async || call(&peer, "Echo", "").await.ok()).await;
    running.stop().await;
}

#[tokio::test]
async fn a_panic_is_internal_and_the_connection_lives() {
    let discovery = MemoryDiscovery::new();
    let service = TestService::default();
    let running = serve("target", service.clone(), &common(""), &discovery).await;
    let peer = peers(&discovery).peer("target");
    // In flight on the same connection while another call panics.
    let waiting = tokio::spawn({
        let peer = peer.clone();
        async move { call(&peer, "Wait", "still here").await }
    });
    service.entered.acquire().await.unwrap().forget();
    let error = call(&peer, "Panic", "id 150102").await.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Code::Internal, "internal error")
    );
    service.gate.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().into_inner(), "still here");
    running.stop().await;
}
