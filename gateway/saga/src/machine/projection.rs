//! What a list of sagas shows of one: its state, who must act next, when, and why.

use std::time::Duration;

use super::key::Timestamp;
use super::record::WaitingFor;
use super::state::State;
use super::status::{SagaState, StepState};
use crate::definition::StepIndex;

/// One saga as a row of a list; stored beside the journal in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// Its state.
    pub state: SagaState,
    /// A department, the applicant, a message or a time is waited for.
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
        let steps = self.plan.step_indices();
        let earliest = steps
            .filter_map(|step| self.wake(step).map(|(at, what)| (at, step, what)))
            .min_by_key(|(at, _, _)| *at);
        let limit = self.time_limit();
        let at = earliest.map(|(at, _, _)| at).into_iter().chain(limit).min();
        let at = at.unwrap_or(self.updated_at.plus(Duration::from_mins(1)));
        let owned = self.halted_steps().chain(self.escalated_steps());
        let owned = owned.chain(self.plan.step_indices().filter(|s| self.attestable(*s)));
        if let Some(step) = owned.into_iter().next() {
            return (self.plan.step(step).responsible.clone(), at, self.why(step));
        }
        match earliest {
            Some((_, step, what)) => {
                let named = self.plan.step(step);
                let reason = format!("step `{}` {what}", named.id);
                (self.actor(step).to_owned(), at, reason)
            }
            None => ("gateway".to_owned(), at, "the case goes on".to_owned()),
        }
    }

    /// Who must act next on a step that needs no owner.
    fn actor(&self, step: StepIndex) -> &str {
        let record = self.step(step);
        match (record.state, record.waiting_for) {
            (StepState::Waiting, Some(WaitingFor::Correction)) => "applicant",
            (StepState::Waiting, Some(WaitingFor::Timer)) | (StepState::Ready, _) => "gateway",
            _ => &self.plan.step(step).responsible,
        }
    }

    /// Why a step needs an owner.
    fn why(&self, step: StepIndex) -> String {
        let (named, record) = (self.plan.step(step), self.step(step));
        let trouble = record.trouble.as_deref();
        let refusal = record.refusal.as_ref().map(|r| r.reason.as_str());
        let (what, why) = match record.state {
            StepState::UndoFailed => ("could not be undone", trouble),
            StepState::Refused => ("must succeed and was refused", refusal),
            _ if record.halted => ("contradicts the journal", trouble),
            StepState::Waiting if record.expired => {
                ("still waits", Some("its statutory time is over"))
            }
            StepState::Waiting => ("still waits", Some("the time for it is over")),
            _ => (
                "is past its time and still in doubt",
                trouble.or(Some("no answer yet")),
            ),
        };
        let why = why.unwrap_or("no reason given");
        format!("step `{}` {what}: {why}", named.id)
    }
}
