//! Taking a saga over: a new epoch first, then its journal is read back and what was under way is
//! repeated.

use tokio::task::JoinSet;

use super::error::EngineError;
use super::journal;
use super::worker::{Held, Next, Worker};
use crate::machine::Input;
use crate::store::StoreError;

impl Worker {
    /// Takes ownership under a new epoch and reads the saga back; none when there is nothing to carry on.
    pub(super) async fn take_over(&mut self) -> Option<Held> {
        self.calls = JoinSet::new();
        self.attempts.clear();
        self.preparing.clear();
        let mut attempt = 0;
        loop {
            match self.try_take_over().await {
                Ok(taken) => return taken,
                Err(error) => {
                    tracing::warn!(saga.id = %self.saga, %error, "cannot read the saga, trying on");
                    let limit = self.shared.settings.retry.limit(attempt);
                    attempt += 1;
                    tokio::time::sleep(self.shared.environment.jitter(limit)).await;
                }
            }
        }
    }

    async fn try_take_over(&mut self) -> Result<Option<Held>, StoreError> {
        let shared = self.shared.clone();
        // The semaphore is never closed.
        let _permit = shared.recovering.acquire().await.ok();
        let row = match self.shared.store.acquire(self.saga).await {
            Ok(row) => row,
            Err(StoreError::NotFound(saga)) => {
                self.turn_away(&EngineError::NotFound(saga));
                return Ok(None);
            }
            Err(StoreError::Damaged(reason)) => {
                self.set_aside(&reason).await;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if row.state.ended() {
            self.turn_away(&EngineError::Conflict("the case has ended".to_owned()));
            return Ok(None);
        }
        let journal = match self.shared.store.load(self.saga).await {
            Err(StoreError::Damaged(reason)) => {
                self.set_aside(&reason).await;
                return Ok(None);
            }
            other => other?,
        };
        let state = match journal::replay(&self.shared, &journal) {
            Ok(state) => state,
            Err(unreadable) => {
                self.set_aside(&unreadable.0).await;
                return Ok(None);
            }
        };
        let mut held = Held {
            state,
            epoch: row.epoch,
            head: journal.row.head(),
        };
        self.desk.committed.send_replace(held.head.seq);
        match self.batch(&mut held, vec![Input::Resume], Vec::new()).await {
            Next::Go => Ok(Some(held)),
            Next::Leave => Ok(None),
            Next::Reload => Err(StoreError::Fenced),
        }
    }
}
