//! Where a saga stands: its state, which of its steps need an owner, which way its segments can go, and
//! which steps may start.

use super::cause::FailureCause;
use super::state::State;
use super::status::{SagaState, SegmentState, StepState};
use crate::definition::{Kind, OnExpiry, SegmentIndex, StepIndex};
use crate::mutant::{self, Mutant};

impl State {
    /// The saga's state.
    #[must_use]
    pub fn status(&self) -> SagaState {
        if let Some(ended) = self.ended() {
            return ended.state;
        }
        if self.halted_steps().next().is_some() {
            return SagaState::Halted;
        }
        if self.escalated_steps().next().is_some() {
            return SagaState::Escalated;
        }
        let any = |state| self.segments.iter().any(|segment| segment.state == state);
        if any(SegmentState::Compensating) {
            SagaState::Compensating
        } else if self
            .plan
            .segment_indices()
            .any(|segment| self.irrevocable(segment))
        {
            SagaState::Committed
        } else if self.steps.iter().any(|step| step.round > 0) {
            SagaState::Running
        } else {
            SagaState::Accepted
        }
    }

    /// Whether the saga waits for a department to decide, for the applicant, for a message or for time.
    #[must_use]
    pub fn waiting(&self) -> bool {
        use StepState::{UndoWaiting, Waiting};
        self.steps
            .iter()
            .any(|step| matches!(step.state, Waiting | UndoWaiting))
    }

    /// Why nothing new is started and what is open is undone, if that is so.
    pub(super) fn stopping(&self) -> Option<FailureCause> {
        if self.rare.cancel.is_some() {
            Some(FailureCause::Cancelled)
        } else {
            let time_up = self.rare.time_up && !mutant::active(Mutant::TimeLimitIgnored);
            time_up.then_some(FailureCause::TimeLimit)
        }
    }

    /// Steps that hold the saga until an owner acts.
    pub(super) fn halted_steps(&self) -> impl Iterator<Item = StepIndex> {
        self.plan.step_indices().filter(|step| self.held(*step))
    }

    /// Whether the step holds the saga until an owner acts.
    pub(super) fn held(&self, step: StepIndex) -> bool {
        let record = self.step(step);
        record.state == StepState::UndoFailed || record.halted
    }

    /// Steps that must succeed and were refused, or that still wait when their time is over.
    pub(super) fn escalated_steps(&self) -> impl Iterator<Item = StepIndex> {
        self.plan
            .step_indices()
            .filter(|step| self.escalated(*step))
    }

    /// Whether the step must succeed and was refused, or still waits when its time is over.
    pub(super) fn escalated(&self, step: StepIndex) -> bool {
        use SegmentState::{Compensated, Compensating, Dropped};
        let (named, record) = (self.plan.step(step), self.step(step));
        match record.state {
            StepState::Refused => {
                let segment = self.segment(named.segment).state;
                !named.optional
                    && !record.rerun
                    && !matches!(segment, Compensating | Compensated | Dropped)
                    && self.only_forward(step)
            }
            StepState::Waiting => record.expired && self.escalates(step),
            _ => false,
        }
    }

    /// Whether the end of the step's time calls an owner.
    pub(super) fn escalates(&self, step: StepIndex) -> bool {
        match self.plan.step(step).deadline.map(|limit| limit.on_expiry) {
            Some(OnExpiry::Escalate) => true,
            Some(OnExpiry::Compensate) => self.only_forward(step),
            _ => false,
        }
    }

    /// Whether an owner may say what became of the step.
    #[must_use]
    pub fn attestable(&self, step: StepIndex) -> bool {
        let record = self.step(step);
        let open = record.in_flight() || record.state == StepState::Waiting;
        self.held(step) || self.escalated(step) || (record.overdue && open)
    }

    /// Whether a failure of this step cannot send its segment backward.
    pub(super) fn only_forward(&self, step: StepIndex) -> bool {
        let named = self.plan.step(step);
        (named.kind == Kind::Forward && !mutant::active(Mutant::ForwardTurnsBack))
            || (named.kind == Kind::Query && self.irrevocable(named.segment))
    }

    /// Whether the segment holds an effect that is never undone.
    pub(super) fn irrevocable(&self, segment: SegmentIndex) -> bool {
        self.plan
            .members(segment)
            .iter()
            .any(|step| match self.plan.step(*step).kind {
                Kind::Pivot => self.step(*step).state == StepState::Succeeded,
                Kind::Forward => {
                    let record = self.step(*step);
                    record.round > 0 && record.state != StepState::Omitted
                }
                Kind::Query | Kind::Compensable => false,
            })
    }

    /// Whether an effect stands, or will, that is never undone.
    pub(super) fn something_irrevocable(&self) -> bool {
        self.plan
            .segment_indices()
            .any(|segment| self.irrevocable(segment))
    }

    /// Whether the step is finished and so is everything it came after: what owners attested, or what was
    /// left out, does not carry what runs again before it.
    fn grounded(&self, step: StepIndex) -> bool {
        let record = self.step(step);
        let settled = matches!(record.state, StepState::Attested | StepState::Omitted);
        let before = &self.plan.step(step).after;
        record.finished() && (!settled || before.iter().all(|before| self.grounded(*before)))
    }

    /// Whether the step may start now, unless something holds the whole saga.
    pub(super) fn startable(&self, step: StepIndex) -> bool {
        let named = self.plan.step(step);
        let segment = self.segment(named.segment).state;
        let open = match segment {
            SegmentState::Committed => true,
            SegmentState::Pending | SegmentState::Running => self.stopping().is_none(),
            _ => false,
        };
        let finished = |before: &StepIndex| self.step(*before).finished();
        let grounded = |before: &StepIndex| self.grounded(*before);
        let ordered = named.after.iter().all(grounded) || mutant::active(Mutant::OrderIgnored);
        open && ordered
            && self.plan.queries(step).iter().all(finished)
            && self.plan.needs(named.segment).iter().all(|needed| {
                let state = self.segment(*needed).state;
                matches!(state, SegmentState::Committed | SegmentState::Completed)
                    || mutant::active(Mutant::SegmentsNotAwaited)
            })
    }
}
