//! The choice of an instance for each call: in turn, those that failed lately last. It follows
//! discovery and connects before it commits a request, so that an instance that is down costs no call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, watch};
use tonic::Status;
use tonic::transport::Channel;

use super::link::Link;
use crate::discovery::{Discovery, Endpoint};

/// The instances of one service.
#[derive(Debug)]
pub(super) struct Balancer {
    service: Arc<str>,
    discovery: Arc<dyn Discovery>,
    endpoints: OnceCell<watch::Receiver<Vec<Endpoint>>>,
    links: Mutex<Vec<Arc<Link>>>,
    turn: AtomicUsize,
}

impl Balancer {
    pub(super) fn new(service: Arc<str>, discovery: Arc<dyn Discovery>) -> Self {
        Self {
            service,
            discovery,
            endpoints: OnceCell::new(),
            links: Mutex::default(),
            turn: AtomicUsize::new(0),
        }
    }

    pub(super) fn service(&self) -> &Arc<str> {
        &self.service
    }

    /// An instance with an open connection.
    ///
    /// # Errors
    /// `UNAVAILABLE`, at once, when no instance is known or none can be connected to.
    pub(super) async fn pick(&self) -> Result<(Arc<Link>, Channel), Status> {
        let links = self.links().await;
        if links.is_empty() {
            return Err(Status::unavailable(format!(
                "no instance of {} is known",
                self.service
            )));
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % links.len();
        let in_turn = || links.iter().cycle().skip(turn).take(links.len());
        let (resting, fit): (Vec<_>, Vec<_>) = in_turn().partition(|link| link.rests());
        let mut reason = String::new();
        for link in fit.into_iter().chain(resting) {
            match link.connect().await {
                Ok(channel) => return Ok((link.clone(), channel)),
                Err(error) => reason = format!("{} at {}: {error}", self.service, link.endpoint()),
            }
        }
        Err(Status::unavailable(reason))
    }

    /// The links to the instances known now; those of instances that stay are kept.
    async fn links(&self) -> Vec<Arc<Link>> {
        let endpoints = self
            .endpoints
            .get_or_init(|| self.discovery.watch(&self.service))
            .await
            .borrow()
            .clone();
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if !links.iter().map(|link| link.endpoint()).eq(&endpoints) {
            let known = std::mem::take(&mut *links);
            *links = endpoints
                .into_iter()
                .map(|endpoint| {
                    let kept = known
                        .iter()
                        .find(|link| *link.endpoint() == endpoint)
                        .cloned();
                    kept.unwrap_or_else(|| Arc::new(Link::new(endpoint)))
                })
                .collect();
        }
        links.clone()
    }
}
