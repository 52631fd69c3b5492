//! The connection to one instance of a peer. Which instance a call goes to is not its concern.

use std::error::Error;
use std::sync::{Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tonic::transport::Channel;

use crate::discovery::Endpoint;

/// How long opening a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A connection that is silent for so long is asked whether it still lives …
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// … and given up if no answer comes in this time.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an instance that failed is asked only when no other can be.
const REST: Duration = Duration::from_secs(5);

/// One instance and, once it was needed, the connection to it.
#[derive(Debug)]
pub(super) struct Link {
    endpoint: Endpoint,
    channel: Mutex<Option<Channel>>,
    failed: StdMutex<Option<(Instant, String)>>,
}

impl Link {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            channel: Mutex::default(),
            failed: StdMutex::default(),
        }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether a call to it failed a short while ago.
    pub(super) fn rests(&self) -> bool {
        self.failure().is_some_and(|(at, _)| at.elapsed() < REST)
    }

    /// The open connection, or a new one.
    pub(super) async fn connect(&self) -> Result<Channel, String> {
        let asked = Instant::now();
        let mut slot = self.channel.lock().await;
        if let Some(channel) = &*slot {
            return Ok(channel.clone());
        }
        // Whoever waited while another call found the instance dead need not find out again.
        if let Some((_, reason)) = self.failure().filter(|(at, _)| *at >= asked) {
            return Err(reason);
        }
        match open(&self.endpoint).await {
            Ok(channel) => {
                *slot = Some(channel.clone());
                self.note(None);
                Ok(channel)
            }
            Err(error) => {
                let reason = chain(&error);
                self.note(Some((Instant::now(), reason.clone())));
                Err(reason)
            }
        }
    }

    /// Gives the connection up after a call on it failed; the next call opens a new one.
    pub(super) async fn give_up(&self, reason: &str) {
        self.channel.lock().await.take();
        self.note(Some((Instant::now(), reason.to_owned())));
    }

    fn failure(&self) -> Option<(Instant, String)> {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, failure: Option<(Instant, String)>) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

async fn open(endpoint: &Endpoint) -> Result<Channel, tonic::transport::Error> {
    tonic::transport::Endpoint::from_shared(endpoint.uri())?
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .connect()
        .await
}

/// An error with its causes, on one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
