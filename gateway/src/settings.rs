//! The gateway's own settings, beside those that every process has.

use onething_runtime::{Problem, Settings};
use serde::Deserialize;

use crate::operators::{self, OperatorSettings};

/// The gateway's defaults, documented.
pub(crate) const DEFAULTS: &str = include_str!("../defaults.toml");

/// The gateway's own sections.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewaySettings {
    /// Who this gateway is, and where its bundles are.
    pub gateway: Section,
    /// How calls are repeated and limited.
    pub engine: Engine,
}

/// `[gateway]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The coordinator's name in every key.
    pub coordinator: String,
    /// A folder with bundle files in place of the built-in ones; empty for those.
    pub bundles: String,
    /// The file with the key that chains the journal; made at the first start.
    pub journal_key: String,
    /// Who may look at sagas and act on them; none: nobody.
    pub operators: Vec<OperatorSettings>,
}

/// `[engine]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// Calls at a time to one department.
    pub department_concurrency: u32,
    /// The longest first delay before a repetition, in milliseconds.
    pub retry_first_ms: u64,
    /// The longest delay before a repetition, in milliseconds.
    pub retry_most_ms: u64,
    /// How long one call may take, in milliseconds.
    pub call_timeout_ms: u64,
}

impl Settings for GatewaySettings {
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut require = |good: bool, key: &str, reason: &str| {
            if !good {
                problems.push(Problem::new(key, reason));
            }
        };
        let coordinator = &self.gateway.coordinator;
        let printable = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        require(
            !coordinator.is_empty()
                && coordinator.len() <= 64
                && coordinator.chars().all(printable),
            "gateway.coordinator",
            "is not 1 to 64 letters, digits, `-`, `.` or `_`",
        );
        require(
            coordinator != "request",
            "gateway.coordinator",
            "is the name under which departments record calls outside sagas",
        );
        require(
            !self.gateway.journal_key.is_empty(),
            "gateway.journal_key",
            "names no file",
        );
        require(
            self.engine.department_concurrency > 0,
            "engine.department_concurrency",
            "must be > 0",
        );
        require(
            self.engine.retry_first_ms > 0,
            "engine.retry_first_ms",
            "must be > 0",
        );
        require(
            self.engine.retry_most_ms >= self.engine.retry_first_ms,
            "engine.retry_most_ms",
            "must not be below engine.retry_first_ms",
        );
        require(
            self.engine.call_timeout_ms > 0,
            "engine.call_timeout_ms",
            "must be > 0",
        );
        problems.extend(operators::problems(&self.gateway.operators));
        problems
    }
}
