//! Discovery without a server.

use std::collections::BTreeMap;
use std::sync::Arc;

use onething_runtime::discovery::Instance;
use onething_runtime::{Discovery, MemoryDiscovery, StaticDiscovery};

use crate::conformance;

#[tokio::test]
async fn static_discovery_lists_what_it_was_given() {
    let services = BTreeMap::from([("a".to_owned(), vec![conformance::endpoint(7001)])]);
    let discovery = Arc::new(StaticDiscovery::new(services));
    conformance::known_services_are_listed(discovery.clone(), "a", 7001).await;
    // Registering is allowed everywhere, and changes nothing here.
    let instance = Instance {
        service: "a".to_owned(),
        endpoint: conformance::endpoint(7002),
    };
    discovery
        .register(instance)
        .await
        .unwrap()
        .deregister()
        .await;
    conformance::known_services_are_listed(discovery, "a", 7001).await;
}

#[tokio::test]
async fn discovery_in_memory_conforms() {
    let discovery = Arc::new(MemoryDiscovery::new());
    conformance::watchers_see_every_change(discovery.clone(), "a").await;
    conformance::services_are_apart(discovery.clone(), "b", "c").await;
    let instance = Instance {
        service: "d".to_owned(),
        endpoint: conformance::endpoint(7021),
    };
    let _registration = discovery.register(instance).await.unwrap();
    conformance::known_services_are_listed(discovery, "d", 7021).await;
}
