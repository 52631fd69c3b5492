//! Whether this process wants calls: the one answer behind the health service, `/readyz` and
//! discovery. It does not find out by itself; the parts of a process tell it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

/// The readiness of a process: ready while nothing holds it back. Cloning shares the state.
#[derive(Clone, Debug)]
pub struct Readiness {
    obstacles: Arc<watch::Sender<BTreeSet<&'static str>>>,
}

impl Default for Readiness {
    fn default() -> Self {
        Self {
            obstacles: Arc::new(watch::Sender::new(BTreeSet::new())),
        }
    }
}

impl Readiness {
    /// Says whether `part` of the process can work. A part that never spoke counts as ready.
    pub fn set(&self, part: &'static str, ready: bool) {
        self.obstacles.send_if_modified(|obstacles| {
            if ready {
                obstacles.remove(part)
            } else {
                obstacles.insert(part)
            }
        });
    }

    /// Whether every part can work.
    pub fn is_ready(&self) -> bool {
        self.obstacles.borrow().is_empty()
    }

    /// The parts that hold readiness back.
    pub fn obstacles(&self) -> Vec<&'static str> {
        self.obstacles.borrow().iter().copied().collect()
    }

    /// Follows the obstacles; empty means ready.
    pub(crate) fn watch(&self) -> watch::Receiver<BTreeSet<&'static str>> {
        self.obstacles.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_that_cannot_work_is_enough() {
        let readiness = Readiness::default();
        assert!(readiness.is_ready());
        readiness.set("database", false);
        readiness.clone().set("journal", false);
        assert_eq!(readiness.obstacles(), ["database", "journal"]);
        readiness.set("database", true);
        assert!(!readiness.is_ready());
        readiness.set("journal", true);
        assert!(readiness.is_ready());
    }
}
