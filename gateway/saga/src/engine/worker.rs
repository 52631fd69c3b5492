//! One saga's task: inputs go through the core, its events into the journal, and only after the commit
//! does memory advance and are commands carried out.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::bell::Bell;
use super::error::EngineError;
use super::facade::Shared;
use super::incoming::{Incoming, Mail};
use super::journal;
use super::registry::{Desk, Progress, Wish};
use super::submission::Begun;
use super::wishes::{answer, tell};
use crate::definition::StepIndex;
use crate::machine::{Command, Draft, Input, Projection, Rejection, SagaId, State, Timestamp};
use crate::mutant::{self, Mutant};
use crate::store::{Append, Head, Seal, StoreError};

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
    rests: bool,
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
            self.show(&fresh);
            if self.carry_on(&fresh, commands).is_err() {
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

    /// Tells whoever follows the saga how far it has come.
    pub(super) fn show(&self, held: &Held) {
        self.desk.progress.send_replace(Progress {
            seq: held.journaled.head.seq,
            ended: held.state.ended().map(|ended| ended.state),
        });
    }

    /// One batch: everything that came in, one append, then the commands. The saga as it is held goes in, and
    /// comes back changed: nobody needs it any more as it was.
    pub(super) async fn batch(
        &mut self,
        held: Held,
        inputs: Vec<Input>,
        mail: Mail,
        wishes: Vec<Wish>,
    ) -> Result<Held, Left> {
        let Held {
            state,
            mut journaled,
        } = held;
        let at = self.now(&state);
        let mut draft =
            Draft::new(state, at).with_decisions_told(self.shared.settings.decisions_told);
        let (mut granted, mut refused) = (Vec::new(), Vec::new());
        for input in inputs {
            if let Err(rejection) = journal::feed(&self.shared, &mut draft, input) {
                return Err(self.set_aside(&rejection.to_string()).await);
            }
        }
        for input in mail.inputs {
            if let Err(rejection) = journal::feed(&self.shared, &mut draft, input) {
                tracing::warn!(saga.id = %self.saga, %rejection, "a delivery is left out");
            }
        }
        for Wish { input, reply } in wishes {
            match journal::feed(&self.shared, &mut draft, input) {
                Ok(()) => granted.push(reply),
                Err(Rejection::Conflict(why)) => refused.push((reply, why)),
                Err(Rejection::Illegal(why)) => return Err(self.set_aside(&why).await),
            }
        }
        let (state, mut decision) = draft.into_parts();
        if decision.commands.contains(&Command::Abandon) {
            return Err(self.overtaken(&journaled, at).await);
        }
        // Repetitions are not journaled: an owner that was overtaken would not learn of it until the
        // department answers again. And nobody is told what only an overtaken owner believes.
        let told = !granted.is_empty() || !refused.is_empty();
        let confirms = !self.shared.store.exclusive()
            && (told || decision.commands.iter().any(Command::repeats));
        if decision.events.is_empty() && mail.taken.is_empty() && !confirms {
            let held = Held { state, journaled };
            tell(granted, refused);
            self.carry_on(&held, decision.commands)?;
            return Ok(held);
        }
        let projection = state.projection();
        let rests =
            (self.idle() && decision.commands.is_empty()).then(|| due(projection.wake_at, at));
        let append = Append {
            saga: self.saga,
            epoch: journaled.epoch,
            head: journaled.head,
            seal: journaled.seal,
            events: match journal::records(&decision.events, at) {
                Ok(events) => events,
                Err(error) => return Err(self.set_aside(&error.to_string()).await),
            },
            projection: projection.clone(),
            at,
            rests,
            taken: mail.taken,
        };
        if mutant::active(Mutant::ActsBeforeCommit) {
            let (epoch, head, seal) = (journaled.epoch, journaled.head, journaled.seal);
            let hasty = Held::new(state.clone(), epoch, head, seal);
            let commands = std::mem::take(&mut decision.commands);
            self.carry_on(&hasty, commands).ok();
            // Calls are made when they are polled.
            drop(self.calls.next().now_or_never());
        }
        match self.shared.store.append(append).await {
            Err(StoreError::Unknown(_)) if mutant::active(Mutant::UnknownCommitTrusted) => {}
            Ok(head) => {
                journaled.head = head;
                journaled.projection = projection;
                journaled.rests = rests.is_some();
            }
            Err(StoreError::Fenced) => {
                tracing::info!(saga.id = %self.saga, "the journal has a later owner of the saga");
                // Whoever asked asks again, and the saga is taken over for them.
                return Err(Left::ForGood);
            }
            Err(error) => {
                // Whether it was written is not known: only the journal can say.
                tracing::warn!(saga.id = %self.saga, %error, "append failed, reading again");
                let error = EngineError::Store(error);
                let asked = refused.into_iter().map(|(reply, _)| reply);
                granted
                    .into_iter()
                    .chain(asked)
                    .for_each(|reply| answer(reply, Err(error.clone())));
                return Err(Left::ToReadAgain);
            }
        }
        let held = Held { state, journaled };
        self.show(&held);
        if let Some(due) = rests {
            self.shared.alarm.set(due);
        }
        tell(granted, refused);
        self.carry_on(&held, decision.commands)?;
        Ok(held)
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
fn due(wake_at: Option<Timestamp>, at: Timestamp) -> Timestamp {
    match wake_at {
        Some(wake_at) if wake_at > at => wake_at,
        Some(_) => at.plus(LOOK_AGAIN),
        None => Timestamp(i64::MAX),
    }
}
