//! Steps that call nobody: they wait for messages from outside, for time, or for their own items.

use bytes::Bytes;

use super::Draft;
use super::wishes::conflict;
use crate::definition::{Awaits, StepIndex};
use crate::machine::cause::OmitReason;
use crate::machine::event::Event;
use crate::machine::input::Rejection;
use crate::machine::record::WaitingFor;
use crate::machine::status::StepState;
use crate::mutant::{self, Mutant};

/// More messages than this are not kept for one saga.
const MOST_SIGNALS: usize = 1024;

impl Draft {
    /// Keeps a message until a step waits for it; a repetition is the same message.
    pub(super) fn signal(
        &mut self,
        id: String,
        name: String,
        payload: Bytes,
    ) -> Result<(), Rejection> {
        let known = self.state.signals().iter().find(|signal| signal.id == id);
        if let Some(known) = known.filter(|_| !mutant::active(Mutant::MessageDoubled)) {
            return if known.name == name && known.payload == payload {
                Ok(())
            } else {
                Err(conflict("the message's identity was used for another one"))
            };
        }
        if self.state.ended().is_some() {
            return Err(conflict("the case has ended"));
        }
        if self.state.signals().len() >= MOST_SIGNALS {
            return Err(conflict("the case has too many messages"));
        }
        let awaited =
            |step: StepIndex| self.state.step(step).waiting_for == Some(WaitingFor::Signal);
        if mutant::active(Mutant::EarlyMessageForgotten)
            && !self.state.plan.step_indices().any(awaited)
        {
            return Ok(());
        }
        self.emit(Event::SignalReceived { id, name, payload });
        Ok(())
    }

    /// A step that calls nobody begins to wait.
    pub(super) fn await_outside(&mut self, step: StepIndex) {
        self.set_deadline(step);
        let until = match self.state.plan.step(step).awaits {
            Some(Awaits::Timer { after }) => Some(self.at.plus(after)),
            _ => None,
        };
        let round = self.state.step(step).round + 1;
        self.emit(Event::Awaited { step, round, until });
    }

    /// Carries on the steps that call nobody.
    pub(super) fn advance_waits(&mut self) {
        for step in self.state.plan.step_indices() {
            let named = self.state.plan.step(step);
            match self.state.step(step).state {
                StepState::Ready if self.state.plan.joins(step) => self.join(step),
                StepState::Ready if named.awaits.is_some() && !named.conditional => {
                    self.await_outside(step);
                }
                _ => {}
            }
            self.arrive(step);
        }
    }

    /// What the step waits for is there.
    fn arrive(&mut self, step: StepIndex) {
        let record = self.state.step(step);
        let response = match (record.state, record.waiting_for) {
            (StepState::Waiting, Some(WaitingFor::Timer)) => record
                .until
                .filter(|until| *until <= self.at || mutant::active(Mutant::TimerFiresEarly))
                .map(|_| Bytes::new()),
            (StepState::Waiting, Some(WaitingFor::Signal)) => self.waiting_message(step),
            _ => None,
        };
        if let Some(response) = response {
            let round = record.round;
            self.emit(Event::Succeeded {
                step,
                round,
                response,
            });
        }
    }

    fn waiting_message(&self, step: StepIndex) -> Option<Bytes> {
        let Some(Awaits::Signal { name }) = &self.state.plan.step(step).awaits else {
            return None;
        };
        let mut signals = self.state.signals().iter();
        signals
            .find(|signal| signal.taken_by.is_none() && signal.name == *name)
            .map(|signal| signal.payload.clone())
    }

    /// All items of a repeated step are finished.
    fn join(&mut self, step: StepIndex) {
        let items = self.state.plan.items_of(step);
        let omitted = |item: &StepIndex| self.state.step(*item).state == StepState::Omitted;
        if items.iter().all(omitted) {
            let why = OmitReason::NotApplicable;
            self.emit(Event::Omitted { step, why });
            return;
        }
        let (round, response) = (self.state.step(step).round, Bytes::new());
        self.emit(Event::Succeeded {
            step,
            round,
            response,
        });
    }
}
