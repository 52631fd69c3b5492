//! Repeated steps: their items become steps of the saga's own plan, and the step itself joins them.

use super::Draft;
use crate::definition::StepIndex;
use crate::machine::answer::Refusal;
use crate::machine::apply::MOST_ITEMS;
use crate::machine::cause::OmitReason;
use crate::machine::event::Event;
use crate::machine::input::PreparedCall;
use crate::machine::status::StepState;

impl Draft {
    /// Intends a call for each item that is ready. The list may be longer or shorter than it was in an
    /// earlier round.
    pub(super) fn each(&mut self, step: StepIndex, calls: Vec<PreparedCall>) {
        let count = calls.len();
        if !self.state.plan.step(step).for_each {
            self.unpreparable(step, "the step is not repeated");
            return;
        }
        if count > MOST_ITEMS {
            let why = format!("the list has {count} items; at most {MOST_ITEMS} are allowed");
            self.unpreparable(step, &why);
            return;
        }
        if count == 0 && !self.state.plan.joins(step) {
            let why = OmitReason::NotApplicable;
            self.emit(Event::Omitted { step, why });
            return;
        }
        if count > self.state.plan.items_of(step).len() {
            let items = u16::try_from(count).unwrap_or(u16::MAX);
            self.emit(Event::Expanded { step, items });
        }
        let items = self.state.plan.items_of(step);
        let mut calls = calls.into_iter();
        for item in items {
            let call = calls.next();
            if self.state.step(item).state != StepState::Ready {
                continue;
            }
            match call {
                Some(PreparedCall { request, target }) => self.intend(item, request, target),
                None => {
                    let (step, why) = (item, OmitReason::NotApplicable);
                    self.emit(Event::Omitted { step, why });
                }
            }
        }
    }

    /// What is about to be called when this step's request is asked for: itself, or its items.
    pub(super) fn asked_for(&self, step: StepIndex) -> Vec<StepIndex> {
        let mut steps = if self.state.plan.joins(step) {
            self.state.plan.items_of(step)
        } else {
            vec![step]
        };
        steps.retain(|step| self.state.step(*step).state == StepState::Ready);
        steps
    }

    /// No request can be built: as good as a refusal without effect.
    pub(super) fn unpreparable(&mut self, step: StepIndex, why: &str) {
        for step in self.asked_for(step) {
            let round = self.state.step(step).round;
            let refusal = Refusal::new("CANNOT_PREPARE", why);
            self.emit(Event::Refused {
                step,
                round,
                refusal,
            });
        }
    }
}
