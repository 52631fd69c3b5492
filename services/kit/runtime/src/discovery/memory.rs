//! Discovery within one process: who registers is found at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;

use super::{Discovery, DiscoveryError, Endpoint, Instance, Registration};

type Services = HashMap<String, watch::Sender<Vec<Endpoint>>>;

/// A registry in memory. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct MemoryDiscovery {
    services: Arc<Mutex<Services>>,
}

impl MemoryDiscovery {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    fn services(&self) -> MutexGuard<'_, Services> {
        // Every change below is a single step, so a panic elsewhere leaves nothing half done.
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Discovery for MemoryDiscovery {
    async fn register(&self, instance: Instance) -> Result<Box<dyn Registration>, DiscoveryError> {
        let mut services = self.services();
        services
            .entry(instance.service.clone())
            .or_default()
            .send_modify(|endpoints| {
                if !endpoints.contains(&instance.endpoint) {
                    endpoints.push(instance.endpoint.clone());
                }
            });
        drop(services);
        Ok(Box::new(Registered {
            discovery: self.clone(),
            instance,
        }))
    }

    async fn watch(&self, service: &str) -> watch::Receiver<Vec<Endpoint>> {
        self.services()
            .entry(service.to_owned())
            .or_default()
            .subscribe()
    }
}

#[derive(Debug)]
struct Registered {
    discovery: MemoryDiscovery,
    instance: Instance,
}

#[async_trait]
impl Registration for Registered {
    async fn deregister(self: Box<Self>) {
        if let Some(endpoints) = self.discovery.services().get(&self.instance.service) {
            endpoints.send_modify(|all| all.retain(|endpoint| *endpoint != self.instance.endpoint));
        }
    }
}
