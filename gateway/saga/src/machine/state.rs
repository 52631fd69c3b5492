//! Everything a saga's events add up to. How an event changes it is `apply`'s; what to do next is `decide`'s.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::answer::Refusal;
use super::cause::FailureCause;
use super::key::{SagaId, Timestamp};
use super::status::{SagaState, SegmentState, StepState};
use crate::definition::{Kind, Plan, SegmentIndex, StepIndex};

/// What is known of one step.
#[derive(Clone, Debug)]
pub struct StepRecord {
    /// Its state.
    pub state: StepState,
    /// Its current round; 0 before the first.
    pub round: u32,
    /// The current round's request bytes.
    pub request: Bytes,
    /// Where to call, when that depends on the case.
    pub target: Option<String>,
    /// The response, once it succeeded.
    pub response: Option<Bytes>,
    /// The last refusal.
    pub refusal: Option<Refusal>,
    /// When its first round was intended.
    pub started_at: Option<Timestamp>,
    /// When its current round was intended.
    pub intended_at: Timestamp,
    /// When it last reached a result, forward or backward.
    pub ended_at: Option<Timestamp>,
    /// When its undo was last intended.
    pub undo_at: Timestamp,
    /// Its place in the order in which steps were undone, from 1.
    pub undo_order: Option<u32>,
    /// Its outcome is no longer asked for.
    pub given_up: bool,
    /// It can only go forward and is past its time.
    pub overdue: bool,
    /// Its department called it effective when it was to be undone.
    pub effective: bool,
    /// It is optional, did not succeed, and is being closed at the department.
    pub closing: bool,
    /// Why it is in doubt, halted, or could not be undone.
    pub trouble: Option<String>,
    /// A department contradicts the journal; an owner must act.
    pub halted: bool,
    /// What an owner attested about it.
    pub attested: Option<String>,
    /// A late answer was already recorded as an incident.
    pub incident: bool,
}

impl StepRecord {
    fn new() -> Self {
        Self {
            state: StepState::Blocked,
            round: 0,
            request: Bytes::new(),
            target: None,
            response: None,
            refusal: None,
            started_at: None,
            intended_at: Timestamp::default(),
            ended_at: None,
            undo_at: Timestamp::default(),
            undo_order: None,
            given_up: false,
            overdue: false,
            effective: false,
            closing: false,
            trouble: None,
            halted: false,
            attested: None,
            incident: false,
        }
    }

    /// Whether dependents may build on it: it succeeded or is settled without a response.
    pub(super) fn finished(&self) -> bool {
        matches!(
            self.state,
            StepState::Succeeded | StepState::Omitted | StepState::Attested
        )
    }

    /// Whether a call may be under way whose outcome is still asked for.
    pub(super) fn in_flight(&self) -> bool {
        matches!(self.state, StepState::Intended | StepState::InDoubt)
    }

    /// Whether an undo may be under way.
    pub(super) fn undoing(&self) -> bool {
        use StepState::{UndoInDoubt, UndoIntended, UndoWaiting};
        matches!(self.state, UndoIntended | UndoWaiting | UndoInDoubt)
    }

    /// Whether nothing of it stands or can still come to stand.
    pub(super) fn without_effect(&self) -> bool {
        use StepState::{
            Attested, Blocked, NotStarted, NothingToUndo, Omitted, Ready, Refused, Undone,
        };
        matches!(
            self.state,
            Blocked | Ready | NotStarted | Refused | Omitted | Undone | NothingToUndo | Attested
        ) && !self.closing
    }
}

/// What is known of one segment.
#[derive(Clone, Debug)]
pub struct SegmentRecord {
    /// Its state.
    pub state: SegmentState,
    /// Why it failed or was dropped.
    pub why: Option<FailureCause>,
}

/// A wish to withdraw the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// Who wished it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Something that must not happen and did, without changing the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// The step's name.
    pub step: String,
    /// What happened.
    pub what: String,
    /// When.
    pub at: Timestamp,
}

/// How a saga ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its final state.
    pub state: SagaState,
    /// The declared partial outcomes that apply.
    pub outcomes: Vec<String>,
    /// When.
    pub at: Timestamp,
}

/// A saga, as its events add up.
#[derive(Clone, Debug)]
pub struct State {
    pub(super) plan: Arc<Plan>,
    pub(super) saga: SagaId,
    pub(super) input: Bytes,
    pub(super) traceparent: Option<String>,
    pub(super) accepted_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) steps: Vec<StepRecord>,
    pub(super) segments: Vec<SegmentRecord>,
    pub(super) cancel: Option<Cancel>,
    pub(super) incidents: Vec<Incident>,
    pub(super) undone: u32,
    pub(super) ended: Option<Ended>,
}

impl State {
    /// A saga before its first event.
    #[must_use]
    pub fn new(saga: SagaId, plan: Arc<Plan>) -> Self {
        let steps = vec![StepRecord::new(); plan.steps.len()];
        let pending = SegmentRecord {
            state: SegmentState::Pending,
            why: None,
        };
        let segments = vec![pending; plan.segments.len()];
        let mut state = Self {
            plan,
            saga,
            input: Bytes::new(),
            traceparent: None,
            accepted_at: Timestamp::default(),
            updated_at: Timestamp::default(),
            steps,
            segments,
            cancel: None,
            incidents: Vec::new(),
            undone: 0,
            ended: None,
        };
        state.derive();
        state
    }

    /// The saga's identity.
    #[must_use]
    pub fn saga(&self) -> SagaId {
        self.saga
    }

    /// The definition it runs.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The submission.
    #[must_use]
    pub fn input(&self) -> &Bytes {
        &self.input
    }

    /// W3C trace context of the submission.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    /// When it was accepted.
    #[must_use]
    pub fn accepted_at(&self) -> Timestamp {
        self.accepted_at
    }

    /// What is known of a step.
    ///
    /// # Panics
    /// When the step is not one of the saga's definition.
    #[must_use]
    pub fn step(&self, step: StepIndex) -> &StepRecord {
        &self.steps[step.at()]
    }

    /// What is known of a segment.
    ///
    /// # Panics
    /// When the segment is not one of the saga's definition.
    #[must_use]
    pub fn segment(&self, segment: SegmentIndex) -> &SegmentRecord {
        &self.segments[segment.at()]
    }

    /// The wish to withdraw, if there is one.
    #[must_use]
    pub fn cancel(&self) -> Option<&Cancel> {
        self.cancel.as_ref()
    }

    /// What must not happen and did.
    #[must_use]
    pub fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    /// How it ended, once it did.
    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// The saga's state.
    #[must_use]
    pub fn status(&self) -> SagaState {
        if let Some(ended) = &self.ended {
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

    /// Whether the saga waits for a department to decide.
    #[must_use]
    pub fn waiting(&self) -> bool {
        use StepState::{UndoWaiting, Waiting};
        self.steps
            .iter()
            .any(|step| matches!(step.state, Waiting | UndoWaiting))
    }

    /// Steps that hold the saga until an owner acts.
    pub(super) fn halted_steps(&self) -> impl Iterator<Item = StepIndex> {
        self.plan.step_indices().filter(|step| {
            let record = self.step(*step);
            record.state == StepState::UndoFailed || record.halted
        })
    }

    /// Steps that must succeed and were refused.
    pub(super) fn escalated_steps(&self) -> impl Iterator<Item = StepIndex> {
        self.plan.step_indices().filter(|step| {
            use SegmentState::{Compensated, Compensating, Dropped};
            let named = self.plan.step(*step);
            let segment = self.segment(named.segment).state;
            self.step(*step).state == StepState::Refused
                && !named.optional
                && !matches!(segment, Compensating | Compensated | Dropped)
                && self.only_forward(*step)
        })
    }

    /// Whether a failure of this step cannot send its segment backward.
    pub(super) fn only_forward(&self, step: StepIndex) -> bool {
        let named = self.plan.step(step);
        named.kind == Kind::Forward
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

    /// Whether the step may start now.
    pub(super) fn startable(&self, step: StepIndex) -> bool {
        let named = self.plan.step(step);
        let segment = self.segment(named.segment).state;
        let open = match segment {
            SegmentState::Committed => true,
            SegmentState::Pending | SegmentState::Running => self.cancel.is_none(),
            _ => false,
        };
        open && self.ended.is_none()
            && !self.steps.iter().any(|record| record.halted)
            && named
                .after
                .iter()
                .all(|before| self.step(*before).finished())
            && self.plan.needs(named.segment).iter().all(|needed| {
                let state = self.segment(*needed).state;
                matches!(state, SegmentState::Committed | SegmentState::Completed)
            })
    }
}
