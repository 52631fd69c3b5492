//! The clock and the dice, so that a simulation can bring its own.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::machine::{SagaId, Timestamp};

/// Time, randomness and identities. Delays themselves run on tokio's clock.
pub trait Environment: Send + Sync + 'static {
    /// The time that is journaled. It never goes back, and does not jump while the engine runs.
    fn now(&self) -> Timestamp;

    /// Told the clock of a store that several engines share: theirs is then the one that counts.
    fn anchor(&self, _store: Timestamp) {}

    /// A delay between zero and `limit`, uniformly ("full jitter").
    fn jitter(&self, limit: Duration) -> Duration;

    /// A new saga's identity; later ones sort after earlier ones.
    fn saga_id(&self) -> SagaId;
}

/// The system's clock, read once and carried on by the monotonic one, so that setting the clock while
/// the engine runs neither fires a deadline early nor delays it; and random numbers.
#[derive(Debug)]
pub struct SystemEnvironment {
    began: Instant,
    /// What to add to the time since `began`, in microseconds.
    origin: AtomicI64,
}

impl Default for SystemEnvironment {
    fn default() -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self::beginning_at(Timestamp::default().plus(since))
    }
}

impl SystemEnvironment {
    /// One that took `now` off the system's clock.
    #[must_use]
    pub fn beginning_at(now: Timestamp) -> Self {
        Self {
            began: Instant::now(),
            origin: AtomicI64::new(now.0),
        }
    }
}

impl Environment for SystemEnvironment {
    fn now(&self) -> Timestamp {
        Timestamp(self.origin.load(Ordering::Relaxed)).plus(self.began.elapsed())
    }

    fn anchor(&self, store: Timestamp) {
        let elapsed = Timestamp::default().plus(self.began.elapsed()).0;
        self.origin.store(store.0 - elapsed, Ordering::Relaxed);
    }

    fn jitter(&self, limit: Duration) -> Duration {
        limit.mul_f64(rand::random::<f64>())
    }

    fn saga_id(&self) -> SagaId {
        SagaId(Uuid::now_v7())
    }
}
