//! Events on the way back: undos and their answers.

use crate::machine::event::Event;
use crate::machine::key::Timestamp;
use crate::machine::state::State;
use crate::machine::status::{SegmentState, StepState};

impl State {
    pub(super) fn apply_backward(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::UndoIntended { step, .. } => {
                let record = self.record(*step);
                record.state = StepState::UndoIntended;
                record.undo_at = at;
            }
            Event::Undone { step, .. } => {
                self.undone += 1;
                let order = self.undone;
                let record = self.record(*step);
                record.state = StepState::Undone;
                record.undo_order = Some(order);
                record.ended_at = Some(at);
                record.trouble = None;
            }
            Event::NothingToUndo { step, .. } => {
                let record = self.record(*step);
                record.state = StepState::NothingToUndo;
                record.ended_at = Some(at);
            }
            Event::UndoWaiting { step, .. } => self.record(*step).state = StepState::UndoWaiting,
            Event::UndoInDoubt { step, why, .. } => {
                let record = self.record(*step);
                record.state = StepState::UndoInDoubt;
                record.trouble = Some(why.clone());
            }
            Event::UndoFailed { step, reason, .. } => {
                let record = self.record(*step);
                record.state = StepState::UndoFailed;
                record.trouble = Some(reason.clone());
            }
            Event::AlreadyEffective { step, .. } => {
                let segment = self.plan.step(*step).segment;
                let record = self.record(*step);
                record.state = StepState::InDoubt;
                record.given_up = false;
                record.effective = true;
                let segment = &mut self.segments[segment.at()];
                segment.state = SegmentState::Running;
                segment.why = None;
            }
            Event::SegmentFailed { segment, why } => {
                let record = &mut self.segments[segment.at()];
                record.state = SegmentState::Compensating;
                record.why = Some(*why);
                let plan = self.plan.clone();
                for step in plan.members(*segment) {
                    // What fails does not run again.
                    if self.step(*step).rerun {
                        self.record(*step).rerun = false;
                    }
                }
            }
            Event::SegmentUndone { segment } => {
                self.segments[segment.at()].state = SegmentState::Compensated;
            }
            Event::SegmentDropped { segment, why } => {
                let record = &mut self.segments[segment.at()];
                record.state = SegmentState::Dropped;
                record.why = Some(*why);
            }
            _ => {}
        }
    }
}
