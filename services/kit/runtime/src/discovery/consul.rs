//! Discovery through the Consul agent of this machine. The only file that knows Consul: it takes
//! request and message types from `consul-rs` and adds what that crate leaves out (the token header,
//! blocking queries by index, heartbeats, a look at the status of an answer).

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use consul_rs::agent::{AgentServiceCheck, AgentServiceRegistration};
use consul_rs::api::{Config, ConsulConfig};
use consul_rs::health::ServiceEntry;
use serde::Serialize;
use serde_json::Value;
use surf::http::Method;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{Discovery, DiscoveryError, Endpoint, Instance, Registration};
use crate::config::{ConsulSettings, Secret};

/// How long the agent may take for anything but a blocking query.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a blocking query waits for a change (the agent adds up to a sixteenth) …
const WAIT: Duration = Duration::from_secs(30);
/// … and how long we wait for its answer.
const WAIT_PATIENCE: Duration = Duration::from_secs(40);
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
        // The crate would put its own idea of token and datacenter into the body: both go elsewhere.
        let address = settings.address.trim_end_matches('/').to_owned();
        let config = Config {
            address: Some(address),
            ..Config::default()
        };
        let agent = Agent {
            consul: ConsulConfig {
                config: Some(config),
                watch_services: None,
            },
            token: settings.token.clone(),
            datacenter: settings.datacenter.clone(),
            http: surf::Client::new(),
        };
        Self {
            agent,
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
        let registered = match self.agent.register(&announced).await {
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
            agent.register(&announced).await
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

/// The agent's HTTP interface.
#[derive(Clone)]
struct Agent {
    consul: ConsulConfig,
    token: Secret,
    datacenter: String,
    http: surf::Client,
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self
            .consul
            .config
            .as_ref()
            .and_then(|config| config.address.as_deref());
        f.debug_struct("Agent")
            .field("address", &address)
            .finish_non_exhaustive()
    }
}

impl Agent {
    async fn register(&self, announced: &Announced) -> Result<(), DiscoveryError> {
        let path = "/v1/agent/service/register?replace-existing-checks=true";
        let body = without_nulls(&announced.registration);
        self.put(path, Some(body), "register an instance").await
    }

    async fn put(&self, path: &str, body: Option<Value>, what: &str) -> Result<(), DiscoveryError> {
        self.send(Method::Put, path, body, what, PATIENCE)
            .await
            .map(drop)
    }

    /// The instances of `service` that pass their checks, once they are newer than `index`, with
    /// their index. Index 0 answers at once.
    async fn instances(
        &self,
        service: &str,
        index: u64,
    ) -> Result<(u64, Vec<Endpoint>), DiscoveryError> {
        let mut path = format!(
            "/v1/health/service/{service}?passing=1&index={index}&wait={}s",
            WAIT.as_secs()
        );
        if !self.datacenter.is_empty() {
            path = format!("{path}&dc={}", self.datacenter);
        }
        let what = "list instances";
        let (seen, body) = self
            .send(Method::Get, &path, None, what, WAIT_PATIENCE)
            .await?;
        let unreadable = |reason: String| DiscoveryError::Unreachable {
            action: what.to_owned(),
            reason: format!("unreadable answer: {reason}"),
        };
        let entries: Vec<Value> =
            serde_json::from_slice(&body).map_err(|error| unreadable(error.to_string()))?;
        let mut endpoints = Vec::new();
        for entry in entries {
            let entry: ServiceEntry =
                serde_json::from_value(trimmed(entry)).map_err(|e| unreadable(e.to_string()))?;
            endpoints.extend(endpoint(&entry));
        }
        endpoints.sort();
        endpoints.dedup();
        let seen = seen.ok_or_else(|| unreadable("no index".to_owned()))?;
        // Consul's index starts at 1; 0 would turn a blocking query into a busy one.
        Ok((seen.max(1), endpoints))
    }

    /// Sends one request; gives the index header and the body of a successful answer.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        what: &str,
        patience: Duration,
    ) -> Result<(Option<u64>, Vec<u8>), DiscoveryError> {
        let unreachable = |reason: String| DiscoveryError::Unreachable {
            action: what.to_owned(),
            reason,
        };
        let exchange = async {
            let mut request = self.consul.new_request(method, path).await?;
            // The crate fills the body with settings, even that of a GET.
            request.take_body();
            request.remove_header("content-type");
            if let Some(body) = &body {
                request.body_json(body)?;
            }
            if !self.token.is_empty() {
                request.set_header("X-Consul-Token", self.token.expose());
            }
            let mut response = self.http.send(request).await?;
            let index = response
                .header("x-consul-index")
                .and_then(|i| i.as_str().parse().ok());
            let body = response.body_bytes().await?;
            Ok::<_, surf::Error>((response.status(), index, body))
        };
        let answer = timeout(patience, exchange).await;
        let answer = answer.map_err(|_| unreachable("no answer in time".to_owned()))?;
        let (status, index, body) = answer.map_err(|error| unreachable(error.to_string()))?;
        if status.is_success() {
            return Ok((index, body));
        }
        Err(DiscoveryError::Refused {
            action: what.to_owned(),
            status: status.into(),
            reason: String::from_utf8_lossy(&body).trim().to_owned(),
        })
    }
}

/// `message` as JSON without its unset fields: older agents refuse fields they do not know, and the
/// crate writes every one of them.
fn without_nulls(message: &impl Serialize) -> Value {
    fn prune(value: &mut Value) {
        if let Value::Object(fields) = value {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(prune);
        }
    }
    let mut value = serde_json::to_value(message).unwrap_or_default();
    prune(&mut value);
    value
}

/// An entry without the parts that are not read here: their shape differs between Consul's versions.
fn trimmed(mut entry: Value) -> Value {
    if let Some(fields) = entry.as_object_mut() {
        fields.retain(|key, _| matches!(key.as_str(), "Node" | "Service"));
        for part in fields.values_mut().filter_map(Value::as_object_mut) {
            part.retain(|_, value| value.is_string() || value.is_number());
        }
    }
    entry
}

/// The service's own address, or else its node's.
fn endpoint(entry: &ServiceEntry) -> Option<Endpoint> {
    let service = entry.Service.as_ref()?;
    let node = || entry.Node.as_ref().and_then(|node| node.Address.as_deref());
    let host = service
        .Address
        .as_deref()
        .filter(|address| !address.is_empty())
        .or_else(node)?;
    let port = u16::try_from(service.Port?).ok()?;
    Endpoint::at(host, port).ok()
}

#[cfg(test)]
mod tests {
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
    fn answers_of_newer_agents_are_read() {
        let entry = serde_json::json!({
            "Node": { "ID": "x", "Address": "10.1.2.3", "Meta": {}, "PeerName": "",
                "Locality": { "Region": "r" } },
            "Service": { "ID": "a", "Service": "a", "Tags": null, "Address": "", "Port": 7101,
                "Weights": { "Passing": 1, "Warning": 1 }, "Connect": {},
                "Proxy": { "Mode": "", "MeshGateway": {}, "Expose": {}, "TransparentProxy": {} } },
            "Checks": [{ "Definition": { "Interval": "10s", "Timeout": "0s" }, "Status": "passing" }],
        });
        let entry: ServiceEntry = serde_json::from_value(trimmed(entry)).unwrap();
        assert_eq!(
            endpoint(&entry),
            Some(Endpoint::parse("http://10.1.2.3:7101").unwrap())
        );
    }

    #[test]
    fn pauses_double_up_to_the_limit() {
        let mut backoff = Backoff::new(Duration::from_secs(1));
        let pauses: Vec<u128> = (0..5).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(pauses, [200, 400, 800, 1000, 1000]);
    }
}
