//! Starting and stopping, in order.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use onething_runtime::{Application, BootError, Discovery, MemoryDiscovery, start};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::kit::{SOON, TestService, call, common, eventually, peers, serve};

#[tokio::test]
async fn stopping_waits_for_calls_in_flight() {
    let discovery = MemoryDiscovery::new();
    let service = TestService::default();
    let running = serve("target", service.clone(), &common(""), &discovery).await;
    let peer = peers(&discovery).peer("target");
    let waiting = tokio::spawn(async move { call(&peer, "Wait", "answered").await });
    service.entered.acquire().await.unwrap().forget();

    let readiness = running.readiness().clone();
    let address = running.addr();
    let stopping = tokio::spawn(running.stop());
    eventually(async || (!readiness.is_ready()).then_some(())).await;
    eventually(async || {
        tokio::net::TcpStream::connect(address)
            .await
            .is_err()
            .then_some(())
    })
    .await;
    assert!(discovery.watch("target").await.borrow().is_empty());
    assert!(!stopping.is_finished());
    service.gate.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().into_inner(), "answered");
    stopping.await.unwrap();
}

#[tokio::test]
async fn stopping_does_not_wait_beyond_the_grace_period() {
    let discovery = MemoryDiscovery::new();
    let service = TestService::default();
    let common = common("[server]\ndrain_seconds = 1");
    let running = serve("target", service.clone(), &common, &discovery).await;
    let peer = peers(&discovery).peer("target");
    let waiting = tokio::spawn(async move { call(&peer, "Wait", "").await });
    service.entered.acquire().await.unwrap().forget();
    let began = Instant::now();
    running.stop().await;
    assert!((Duration::from_secs(1)..SOON).contains(&began.elapsed()));
    assert_eq!(
        waiting.await.unwrap().unwrap_err().code(),
        Code::Unavailable
    );
}

#[tokio::test]
async fn work_and_hooks_end_in_order() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let log = log.clone();
        move || {
            log.lock().unwrap().push(what);
            async {}
        }
    };
    let worked = note("worked");
    let application = Application::new("target")
        .background("worker", |stop| async move {
            stop.cancelled().await;
            worked().await;
        })
        .on_close(note("closed"))
        .on_drain(note("drained"));
    let running = start(application, &common(""), Arc::new(MemoryDiscovery::new()))
        .await
        .unwrap();
    assert!(log.lock().unwrap().is_empty());
    running.stop().await;
    let log = log.lock().unwrap();
    assert_eq!(log.len(), 3);
    assert_eq!(log[2], "closed");
}

#[tokio::test]
async fn health_follows_readiness() {
    let discovery = MemoryDiscovery::new();
    let running = serve("target", TestService::default(), &common(""), &discovery).await;
    let mut client = HealthClient::new(peers(&discovery).peer("target"));
    let request = HealthCheckRequest {
        service: "test.v1.TestService".to_owned(),
    };
    let mut watched = client.watch(request).await.unwrap().into_inner();
    let mut next = async || watched.message().await.unwrap().unwrap().status();
    assert_eq!(next().await, ServingStatus::Serving);
    running.readiness().set("database", false);
    assert_eq!(next().await, ServingStatus::NotServing);
    running.readiness().set("database", true);
    assert_eq!(next().await, ServingStatus::Serving);
    let stopping = tokio::spawn(running.stop());
    assert_eq!(next().await, ServingStatus::NotServing);
    drop(watched);
    stopping.await.unwrap();
}

#[tokio::test]
async fn background_work_that_panics_takes_readiness_away() {
    let application =
        Application::new("target").background("worker", |_| async { panic!("out of ideas") });
    let running = start(application, &common(""), Arc::new(MemoryDiscovery::new()))
        .await
        .unwrap();
    eventually(async || (running.readiness().obstacles() == ["worker"]).then_some(())).await;
    running.stop().await;
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let discovery = MemoryDiscovery::new();
    let running = serve("target", TestService::default(), &common(""), &discovery).await;
    let taken = running.addr().to_string();
    let common = common(&format!("[server]\nlisten = \"{taken}\""));
    let second = start(
        Application::new("target"),
        &common,
        Arc::new(discovery.clone()),
    )
    .await;
    let error = second.unwrap_err();
    assert!(
        matches!(&error, BootError::Listen { address, .. } if *address == taken),
        "{error}"
    );
    assert_eq!(
        discovery.watch("target").await.borrow().len(),
        1,
        "listen first, then register"
    );
    running.stop().await;
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let discovery = MemoryDiscovery::new();
    let running = serve("target", TestService::default(), &common(""), &discovery).await;
    let silent = tokio::net::TcpStream::connect(running.addr())
        .await
        .unwrap();
    let peer = peers(&discovery).peer("target");
    call(&peer, "Echo", "").await.unwrap();
    let began = Instant::now();
    running.stop().await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "the grace period was not needed"
    );
    drop(silent);
}
