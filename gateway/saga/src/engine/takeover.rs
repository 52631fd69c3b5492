//! Taking a saga over: a new epoch first, then its journal is read back and what was under way is
//! repeated. And being overtaken.

use futures::stream::FuturesUnordered;

use super::error::EngineError;
use super::journal;
use super::worker::{Held, Journaled, Left, Worker};
use crate::machine::{Input, Timestamp};
use crate::store::{Append, StoreError, Take};

impl Worker {
    /// Takes ownership under a new epoch and reads the saga back; none when there is nothing to carry on.
    pub(super) async fn take_over(&mut self) -> Option<Held> {
        let mut attempt = 0;
        loop {
            // Also what a try before this one has begun ahead of a write that failed: it was called under the
            // epoch of that try, which is none of this one's.
            self.calls = FuturesUnordered::new();
            self.attempts.clear();
            self.preparing.clear();
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
        // Whoever is asked for something here takes the saga over; else a living owner keeps it.
        let take = if self.wished() {
            Take::Anyway
        } else {
            Take::IfFree
        };
        let row = match shared.store.acquire(self.saga, take).await {
            Ok(row) => row,
            Err(StoreError::NotFound(saga)) => {
                self.turn_away(&EngineError::NotFound(saga));
                return Ok(None);
            }
            Err(StoreError::Fenced) if take == Take::IfFree => return Ok(None),
            Err(StoreError::Damaged(reason)) => {
                self.set_aside(&reason).await;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if row.state.ended() {
            if self.wished() {
                self.answer_ended().await?;
            }
            return Ok(None);
        }
        let journal = match shared.store.load(self.saga).await {
            Err(StoreError::Damaged(reason)) => {
                self.set_aside(&reason).await;
                return Ok(None);
            }
            other => other?,
        };
        let state = match journal::replay(&shared, &journal) {
            Ok(state) => state,
            Err(unreadable) => {
                self.set_aside(&unreadable.0).await;
                return Ok(None);
            }
        };
        let held = Held::new(state, row.epoch, journal.row.head(), row.seal);
        self.show(held.journaled.head, None);
        let mail = self.mail(&held).await?;
        let inputs = vec![Input::Resume, Input::Tick];
        let held = self.batch(held, inputs, mail, Vec::new()).await;
        self.room = None;
        match held {
            Ok(held) => Ok(Some(held)),
            Err(Left::ForGood) => Ok(None),
            Err(Left::ToReadAgain) => Err(StoreError::Fenced),
        }
    }

    /// A write that finds out whether the journal has the saga as this owner has it.
    pub(super) fn unchanged(
        &self,
        journaled: &Journaled,
        at: Timestamp,
        rests: Option<Timestamp>,
    ) -> Append {
        Append {
            saga: self.saga,
            epoch: journaled.epoch,
            head: journaled.head,
            seal: journaled.seal,
            events: Vec::new(),
            projection: journaled.projection.clone(),
            at,
            rests,
            taken: Vec::new(),
        }
    }

    /// A department has seen a later owner of the saga. Usually the journal has him as well, and goes on
    /// without this one. Otherwise it has lost him, and nobody would carry the saga on.
    pub(super) async fn overtaken(&mut self, journaled: &Journaled, at: Timestamp) -> Left {
        match self
            .shared
            .store
            .append(self.unchanged(journaled, at, None))
            .await
        {
            Ok(_) => {
                let epoch = journaled.epoch;
                let reason = format!(
                    "a department has seen a later epoch than {epoch}, which the journal does not know"
                );
                self.set_aside(&reason).await
            }
            Err(StoreError::Fenced) => {
                tracing::info!(saga.id = %self.saga, "a department has seen a later owner of the saga");
                Left::ForGood
            }
            Err(error) => {
                tracing::warn!(saga.id = %self.saga, %error, "whose the saga is is not known, reading again");
                Left::ToReadAgain
            }
        }
    }

    /// Answers what an ended saga is asked: what is known already is granted again, the rest is a
    /// conflict.
    async fn answer_ended(&mut self) -> Result<(), StoreError> {
        let journal = match self.shared.store.load(self.saga).await {
            Err(StoreError::Damaged(reason)) => {
                self.set_aside(&reason).await;
                return Ok(());
            }
            other => other?,
        };
        match journal::replay(&self.shared, &journal) {
            Ok(state) => self.grant_known(&state),
            Err(unreadable) => {
                self.set_aside(&unreadable.0).await;
            }
        }
        Ok(())
    }
}
