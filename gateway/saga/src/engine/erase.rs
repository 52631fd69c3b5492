//! Erasing what an ended saga's events carry of people's lives, once its time of keeping is over.

use super::error::EngineError;
use super::facade::Engine;
use super::journal;
use crate::machine::{Event, SagaId};
use crate::store::{StoreError, Verification};

impl Engine {
    /// Erases the key of an ended saga's payloads, after which nobody can read them, and journals who had
    /// it done and why. States, times, the outcome and the chain stay. Durable when this returns; doing it
    /// again changes nothing.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] when the saga has not ended, must still be kept, or is from before
    /// payloads were sealed; [`EngineError::Quarantined`] when its journal is not what was written;
    /// [`EngineError::NotFound`].
    pub async fn erase(&self, saga: SagaId, by: &str, reason: &str) -> Result<(), EngineError> {
        let shared = self.shared();
        let journal = shared.store.load(saga).await?;
        if let Verification::BrokenAt { seq } = journal.verification {
            // What it says of its end cannot be trusted.
            let reason = format!("event {seq} is not what was written");
            return Err(EngineError::Quarantined { saga, reason });
        }
        let row = journal.row;
        if row.seal.is_erased() {
            return Ok(());
        }
        let conflict = |why: String| Err(EngineError::Conflict(why));
        let Some(ended_at) = row.ended_at else {
            return conflict("the case has not ended".to_owned());
        };
        if !row.seal.is_closed() {
            return conflict(
                "the case is from before payloads were sealed, and cannot be erased alone"
                    .to_owned(),
            );
        }
        let now = shared.environment.now().max(row.updated_at);
        let left = now.until(ended_at.plus(shared.settings.erase_after));
        if !left.is_zero() {
            let days = left.as_secs().div_ceil(24 * 60 * 60);
            return conflict(format!("the case must be kept for {days} more days"));
        }
        let event = Event::Erased {
            by: by.to_owned(),
            reason: reason.to_owned(),
        };
        for record in journal::records(&[event], now)? {
            match shared.store.erase(saga, record).await {
                Err(StoreError::Fenced) => return conflict("the case has not ended".to_owned()),
                written => drop(written?),
            }
        }
        Ok(())
    }
}
