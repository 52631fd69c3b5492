//! What each department can take: how many calls at a time, and none for a while when it does not answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::registry::lock;

/// When calls to a department that does not answer are held back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerSettings {
    /// Calls without a definite answer, one after the other, that open the circuit.
    pub failures: u32,
    /// How long it stays open at first; then one call tries, and each failure doubles the time.
    pub first: Duration,
    /// The longest time it stays open.
    pub most: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failures: 20,
            first: Duration::from_secs(1),
            most: Duration::from_secs(30),
        }
    }
}

/// The departments as callers.
pub(super) struct Limits {
    each: usize,
    breaker: BreakerSettings,
    departments: Mutex<HashMap<String, Arc<Department>>>,
}

impl Limits {
    pub(super) fn new(each: usize, breaker: BreakerSettings) -> Self {
        Self {
            each: each.max(1),
            breaker,
            departments: Mutex::default(),
        }
    }

    pub(super) fn of(&self, department: &str) -> Arc<Department> {
        let mut departments = lock(&self.departments);
        if let Some(known) = departments.get(department) {
            return known.clone();
        }
        let new = Arc::new(Department {
            turns: Arc::new(Semaphore::new(self.each)),
            settings: self.breaker.clone(),
            circuit: Mutex::default(),
        });
        departments.insert(department.to_owned(), new.clone());
        new
    }

    /// The departments whose circuits are open, by name.
    pub(super) fn open(&self) -> Vec<String> {
        let departments = lock(&self.departments);
        let open = departments
            .iter()
            .filter(|(_, department)| lock(&department.circuit).until.is_some());
        let mut names: Vec<_> = open.map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }
}

/// One department.
pub(super) struct Department {
    turns: Arc<Semaphore>,
    settings: BreakerSettings,
    circuit: Mutex<Circuit>,
}

#[derive(Default)]
struct Circuit {
    failures: u32,
    openings: u32,
    /// Until when no call is made; none while the circuit is closed.
    until: Option<Instant>,
    trying: bool,
}

/// A turn with a department; another can have it once this is dropped.
pub(super) struct Turn {
    department: Arc<Department>,
    _permit: Option<OwnedSemaphorePermit>,
    /// Whether this call finds out if the department answers again.
    tries: bool,
}

impl Department {
    /// Waits for a turn. None when the circuit is open: there is no answer to be had at present.
    pub(super) async fn turn(self: Arc<Self>) -> Option<Turn> {
        // The semaphores are never closed.
        let permit = self.turns.clone().acquire_owned().await.ok();
        let tries = {
            let mut circuit = lock(&self.circuit);
            match circuit.until {
                None => false,
                Some(until) if until <= Instant::now() && !circuit.trying => {
                    circuit.trying = true;
                    true
                }
                Some(_) => return None,
            }
        };
        Some(Turn {
            department: self,
            _permit: permit,
            tries,
        })
    }

    fn failed(&self, tries: bool) {
        let mut circuit = lock(&self.circuit);
        circuit.failures = circuit.failures.saturating_add(1);
        // Calls that were under way when the circuit opened do not open it further.
        let opens = tries || circuit.until.is_none() && circuit.failures >= self.settings.failures;
        if opens {
            let pause = self
                .settings
                .first
                .saturating_mul(2u32.saturating_pow(circuit.openings))
                .min(self.settings.most);
            circuit.openings = circuit.openings.saturating_add(1);
            circuit.failures = 0;
            circuit.trying = false;
            circuit.until = Some(Instant::now() + pause);
        }
    }
}

impl Turn {
    /// Ends the turn and takes note of whether the call was answered definitely.
    pub(super) fn end(mut self, answered: bool) {
        if answered {
            *lock(&self.department.circuit) = Circuit::default();
        } else {
            self.department.failed(self.tries);
        }
        self.tries = false;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.tries {
            // Cut off before it found out: another call may try.
            lock(&self.department.circuit).trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(failures: u32) -> Limits {
        let second = Duration::from_secs(1);
        let breaker = BreakerSettings {
            failures,
            first: second,
            most: second * 4,
        };
        Limits::new(8, breaker)
    }

    #[tokio::test(start_paused = true)]
    async fn a_department_that_does_not_answer_is_tried_by_one_call_at_a_time() {
        let limits = limits(3);
        let department = limits.of("PS");
        for _ in 0..3 {
            department.clone().turn().await.unwrap().end(false);
        }
        assert_eq!(limits.open(), ["PS"]);
        assert!(department.clone().turn().await.is_none());
        tokio::time::advance(Duration::from_secs(1)).await;
        let tries = department.clone().turn().await.unwrap();
        assert!(department.clone().turn().await.is_none(), "one tries");
        tries.end(false);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(department.clone().turn().await.is_none(), "twice as long");
        tokio::time::advance(Duration::from_secs(1)).await;
        department.clone().turn().await.unwrap().end(true);
        assert!(limits.open().is_empty());
        assert!(department.clone().turn().await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_is_cut_off_leaves_the_next_one_free() {
        let limits = limits(1);
        let department = limits.of("PS");
        department.clone().turn().await.unwrap().end(false);
        tokio::time::advance(Duration::from_secs(1)).await;
        drop(department.clone().turn().await.unwrap());
        assert!(department.clone().turn().await.is_some());
    }

    #[tokio::test]
    async fn one_answer_closes_the_circuit_for_all() {
        let limits = limits(2);
        let department = limits.of("PS");
        department.clone().turn().await.unwrap().end(false);
        department.clone().turn().await.unwrap().end(true);
        department.clone().turn().await.unwrap().end(false);
        assert!(limits.open().is_empty(), "only failures in a row count");
    }
}
