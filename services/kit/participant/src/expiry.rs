//! Expiry: records what the law deems decided, when the time of a review has passed.

use std::{
    collections::HashMap,
    sync::Weak,
    time::{Duration, Instant},
};

use crate::{DecisionError, Fault, Key, Ledger, ledger::Inner, store};

/// How many reviews are read at a time.
const PAGE: i64 = 64;
/// How long a review that cannot be expired is left alone at the most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// Looks for reviews whose time has passed until the ledger is dropped: when the next one's time
/// comes, when a new one is recorded here, and at least every `every`, since another instance of
/// the department may have recorded one and died.
pub(crate) async fn watch(ledger: Weak<Inner>, every: Duration) {
    let mut failed = Failed {
        first: every,
        pauses: HashMap::new(),
    };
    loop {
        let Some(held) = Ledger::upgrade(&ledger) else {
            return;
        };
        let pause = match pass(&held, &mut failed).await {
            Ok(pause) => pause.map_or(every, |pause| pause.min(every)),
            Err(fault) => {
                tracing::warn!(
                    error = &fault as &dyn std::error::Error,
                    "reviews whose time has passed could not be read"
                );
                every
            }
        };
        let woken = held.due_recorded();
        // The ledger is not held while waiting, so that it can be dropped.
        drop(held);
        let _ = tokio::time::timeout(pause, woken).await;
    }
}

/// The reviews that could not be expired: each is tried again after a pause that doubles.
struct Failed {
    first: Duration,
    pauses: HashMap<Key, (Instant, Duration)>,
}

impl Failed {
    fn is_paused(&self, key: &Key) -> bool {
        self.pauses
            .get(key)
            .is_some_and(|(until, _)| Instant::now() < *until)
    }

    fn pause(&mut self, key: Key) {
        let before = self.pauses.get(&key).map(|(_, pause)| *pause * 2);
        let pause = before.unwrap_or(self.first).min(LONGEST_PAUSE);
        self.pauses.insert(key, (Instant::now() + pause, pause));
    }
}

/// Expires what is due, one after the other, and tells how long it is until the next.
async fn pass(ledger: &Ledger, failed: &mut Failed) -> Result<Option<Duration>, Fault> {
    // What cannot be expired now must not keep the others waiting.
    let mut skip = 0;
    loop {
        let page = store::due(ledger.db(), PAGE, skip).await?;
        let last = i64::try_from(page.len()).unwrap_or(PAGE) < PAGE;
        for review in page {
            let left = review.due_at.saturating_sub(ledger.now());
            if let Ok(left @ 1..) = u64::try_from(left) {
                return Ok(Some(Duration::from_micros(left)));
            }
            let key = review.key();
            // Another ledger in the same database may answer for the method.
            if !ledger.knows(&review.method) || failed.is_paused(&key) {
                skip += 1;
                continue;
            }
            match ledger.expire(&key).await {
                // A conflict: an officer, an undo or another instance was faster.
                Ok(_) | Err(DecisionError::Conflict { .. } | DecisionError::NotSeen) => {
                    failed.pauses.remove(&key);
                }
                // The failure was logged where it was told.
                Err(DecisionError::Failed(_) | DecisionError::Undeclared { .. }) => {
                    failed.pause(key);
                    skip += 1;
                }
            }
        }
        if last {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_that_fails_again_is_left_alone_for_longer_but_not_for_ever() {
        let key = Key {
            coordinator: "g".to_owned(),
            saga: "s".to_owned(),
            step: "x".to_owned(),
            item: String::new(),
            round: 1,
        };
        let mut failed = Failed {
            first: Duration::from_secs(1),
            pauses: HashMap::new(),
        };
        assert!(!failed.is_paused(&key));
        let mut pauses = Vec::new();
        for _ in 0..12 {
            failed.pause(key.clone());
            assert!(failed.is_paused(&key));
            pauses.extend(failed.pauses.get(&key).map(|(_, pause)| pause.as_secs()));
        }
        assert_eq!(pauses[..4], [1, 2, 4, 8]);
        assert_eq!(pauses.last(), Some(&600));
    }
}
