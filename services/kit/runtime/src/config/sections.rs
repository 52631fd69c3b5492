//! The sections that every process understands, with their documented defaults and the checks that
//! types alone do not make. A service's own sections live with the service.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::load::Settings;
use super::problem::Problem;
use super::secret::Secret;

/// The documented defaults of [`Common`], as TOML.
pub const COMMON_DEFAULTS: &str = include_str!("../../defaults.toml");

/// The settings that every process has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// Listening, deadlines and draining.
    pub server: ServerSettings,
    /// The service's own database.
    pub database: DatabaseSettings,
    /// Logs and traces.
    pub telemetry: TelemetrySettings,
    /// How other services are found.
    pub discovery: DiscoverySettings,
    /// The synthetic population to start with.
    pub population: PopulationSettings,
    /// Matters that the department does not accept at the moment (暂停受理).
    pub suspensions: Vec<Suspension>,
    /// Who may list and decide what waits for an officer of the department.
    pub reviews: ReviewSettings,
}

/// `[server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// `host:port` to listen on.
    pub listen: String,
    /// `host:port` under which others reach this process; empty: the listening address.
    pub advertise: String,
    /// Grace period for draining, in seconds.
    pub drain_seconds: u64,
    /// Longest time an incoming call may take, in seconds.
    pub request_timeout_seconds: u64,
}

impl ServerSettings {
    /// The grace period for draining.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// The longest time an incoming call may take.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_seconds)
    }
}

/// `[database]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Upper limit of connections to PostgreSQL.
    pub max_connections: u32,
}

impl std::fmt::Debug for DatabaseSettings {
    /// Leaves the address out: it may carry a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseSettings")
            .field("url", &"[redacted]")
            .field("max_connections", &self.max_connections)
            .finish()
    }
}

/// `[telemetry]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySettings {
    /// OTLP/gRPC endpoint for traces; empty: no export.
    pub otlp_endpoint: String,
    /// Form of the log lines.
    pub log_format: LogFormat,
    /// Level or directives of `tracing-subscriber`'s `EnvFilter`.
    pub log_filter: String,
    /// Name of the process in traces; empty: the service's own.
    pub service_name: String,
}

/// Form of the log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Plain,
    /// One JSON object a line.
    Json,
}

/// `[discovery]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscoverySettings {
    /// Where addresses come from.
    pub kind: DiscoveryKind,
    /// Addresses by service name, for `kind = "static"`.
    pub services: BTreeMap<String, Vec<String>>,
    /// The agent, for `kind = "consul"`.
    pub consul: ConsulSettings,
}

/// Where addresses of other services come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DiscoveryKind {
    /// The configuration itself.
    Static,
    /// A Consul agent.
    Consul,
}

/// `[discovery.consul]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsulSettings {
    /// HTTP address of the agent.
    pub address: String,
    /// ACL token; empty: none.
    pub token: Secret,
    /// Time without a heartbeat after which the agent holds this process for dead, in seconds.
    pub ttl_seconds: u64,
    /// Datacenter; empty: the agent's own.
    pub datacenter: String,
}

/// `[population]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationSettings {
    /// Synthetic persons to put into an empty database at start; 0: none.
    pub persons: u32,
    /// Seed of the generator.
    pub seed: u64,
}

/// `[reviews]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewSettings {
    /// Whether everybody who reaches the department may.
    pub open: bool,
    /// The token that whoever else may sends; empty: nobody else may.
    pub token: Secret,
}

/// The shortest token that is accepted, in characters.
const SHORTEST_TOKEN: usize = 16;

/// A matter that the department does not accept at the moment (暂停受理).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// Full method, such as `onething.x.v1.XService/Method`.
    pub method: String,
    /// Step of a bundle; empty: every step that calls the method.
    #[serde(default)]
    pub step: String,
    /// What to tell the applicant.
    #[serde(default)]
    pub note: String,
}

impl Settings for Common {
    fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut check = |ok: bool, key: &str, reason: &str| {
            if !ok {
                found.push(Problem::new(key, reason));
            }
        };
        let (server, consul) = (&self.server, &self.discovery.consul);
        check(
            is_host_and_port(&server.listen),
            "server.listen",
            "is not host:port",
        );
        check(
            server.advertise.is_empty() || is_host_and_port(&server.advertise),
            "server.advertise",
            "is not host:port",
        );
        check(
            server.request_timeout_seconds > 0,
            "server.request_timeout_seconds",
            "must be > 0",
        );
        check(
            self.database.max_connections > 0,
            "database.max_connections",
            "must be > 0",
        );
        check(
            self.telemetry.otlp_endpoint.is_empty()
                || is_http(&self.telemetry.otlp_endpoint, &["http"]),
            "telemetry.otlp_endpoint",
            "is not an http:// address",
        );
        check(
            tracing_subscriber::EnvFilter::try_new(&self.telemetry.log_filter).is_ok(),
            "telemetry.log_filter",
            "is neither a level nor a list of directives",
        );
        for (name, addresses) in &self.discovery.services {
            check(
                addresses
                    .iter()
                    .all(|address| crate::Endpoint::parse(address).is_ok()),
                &format!("discovery.services.{name}"),
                "holds something that is not http://host:port",
            );
        }
        if self.discovery.kind == DiscoveryKind::Consul {
            check(
                cfg!(feature = "consul"),
                "discovery.kind",
                "this program was built without Consul",
            );
            check(
                is_http(&consul.address, &["http", "https"]),
                "discovery.consul.address",
                "is not an http:// or https:// address",
            );
            check(
                consul.ttl_seconds >= 3,
                "discovery.consul.ttl_seconds",
                "must be 3 or more",
            );
            let reachable = if server.advertise.is_empty() {
                &server.listen
            } else {
                &server.advertise
            };
            check(
                !["0.0.0.0:", "[::]:"]
                    .iter()
                    .any(|any| reachable.starts_with(any)),
                "server.advertise",
                "must be set: others cannot reach the unspecified address this process listens on",
            );
        }
        let token = &self.reviews.token;
        check(
            token.is_empty() || token.expose().chars().count() >= SHORTEST_TOKEN,
            "reviews.token",
            "must have 16 characters or more",
        );
        for (index, suspension) in self.suspensions.iter().enumerate() {
            check(
                suspension
                    .method
                    .split_once('/')
                    .is_some_and(|(service, method)| {
                        service.contains('.') && !method.is_empty() && !method.contains('/')
                    }),
                &format!("suspensions[{index}].method"),
                "is not a full method such as onething.x.v1.XService/Method",
            );
        }
        found
    }
}

fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn is_http(text: &str, schemes: &[&str]) -> bool {
    text.parse::<http::Uri>().is_ok_and(|uri| {
        uri.scheme_str()
            .is_some_and(|scheme| schemes.contains(&scheme))
            && uri.host().is_some_and(|h| !h.is_empty())
    })
}
