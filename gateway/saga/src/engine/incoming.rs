//! What comes in for a saga: answers to its calls, letters in its mailbox, deliveries out of the store's
//! inbox, and time.

use std::time::Duration;

use futures::future::FutureExt;
use futures::stream::StreamExt;

use super::delivery;
use super::participants::Facts;
use super::registry::{Letter, Wish};
use super::worker::{Held, Reply, Worker};
use crate::machine::{Input, State, StepState};
use crate::store::StoreError;

/// Time is not told again sooner than this.
const SOONEST: Duration = Duration::from_millis(10);

/// What came in for one batch.
#[derive(Default)]
pub(super) struct Incoming {
    pub(super) inputs: Vec<Input>,
    pub(super) wishes: Vec<Wish>,
    pub(super) delivered: bool,
}

/// Deliveries out of the store's inbox.
#[derive(Default)]
pub(super) struct Mail {
    pub(super) inputs: Vec<Input>,
    pub(super) taken: Vec<String>,
}

impl Worker {
    /// Whether nothing is under way and nothing came in.
    pub(super) fn idle(&self) -> bool {
        self.calls.is_empty()
            && self.desk.mailbox.is_empty()
            && self.wishes.is_empty()
            && !self.delivered
    }

    /// Waits for an input and takes everything else that is there already.
    pub(super) async fn incoming(&mut self, held: &Held) -> Incoming {
        let mut incoming = Incoming::default();
        if self.wishes.is_empty() && !self.delivered {
            self.wait(held, &mut incoming).await;
        }
        while let Some(Some(reply)) = self.calls.next().now_or_never() {
            incoming.inputs.extend(self.input(&held.state, reply));
        }
        self.collect();
        incoming.wishes = std::mem::take(&mut self.wishes);
        incoming.delivered = std::mem::take(&mut self.delivered);
        incoming
    }

    /// Waits for an answer, a letter, the engine's end or the saga's time.
    async fn wait(&mut self, held: &Held, incoming: &mut Incoming) {
        let wake_at = held.journaled.projection.wake_at;
        loop {
            if let Some(wake_at) = wake_at {
                let wait = self.shared.environment.now().until(wake_at);
                self.bell.set(wait.max(SOONEST));
            }
            tokio::select! {
                biased;
                Some(reply) = self.calls.next(), if !self.calls.is_empty() => {
                    incoming.inputs.extend(self.input(&held.state, reply));
                }
                Some(letter) = self.desk.mailbox.recv() => self.keep(letter),
                () = self.drained.as_mut(), if !self.draining => self.draining = true,
                () = self.bell.rings(), if wake_at.is_some() => {
                    if wake_at.is_some_and(|at| at > self.shared.environment.now()) {
                        continue;
                    }
                    incoming.inputs.push(Input::Tick);
                }
            }
            return;
        }
    }

    /// What was delivered for the saga and not taken in.
    pub(super) async fn mail(&mut self, held: &Held) -> Result<Mail, StoreError> {
        self.delivered = false;
        let mut mail = Mail::default();
        for delivery in self.shared.store.inbox(self.saga).await? {
            match delivery::input(&held.state, &delivery) {
                Some(input) => mail.inputs.push(input),
                None => {
                    let (saga, delivery) = (self.saga, &delivery.name);
                    tracing::warn!(saga.id = %saga, delivery, "names no step of the case: left out");
                }
            }
            mail.taken.push(delivery.name);
        }
        Ok(mail)
    }

    pub(super) fn input(&mut self, state: &State, reply: Reply) -> Option<Input> {
        match reply {
            Reply::Input(input) => Some(input),
            Reply::Drained => {
                // A call that was not made is still to be made: the saga does not rest.
                self.draining = true;
                None
            }
            Reply::PrepareAgain(step) => {
                self.preparing.remove(&step);
                if state.step(step).state != StepState::Ready {
                    return None;
                }
                let facts = Facts::new(state, self.shared.environment.now());
                let plan = state.plan();
                let prepared = self
                    .shared
                    .participants
                    .prepare(plan.definition(), &facts, step);
                Some(Input::Prepared { step, prepared })
            }
        }
    }

    /// Reads every letter that is in the mailbox.
    pub(super) fn collect(&mut self) {
        while let Ok(letter) = self.desk.mailbox.try_recv() {
            self.keep(letter);
        }
    }

    fn keep(&mut self, letter: Letter) {
        match letter {
            Letter::Wish(wish) => self.wishes.push(wish),
            Letter::Mail => self.delivered = true,
        }
    }
}
