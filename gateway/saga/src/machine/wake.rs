//! When something happens next to each step by itself, or somebody is reminded of it.

use std::time::Duration;

use super::key::Timestamp;
use super::record::WaitingFor;
use super::state::State;
use super::status::StepState;
use crate::definition::{OnExpiry, StepIndex};
use crate::mutant::{self, Mutant};

/// How long an owner has to look at what waits for one, until reminded (again).
const OWNER_DUE: Duration = Duration::from_hours(24);
/// When something that merely waits is looked at again, in case that its end was missed.
const LOOK_AGAIN: Duration = Duration::from_hours(24);
/// When a department is first asked how far an undo is, or for the decision that time has made.
const ASK_SOON: Duration = Duration::from_mins(5);
/// When a request that could not be built is first looked at again.
const BUILD_AGAIN: Duration = Duration::from_mins(1);

impl State {
    /// When time alone changes something about the step or somebody is reminded of it, and what is
    /// waited for until then.
    pub(super) fn wake(&self, step: StepIndex) -> Option<(Timestamp, &'static str)> {
        use StepState::{
            InDoubt, Intended, Ready, UndoInDoubt, UndoIntended, UndoWaiting, Waiting,
        };
        let (named, record) = (self.plan.step(step), self.step(step));
        let reminder = self.reminder(step);
        let (at, what) = if self.held(step) {
            (reminder?, "waits for an owner")
        } else {
            match record.state {
                Intended | InDoubt if record.overdue => (reminder?, "is overdue"),
                Intended => (record.intended_at.plus(named.max_elapsed), "is called"),
                InDoubt => (record.intended_at.plus(named.max_elapsed), "is in doubt"),
                Waiting => {
                    let due = record.deadline.as_ref().map(|deadline| deadline.due);
                    let missed = mutant::active(Mutant::ExpiryMissed);
                    let due = due.filter(|_| !record.expired && !record.returned() && !missed);
                    let times = [due, record.until, reminder];
                    let at = times.into_iter().flatten().min()?;
                    (at, waits_for(record.waiting_for))
                }
                UndoIntended | UndoInDoubt => (
                    record.undo_at.plus(named.undo_max_elapsed),
                    "is being undone",
                ),
                UndoWaiting => (reminder?, "is being undone by its department"),
                Ready => (
                    reminder?,
                    "is about to be called: its request is being built",
                ),
                _ => (reminder?, "waits for an owner"),
            }
        };
        Some((at, what))
    }

    /// When somebody is reminded of the step, if anybody is.
    pub(super) fn reminder(&self, step: StepIndex) -> Option<Timestamp> {
        let record = self.step(step);
        let doubling = |first: Duration| {
            let factor = 2u32.saturating_pow(record.reminders);
            first.saturating_mul(factor).min(LOOK_AGAIN)
        };
        let open = record.in_flight() || record.state == StepState::Waiting;
        let after = if self.held(step) || self.escalated(step) || (record.overdue && open) {
            OWNER_DUE
        } else {
            match (record.state, record.waiting_for) {
                (StepState::Waiting, Some(WaitingFor::Timer)) => return None,
                (StepState::Waiting, _) if record.expired && self.deemed(step) => {
                    doubling(ASK_SOON)
                }
                (StepState::Waiting, _) => LOOK_AGAIN,
                (StepState::UndoWaiting, _) => doubling(ASK_SOON),
                (StepState::Ready, _) => doubling(BUILD_AGAIN),
                _ => return None,
            }
        };
        Some(record.since.plus(after))
    }

    /// When the whole case's time is over, while that lies ahead.
    pub(super) fn time_limit(&self) -> Option<Timestamp> {
        let limit = self.plan.time_limit.filter(|_| !self.time_up())?;
        Some(self.accepted_at.plus(limit))
    }

    /// Whether the department records a decision when the step's time is over.
    fn deemed(&self, step: StepIndex) -> bool {
        let action = self.plan.step(step).deadline.map(|limit| limit.on_expiry);
        matches!(
            action,
            Some(OnExpiry::DeemedGranted | OnExpiry::DeemedRefused)
        )
    }
}

fn waits_for(what: Option<WaitingFor>) -> &'static str {
    match what {
        Some(WaitingFor::Correction) => "waits for the applicant's correction",
        Some(WaitingFor::Signal) => "waits for a message from outside",
        Some(WaitingFor::Timer) => "waits for its time",
        Some(WaitingFor::Decision) | None => "is being decided",
    }
}
