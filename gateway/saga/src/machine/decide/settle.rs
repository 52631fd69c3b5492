//! What follows from a saga's state without any further input: failures spread, undos and steps start.

use super::Draft;
use crate::definition::{Kind, SegmentIndex, StepIndex};
use crate::machine::cause::{FailureCause, OmitReason};
use crate::machine::command::{Command, Wait};
use crate::machine::event::Event;
use crate::machine::status::{SegmentState, StepState};

impl Draft {
    /// Carries the state on until only answers can move it further.
    pub(super) fn settle(&mut self) {
        if self.state.ended().is_some() {
            return;
        }
        loop {
            let before = self.decision.events.len();
            self.close_optional();
            self.fail_segments();
            self.cancel_segments();
            self.drop_segments();
            self.undo_segments();
            self.end();
            if self.decision.events.len() == before {
                break;
            }
        }
        if self.state.ended().is_none() {
            self.start_steps();
        }
    }

    /// An optional step that did not succeed is closed at its department, then left out.
    fn close_optional(&mut self) {
        for step in self.state.plan.step_indices() {
            let record = self.state.step(step);
            if !record.closing || record.halted {
                continue;
            }
            let kind = self.state.plan.step(step).kind;
            let untouched = record.round == 0 || kind == Kind::Query || kind == Kind::Forward;
            let why = OmitReason::Optional;
            match record.state {
                StepState::Refused | StepState::UndoReady if untouched => {
                    self.emit(Event::Omitted { step, why });
                }
                StepState::Refused | StepState::UndoReady => self.undo(step),
                StepState::Undone | StepState::NothingToUndo => {
                    self.emit(Event::Omitted { step, why });
                }
                _ => {}
            }
        }
    }

    /// A step that failed takes its segment backward, unless its segment can only go forward.
    fn fail_segments(&mut self) {
        for step in self.state.plan.step_indices() {
            let named = self.state.plan.step(step);
            let segment = named.segment;
            let going = matches!(
                self.state.segment(segment).state,
                SegmentState::Pending | SegmentState::Running
            );
            if named.optional || !going || self.state.only_forward(step) {
                continue;
            }
            let why = match self.state.step(step).state {
                StepState::Refused => FailureCause::Refused { step },
                StepState::UndoReady if self.state.step(step).given_up => {
                    FailureCause::GivenUp { step }
                }
                _ => continue,
            };
            self.emit(Event::SegmentFailed { segment, why });
        }
    }

    /// A withdrawal undoes what is open; what is complete only while nothing irrevocable stands,
    /// which a pivot in flight keeps undecided.
    fn cancel_segments(&mut self) {
        let Some(why) = self.state.stopping() else {
            return;
        };
        for segment in self.state.plan.segment_indices() {
            let pivot = self.state.plan.pivot(segment);
            match self.state.segment(segment).state {
                SegmentState::Pending => self.emit(Event::SegmentDropped { segment, why }),
                SegmentState::Running if !pivot.is_some_and(|p| self.undecided(p)) => {
                    self.emit(Event::SegmentFailed { segment, why });
                }
                _ => {}
            }
        }
        let undecided = self.state.plan.segment_indices().any(|segment| {
            self.state.segment(segment).state == SegmentState::Running
                || self.state.plan.pivot(segment).is_some_and(|pivot| {
                    let record = self.state.step(pivot);
                    // A pivot being undone may turn out to be effective.
                    record.in_flight()
                        || record.undoing()
                        || record.state == StepState::UndoReady
                        || record.state == StepState::Waiting
                })
        });
        if undecided || self.state.something_irrevocable() {
            return;
        }
        for segment in self.state.plan.segment_indices() {
            if self.state.segment(segment).state == SegmentState::Completed {
                self.emit(Event::SegmentFailed { segment, why });
            }
        }
    }

    fn undecided(&self, pivot: StepIndex) -> bool {
        let record = self.state.step(pivot);
        record.in_flight() && !record.given_up
    }

    /// What depends on a failed segment never starts.
    fn drop_segments(&mut self) {
        for segment in self.state.plan.segment_indices() {
            use SegmentState::{Compensated, Compensating, Dropped};
            if self.state.segment(segment).state != SegmentState::Pending {
                continue;
            }
            let failed = self
                .state
                .plan
                .needs(segment)
                .iter()
                .copied()
                .find(|needed| {
                    let state = self.state.segment(*needed).state;
                    matches!(state, Compensating | Compensated | Dropped)
                });
            if let Some(needed) = failed {
                let why = FailureCause::Depends { segment: needed };
                self.emit(Event::SegmentDropped { segment, why });
            }
        }
    }

    fn undo_segments(&mut self) {
        for segment in self.state.plan.segment_indices() {
            if self.state.segment(segment).state == SegmentState::Compensating {
                self.undo_segment(segment);
            }
        }
    }

    fn undo_segment(&mut self, segment: SegmentIndex) {
        let plan = self.state.plan.clone();
        let members = plan.members(segment);
        for step in members {
            // What waits for a department's decision is closed at once.
            if self.state.step(*step).state == StepState::Waiting {
                self.undo(*step);
            }
        }
        if members
            .iter()
            .any(|step| self.state.step(*step).in_flight())
        {
            return;
        }
        for step in members.iter().rev() {
            let record = self.state.step(*step);
            let due = matches!(record.state, StepState::Succeeded | StepState::UndoReady);
            let built_on = plan
                .descendants(*step)
                .iter()
                .any(|later| !self.state.step(*later).without_effect());
            if !due || record.closing || built_on {
                continue;
            }
            if plan.step(*step).kind == Kind::Query {
                let round = record.round;
                self.emit(Event::NothingToUndo { step: *step, round });
            } else {
                self.undo(*step);
            }
        }
        if members
            .iter()
            .all(|step| self.state.step(*step).without_effect())
        {
            self.emit(Event::SegmentUndone { segment });
        }
    }

    fn undo(&mut self, step: StepIndex) {
        let round = self.state.step(step).round;
        self.emit(Event::UndoIntended { step, round });
        self.command(Command::Undo {
            step,
            round,
            wait: Wait::Now,
        });
    }

    fn start_steps(&mut self) {
        for step in self.state.plan.step_indices() {
            if self.state.step(step).state == StepState::Ready && !self.preparing.contains(&step) {
                self.preparing.push(step);
                self.command(Command::Prepare {
                    step,
                    wait: Wait::Now,
                });
            }
        }
    }
}
