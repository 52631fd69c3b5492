//! How each event changes a saga's state. Nothing is decided here: the same events give the same state.

use super::event::Event;
use super::key::Timestamp;
use super::state::{Cancel, Ended, Incident, State, StepRecord};
use super::status::{SegmentState, StepState};
use crate::definition::StepIndex;

impl State {
    /// Adds one committed (or about to be committed) event.
    ///
    /// # Panics
    /// When the event names a step or segment that the definition lacks; see [`State::fits`].
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        self.updated_at = at;
        match event {
            Event::Accepted {
                traceparent, input, ..
            } => {
                self.accepted_at = at;
                self.traceparent.clone_from(traceparent);
                self.input = input.clone();
            }
            Event::Intended {
                step,
                round,
                target,
                request,
            } => {
                let record = self.record(*step);
                record.state = StepState::Intended;
                record.round = *round;
                record.target.clone_from(target);
                record.request = request.clone();
                record.intended_at = at;
                record.started_at.get_or_insert(at);
                record.trouble = None;
            }
            Event::Succeeded { step, response, .. } => {
                let record = self.record(*step);
                record.state = StepState::Succeeded;
                record.response = Some(response.clone());
                record.ended_at = Some(at);
                record.trouble = None;
            }
            Event::Refused { step, refusal, .. } => {
                let optional = self.plan.step(*step).optional;
                let record = self.record(*step);
                record.state = StepState::Refused;
                record.refusal = Some(refusal.clone());
                record.ended_at = Some(at);
                record.closing = optional;
            }
            Event::InDoubt { step, why, .. } => {
                let record = self.record(*step);
                record.state = StepState::InDoubt;
                record.trouble = Some(why.clone());
            }
            Event::Waiting { step, .. } => self.record(*step).state = StepState::Waiting,
            Event::Omitted { step, .. } => {
                let record = self.record(*step);
                record.state = StepState::Omitted;
                record.closing = false;
                record.ended_at = Some(at);
            }
            Event::GivenUp { step, .. } => {
                let optional = self.plan.step(*step).optional;
                let record = self.record(*step);
                record.state = StepState::UndoReady;
                record.given_up = true;
                record.closing = optional;
            }
            Event::Overdue { step, .. } => self.record(*step).overdue = true,
            Event::StepHalted { step, why, .. } => {
                let record = self.record(*step);
                record.halted = true;
                record.trouble = Some(why.clone());
            }
            Event::SegmentFailed { segment, why } => {
                let record = &mut self.segments[segment.at()];
                record.state = SegmentState::Compensating;
                record.why = Some(*why);
            }
            Event::SegmentUndone { segment } => {
                self.segments[segment.at()].state = SegmentState::Compensated;
            }
            Event::SegmentDropped { segment, why } => {
                let record = &mut self.segments[segment.at()];
                record.state = SegmentState::Dropped;
                record.why = Some(*why);
            }
            Event::CancelRequested { by, reason } => {
                self.cancel = Some(Cancel {
                    by: by.clone(),
                    reason: reason.clone(),
                });
            }
            Event::Incident { step, what } => {
                let (name, what) = (self.plan.step(*step).id.clone(), what.clone());
                self.incidents.push(Incident {
                    step: name,
                    what,
                    at,
                });
                self.record(*step).incident = true;
            }
            Event::Ended { state, outcomes } => {
                self.ended = Some(Ended {
                    state: *state,
                    outcomes: outcomes.clone(),
                    at,
                });
            }
            Event::UndoIntended { .. }
            | Event::Undone { .. }
            | Event::NothingToUndo { .. }
            | Event::UndoWaiting { .. }
            | Event::UndoInDoubt { .. }
            | Event::UndoFailed { .. }
            | Event::AlreadyEffective { .. }
            | Event::RetryRequested { .. }
            | Event::UndoRetryRequested { .. }
            | Event::Attested { .. } => self.apply_backward(event, at),
        }
        self.derive();
    }

    fn apply_backward(&mut self, event: &Event, at: Timestamp) {
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
            Event::RetryRequested { step, .. } => {
                let record = self.record(*step);
                record.overdue = false;
                if std::mem::take(&mut record.halted) {
                    record.intended_at = at;
                } else {
                    record.state = StepState::Ready;
                }
            }
            Event::UndoRetryRequested { step, .. } => {
                self.record(*step).state = StepState::UndoReady;
            }
            Event::Attested {
                step, disposition, ..
            } => {
                let record = self.record(*step);
                record.state = StepState::Attested;
                record.halted = false;
                record.closing = false;
                record.attested = Some(disposition.clone());
                record.ended_at = Some(at);
            }
            _ => {}
        }
    }

    /// Whether the event can be applied: its step and segment exist in the definition.
    #[must_use]
    pub fn fits(&self, event: &Event) -> bool {
        event.step().is_none_or(|step| step.at() < self.steps.len())
            && event
                .segment()
                .is_none_or(|segment| segment.at() < self.segments.len())
    }

    fn record(&mut self, step: StepIndex) -> &mut StepRecord {
        &mut self.steps[step.at()]
    }

    /// Works out what follows from the facts without being a fact of its own: which segments are
    /// under way or complete, and which steps are ready.
    pub(super) fn derive(&mut self) {
        for segment in self.plan.clone().segment_indices() {
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
        for step in self.plan.clone().step_indices() {
            use StepState::{Blocked, NotStarted, Ready};
            if !matches!(self.step(step).state, Blocked | Ready) {
                continue;
            }
            let segment = self.segment(self.plan.step(step).segment).state;
            let over = self.ended.is_some()
                || matches!(segment, SegmentState::Dropped | SegmentState::Compensated);
            self.steps[step.at()].state = if over {
                NotStarted
            } else if self.startable(step) {
                Ready
            } else {
                Blocked
            };
        }
    }

    fn touched(&self, step: StepIndex) -> bool {
        let record = self.step(step);
        record.round > 0 || !matches!(record.state, StepState::Blocked | StepState::Ready)
    }
}
