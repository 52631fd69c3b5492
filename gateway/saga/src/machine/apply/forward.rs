//! Events on the way forward, and which file has the others.

use crate::definition::StepIndex;
use crate::machine::event::Event;
use crate::machine::key::Timestamp;
use crate::machine::record::{Ended, StepRecord};
use crate::machine::state::State;
use crate::machine::status::StepState;
use crate::mutant::{self, Mutant};

/// A list with more items than this is not carried out.
pub(in crate::machine) const MOST_ITEMS: usize = 256;

impl State {
    /// Adds one committed (or about to be committed) event.
    ///
    /// # Panics
    /// When the event names a step or segment that the definition lacks; see [`State::fits`].
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        self.updated_at = at;
        let about = event.step();
        let before = about.map(|step| self.phase(step));
        self.apply_forward(event, at);
        if let Some((step, before)) = about.zip(before)
            && self.phase(step) != before
        {
            self.moved(step, at);
        }
        self.derive();
    }

    fn apply_forward(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::Accepted {
                traceparent,
                annuls,
                input,
                ..
            } => {
                self.accepted_at = at;
                let rare = self.rare_mut();
                rare.traceparent.clone_from(traceparent);
                rare.annuls = annuls.filter(|_| !mutant::active(Mutant::AnnulmentUnlinked));
                rare.input = input.clone();
            }
            Event::Intended {
                step,
                round,
                target,
                request,
            } => {
                let record = self.record(*step);
                record.target.clone_from(target);
                record.request = request.clone();
                begin(record, *round, at);
            }
            Event::IntendedAhead { .. } | Event::AheadInDoubt { .. } | Event::Begun { .. } => {
                self.apply_ahead(event, at);
            }
            Event::Succeeded { step, response, .. } => {
                let record = self.record(*step);
                record.state = StepState::Succeeded;
                record.response = Some(response.clone());
                record.ended_at = Some(at);
                record.overdue = false;
                record.trouble = None;
                self.take_signal(*step);
            }
            Event::Refused { step, refusal, .. } => {
                let optional = self.plan.step(*step).optional;
                let record = self.record(*step);
                record.state = StepState::Refused;
                record.refusal = Some(refusal.clone());
                record.ended_at = Some(at);
                record.overdue = false;
                record.closing = optional && !record.rerun;
            }
            Event::InDoubt { step, why, .. } => {
                let record = self.record(*step);
                record.state = StepState::InDoubt;
                record.trouble = Some(why.clone());
            }
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
                record.closing = optional && !record.rerun;
            }
            Event::Overdue { step, .. } => {
                let record = self.record(*step);
                record.overdue = true;
                record.since = at;
                record.reminders = 0;
            }
            Event::StepHalted { step, why, .. } => {
                let record = self.record(*step);
                record.halted = true;
                record.trouble = Some(why.clone());
            }
            Event::Ended { state, outcomes } => {
                self.rare_mut().ended = Some(Ended {
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
            | Event::SegmentFailed { .. }
            | Event::SegmentUndone { .. }
            | Event::SegmentDropped { .. } => self.apply_backward(event, at),
            Event::CancelRequested { .. }
            | Event::RetryRequested { .. }
            | Event::UndoRetryRequested { .. }
            | Event::Proposed { .. }
            | Event::Approved { .. }
            | Event::Declined { .. }
            | Event::Attested { .. }
            | Event::Erased { .. }
            | Event::Incident { .. } => self.apply_owners(event, at),
            Event::Waiting { .. }
            | Event::Returned { .. }
            | Event::Awaited { .. }
            | Event::SignalReceived { .. }
            | Event::DeadlineSet { .. }
            | Event::DeadlineMoved { .. }
            | Event::Expired { .. }
            | Event::TimeLimitReached
            | Event::Reminded { .. }
            | Event::Corrected { .. }
            | Event::Reopened { .. }
            | Event::Expanded { .. } => self.apply_waits(event, at),
        }
    }

    /// What a proposal about a step rests on.
    fn phase(&self, step: StepIndex) -> (StepState, u32, bool) {
        let record = self.step(step);
        (record.state, record.round, record.halted)
    }

    /// The step changed: reminders start anew, and what was proposed about it is void.
    fn moved(&mut self, step: StepIndex, at: Timestamp) {
        let record = self.record(step);
        record.since = at;
        record.reminders = 0;
        if record.state != StepState::Waiting {
            record.waiting_for = None;
        }
        if self.rare.proposals.iter().any(|known| known.step == step) {
            self.rare_mut().proposals.retain(|known| known.step != step);
        }
    }

    /// Whether the event can be applied: its step and segment exist in the definition.
    #[must_use]
    pub fn fits(&self, event: &Event) -> bool {
        event.step().is_none_or(|step| step.at() < self.steps.len())
            && self.fits_items(event)
            && event
                .segment()
                .is_none_or(|segment| segment.at() < self.segments.len())
    }

    fn fits_items(&self, event: &Event) -> bool {
        match event {
            Event::Expanded { items, .. } => usize::from(*items) <= MOST_ITEMS,
            Event::Corrected { rerun, .. } => rerun.iter().all(|step| step.at() < self.steps.len()),
            _ => true,
        }
    }
}

/// A round of the step opens.
pub(super) fn begin(record: &mut StepRecord, round: u32, at: Timestamp) {
    record.state = StepState::Intended;
    record.round = round;
    record.intended_at = at;
    record.started_at.get_or_insert(at);
    record.stopped_at = None;
    record.expired = false;
    record.trouble = None;
}
