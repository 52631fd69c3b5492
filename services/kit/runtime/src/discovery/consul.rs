//! Discovery through the Consul agent of this machine: who is announced and kept alive, who is followed. Nothing
//! else knows Consul. It takes request and message types from `consul-rs` and adds what that crate leaves out:
//! here the heartbeats, in `agent` the token header, blocking queries by index and a look at an answer's status.

mod agent;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use consul_rs::agent::{AgentServiceCheck, AgentServiceRegistration};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use agent::Agent;

use super::{Discovery, DiscoveryError, Endpoint, Instance, Registration};
use crate::config::ConsulSettings;

/// How long a first answer may take before "no instance known" is taken for one.
const FIRST_ANSWER: Duration = Duration::from_secs(2);
/// Pause between two queries, so that an agent that answers too eagerly is not asked without end.
const PAUSE: Duration = Duration::from_millis(20);
/// Pauses after failures double from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// How long an instance may be dead before the agent forgets it: the shortest that Consul takes.
const FORGET_AFTER: &str = "1m";

/// Discovery through a Consul agent. Cloning is cheap.
#[derive(Clone)]
pub struct ConsulDiscovery {
    agent: Agent,
    ttl: Duration,
}

impl ConsulDiscovery {
    /// Discovery through the agent in `settings`, which is not asked yet.
    pub fn new(settings: &ConsulSettings) -> Self {
        Self {
            agent: Agent::of(settings),
            ttl: Duration::from_secs(settings.ttl_seconds),
        }
    }
}

impl fmt::Debug for ConsulDiscovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsulDiscovery")
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Discovery for ConsulDiscovery {
    /// A refusal is an error; an agent that is out of reach is tried again in the background, so that
    /// a process can start before its agent.
    async fn register(&self, instance: Instance) -> Result<Box<dyn Registration>, DiscoveryError> {
        let announced = Announced::new(&instance, self.ttl);
        let registered = match self.agent.register(&announced.registration).await {
            Ok(()) => true,
            Err(error @ DiscoveryError::Unreachable { .. }) => {
                tracing::warn!(service = instance.service, %error, "not registered yet");
                false
            }
            Err(error) => return Err(error),
        };
        let (agent, id) = (self.agent.clone(), announced.id.clone());
        let beat = self.ttl / 3;
        let heart = tokio::spawn(keep_alive(self.agent.clone(), announced, beat, registered));
        Ok(Box::new(Registered { agent, id, heart }))
    }

    async fn watch(&self, service: &str) -> watch::Receiver<Vec<Endpoint>> {
        let (sender, receiver) = watch::channel(Vec::new());
        let (first, answered) = oneshot::channel();
        tokio::spawn(follow(
            self.agent.clone(),
            service.to_owned(),
            sender,
            first,
        ));
        // Either way there is a list to go by; a late answer still replaces it.
        let _ = timeout(FIRST_ANSWER, answered).await;
        receiver
    }

    fn interval(&self) -> Duration {
        // Blocking queries are answered at once; this is for the way to other machines.
        Duration::from_secs(1)
    }
}

#[derive(Debug)]
struct Registered {
    agent: Agent,
    id: String,
    heart: JoinHandle<()>,
}

#[async_trait]
impl Registration for Registered {
    async fn deregister(mut self: Box<Self>) {
        // A beat under way might register again what is being deregistered.
        self.heart.abort();
        let _ = (&mut self.heart).await;
        let path = format!("/v1/agent/service/deregister/{}", self.id);
        if let Err(error) = self.agent.put(&path, None, "deregister an instance").await {
            tracing::warn!(%error, "not deregistered; the agent will find out by itself");
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.heart.abort();
    }
}

/// What is announced of one instance.
struct Announced {
    id: String,
    registration: AgentServiceRegistration,
}

impl Announced {
    /// The id is made of the address, so that a restarted process replaces itself.
    fn new(instance: &Instance, ttl: Duration) -> Self {
        let (host, port) = (instance.endpoint.host(), instance.endpoint.port());
        let id = format!("{}-{}-{port}", instance.service, host.replace(':', "."));
        let check = AgentServiceCheck {
            CheckID: Some(check_id(&id)),
            Name: Some("heartbeat".to_owned()),
            TTL: Some(format!("{}s", ttl.as_secs())),
            Status: Some("passing".to_owned()),
            DeregisterCriticalServiceAfter: Some(FORGET_AFTER.to_owned()),
            ..AgentServiceCheck::default()
        };
        let registration = AgentServiceRegistration {
            ID: Some(id.clone()),
            Name: Some(instance.service.clone()),
            Address: Some(host.to_owned()),
            Port: Some(port.into()),
            Check: Some(check),
            ..AgentServiceRegistration::default()
        };
        Self { id, registration }
    }
}

fn check_id(instance: &str) -> String {
    format!("service:{instance}")
}

/// Sends heartbeats, and registers again when the agent does not know the instance (any more).
async fn keep_alive(agent: Agent, announced: Announced, beat: Duration, mut registered: bool) {
    let path = format!("/v1/agent/check/pass/{}", check_id(&announced.id));
    let mut backoff = Backoff::new(beat);
    loop {
        let outcome = if registered {
            sleep(beat).await;
            agent.put(&path, None, "send a heartbeat").await
        } else {
            sleep(backoff.next()).await;
            agent.register(&announced.registration).await
        };
        match outcome {
            Ok(()) if registered => {}
            Ok(()) => {
                tracing::info!(instance = announced.id, "registered with the agent again");
                registered = true;
                backoff = Backoff::new(beat);
            }
            Err(error) => {
                if registered {
                    tracing::warn!(%error, "the agent has lost this instance or is out of reach");
                }
                registered = false;
            }
        }
    }
}

/// Keeps `sender` up to date until nobody listens. After a failure the last good list stays.
async fn follow(
    agent: Agent,
    service: String,
    sender: watch::Sender<Vec<Endpoint>>,
    first: oneshot::Sender<()>,
) {
    let mut first = Some(first);
    let mut index = 0;
    let mut backoff = Backoff::new(BACKOFF.1);
    let mut lost = false;
    loop {
        let answer = tokio::select! {
            () = sender.closed() => return,
            answer = agent.instances(&service, index) => answer,
        };
        match answer {
            Ok((seen, endpoints)) => {
                // An index that falls means a new agent or a restored one: start over.
                index = if seen < index { 0 } else { seen };
                sender.send_if_modified(|known| {
                    let changed = *known != endpoints;
                    *known = endpoints;
                    changed
                });
                if let Some(first) = first.take() {
                    // Whoever waited for it may have stopped waiting.
                    let _ = first.send(());
                }
                if std::mem::take(&mut lost) {
                    tracing::info!(service, "the agent answers again");
                }
                backoff = Backoff::new(BACKOFF.1);
                sleep(PAUSE).await;
            }
            Err(error) => {
                // Nobody should wait for an agent that is away; and one that comes back may have
                // started to count anew, so it is asked for what it has, not for news.
                first = None;
                index = 0;
                if !std::mem::replace(&mut lost, true) {
                    tracing::warn!(service, %error, "keeping the last known instances");
                }
                sleep(backoff.next()).await;
            }
        }
    }
}

/// Pauses that double up to a limit.
struct Backoff {
    pause: Duration,
    limit: Duration,
}

impl Backoff {
    fn new(limit: Duration) -> Self {
        Self {
            pause: BACKOFF.0,
            limit,
        }
    }

    fn next(&mut self) -> Duration {
        let pause = self.pause.min(self.limit);
        self.pause = pause * 2;
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::agent::without_nulls;
    use super::*;

    #[test]
    fn a_registration_carries_no_unset_fields() {
        let endpoint = Endpoint::parse("http://[::1]:7101").unwrap();
        let instance = Instance {
            service: "identity".to_owned(),
            endpoint,
        };
        let announced = Announced::new(&instance, Duration::from_secs(15));
        let sent = without_nulls(&announced.registration);
        assert_eq!(
            sent,
            serde_json::json!({
                "ID": "identity-..1-7101",
                "Name": "identity",
                "Address": "::1",
                "Port": 7101,
                "Check": {
                    "CheckID": "service:identity-..1-7101",
                    "Name": "heartbeat",
                    "TTL": "15s",
                    "Status": "passing",
                    "DeregisterCriticalServiceAfter": "1m",
                },
            })
        );
    }

    #[test]
    fn pauses_double_up_to_the_limit() {
        let mut backoff = Backoff::new(Duration::from_secs(1));
        let pauses: Vec<u128> = (0..5).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(pauses, [200, 400, 800, 1000, 1000]);
    }
}
