//! What a list of sagas shows of one: its state, who must act next, when, and why.

use std::time::Duration;

use super::key::Timestamp;
use super::state::State;
use super::status::{SagaState, StepState};

/// How long an owner has to look at a halted or escalated saga.
const OWNER_DUE: Duration = Duration::from_hours(24);
/// When a saga that merely waits is looked at again.
const LOOK_AGAIN: Duration = Duration::from_hours(24);

/// One saga as a row of a list; stored beside the journal in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// Its state.
    pub state: SagaState,
    /// A department is deciding.
    pub waiting: bool,
    /// Who must act next; none once it ended.
    pub responsible: Option<String>,
    /// When something happens next by itself or an owner is due; none once it ended.
    pub wake_at: Option<Timestamp>,
    /// What is waited for; none once it ended.
    pub wake_reason: Option<String>,
}

impl State {
    /// The saga as a row of a list.
    #[must_use]
    pub fn projection(&self) -> Projection {
        let state = self.status();
        let mut projection = Projection {
            state,
            waiting: self.waiting(),
            responsible: None,
            wake_at: None,
            wake_reason: None,
        };
        if !state.ended() {
            let (responsible, wake_at, reason) = self.next();
            projection.responsible = Some(responsible);
            projection.wake_at = Some(wake_at);
            projection.wake_reason = Some(reason);
        }
        projection
    }

    fn next(&self) -> (String, Timestamp, String) {
        if let Some(step) = self.halted_steps().chain(self.escalated_steps()).next() {
            let (named, record) = (self.plan.step(step), self.step(step));
            let trouble = record.trouble.as_deref();
            let refused = record
                .refusal
                .as_ref()
                .map(|refusal| refusal.reason.as_str());
            let why = if record.state == StepState::Refused {
                refused
            } else {
                trouble
            };
            let what = match record.state {
                StepState::UndoFailed => "could not be undone",
                StepState::Refused => "must succeed and was refused",
                _ => "contradicts the journal",
            };
            let reason = format!(
                "step `{}` {what}: {}",
                named.id,
                why.unwrap_or("no reason given")
            );
            return (
                named.responsible.clone(),
                self.updated_at.plus(OWNER_DUE),
                reason,
            );
        }
        let steps = self.plan.step_indices().filter_map(|step| {
            let (named, record) = (self.plan.step(step), self.step(step));
            let (at, what) = match record.state {
                StepState::Intended | StepState::InDoubt if record.overdue => {
                    (self.updated_at.plus(LOOK_AGAIN), "is overdue")
                }
                StepState::Intended => (record.intended_at.plus(named.max_elapsed), "is called"),
                StepState::InDoubt => (record.intended_at.plus(named.max_elapsed), "is in doubt"),
                StepState::Waiting => (self.updated_at.plus(LOOK_AGAIN), "is being decided"),
                StepState::UndoIntended | StepState::UndoInDoubt => (
                    record.undo_at.plus(named.undo_max_elapsed),
                    "is being undone",
                ),
                StepState::UndoWaiting => (
                    self.updated_at.plus(LOOK_AGAIN),
                    "is being undone by its department",
                ),
                _ => return None,
            };
            Some((at, named, what))
        });
        match steps.min_by_key(|(at, _, _)| *at) {
            Some((at, named, what)) => (
                named.responsible.clone(),
                at,
                format!("step `{}` {what}", named.id),
            ),
            None => {
                let at = self.updated_at.plus(Duration::from_mins(1));
                (
                    "gateway".to_owned(),
                    at,
                    "the next request is being built".to_owned(),
                )
            }
        }
    }
}
