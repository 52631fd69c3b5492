//! Every fact a saga is rebuilt from.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::definition::{OnExpiry, SegmentIndex, StepIndex};
use crate::machine::answer::Refusal;
use crate::machine::cause::{FailureCause, GiveUp, MoveReason, OmitReason};
use crate::machine::input::OwnerAct;
use crate::machine::key::{SagaId, Timestamp};
use crate::machine::status::SagaState;

/// One fact of a saga's life. Requests and responses are stored beside the body, as bytes, and so is what people
/// and departments say in their own words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Event {
    /// The saga was accepted.
    Accepted {
        /// Name of its definition.
        definition: String,
        /// Version of its definition.
        version: u32,
        /// W3C trace context of the submission.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        traceparent: Option<String>,
        /// The saga whose legal effect this one annuls.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        annuls: Option<SagaId>,
        /// The submission.
        #[serde(skip)]
        input: Bytes,
    },
    /// A step is about to be called; opens a round.
    Intended {
        /// The step.
        step: StepIndex,
        /// The round, from 1.
        round: u32,
        /// Where to call, when that depends on the case.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// The request's wire bytes, re-sent as they are.
        #[serde(skip)]
        request: Bytes,
    },
    /// A step's call is journaled while steps before it are under way. Once they are finished it is sent at
    /// once, whether or not that is journaled yet.
    IntendedAhead {
        /// The step.
        step: StepIndex,
        /// Where to call, when that depends on the case.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// The request's wire bytes, re-sent as they are.
        #[serde(skip)]
        request: Bytes,
    },
    /// The owner changed: the last one may have called a step that was intended ahead.
    AheadInDoubt {
        /// The step.
        step: StepIndex,
    },
    /// A step that was intended ahead is called, or counts as called; opens a round.
    Begun {
        /// The step.
        step: StepIndex,
        /// The round, from 1.
        round: u32,
    },
    /// The step took effect or answered.
    Succeeded {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
        /// The response's wire bytes.
        #[serde(skip)]
        response: Bytes,
    },
    /// The step was refused: no effect. Round 0: no request could be built.
    Refused {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
        /// Why.
        refusal: Refusal,
    },
    /// An officer returned the application to the applicant: no effect, and it can be corrected.
    Returned {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
        /// What is to be corrected.
        refusal: Refusal,
    },
    /// The step's outcome is unknown; written once a round.
    InDoubt {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
        /// What happened.
        why: String,
    },
    /// The department decides later.
    Waiting {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
    },
    /// A step that calls nobody starts to wait, for a message or for time.
    Awaited {
        /// The step.
        step: StepIndex,
        /// The round, from 1.
        round: u32,
        /// When it is over, for a timer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// A message came in from outside. It is kept until a step waits for it.
    SignalReceived {
        /// The message's own identity; a repetition is the same message.
        id: String,
        /// What it is.
        name: String,
        /// What it says.
        #[serde(skip)]
        payload: Bytes,
    },
    /// A step's statutory time runs from now on.
    DeadlineSet {
        /// The step.
        step: StepIndex,
        /// The first moment after it.
        due: Timestamp,
        /// The version of the calendar it was counted with.
        calendar: String,
        /// A counted day lies in a year whose holidays are not known yet.
        #[serde(default)]
        provisional: bool,
    },
    /// A step's statutory time ends at another moment than was set.
    DeadlineMoved {
        /// The step.
        step: StepIndex,
        /// The first moment after it.
        due: Timestamp,
        /// The version of the calendar it was counted with.
        calendar: String,
        /// A counted day lies in a year whose holidays are not known yet.
        #[serde(default)]
        provisional: bool,
        /// The working days that were added.
        #[serde(default)]
        days: u32,
        /// Why.
        why: MoveReason,
    },
    /// A step's statutory time is over and it still waits.
    Expired {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
        /// What follows.
        action: OnExpiry,
    },
    /// The case's time is over.
    TimeLimitReached,
    /// Nothing was heard of a step for so long that its department, or its owner, is reminded.
    Reminded {
        /// The step.
        step: StepIndex,
    },
    /// The applicant corrected the application.
    Corrected {
        /// The step that was returned.
        step: StepIndex,
        /// Who.
        by: String,
        /// The steps that are undone, if need be, and run again.
        rerun: Vec<StepIndex>,
        /// The submission as it is now.
        #[serde(skip)]
        input: Bytes,
    },
    /// A step that has no effect (any more) is to run again, in a new round.
    Reopened {
        /// The step.
        step: StepIndex,
    },
    /// A repeated step got its items.
    Expanded {
        /// The step.
        step: StepIndex,
        /// How many there are.
        items: u16,
    },
    /// The step is left out.
    Omitted {
        /// The step.
        step: StepIndex,
        /// Why.
        why: OmitReason,
    },
    /// The step's outcome is no longer asked for: it is undone.
    GivenUp {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
        /// Why.
        why: GiveUp,
    },
    /// A step that can only go forward is past its time; it is asked further.
    Overdue {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
    },
    /// A department contradicts the journal about this step: an owner must act.
    StepHalted {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
        /// What it said.
        why: String,
    },
    /// A segment turns backward.
    SegmentFailed {
        /// The segment.
        segment: SegmentIndex,
        /// Why.
        why: FailureCause,
    },
    /// A segment is undone.
    SegmentUndone {
        /// The segment.
        segment: SegmentIndex,
    },
    /// A segment will never start.
    SegmentDropped {
        /// The segment.
        segment: SegmentIndex,
        /// Why.
        why: FailureCause,
    },
    /// A step is about to be undone.
    UndoIntended {
        /// The step.
        step: StepIndex,
        /// The round whose key is undone.
        round: u32,
    },
    /// The step's effect is annulled.
    Undone {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
    },
    /// The step had no effect and cannot have one any more.
    NothingToUndo {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
    },
    /// The department works on the undo.
    UndoWaiting {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
    },
    /// The undo's outcome is unknown; written once.
    UndoInDoubt {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
        /// What happened.
        why: String,
    },
    /// The step cannot be undone.
    UndoFailed {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
        /// Why.
        reason: String,
    },
    /// The pivot to be undone is effective: its segment goes forward.
    AlreadyEffective {
        /// The step.
        step: StepIndex,
        /// The round.
        round: u32,
    },
    /// The applicant or an operator wants the case withdrawn.
    CancelRequested {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// An operator has a refused or halted step tried again.
    RetryRequested {
        /// The step.
        step: StepIndex,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// An operator has a failed undo tried again.
    UndoRetryRequested {
        /// The step.
        step: StepIndex,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// An operator proposes to settle a step by hand.
    Proposed {
        /// Its number in the saga, from 1.
        proposal: u32,
        /// The step.
        step: StepIndex,
        /// How.
        act: OwnerAct,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Another operator approved a proposal.
    Approved {
        /// The proposal.
        proposal: u32,
        /// Who.
        by: String,
    },
    /// An operator declined a proposal.
    Declined {
        /// The proposal.
        proposal: u32,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// What became of a step's effect, as one operator proposed and another approved.
    Attested {
        /// The step.
        step: StepIndex,
        /// Who.
        by: String,
        /// What became of it.
        disposition: String,
    },
    /// Something that must not happen did, without changing the outcome.
    Incident {
        /// The step.
        step: StepIndex,
        /// What happened.
        what: String,
    },
    /// Nobody can read any more what the saga's events carried of people's lives; written after its end.
    Erased {
        /// Who had it erased.
        by: String,
        /// Why.
        reason: String,
    },
    /// The saga ended.
    Ended {
        /// How.
        state: SagaState,
        /// The declared partial outcomes that apply.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outcomes: Vec<String>,
    },
}
