//! Discovery through a real Consul agent, with and without access control.
//!
//! `ONETHING_TEST_CONSUL` names the `consul` program. Without it these tests fail, unless
//! `ONETHING_EMBEDDED_ONLY=1` says that only what needs no other program is wanted.
#![cfg(feature = "consul")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests say what they expect by panicking"
)]

mod conformance;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use onething_runtime::config::load;
use onething_runtime::discovery::consul::ConsulDiscovery;
use onething_runtime::discovery::{DiscoveryError, Instance};
use onething_runtime::{COMMON_DEFAULTS, Common, Discovery, Secret};
use tempfile::TempDir;

/// Long enough for an agent to start.
const SOON: Duration = Duration::from_secs(30);
const MASTER: &str = "8a1f4d3e-0000-4000-8000-5d2f6c7b8a90";

/// The `consul` program, or `None` if the caller asked to do without.
fn consul() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("ONETHING_TEST_CONSUL") {
        return Some(path.into());
    }
    let waived = std::env::var_os("ONETHING_EMBEDDED_ONLY").is_some_and(|value| value == "1");
    assert!(
        waived,
        "ONETHING_TEST_CONSUL must name a consul program; ONETHING_EMBEDDED_ONLY=1 does without"
    );
    None
}

/// An agent of the test's own, on ports and in a directory of its own.
struct Agent {
    process: Child,
    http: u16,
    ports: [u16; 5],
    program: PathBuf,
    directory: TempDir,
}

impl Agent {
    async fn start(program: &Path, access_control: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        if access_control {
            let acl = format!(
                r#"{{ "acl": {{ "enabled": true, "default_policy": "deny",
                       "tokens": {{ "master": "{MASTER}" }} }} }}"#
            );
            std::fs::write(directory.path().join("acl.json"), acl).unwrap();
        }
        let held: Vec<TcpListener> = (0..5)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let ports: Vec<u16> = held
            .iter()
            .map(|l| l.local_addr().unwrap().port())
            .collect();
        let ports: [u16; 5] = ports.try_into().unwrap();
        drop(held);
        let process = Self::spawn(program, directory.path(), &ports);
        let program = program.to_owned();
        let mut agent = Self {
            process,
            http: ports[0],
            ports,
            program,
            directory,
        };
        agent.answers().await;
        agent
    }

    fn spawn(program: &Path, directory: &Path, ports: &[u16; 5]) -> Child {
        let [http, server, lan, wan, grpc] = ports;
        Command::new(program)
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
            .arg(format!("-config-dir={}", directory.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Waits until the agent knows a leader (with access control: until its tokens work).
    async fn answers(&mut self) {
        let discovery = self.discovery(MASTER);
        let probe = async {
            loop {
                let instance = Instance {
                    service: "probe".to_owned(),
                    endpoint: conformance::endpoint(1),
                };
                if let Ok(registration) = discovery.register(instance).await {
                    let mut watched = discovery.watch("probe").await;
                    let seen = watched.wait_for(|endpoints| !endpoints.is_empty());
                    let seen = tokio::time::timeout(Duration::from_secs(2), seen)
                        .await
                        .is_ok();
                    registration.deregister().await;
                    if seen {
                        return;
                    }
                }
                assert_eq!(self.process.try_wait().unwrap(), None, "the agent ended");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(SOON, probe)
            .await
            .expect("the agent never answered");
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn discovery(&self, token: &str) -> Arc<ConsulDiscovery> {
        let mut common: Common = load(&[COMMON_DEFAULTS], None, []).unwrap();
        common.discovery.consul.address = format!("http://127.0.0.1:{}", self.http);
        common.discovery.consul.token = Secret::new(token);
        common.discovery.consul.ttl_seconds = 3;
        Arc::new(ConsulDiscovery::new(&common.discovery.consul))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn instance(service: &str, port: u16) -> Instance {
    Instance {
        service: service.to_owned(),
        endpoint: conformance::endpoint(port),
    }
}

#[tokio::test]
async fn discovery_through_consul_conforms() {
    let Some(program) = consul() else { return };
    let agent = Agent::start(&program, false).await;
    let discovery = agent.discovery("");
    conformance::watchers_see_every_change(discovery.clone(), "a").await;
    conformance::services_are_apart(discovery.clone(), "b", "c").await;
    let _registration = discovery.register(instance("d", 7021)).await.unwrap();
    conformance::expect(&mut discovery.watch("d").await, &[7021]).await;
    conformance::known_services_are_listed(discovery, "d", 7021).await;
}

#[tokio::test]
async fn with_access_control_only_the_token_in_its_header_opens() {
    let Some(program) = consul() else { return };
    let agent = Agent::start(&program, true).await;
    conformance::watchers_see_every_change(agent.discovery(MASTER), "a").await;
    for wrong in ["", "11111111-1111-4111-8111-111111111111"] {
        let refused = agent
            .discovery(wrong)
            .register(instance("a", 7001))
            .await
            .unwrap_err();
        assert!(
            matches!(refused, DiscoveryError::Refused { status: 403, .. }),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn heartbeats_keep_an_instance_and_silence_loses_it() {
    let Some(program) = consul() else { return };
    let agent = Agent::start(&program, false).await;
    let discovery = agent.discovery("");
    let kept = discovery.register(instance("a", 7001)).await.unwrap();
    let silent = discovery.register(instance("a", 7002)).await.unwrap();
    let mut watched = discovery.watch("a").await;
    conformance::expect(&mut watched, &[7001, 7002]).await;
    // Dropped without a word, as by a crash: the agent notices when the heartbeats stop.
    drop(silent);
    conformance::expect(&mut watched, &[7001]).await;
    kept.deregister().await;
    conformance::expect(&mut watched, &[]).await;
}

#[tokio::test]
async fn an_outage_keeps_the_last_list_and_a_forgetful_agent_is_told_again() {
    let Some(program) = consul() else { return };
    let mut agent = Agent::start(&program, false).await;
    let discovery = agent.discovery("");
    let registration = discovery.register(instance("a", 7001)).await.unwrap();
    let mut watched = discovery.watch("a").await;
    conformance::expect(&mut watched, &[7001]).await;
    watched.mark_unchanged();

    agent.kill();
    // Two heartbeats go unanswered; the list must not have been touched by it.
    let quiet = tokio::time::timeout(Duration::from_secs(3), watched.changed()).await;
    assert!(quiet.is_err(), "{watched:?}");
    assert_eq!(*watched.borrow(), [conformance::endpoint(7001)]);

    // An agent in -dev mode keeps nothing: it has to be told again.
    agent.process = Agent::spawn(&agent.program, agent.directory.path(), &agent.ports);
    agent.answers().await;
    let mut late = discovery.watch("a").await;
    conformance::expect(&mut late, &[7001]).await;
    conformance::expect(&mut watched, &[7001]).await;
    registration.deregister().await;
    conformance::expect(&mut watched, &[]).await;
}

#[tokio::test]
async fn a_process_can_start_before_its_agent() {
    let Some(program) = consul() else { return };
    let mut agent = Agent::start(&program, false).await;
    agent.kill();
    let discovery = agent.discovery("");
    let registration = discovery.register(instance("a", 7001)).await.unwrap();
    let mut watched = discovery.watch("a").await;
    assert!(watched.borrow().is_empty());
    agent.process = Agent::spawn(&agent.program, agent.directory.path(), &agent.ports);
    agent.answers().await;
    conformance::expect(&mut watched, &[7001]).await;
    registration.deregister().await;
}
