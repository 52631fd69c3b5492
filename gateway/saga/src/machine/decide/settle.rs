//! What follows from a saga's state without any further input: failures spread, undos and steps start.

use super::Draft;
use crate::definition::{Kind, SegmentIndex, StepIndex};
use crate::machine::answer::Refusal;
use crate::machine::cause::{FailureCause, OmitReason};
use crate::machine::command::{Command, Wait};
use crate::machine::event::Event;
use crate::machine::status::{SegmentState, StepState};
use crate::mutant::{self, Mutant};

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
            self.rerun_steps();
            self.refresh_queries();
            self.advance_waits();
            if self.decision.events.len() == before {
                break;
            }
        }
        // Only what follows from everything else: what is complete may still be undone with the rest.
        self.end();
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
            let untouched = record.round == 0
                || kind == Kind::Query
                || kind == Kind::Forward
                || mutant::active(Mutant::OptionalNotClosed);
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
            let rerun = self.state.step(step).rerun;
            if named.optional || rerun || !going || self.state.only_forward(step) {
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
                    // A pivot that is being undone, or could not be, may turn out to be effective, and
                    // what an owner attests of one does not say that it is not.
                    record.in_flight()
                        || record.undoing()
                        || matches!(
                            record.state,
                            StepState::UndoReady
                                | StepState::UndoFailed
                                | StepState::Attested
                                | StepState::Waiting
                        )
                })
        });
        let irrevocable =
            self.state.something_irrevocable() && !mutant::active(Mutant::WithdrawalUndoesAll);
        if undecided || irrevocable {
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
        record.in_flight() && !record.given_up && !mutant::active(Mutant::PivotInDoubtTurnsBack)
    }

    /// What depends on a failed segment never starts, or falls with it.
    fn drop_segments(&mut self) {
        for segment in self.state.plan.segment_indices() {
            use SegmentState::{Compensated, Compensating, Dropped};
            let state = self.state.segment(segment).state;
            let started = matches!(state, SegmentState::Running | SegmentState::Completed);
            let pivot = self.state.plan.pivot(segment);
            let backward = started
                && !self.state.irrevocable(segment)
                && !pivot.is_some_and(|pivot| self.undecided(pivot));
            if state != SegmentState::Pending && !backward {
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
                // One that had started falls only when what it stood on runs again and fails.
                self.emit(if started {
                    Event::SegmentFailed { segment, why }
                } else {
                    Event::SegmentDropped { segment, why }
                });
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
            self.give_up_what_was_ahead(*step);
            let waits = self.state.step(*step).state == StepState::Waiting;
            if waits && !mutant::active(Mutant::WaitingNotClosed) {
                self.close(*step);
            }
        }
        if members
            .iter()
            .any(|step| self.state.step(*step).in_flight())
            && !mutant::active(Mutant::SiblingNotAwaited)
        {
            return;
        }
        for step in members.iter().rev() {
            let record = self.state.step(*step);
            let due = matches!(record.state, StepState::Succeeded | StepState::UndoReady);
            if !due || record.closing || self.built_on(*step) {
                continue;
            }
            let forgotten =
                record.state == StepState::UndoReady && mutant::active(Mutant::UndoOnlySucceeded);
            if plan.step(*step).kind == Kind::Query || forgotten {
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

    /// What waits is closed at once: at the department that decides, or without a call where none has
    /// the step.
    fn close(&mut self, step: StepIndex) {
        let record = self.state.step(step);
        let round = record.round;
        if record.returned() {
            let asked = || Refusal::new("RETURNED", "the application was not corrected");
            let refusal = record.refusal.clone().unwrap_or_else(asked);
            self.emit(Event::Refused {
                step,
                round,
                refusal,
            });
        } else if self.state.plan.step(step).kind == Kind::Query {
            self.emit(Event::NothingToUndo { step, round });
        } else {
            self.undo(step);
        }
    }

    pub(super) fn undo(&mut self, step: StepIndex) {
        let round = self.state.step(step).round;
        self.emit(Event::UndoIntended { step, round });
        self.command(Command::Undo {
            step,
            round,
            wait: Wait::Now,
        });
    }

    fn start_steps(&mut self) {
        for ready in self.state.plan.step_indices() {
            if self.state.step(ready).state != StepState::Ready {
                continue;
            }
            if self.state.step(ready).ahead.is_some() {
                self.begin(ready);
                continue;
            }
            // The shell builds the requests of all items at once.
            let step = self.state.plan.item_of(ready).unwrap_or(ready);
            if !self.preparing.contains(&step) {
                self.preparing.push(step);
                self.command(Command::Prepare {
                    step,
                    wait: Wait::Now,
                });
            }
        }
    }
}
