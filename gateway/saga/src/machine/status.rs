//! The names of the states that sagas, segments and steps can be in.

use serde::{Deserialize, Serialize};

/// State of a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SagaState {
    /// Durably accepted; no call was sent yet.
    Accepted,
    /// Calls were sent; everything can still be undone.
    Running,
    /// A first point of legal effect is behind; what stands, stands.
    Committed,
    /// Everything was done.
    Completed,
    /// At least one segment is being undone.
    Compensating,
    /// Nothing stands: every effect was undone.
    Compensated,
    /// Part stands, part does not, in an outcome that the definition declares.
    Partial,
    /// An owner must act: an undo failed, or a department contradicts the journal.
    Halted,
    /// Ended after an owner attested what became of an effect.
    Reconciled,
    /// A step that must succeed was refused; an owner must act.
    Escalated,
    /// Ended without a single call, because none could be built.
    Rejected,
}

impl SagaState {
    /// Whether nothing will happen any more.
    #[must_use]
    pub fn ended(self) -> bool {
        use SagaState::{Compensated, Completed, Partial, Reconciled, Rejected};
        matches!(
            self,
            Completed | Compensated | Partial | Reconciled | Rejected
        )
    }

    /// The name, as stored and shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::Running => "Running",
            Self::Committed => "Committed",
            Self::Completed => "Completed",
            Self::Compensating => "Compensating",
            Self::Compensated => "Compensated",
            Self::Partial => "Partial",
            Self::Halted => "Halted",
            Self::Reconciled => "Reconciled",
            Self::Escalated => "Escalated",
            Self::Rejected => "Rejected",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        const ALL: [SagaState; 11] = [
            SagaState::Accepted,
            SagaState::Running,
            SagaState::Committed,
            SagaState::Completed,
            SagaState::Compensating,
            SagaState::Compensated,
            SagaState::Partial,
            SagaState::Halted,
            SagaState::Reconciled,
            SagaState::Escalated,
            SagaState::Rejected,
        ];
        ALL.into_iter().find(|state| state.name() == name)
    }
}

/// State of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SegmentState {
    /// No step of it was started.
    Pending,
    /// Under way, and can still go backward.
    Running,
    /// Its pivot (or a step that cannot be undone) is behind: only forward.
    Committed,
    /// Every step is finished.
    Completed,
    /// Being undone.
    Compensating,
    /// Undone: none of its effects stands.
    Compensated,
    /// Never started, because what it depends on failed or the case was withdrawn.
    Dropped,
}

/// State of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StepState {
    /// Waits for other steps.
    Blocked,
    /// Everything before it is finished; its request is about to be built.
    Ready,
    /// Its intent is journaled; the call may have been sent.
    Intended,
    /// It took effect, or answered.
    Succeeded,
    /// The department refused it: no effect.
    Refused,
    /// Nobody knows yet whether it took effect.
    InDoubt,
    /// The department decides later.
    Waiting,
    /// Left out: its condition did not hold, or it was optional and did not succeed.
    Omitted,
    /// Never started, and never will be.
    NotStarted,
    /// Is to be undone, as soon as everything that builds on it is undone.
    UndoReady,
    /// The intent to undo it is journaled; the undo may have been sent.
    UndoIntended,
    /// Its effect is annulled.
    Undone,
    /// It had no effect.
    NothingToUndo,
    /// The department works on the undo.
    UndoWaiting,
    /// Nobody knows yet whether it is undone.
    UndoInDoubt,
    /// It could not be undone; an owner must act.
    UndoFailed,
    /// An owner attested what became of it.
    Attested,
}
