//! What an event is called and what it is about.

use bytes::Bytes;

use super::Event;
use crate::definition::{SegmentIndex, StepIndex};

impl Event {
    /// The event's kind as stored.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Intended { .. } => "intended",
            Self::IntendedAhead { .. } => "intended_ahead",
            Self::AheadInDoubt { .. } => "ahead_in_doubt",
            Self::Begun { .. } => "begun",
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
            Self::Returned { .. } => "returned",
            Self::Awaited { .. } => "awaited",
            Self::SignalReceived { .. } => "signal_received",
            Self::DeadlineSet { .. } => "deadline_set",
            Self::DeadlineMoved { .. } => "deadline_moved",
            Self::Expired { .. } => "expired",
            Self::TimeLimitReached => "time_limit_reached",
            Self::Reminded { .. } => "reminded",
            Self::Corrected { .. } => "corrected",
            Self::Reopened { .. } => "reopened",
            Self::Expanded { .. } => "expanded",
            Self::Proposed { .. } => "proposed",
            Self::Approved { .. } => "approved",
            Self::Declined { .. } => "declined",
            Self::Attested { .. } => "attested",
            Self::Incident { .. } => "incident",
            Self::Erased { .. } => "erased",
            Self::Ended { .. } => "ended",
        }
    }

    /// The step the event is about, if it is about one.
    #[must_use]
    pub fn step(&self) -> Option<StepIndex> {
        match self {
            Self::Intended { step, .. }
            | Self::IntendedAhead { step, .. }
            | Self::AheadInDoubt { step }
            | Self::Begun { step, .. }
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
            | Self::Returned { step, .. }
            | Self::Awaited { step, .. }
            | Self::DeadlineSet { step, .. }
            | Self::DeadlineMoved { step, .. }
            | Self::Expired { step, .. }
            | Self::Reminded { step }
            | Self::Corrected { step, .. }
            | Self::Reopened { step }
            | Self::Expanded { step, .. }
            | Self::Proposed { step, .. }
            | Self::Attested { step, .. }
            | Self::Incident { step, .. } => Some(*step),
            Self::Accepted { .. }
            | Self::SegmentFailed { .. }
            | Self::SegmentUndone { .. }
            | Self::SegmentDropped { .. }
            | Self::CancelRequested { .. }
            | Self::SignalReceived { .. }
            | Self::TimeLimitReached
            | Self::Approved { .. }
            | Self::Declined { .. }
            | Self::Erased { .. }
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

    /// What is stored beside the body: the request, response, submission or message, or what somebody said in
    /// their own words; empty for other events.
    #[must_use]
    pub fn payload(&self) -> Bytes {
        match self {
            Self::Accepted { input, .. } | Self::Corrected { input, .. } => input.clone(),
            Self::SignalReceived { payload, .. } => payload.clone(),
            Self::Intended { request, .. } | Self::IntendedAhead { request, .. } => request.clone(),
            Self::Succeeded { response, .. } => response.clone(),
            _ => self.spoken(),
        }
    }
}
