//! One saga's task: inputs go through the core, its events into the journal, and only after the commit
//! does memory advance and are commands carried out.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::dispatch::{Purpose, carry_out};
use super::error::EngineError;
use super::facade::Shared;
use super::journal;
use super::participants::{Call, Facts};
use super::registry::{Desk, Wish};
use super::submission::Begun;
use crate::definition::StepIndex;
use crate::machine::{Command, Draft, Input, Key, Rejection, SagaId, State, StepState, Wait};
use crate::store::{Append, Head, StoreError};

/// What a saga's own tasks hand back to it.
pub(super) enum Reply {
    Input(Input),
    PrepareAgain(StepIndex),
    Drained,
}

/// What a saga's task does after a batch.
pub(super) enum Next {
    Go,
    Leave,
    Reload,
}

/// A saga as this owner holds it: the state and chain head of the last commit.
pub(super) struct Held {
    pub(super) state: State,
    pub(super) epoch: u64,
    pub(super) head: Head,
}

pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) saga: SagaId,
    pub(super) desk: Desk,
    pub(super) calls: JoinSet<Reply>,
    pub(super) attempts: HashMap<(StepIndex, u32, bool), u32>,
    pub(super) preparing: HashSet<StepIndex>,
    draining: bool,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>, saga: SagaId, desk: Desk) -> Self {
        Self {
            shared,
            saga,
            desk,
            calls: JoinSet::new(),
            attempts: HashMap::new(),
            preparing: HashSet::new(),
            draining: false,
        }
    }

    /// Runs a saga that was just accepted, or one that must be read back first.
    pub(super) async fn run(mut self, begun: Option<Begun>) {
        let mut held = None;
        if let Some(Begun {
            state,
            epoch,
            head,
            commands,
        }) = begun
        {
            let mut fresh = Held { state, epoch, head };
            match self.carry_on(&mut fresh, commands) {
                Next::Go => held = Some(fresh),
                Next::Leave | Next::Reload => {
                    self.leave();
                    return;
                }
            }
        }
        self.carry(held).await;
        self.leave();
    }

    async fn carry(&mut self, mut held: Option<Held>) {
        loop {
            let Some(mut current) = held.take() else {
                match self.take_over().await {
                    Some(loaded) => held = Some(loaded),
                    None => return,
                }
                continue;
            };
            if self.calls.is_empty() && self.desk.mailbox.is_empty() {
                // Nothing is under way and nobody waits: an owner's wish brings the saga back.
                return;
            }
            let (inputs, wishes) = self.next_inputs(&current).await;
            match self.batch(&mut current, inputs, wishes).await {
                Next::Go => held = Some(current),
                Next::Leave => return,
                Next::Reload => {}
            }
        }
    }

    /// Waits for an input and takes everything else that is there already.
    async fn next_inputs(&mut self, held: &Held) -> (Vec<Input>, Vec<Wish>) {
        let (mut inputs, mut wishes) = (Vec::new(), Vec::new());
        let draining = self.shared.draining.clone();
        tokio::select! {
            Some(reply) = self.calls.join_next(), if !self.calls.is_empty() => {
                inputs.extend(self.input(held, reply));
            }
            Some(wish) = self.desk.mailbox.recv() => wishes.push(wish),
            () = draining.cancelled(), if !self.draining => self.draining = true,
        }
        while let Some(reply) = self.calls.try_join_next() {
            inputs.extend(self.input(held, reply));
        }
        while let Ok(wish) = self.desk.mailbox.try_recv() {
            wishes.push(wish);
        }
        (inputs, wishes)
    }

    fn input(
        &mut self,
        held: &Held,
        reply: Result<Reply, tokio::task::JoinError>,
    ) -> Option<Input> {
        match reply {
            Ok(Reply::Input(input)) => Some(input),
            Ok(Reply::Drained) => None,
            Ok(Reply::PrepareAgain(step)) => {
                self.preparing.remove(&step);
                if held.state.step(step).state != StepState::Ready {
                    return None;
                }
                let facts = Facts::new(&held.state, self.shared.environment.now());
                let plan = held.state.plan();
                let prepared = self
                    .shared
                    .participants
                    .prepare(plan.definition(), &facts, step);
                Some(Input::Prepared { step, prepared })
            }
            // Calls catch their panics and are only aborted with the whole task.
            Err(_) => None,
        }
    }

    /// One batch: everything that came in, one append, then the commands.
    pub(super) async fn batch(
        &mut self,
        held: &mut Held,
        inputs: Vec<Input>,
        wishes: Vec<Wish>,
    ) -> Next {
        let at = self.shared.environment.now();
        let mut draft = Draft::new(held.state.clone(), at);
        let mut granted = Vec::new();
        for input in inputs {
            if let Err(rejection) = journal::feed(&self.shared, &mut draft, input) {
                return self.set_aside(&rejection.to_string()).await;
            }
        }
        for Wish { input, reply } in wishes {
            match journal::feed(&self.shared, &mut draft, input) {
                Ok(()) => granted.push(reply),
                Err(Rejection::Conflict(why)) => answer(reply, Err(EngineError::Conflict(why))),
                Err(Rejection::Illegal(why)) => return self.set_aside(&why).await,
            }
        }
        let (state, decision) = draft.into_parts();
        if decision.commands.contains(&Command::Abandon) {
            tracing::info!(saga.id = %self.saga, "another owner has the saga");
            return Next::Leave;
        }
        if !decision.events.is_empty() {
            match self.append(held, &state, &decision.events, at).await {
                Ok(head) => {
                    held.head = head;
                    held.state = state;
                    self.desk.committed.send_replace(head.seq);
                }
                Err(StoreError::Fenced) => {
                    tracing::info!(saga.id = %self.saga, "another owner has the saga");
                    return Next::Leave;
                }
                Err(error) => {
                    // Whether it was written is not known: only the journal can say.
                    tracing::warn!(saga.id = %self.saga, %error, "append failed, reading again");
                    let error = EngineError::Store(error);
                    granted
                        .into_iter()
                        .for_each(|reply| answer(reply, Err(error.clone())));
                    return Next::Reload;
                }
            }
        }
        granted.into_iter().for_each(|reply| answer(reply, Ok(())));
        self.carry_on(held, decision.commands)
    }

    async fn append(
        &self,
        held: &Held,
        state: &State,
        events: &[crate::machine::Event],
        at: crate::machine::Timestamp,
    ) -> Result<Head, StoreError> {
        let append = Append {
            saga: self.saga,
            epoch: held.epoch,
            head: held.head,
            events: journal::records(events, at)?,
            projection: state.projection(),
        };
        self.shared.store.append(append).await
    }

    /// Starts the commands of a committed batch.
    fn carry_on(&mut self, held: &mut Held, commands: Vec<Command>) -> Next {
        for command in commands {
            match command {
                Command::Retire | Command::Abandon => return Next::Leave,
                _ if self.draining => {}
                Command::Prepare { step, wait } => {
                    if self.preparing.insert(step) {
                        let delay = self.delay(step, 0, false, wait);
                        let draining = self.shared.draining.clone();
                        self.calls.spawn(async move {
                            let waited = tokio::time::sleep(delay);
                            match draining.run_until_cancelled(waited).await {
                                Some(()) => Reply::PrepareAgain(step),
                                None => Reply::Drained,
                            }
                        });
                    }
                }
                Command::Act { step, round, wait } => {
                    self.call(held, step, round, wait, Purpose::Act);
                }
                Command::Ask { step, round, wait } => {
                    self.call(held, step, round, wait, Purpose::Ask);
                }
                Command::Undo { step, round, wait } => {
                    self.call(held, step, round, wait, Purpose::Undo);
                }
            }
        }
        Next::Go
    }

    fn call(&mut self, held: &Held, step: StepIndex, round: u32, wait: Wait, purpose: Purpose) {
        let undo = purpose == Purpose::Undo;
        let delay = self.delay(step, round, undo, wait);
        let plan = held.state.plan().clone();
        let (named, record) = (plan.step(step), held.state.step(step));
        let call = Call {
            key: Key {
                coordinator: self.shared.settings.coordinator.clone(),
                saga: self.saga,
                step: named.id.clone(),
                item: plan.item(step),
                round,
            },
            epoch: held.epoch,
            index: step,
            request: record.request.clone(),
            target: record.target.clone(),
            timeout: named.call_timeout,
            traceparent: held.state.traceparent().map(str::to_owned),
            attempt: self
                .attempts
                .get(&(step, round, undo))
                .copied()
                .unwrap_or(0),
            plan: plan.clone(),
        };
        let carried = carry_out(self.shared.clone(), call, purpose, delay);
        self.calls
            .spawn(async move { carried.await.map_or(Reply::Drained, Reply::Input) });
    }

    fn delay(&mut self, step: StepIndex, round: u32, undo: bool, wait: Wait) -> Duration {
        match wait {
            Wait::Now => Duration::ZERO,
            Wait::Poll => {
                let interval = self.shared.settings.poll_interval;
                interval / 2 + self.shared.environment.jitter(interval / 2)
            }
            Wait::Backoff { until } => {
                let attempt = self.attempts.entry((step, round, undo)).or_insert(0);
                let limit = self.shared.settings.retry.limit(*attempt);
                *attempt += 1;
                let delay = self.shared.environment.jitter(limit);
                let now = self.shared.environment.now();
                match until.map(|until| now.until(until)) {
                    Some(left) if !left.is_zero() => delay.min(left),
                    _ => delay,
                }
            }
        }
    }

    /// Marks this saga as one that cannot be carried on, and leaves all others alone.
    pub(super) async fn set_aside(&mut self, reason: &str) -> Next {
        tracing::error!(saga.id = %self.saga, reason, "saga set aside");
        if let Err(error) = self.shared.store.quarantine(self.saga, reason).await {
            tracing::error!(saga.id = %self.saga, %error, "the mark could not be written");
        }
        let (saga, reason) = (self.saga, reason.to_owned());
        self.turn_away(&EngineError::Quarantined { saga, reason });
        Next::Leave
    }

    pub(super) fn turn_away(&mut self, error: &EngineError) {
        while let Ok(wish) = self.desk.mailbox.try_recv() {
            answer(wish.reply, Err(error.clone()));
        }
    }

    /// Leaves memory. Wishes that are still in the mailbox are dropped unanswered, and whoever sent
    /// them tries again.
    fn leave(&mut self) {
        self.shared.registry.close(self.saga);
        self.desk.mailbox.close();
    }
}

/// Whoever asked may have gone away.
fn answer(reply: oneshot::Sender<Result<(), EngineError>>, result: Result<(), EngineError>) {
    drop(reply.send(result));
}
