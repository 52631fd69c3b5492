//! A real Consul agent that only one test uses.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::eventually::eventually;

/// The token that may do everything, where access is controlled.
const MASTER: &str = "8a1f4d3e-0000-4000-8000-5d2f6c7b8a90";

/// A running agent in development mode. Killed when dropped.
#[derive(Debug)]
pub struct ConsulAgent {
    child: Child,
    address: String,
    token: &'static str,
    _folder: TempDir,
}

impl ConsulAgent {
    /// Starts an agent on free ports; with `access_control`, nobody gets anything without its token.
    ///
    /// # Panics
    /// When it does not answer in time.
    pub async fn start(program: &Path, access_control: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut token = "";
        if access_control {
            token = MASTER;
            let acl = serde_json::json!({
                "acl": { "enabled": true, "default_policy": "deny", "tokens": { "master": MASTER } }
            });
            std::fs::write(folder.path().join("acl.json"), acl.to_string()).unwrap();
        }
        // Held together, so that they are five different ones.
        let held = [0; 5].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = held.map(|listener| listener.local_addr().unwrap().port());
        let [http, server, lan, wan, grpc] = ports;
        let child = Command::new(program)
            .args([
                "agent",
                "-dev",
                "-bind=127.0.0.1",
                "-client=127.0.0.1",
                "-dns-port=-1",
            ])
            .arg(format!("-http-port={http}"))
            .arg(format!("-server-port={server}"))
            .arg(format!("-serf-lan-port={lan}"))
            .arg(format!("-serf-wan-port={wan}"))
            .arg(format!("-grpc-port={grpc}"))
            .arg(format!("-config-dir={}", folder.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("http://127.0.0.1:{http}");
        let agent = Self {
            child,
            address,
            token,
            _folder: folder,
        };
        // With a leader, and with access control once its tokens work, the agent knows itself.
        eventually("the Consul agent knows itself", async || {
            let nodes = agent.get("/v1/catalog/nodes").await?;
            (!nodes.as_array()?.is_empty()).then_some(())
        })
        .await;
        agent
    }

    /// Its HTTP address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The token that opens it; empty without access control.
    #[must_use]
    pub fn token(&self) -> &str {
        self.token
    }

    /// The ports of the instances of a service that are alive, as the agent knows them.
    pub async fn instances(&self, service: &str) -> Vec<u16> {
        let entries = self
            .get(&format!("/v1/health/service/{service}?passing=1"))
            .await;
        let entries = entries
            .as_ref()
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let port = |entry: &Value| entry["Service"]["Port"].as_u64();
        let ports = entries.iter().filter_map(port);
        ports.map(|port| u16::try_from(port).unwrap()).collect()
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let request = reqwest::Client::new().get(format!("{}{path}", self.address));
        let answer = request
            .header("X-Consul-Token", self.token)
            .send()
            .await
            .ok()?;
        answer.error_for_status().ok()?.json().await.ok()
    }
}

impl Drop for ConsulAgent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
