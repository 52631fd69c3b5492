//! The gateway's own settings, beside those that every process has.

use std::{path::Path, time::Duration};

use onething_runtime::{Problem, Settings};
use serde::Deserialize;

use crate::{
    departments::Retention,
    operators::{self, OperatorSettings},
};

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
    /// A folder with bundle files, beside the built-in ones or in place of those of the same id.
    pub bundles: String,
    /// A folder with the files of departments that are declared behind the connector; empty for
    /// none.
    pub departments: String,
    /// The file with the key that chains the journal; made at the first start.
    pub journal_key: String,
    /// How often departments are told which cases are over, in seconds.
    pub forget_every_seconds: u64,
    /// How long ago a case was filed at least of which they are told, in seconds.
    pub forget_after_seconds: u64,
    /// Who may look at sagas and act on them; none: nobody.
    pub operators: Vec<OperatorSettings>,
}

/// `[engine]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// The threads that cases run in.
    pub threads: u32,
    /// Calls at a time to one department.
    pub department_concurrency: u32,
    /// The longest first delay before a repetition, in milliseconds.
    pub retry_first_ms: u64,
    /// The longest delay before a repetition, in milliseconds.
    pub retry_most_ms: u64,
    /// How long one call may take, in milliseconds.
    pub call_timeout_ms: u64,
    /// Cases under way at which no new one is accepted.
    pub most_under_way: u64,
    /// How long a gateway owns its cases after each heartbeat, in milliseconds.
    pub lease_ms: u64,
    /// Epochs start no lower; for a journal from a time when the clock was ahead.
    pub epoch_floor: u64,
    /// How long an ended case is kept at least before an operator can have it erased, in days.
    pub erase_after_days: u64,
}

impl Section {
    /// How departments are told which cases are over.
    pub(crate) fn retention(&self) -> Retention {
        Retention {
            every: Duration::from_secs(self.forget_every_seconds),
            after: Duration::from_secs(self.forget_after_seconds),
        }
    }

    /// The folder with department files, if one is set.
    pub(crate) fn departments(&self) -> Option<&Path> {
        (!self.departments.is_empty()).then(|| Path::new(&self.departments))
    }
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
            self.gateway.forget_every_seconds > 0,
            "gateway.forget_every_seconds",
            "must be > 0",
        );
        require(
            (1..=1024).contains(&self.engine.threads),
            "engine.threads",
            "is not 1 to 1024",
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
            self.engine.most_under_way > 0,
            "engine.most_under_way",
            "must be > 0",
        );
        require(
            self.engine.lease_ms >= 1000,
            "engine.lease_ms",
            "must be >= 1000",
        );
        require(
            self.engine.call_timeout_ms > 0,
            "engine.call_timeout_ms",
            "must be > 0",
        );
        if let Err(wrong) = onething_declared::contracts(self.gateway.departments()) {
            let wrong = wrong.0.into_iter();
            let told = wrong.map(|p| Problem::new("gateway.departments", p.to_string()));
            problems.extend(told);
        }
        problems.extend(operators::problems(&self.gateway.operators));
        problems
    }
}

#[cfg(test)]
mod tests {
    use onething_runtime::configure;

    use super::*;
    use crate::Gateway;

    fn with(file: &str, operators: Option<&str>) -> Result<Vec<OperatorSettings>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.toml");
        std::fs::write(&path, file).unwrap();
        let variable = operators.map(|value| ("ONETHING__GATEWAY__OPERATORS", value));
        let environment = variable.map(|(name, value)| (name.to_owned(), value.to_owned()));
        match configure::<Gateway>(Some(&path), environment) {
            Ok((_, settings)) => Ok(settings.gateway.operators),
            Err(problems) => Err(problems.to_string()),
        }
    }

    #[test]
    fn operators_are_nobody_by_default_and_come_from_a_file_or_the_environment() {
        assert_eq!(with("", None).unwrap(), []);
        let file = "[[gateway.operators]]\nname = \"saran\"\ntoken_file = \"saran.token\"\n";
        let saran = OperatorSettings::in_file("saran", "saran.token");
        assert_eq!(with(file, None).unwrap(), [saran]);
        let wall = r#"[{ name = "wall", token_env = "WALL", read_only = true }]"#;
        let found = with(file, Some(wall)).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].name == "wall" && found[0].read_only);
    }

    #[test]
    fn every_mistake_in_operators_is_told_beside_the_others() {
        let file = "[engine]\nretry_first_ms = 0\n[[gateway.operators]]\nname = \"a b\"\n";
        let problems = with(file, None).unwrap_err();
        for part in [
            "engine.retry_first_ms",
            "gateway.operators[0].name",
            "exactly one of token_file, token_env and token_sha256",
        ] {
            assert!(problems.contains(part), "{part}: {problems}");
        }
        let file = "[[gateway.operators]]\nname = \"saran\"\ntoken = \"hunter2-hunter2\"\n";
        let problems = with(file, None).unwrap_err();
        assert!(problems.contains("unknown field `token`"), "{problems}");
        assert!(!problems.contains("hunter2"), "{problems}");
    }
}
