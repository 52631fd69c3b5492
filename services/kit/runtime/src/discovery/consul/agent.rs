//! The HTTP interface of a Consul agent: requests and messages of `consul-rs`, sent and read as every agent takes and
//! gives them.

use std::fmt;
use std::time::Duration;

use consul_rs::agent::AgentServiceRegistration;
use consul_rs::api::{Config, ConsulConfig};
use consul_rs::health::ServiceEntry;
use serde::Serialize;
use serde_json::Value;
use surf::http::Method;
use tokio::time::timeout;

use crate::config::{ConsulSettings, Secret};
use crate::discovery::{DiscoveryError, Endpoint};

/// How long the agent may take for anything but a blocking query.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a blocking query waits for a change (the agent adds up to a sixteenth) …
const WAIT: Duration = Duration::from_secs(30);
/// … and how long we wait for its answer.
const WAIT_PATIENCE: Duration = Duration::from_secs(40);
/// The agent's HTTP interface.
#[derive(Clone)]
pub(super) struct Agent {
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
    /// The agent in `settings`, which is not asked yet.
    pub(super) fn of(settings: &ConsulSettings) -> Self {
        // The crate would put its own idea of token and datacenter into the body: both go elsewhere.
        let address = settings.address.trim_end_matches('/').to_owned();
        let config = Config {
            address: Some(address),
            ..Config::default()
        };
        Self {
            consul: ConsulConfig {
                config: Some(config),
                watch_services: None,
            },
            token: settings.token.clone(),
            datacenter: settings.datacenter.clone(),
            http: surf::Client::new(),
        }
    }

    pub(super) async fn register(
        &self,
        registration: &AgentServiceRegistration,
    ) -> Result<(), DiscoveryError> {
        let path = "/v1/agent/service/register?replace-existing-checks=true";
        let body = without_nulls(registration);
        self.put(path, Some(body), "register an instance").await
    }

    pub(super) async fn put(
        &self,
        path: &str,
        body: Option<Value>,
        what: &str,
    ) -> Result<(), DiscoveryError> {
        self.send(Method::Put, path, body, what, PATIENCE)
            .await
            .map(drop)
    }

    /// The instances of `service` that pass their checks, once they are newer than `index`, with
    /// their index. Index 0 answers at once.
    pub(super) async fn instances(
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
pub(super) fn without_nulls(message: &impl Serialize) -> Value {
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
}
