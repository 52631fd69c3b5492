//! When a saga is over, and in which of its ends.

use super::Draft;
use crate::definition::Kind;
use crate::machine::cause::FailureCause;
use crate::machine::command::Command;
use crate::machine::event::Event;
use crate::machine::status::{SagaState, SegmentState, StepState};
use crate::mutant::{self, Mutant};

impl Draft {
    pub(super) fn end(&mut self) {
        use SegmentState::{Compensated, Completed, Dropped};
        let over = self
            .state
            .segments
            .iter()
            .all(|segment| matches!(segment.state, Completed | Compensated | Dropped));
        if self.state.ended().is_some() || !over || self.state.halted_steps().next().is_some() {
            return;
        }
        let state = self.final_state();
        let outcomes = if matches!(state, SagaState::Partial | SagaState::Reconciled) {
            self.outcomes()
        } else {
            Vec::new()
        };
        self.emit(Event::Ended { state, outcomes });
        self.command(Command::Retire);
    }

    fn final_state(&self) -> SagaState {
        let state = &self.state;
        let failed = state
            .segments
            .iter()
            .any(|segment| segment.state != SegmentState::Completed);
        let stands = state.plan.step_indices().any(|step| {
            let named = state.plan.step(step);
            named.kind != Kind::Query
                && state.step(step).state == StepState::Succeeded
                && state.segment(named.segment).state == SegmentState::Completed
        });
        if state
            .steps
            .iter()
            .any(|step| step.state == StepState::Attested)
        {
            SagaState::Reconciled
        } else if !failed {
            SagaState::Completed
        } else if stands {
            SagaState::Partial
        } else if state.stopping().is_none() && state.steps.iter().all(|step| step.round == 0) {
            SagaState::Rejected
        } else {
            SagaState::Compensated
        }
    }

    /// The declared outcomes of the segments that did not take effect, and of a withdrawal.
    fn outcomes(&self) -> Vec<String> {
        let mut outcomes: Vec<String> = Vec::new();
        let mut add = |name: &String| {
            if !outcomes.contains(name) {
                outcomes.push(name.clone());
            }
        };
        for (index, segment) in self.state.segments.iter().enumerate() {
            if segment.state == SegmentState::Completed {
                continue;
            }
            let wrong = mutant::active(Mutant::WrongOutcome);
            if segment.why == Some(FailureCause::Cancelled) || wrong {
                add(&self.state.plan.withdrawal);
            } else if matches!(segment.why, Some(FailureCause::Depends { .. })) {
                // The outcome of the segment that failed says what follows from it.
            } else if let Some(partial) = &self.state.plan.segments[index].partial {
                add(partial);
            } else if segment.why == Some(FailureCause::TimeLimit) {
                // It cannot fail by itself, so nothing was declared for that.
                add(&self.state.plan.withdrawal);
            }
        }
        outcomes
    }
}
