//! An engine's clock, dice and identities on simulated time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use onething_saga::{Environment, SagaId, Timestamp};
use uuid::Uuid;

use super::dice::Dice;
use super::world::World;

/// When every case begins: Monday, 2 March 2026, 01:00 UTC.
pub(super) const EPOCH: Timestamp = Timestamp(1_772_413_200_000_000);

/// The environment of one engine.
pub(super) struct Clock {
    world: Arc<World>,
    skew: AtomicI64,
    dice: Mutex<Dice>,
}

impl Clock {
    pub(super) fn new(world: Arc<World>, engine: u32) -> Self {
        let dice = Dice::new(world.story.seed.wrapping_add(u64::from(engine)), "engine");
        Self {
            world,
            skew: AtomicI64::new(0),
            dice: Mutex::new(dice),
        }
    }

    /// The clock jumps.
    pub(super) fn jump(&self, micros: i64) {
        self.skew.fetch_add(micros, Ordering::Relaxed);
    }

    fn with<A>(&self, throw: impl FnOnce(&mut Dice) -> A) -> A {
        throw(&mut self.dice.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Environment for Clock {
    fn now(&self) -> Timestamp {
        let true_time = EPOCH.plus(self.world.elapsed());
        Timestamp(true_time.0 + self.skew.load(Ordering::Relaxed))
    }

    fn anchor(&self, store: Timestamp) {
        let true_time = EPOCH.plus(self.world.elapsed());
        self.skew.store(store.0 - true_time.0, Ordering::Relaxed);
    }

    fn jitter(&self, limit: Duration) -> Duration {
        self.with(|dice| dice.duration(Duration::ZERO, limit))
    }

    fn saga_id(&self) -> SagaId {
        let (high, low) = self.with(|dice| (dice.throw(), dice.throw()));
        SagaId(Uuid::from_u64_pair(high, low))
    }
}
