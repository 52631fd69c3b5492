//! What is known of a saga's parts: its steps, its segments, and what seldom changes.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::answer::Refusal;
use super::cause::FailureCause;
use super::input::OwnerAct;
use super::key::{SagaId, Timestamp};
use super::status::{SagaState, SegmentState, StepState};
use crate::definition::StepIndex;

/// What a waiting step waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// An officer's decision.
    Decision,
    /// The applicant's correction.
    Correction,
    /// A message from outside.
    Signal,
    /// Nothing but time.
    Timer,
}

/// The end of a step's statutory time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// When it began to run.
    pub from: Timestamp,
    /// The first moment after it.
    pub due: Timestamp,
    /// Its length in working days, those for which the clock stood still included.
    pub working_days: u32,
    /// The version of the calendar it was counted with.
    pub calendar: String,
    /// A counted day lies in a year whose holidays are not known yet.
    pub provisional: bool,
}

/// A call that was journaled while steps before it are under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The request's wire bytes.
    pub request: Bytes,
    /// Where to call, when that depends on the case.
    pub target: Option<String>,
    /// An earlier owner may have sent it.
    pub in_doubt: bool,
}

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
    /// Its next round's call, when that was intended ahead.
    pub ahead: Option<Ahead>,
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
    /// It can only go forward and is past its time: an owner must look.
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
    /// What it waits for, while it is waiting.
    pub waiting_for: Option<WaitingFor>,
    /// When its wait is over, for a timer.
    pub until: Option<Timestamp>,
    /// The end of its statutory time, once that runs.
    pub deadline: Option<Due>,
    /// Its statutory time is over.
    pub expired: bool,
    /// Since when the clock stands still: the application was returned, and is not yet called again.
    pub stopped_at: Option<Timestamp>,
    /// A correction concerns it: it is undone, if need be, and runs again.
    pub rerun: bool,
    /// How often it was asked again because its answer had grown too old.
    pub refreshed: u32,
    /// When it last changed, or somebody was last reminded of it.
    pub since: Timestamp,
    /// How often somebody was reminded of it since it last changed.
    pub reminders: u32,
}

impl StepRecord {
    pub(super) fn new() -> Self {
        Self {
            state: StepState::Blocked,
            round: 0,
            request: Bytes::new(),
            target: None,
            ahead: None,
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
            waiting_for: None,
            until: None,
            deadline: None,
            expired: false,
            stopped_at: None,
            rerun: false,
            refreshed: 0,
            since: Timestamp::default(),
            reminders: 0,
        }
    }

    /// Whether dependents may build on it: it succeeded or is settled without a response, and is not
    /// about to run again.
    pub(super) fn finished(&self) -> bool {
        matches!(
            self.state,
            StepState::Succeeded | StepState::Omitted | StepState::Attested
        ) && !self.rerun
    }

    /// Whether a call may be under way whose outcome is still asked for.
    pub(super) fn in_flight(&self) -> bool {
        matches!(self.state, StepState::Intended | StepState::InDoubt)
    }

    /// Whether it is not called yet, as far as this owner knows, and an earlier one may have called it.
    pub(super) fn ahead_in_doubt(&self) -> bool {
        self.not_begun_ahead().is_some_and(|ahead| ahead.in_doubt)
    }

    /// Whether it was intended ahead, has not begun, and nobody but this owner can have called it.
    pub(super) fn ahead_unsent(&self) -> bool {
        self.not_begun_ahead().is_some_and(|ahead| !ahead.in_doubt)
    }

    fn not_begun_ahead(&self) -> Option<&Ahead> {
        let waits = matches!(self.state, StepState::Blocked | StepState::Ready);
        self.ahead.as_ref().filter(|_| waits)
    }

    /// Whether its department has it and decides later.
    pub(super) fn deciding(&self) -> bool {
        self.state == StepState::Waiting && self.waiting_for == Some(WaitingFor::Decision)
    }

    /// Whether the applicant is asked to correct it.
    pub(super) fn returned(&self) -> bool {
        self.state == StepState::Waiting && self.waiting_for == Some(WaitingFor::Correction)
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
            && !self.ahead_in_doubt()
    }
}

/// What is known of one segment.
#[derive(Clone, Copy, Debug)]
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

/// A message from outside, kept until a step waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its own identity.
    pub id: String,
    /// What it is.
    pub name: String,
    /// What it says.
    pub payload: Bytes,
    /// The step that took it.
    pub taken_by: Option<StepIndex>,
}

/// A proposal to settle a step by hand that waits for a second operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its number in the saga, from 1.
    pub number: u32,
    /// The step.
    pub step: StepIndex,
    /// How to settle it.
    pub act: OwnerAct,
    /// Who proposed it.
    pub by: String,
    /// Why.
    pub reason: String,
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

/// What seldom changes in a saga's life; shared by the copies of its state.
#[derive(Clone, Debug, Default)]
pub(super) struct Particulars {
    pub(super) input: Bytes,
    pub(super) traceparent: Option<String>,
    pub(super) annuls: Option<SagaId>,
    pub(super) cancel: Option<Cancel>,
    pub(super) time_up: bool,
    pub(super) incidents: Vec<Incident>,
    pub(super) signals: Vec<Signal>,
    pub(super) proposals: Vec<Proposal>,
    pub(super) proposed: u32,
    pub(super) ended: Option<Ended>,
    pub(super) erased: bool,
}
