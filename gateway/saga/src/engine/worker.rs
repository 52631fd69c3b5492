//! One saga's task: what comes in goes through the core in batches, until nothing is under way any more.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::bell::Bell;
use super::error::EngineError;
use super::facade::Shared;
use super::incoming::{Incoming, Mail};
use super::registry::{Desk, Progress, Wish};
use super::submission::Begun;
use crate::definition::StepIndex;
use crate::machine::{Input, Projection, SagaId, SagaState, State, Timestamp};
use crate::mutant::{self, Mutant};
use crate::store::{Head, Seal, StoreError};

/// When a saga is looked at again that rests although its time has passed.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// What a saga's own tasks hand back to it.
pub(super) enum Reply {
    Input(Input),
    PrepareAgain(StepIndex),
    Drained,
}

/// Why a saga's task does not go on with what it holds of the saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It leaves memory.
    ForGood,
    /// Only the journal can say how it stands.
    ToReadAgain,
}

/// A saga as this owner holds it, since the last commit.
pub(super) struct Held {
    pub(super) state: State,
    pub(super) journaled: Journaled,
}

/// How the journal has a saga.
pub(super) struct Journaled {
    pub(super) epoch: u64,
    pub(super) head: Head,
    /// How its payloads are stored.
    pub(super) seal: Seal,
    /// Its row; when time itself is the next input is in it.
    pub(super) projection: Projection,
    /// The store knows that nobody needs to own it.
    pub(super) rests: bool,
}

impl Held {
    pub(super) fn new(state: State, epoch: u64, head: Head, seal: Seal) -> Self {
        let projection = state.projection();
        let journaled = Journaled {
            epoch,
            head,
            seal,
            projection,
            rests: false,
        };
        Self { state, journaled }
    }
}

pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) saga: SagaId,
    pub(super) desk: Desk,
    /// Room for one more saga to be taken up, given back once it is.
    pub(super) room: Option<OwnedSemaphorePermit>,
    /// The calls under way. They are polled within this task: an answer wakes nobody else.
    pub(super) calls: FuturesUnordered<BoxFuture<'static, Reply>>,
    pub(super) attempts: HashMap<(StepIndex, u32, bool), u32>,
    pub(super) preparing: HashSet<StepIndex>,
    /// The letters that were read and not acted upon.
    pub(super) wishes: Vec<Wish>,
    pub(super) delivered: bool,
    pub(super) draining: bool,
    /// Ready once the engine is to end; not to be waited for again.
    pub(super) drained: Pin<Box<WaitForCancellationFutureOwned>>,
    pub(super) bell: Bell,
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        saga: SagaId,
        desk: Desk,
        room: Option<OwnedSemaphorePermit>,
    ) -> Self {
        let drained = Box::pin(shared.draining.clone().cancelled_owned());
        Self {
            shared,
            saga,
            desk,
            room,
            calls: FuturesUnordered::new(),
            attempts: HashMap::new(),
            preparing: HashSet::new(),
            wishes: Vec::new(),
            delivered: false,
            draining: false,
            drained,
            bell: Bell::default(),
        }
    }

    /// Runs a saga that was just accepted, or one that must be read back first.
    pub(super) async fn run(mut self, begun: Option<Begun>) {
        let mut held = None;
        if let Some(Begun {
            state,
            epoch,
            head,
            seal,
            commands,
        }) = begun
        {
            let fresh = Held::new(state, epoch, head, seal);
            self.show(head, fresh.state.ended().map(|ended| ended.state));
            if self.carry_on(&fresh.state, epoch, commands).is_err() {
                self.leave();
                return;
            }
            held = Some(fresh);
        }
        self.carry(held).await;
        self.leave();
    }

    async fn carry(&mut self, mut held: Option<Held>) {
        loop {
            let Some(current) = held.take() else {
                // In a box of its own: most sagas never need the room.
                match Box::pin(self.take_over()).await {
                    Some(loaded) => held = Some(loaded),
                    None => return,
                }
                continue;
            };
            if self.idle() {
                // Nothing is under way and nobody waits: time, a delivery or a wish brings it back.
                match self.rest(&current).await {
                    Left::ToReadAgain => continue,
                    Left::ForGood => return,
                }
            }
            let Incoming {
                inputs,
                wishes,
                delivered,
            } = self.incoming(&current).await;
            let mail = if delivered {
                match self.mail(&current).await {
                    Ok(mail) => mail,
                    Err(error) => {
                        tracing::warn!(saga.id = %self.saga, %error, "cannot read the inbox");
                        // Whatever else came in is found again in the journal.
                        self.wishes.extend(wishes);
                        continue;
                    }
                }
            } else {
                Mail::default()
            };
            match self.batch(current, inputs, mail, wishes).await {
                Ok(current) => held = Some(current),
                Err(Left::ForGood) => return,
                Err(Left::ToReadAgain) => {}
            }
        }
    }

    /// Gives the saga up to whoever takes it up next, unless the store knows already.
    async fn rest(&mut self, held: &Held) -> Left {
        let Held { state, journaled } = held;
        if journaled.rests || self.draining || state.ended().is_some() {
            return Left::ForGood;
        }
        let at = self.now(state);
        let due = due(journaled.projection.wake_at, at);
        self.shared.alarm.set(due);
        match self
            .shared
            .store
            .append(self.unchanged(journaled, at, Some(due)))
            .await
        {
            Ok(_) | Err(StoreError::Fenced) => Left::ForGood,
            Err(error) => {
                tracing::warn!(saga.id = %self.saga, %error, "the saga was not given up, reading again");
                Left::ToReadAgain
            }
        }
    }

    /// The time of a batch; it never goes back within a saga, whichever engine has it.
    pub(super) fn now(&self, state: &State) -> Timestamp {
        self.shared.environment.now().max(state.updated_at())
    }

    /// Tells whoever follows the saga how far its journal has come.
    pub(super) fn show(&self, head: Head, ended: Option<SagaState>) {
        let seq = head.seq;
        self.desk.progress.send_replace(Progress { seq, ended });
    }

    /// Marks this saga as one that cannot be carried on, and leaves all others alone.
    pub(super) async fn set_aside(&mut self, reason: &str) -> Left {
        tracing::error!(saga.id = %self.saga, reason, "saga set aside");
        if let Err(error) = self.shared.store.quarantine(self.saga, reason).await {
            tracing::error!(saga.id = %self.saga, %error, "the mark could not be written");
        }
        let (saga, reason) = (self.saga, reason.to_owned());
        self.turn_away(&EngineError::Quarantined { saga, reason });
        Left::ForGood
    }

    /// Leaves memory. Wishes that are still in the mailbox are dropped unanswered, and whoever sent
    /// them tries again. What was delivered after the last look is nobody's to tell again: the saga is
    /// taken up for it.
    fn leave(&mut self) {
        self.shared.registry.close(self.saga);
        self.desk.mailbox.close();
        self.collect();
        if self.delivered && !self.draining && !mutant::active(Mutant::LetterLost) {
            self.shared.take_up(self.saga);
        }
    }
}

/// When a resting saga is taken up by itself. One whose time has passed already is looked at again in a
/// while, and not at once for ever; one without a wake time is an alarm, and waits for a delivery.
pub(super) fn due(wake_at: Option<Timestamp>, at: Timestamp) -> Timestamp {
    match wake_at {
        Some(wake_at) if wake_at > at => wake_at,
        Some(_) => at.plus(LOOK_AGAIN),
        None => Timestamp(i64::MAX),
    }
}
