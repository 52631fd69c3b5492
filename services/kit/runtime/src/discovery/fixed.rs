//! Discovery from the configuration: the addresses never change and nobody needs to register.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tokio::sync::watch;

use super::{Discovery, DiscoveryError, Endpoint, Instance, InvalidEndpoint, Registration};
use crate::config::DiscoverySettings;

/// Addresses that were given beforehand.
#[derive(Clone, Debug, Default)]
pub struct StaticDiscovery {
    services: BTreeMap<String, Vec<Endpoint>>,
}

impl StaticDiscovery {
    /// The given addresses by service name.
    pub fn new(services: BTreeMap<String, Vec<Endpoint>>) -> Self {
        Self { services }
    }

    /// The addresses in `[discovery.services]`.
    ///
    /// # Errors
    /// When one of them is malformed.
    pub fn from_settings(settings: &DiscoverySettings) -> Result<Self, InvalidEndpoint> {
        let mut services = BTreeMap::new();
        for (name, addresses) in &settings.services {
            let endpoints: Result<Vec<_>, _> = addresses
                .iter()
                .map(|address| Endpoint::parse(address))
                .collect();
            services.insert(name.clone(), endpoints?);
        }
        Ok(Self { services })
    }
}

#[async_trait]
impl Discovery for StaticDiscovery {
    async fn register(&self, _: Instance) -> Result<Box<dyn Registration>, DiscoveryError> {
        Ok(Box::new(Unannounced))
    }

    async fn watch(&self, service: &str) -> watch::Receiver<Vec<Endpoint>> {
        let (_, receiver) = watch::channel(self.services.get(service).cloned().unwrap_or_default());
        receiver
    }
}

#[derive(Debug)]
struct Unannounced;

#[async_trait]
impl Registration for Unannounced {
    async fn deregister(self: Box<Self>) {}
}
