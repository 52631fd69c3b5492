//! What every dynamic kind of discovery must do. It knows no kind in particular.

use std::sync::Arc;
use std::time::Duration;

use onething_runtime::discovery::Instance;
use onething_runtime::{Discovery, Endpoint};
use tokio::sync::watch;

/// The longest a change may take to be seen.
const SOON: Duration = Duration::from_secs(20);

pub(crate) fn endpoint(port: u16) -> Endpoint {
    Endpoint::at("127.0.0.1", port).unwrap()
}

fn instance(service: &str, port: u16) -> Instance {
    Instance {
        service: service.to_owned(),
        endpoint: endpoint(port),
    }
}

/// Waits until `watched` holds exactly the endpoints at `ports`, in any order.
pub(crate) async fn expect(watched: &mut watch::Receiver<Vec<Endpoint>>, ports: &[u16]) {
    let mut wanted: Vec<Endpoint> = ports.iter().copied().map(endpoint).collect();
    wanted.sort();
    let mut last = Vec::new();
    let seen = tokio::time::timeout(
        SOON,
        watched.wait_for(|endpoints| {
            last = endpoints.clone();
            last.sort();
            last == wanted
        }),
    );
    let seen = seen.await.map(|seen| seen.is_ok());
    assert_eq!(seen, Ok(true), "wanted {wanted:?}, last seen {last:?}");
}

/// The service is known before anybody watches; nobody else is.
pub(crate) async fn known_services_are_listed(
    discovery: Arc<dyn Discovery>,
    service: &str,
    port: u16,
) {
    assert_eq!(*discovery.watch(service).await.borrow(), [endpoint(port)]);
    assert!(discovery.watch("nobody-at-all").await.borrow().is_empty());
}

/// Instances come, go and move, and everyone who watches sees it.
pub(crate) async fn watchers_see_every_change(discovery: Arc<dyn Discovery>, service: &str) {
    let mut early = discovery.watch(service).await;
    assert!(early.borrow().is_empty());

    let first = discovery.register(instance(service, 7001)).await.unwrap();
    expect(&mut early, &[7001]).await;
    let second = discovery.register(instance(service, 7002)).await.unwrap();
    expect(&mut early, &[7001, 7002]).await;
    let mut late = discovery.watch(service).await;
    expect(&mut late, &[7001, 7002]).await;

    let again = discovery.register(instance(service, 7002)).await.unwrap();
    expect(&mut late, &[7001, 7002]).await;
    drop(again);

    first.deregister().await;
    expect(&mut early, &[7002]).await;
    expect(&mut late, &[7002]).await;
    second.deregister().await;
    expect(&mut early, &[]).await;

    let moved = discovery.register(instance(service, 7003)).await.unwrap();
    expect(&mut early, &[7003]).await;
    expect(&mut late, &[7003]).await;
    moved.deregister().await;
    expect(&mut late, &[]).await;
}

/// A change to one service is no news of another.
pub(crate) async fn services_are_apart(discovery: Arc<dyn Discovery>, one: &str, other: &str) {
    let mut watched = discovery.watch(other).await;
    let first = discovery.register(instance(one, 7011)).await.unwrap();
    let second = discovery.register(instance(other, 7012)).await.unwrap();
    expect(&mut watched, &[7012]).await;
    first.deregister().await;
    second.deregister().await;
    expect(&mut watched, &[]).await;
}
