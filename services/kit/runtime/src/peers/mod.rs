//! The way to other services: found by discovery, balanced over their instances, with tracing and
//! deadlines. Retrying and judging answers is left to the caller.

mod balancer;
mod link;
mod outgoing;
mod peer;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use peer::Peer;

use crate::discovery::Discovery;
use balancer::Balancer;

/// Hands out [`Peer`]s. Cloning shares the connections.
#[derive(Clone, Debug)]
pub struct Peers {
    discovery: Arc<dyn Discovery>,
    caller: Arc<str>,
    timeout: Duration,
    balancers: Arc<Mutex<HashMap<String, Arc<Balancer>>>>,
}

impl Peers {
    /// Peers found by `discovery`. `caller` names this service in traces; `timeout` limits a call that
    /// sets no timeout of its own.
    pub fn new(
        discovery: Arc<dyn Discovery>,
        caller: impl Into<Arc<str>>,
        timeout: Duration,
    ) -> Self {
        Self {
            discovery,
            caller: caller.into(),
            timeout,
            balancers: Arc::default(),
        }
    }

    /// The same peers over connections of its own: they belong to the runtime in which they are first
    /// used.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self {
            balancers: Arc::default(),
            ..self.clone()
        }
    }

    /// The service called `name`. It need not exist yet: calls are `UNAVAILABLE` until it does.
    pub fn peer(&self, name: &str) -> Peer {
        let mut balancers = self
            .balancers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let balancer = balancers
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Balancer::new(name.into(), self.discovery.clone())));
        Peer::new(balancer.clone(), self.caller.clone(), Some(self.timeout))
    }
}
