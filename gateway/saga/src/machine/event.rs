//! The journal's vocabulary: every fact a saga is rebuilt from, and how it is written down.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::answer::Refusal;
use super::cause::{FailureCause, GiveUp, OmitReason};
use super::status::SagaState;
use crate::definition::{SegmentIndex, StepIndex};

/// One fact of a saga's life. Requests and responses travel beside the body, as bytes.
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
    /// An operator attests what became of a step's effect.
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
    /// The saga ended.
    Ended {
        /// How.
        state: SagaState,
        /// The declared partial outcomes that apply.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outcomes: Vec<String>,
    },
}

/// A stored event that this version cannot read.
#[derive(Debug, Error)]
#[error("event `{kind}` cannot be decoded")]
pub struct UndecodableEvent {
    /// The stored kind.
    pub kind: String,
    #[source]
    source: serde_json::Error,
}

impl Event {
    /// The event's kind as stored.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Intended { .. } => "intended",
            Self::Succeeded { .. } => "succeeded",
            Self::Refused { .. } => "refused",
            Self::InDoubt { .. } => "in_doubt",
            Self::Waiting { .. } => "waiting",
            Self::Omitted { .. } => "omitted",
            Self::GivenUp { .. } => "given_up",
            Self::Overdue { .. } => "overdue",
            Self::StepHalted { .. } => "step_halted",
            Self::SegmentFailed { .. } => "segment_failed",
            Self::SegmentUndone { .. } => "segment_undone",
            Self::SegmentDropped { .. } => "segment_dropped",
            Self::UndoIntended { .. } => "undo_intended",
            Self::Undone { .. } => "undone",
            Self::NothingToUndo { .. } => "nothing_to_undo",
            Self::UndoWaiting { .. } => "undo_waiting",
            Self::UndoInDoubt { .. } => "undo_in_doubt",
            Self::UndoFailed { .. } => "undo_failed",
            Self::AlreadyEffective { .. } => "already_effective",
            Self::CancelRequested { .. } => "cancel_requested",
            Self::RetryRequested { .. } => "retry_requested",
            Self::UndoRetryRequested { .. } => "undo_retry_requested",
            Self::Attested { .. } => "attested",
            Self::Incident { .. } => "incident",
            Self::Ended { .. } => "ended",
        }
    }

    /// The step the event is about, if it is about one.
    #[must_use]
    pub fn step(&self) -> Option<StepIndex> {
        match self {
            Self::Intended { step, .. }
            | Self::Succeeded { step, .. }
            | Self::Refused { step, .. }
            | Self::InDoubt { step, .. }
            | Self::Waiting { step, .. }
            | Self::Omitted { step, .. }
            | Self::GivenUp { step, .. }
            | Self::Overdue { step, .. }
            | Self::StepHalted { step, .. }
            | Self::UndoIntended { step, .. }
            | Self::Undone { step, .. }
            | Self::NothingToUndo { step, .. }
            | Self::UndoWaiting { step, .. }
            | Self::UndoInDoubt { step, .. }
            | Self::UndoFailed { step, .. }
            | Self::AlreadyEffective { step, .. }
            | Self::RetryRequested { step, .. }
            | Self::UndoRetryRequested { step, .. }
            | Self::Attested { step, .. }
            | Self::Incident { step, .. } => Some(*step),
            Self::Accepted { .. }
            | Self::SegmentFailed { .. }
            | Self::SegmentUndone { .. }
            | Self::SegmentDropped { .. }
            | Self::CancelRequested { .. }
            | Self::Ended { .. } => None,
        }
    }

    /// The segment the event is about, if it is about one.
    #[must_use]
    pub fn segment(&self) -> Option<SegmentIndex> {
        match self {
            Self::SegmentFailed { segment, .. }
            | Self::SegmentUndone { segment }
            | Self::SegmentDropped { segment, .. } => Some(*segment),
            _ => None,
        }
    }

    /// The request or response that travels beside the body; empty for other events.
    #[must_use]
    pub fn payload(&self) -> Bytes {
        match self {
            Self::Accepted { input, .. } => input.clone(),
            Self::Intended { request, .. } => request.clone(),
            Self::Succeeded { response, .. } => response.clone(),
            _ => Bytes::new(),
        }
    }

    /// The body as JSON text, without the payload.
    ///
    /// # Errors
    /// When a refusal's detail cannot be written as JSON, which no decoded value does.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads an event back from its stored parts.
    ///
    /// # Errors
    /// When the body is no event of this version, or not one of the given kind.
    pub fn decode(kind: &str, body: &str, payload: Bytes) -> Result<Self, UndecodableEvent> {
        let wrong = |source| UndecodableEvent {
            kind: kind.to_owned(),
            source,
        };
        let mut event: Self = serde_json::from_str(body).map_err(wrong)?;
        if event.kind() != kind {
            return Err(wrong(serde::de::Error::custom("kind and body differ")));
        }
        match &mut event {
            Self::Accepted { input: place, .. }
            | Self::Intended { request: place, .. }
            | Self::Succeeded {
                response: place, ..
            } => *place = payload,
            _ => {}
        }
        Ok(event)
    }
}
