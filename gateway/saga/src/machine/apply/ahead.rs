//! Events of steps that are intended ahead: their calls are journaled before it is their turn.

use super::forward::begin;
use crate::definition::StepIndex;
use crate::machine::event::Event;
use crate::machine::key::Timestamp;
use crate::machine::record::Ahead;
use crate::machine::state::State;

impl State {
    pub(super) fn apply_ahead(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::IntendedAhead {
                step,
                target,
                request,
            } => {
                self.record(*step).ahead = Some(Ahead {
                    request: request.clone(),
                    target: target.clone(),
                    in_doubt: false,
                });
            }
            Event::AheadInDoubt { step } => {
                if let Some(ahead) = &mut self.record(*step).ahead {
                    ahead.in_doubt = true;
                }
            }
            Event::Begun { step, round } => {
                let record = self.record(*step);
                if let Some(ahead) = record.ahead.take() {
                    record.request = ahead.request;
                    record.target = ahead.target;
                }
                begin(record, *round, at);
            }
            _ => {}
        }
    }

    /// Others decide about the step in their own time. What was to follow it at once is built when its turn
    /// comes, unless it may have been called.
    pub(super) fn look_less_far(&mut self, step: StepIndex) {
        let plan = self.plan.clone();
        for later in plan.descendants(step) {
            if self.step(*later).ahead_unsent() {
                self.record(*later).ahead = None;
            }
        }
    }
}
