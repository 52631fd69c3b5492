//! What can happen to a saga, and why it may change nothing.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::answer::{Answer, OutcomeAnswer, UndoAnswer};
use crate::definition::StepIndex;

/// What building a step's request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// Call with these bytes.
    Call {
        /// The request's wire bytes.
        request: Bytes,
        /// Where to call, when that depends on the case.
        target: Option<String>,
    },
    /// Call once for each of these; only for a step that is repeated
    /// ([`Step::for_each`](crate::Step)). None: the step does not apply.
    Each {
        /// The calls, in the order of the list.
        calls: Vec<PreparedCall>,
    },
    /// The step does not apply to this case.
    Omit,
    /// The request cannot be built, now or later: as good as a refusal without effect.
    Impossible {
        /// Why, for the applicant or the owner.
        why: String,
    },
    /// The request cannot be built at present; try again.
    Later {
        /// Why, for operators.
        why: String,
    },
}

/// The call for one item of a repeated step, or for one that is intended ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedCall {
    /// The request's wire bytes.
    pub request: Bytes,
    /// Where to call, when that depends on the case.
    pub target: Option<String>,
}

/// How a step is settled by hand. It takes two operators: one proposes, another approves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum OwnerAct {
    /// Go on without the step. Only for one that has no effect and waits for an owner.
    Skip,
    /// State what became of the step's effect.
    Attest {
        /// What became of it.
        disposition: String,
    },
}

/// What an operator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Try a refused or halted step again.
    Retry {
        /// The step.
        step: StepIndex,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Try a failed undo again.
    RetryUndo {
        /// The step.
        step: StepIndex,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Propose to settle a step by hand.
    Propose {
        /// The step.
        step: StepIndex,
        /// How.
        act: OwnerAct,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Approve another operator's proposal.
    Approve {
        /// Its number.
        proposal: u32,
        /// Who.
        by: String,
    },
    /// Decline a proposal.
    Decline {
        /// Its number.
        proposal: u32,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
}

/// Something that happened to a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The saga starts, or starts again after its owner changed: what was under way is repeated.
    Resume,
    /// Answer to [`Command::Prepare`](crate::Command).
    Prepared {
        /// The step.
        step: StepIndex,
        /// What it came to.
        prepared: Prepared,
    },
    /// Answer to [`Command::PrepareAhead`](crate::Command), when the request can be built by now.
    PreparedAhead {
        /// The step.
        step: StepIndex,
        /// The call.
        call: PreparedCall,
    },
    /// Answer to [`Command::Act`](crate::Command), or a decision that the department made later.
    Acted {
        /// The step.
        step: StepIndex,
        /// The round that was called.
        round: u32,
        /// The answer.
        answer: Answer,
    },
    /// Answer to [`Command::Ask`](crate::Command).
    Asked {
        /// The step.
        step: StepIndex,
        /// The round that was asked for.
        round: u32,
        /// The answer.
        answer: OutcomeAnswer,
    },
    /// Answer to [`Command::Undo`](crate::Command).
    UndoAnswered {
        /// The step.
        step: StepIndex,
        /// The round that was undone.
        round: u32,
        /// The answer.
        answer: UndoAnswer,
    },
    /// The case is to be withdrawn.
    Cancel {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// An operator's request.
    Operator(Operator),
    /// Time has passed: whatever is due happens now.
    Tick,
    /// A message from outside.
    Signal {
        /// Its own identity; a repetition is the same message.
        id: String,
        /// What it is.
        name: String,
        /// What it says.
        payload: Bytes,
    },
    /// The applicant corrected what an officer returned.
    Correct {
        /// Who.
        by: String,
        /// The step that was returned.
        step: StepIndex,
        /// The submission as it is now.
        input: Bytes,
        /// The other steps whose requests the changed fields feed.
        affected: Vec<StepIndex>,
    },
}

/// Why an input changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The saga's state does not allow it; whoever asked is told, and the saga goes on.
    #[error("{0}")]
    Conflict(String),
    /// The input contradicts the journal: the saga must be set aside.
    #[error("{0}")]
    Illegal(String),
}
