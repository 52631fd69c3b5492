//! What follows from the facts without being a fact of its own: which segments are under way or
//! complete, and which steps are ready.

use crate::definition::StepIndex;
use crate::machine::state::State;
use crate::machine::status::{SegmentState, StepState};

impl State {
    pub(in crate::machine) fn derive(&mut self) {
        self.derive_segments();
        self.derive_steps();
    }

    fn derive_segments(&mut self) {
        for segment in self.plan.segment_indices() {
            use SegmentState::{Committed, Compensated, Compensating, Completed, Dropped};
            let state = self.segment(segment).state;
            if matches!(state, Compensating | Compensated | Dropped) {
                continue;
            }
            let members = self.plan.members(segment);
            self.segments[segment.at()].state =
                if members.iter().all(|step| self.step(*step).finished()) {
                    Completed
                } else if self.irrevocable(segment) {
                    Committed
                } else if members.iter().any(|step| self.touched(*step)) {
                    SegmentState::Running
                } else {
                    SegmentState::Pending
                };
        }
    }

    fn derive_steps(&mut self) {
        let ended = self.ended().is_some();
        let held = self.steps.iter().any(|record| record.halted);
        for step in self.plan.step_indices() {
            use StepState::{Blocked, NotStarted, Ready};
            let state = self.step(step).state;
            if !matches!(state, Blocked | Ready) {
                continue;
            }
            let segment = self.segment(self.plan.step(step).segment).state;
            let over =
                ended || matches!(segment, SegmentState::Dropped | SegmentState::Compensated);
            let next = if over {
                NotStarted
            } else if !held && self.startable(step) {
                Ready
            } else {
                Blocked
            };
            if next != state {
                let at = self.updated_at;
                let record = self.record(step);
                record.state = next;
                record.since = at;
                record.reminders = 0;
            }
        }
    }

    fn touched(&self, step: StepIndex) -> bool {
        let record = self.step(step);
        record.round > 0 || !matches!(record.state, StepState::Blocked | StepState::Ready)
    }
}
