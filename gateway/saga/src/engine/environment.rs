//! The clock and the dice, so that a simulation can bring its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::machine::{SagaId, Timestamp};

/// Time, randomness and identities. Delays themselves run on tokio's clock.
pub trait Environment: Send + Sync + 'static {
    /// The time that is journaled.
    fn now(&self) -> Timestamp;

    /// A delay between zero and `limit`, uniformly ("full jitter").
    fn jitter(&self, limit: Duration) -> Duration;

    /// A new saga's identity; later ones sort after earlier ones.
    fn saga_id(&self) -> SagaId;
}

/// The system's clock and random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::default().plus(since)
    }

    fn jitter(&self, limit: Duration) -> Duration {
        limit.mul_f64(rand::random::<f64>())
    }

    fn saga_id(&self) -> SagaId {
        SagaId(Uuid::now_v7())
    }
}
