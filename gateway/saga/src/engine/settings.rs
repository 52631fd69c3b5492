//! The engine's settings and their defaults.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::departments::BreakerSettings;

/// How the engine treats departments and recovery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineSettings {
    /// The installation's name in every key; never change it while sagas run.
    pub coordinator: String,
    /// Calls at a time to one department.
    pub department_concurrency: usize,
    /// The delays between repetitions of a call in doubt.
    pub retry: RetrySettings,
    /// How often something is asked for that a department decides in its own time.
    pub poll_interval: Duration,
    /// Departments tell what they decide, so nothing is asked for at that interval: what waits is
    /// looked at once a day, and a slow undo after five minutes and then less and less often.
    pub decisions_told: bool,
    /// When calls to a department that does not answer are held back.
    pub breaker: BreakerSettings,
    /// Sagas that are loaded at a time when they are taken up by themselves: after a start, from a
    /// gateway that died, or because they are due.
    pub recovery_concurrency: usize,
    /// Sagas in memory at which no new one is accepted any more.
    pub most_under_way: usize,
    /// How long this engine owns its sagas after each heartbeat, where several can share a store.
    pub lease: Duration,
    /// How long after its end a case is kept at least before it can be erased.
    pub erase_after: Duration,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            coordinator: "onething".to_owned(),
            department_concurrency: 64,
            retry: RetrySettings::default(),
            poll_interval: Duration::from_secs(5),
            decisions_told: false,
            breaker: BreakerSettings::default(),
            recovery_concurrency: 32,
            most_under_way: 10_000,
            lease: Duration::from_secs(5),
            erase_after: Duration::from_hours(183 * 24),
        }
    }
}

/// Exponential delays with full jitter: a random part of `first`, doubled at each attempt up to `most`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetrySettings {
    /// The longest first delay.
    pub first: Duration,
    /// The longest delay.
    pub most: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            most: Duration::from_secs(30),
        }
    }
}

impl RetrySettings {
    /// The longest delay before repetition number `attempt`, from 0.
    #[must_use]
    pub fn limit(&self, attempt: u32) -> Duration {
        self.first
            .saturating_mul(2u32.saturating_pow(attempt))
            .min(self.most)
    }
}
