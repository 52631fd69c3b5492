//! One thing that happened to a case, as those who follow it see it: no payload, no personal data.

use onething_saga::{Event, SagaEvent, SagaState};
use serde::Serialize;

/// One thing that happened to a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Happening {
    /// Its number within the case, from 1.
    pub(crate) sequence: u64,
    /// When, in microseconds since the epoch.
    #[serde(serialize_with = "super::view::time")]
    pub(crate) at: i64,
    /// What, for example `step.succeeded`.
    pub(crate) kind: String,
    /// The step it happened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<String>,
    /// The segment it happened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) segment: Option<String>,
    /// The step's department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) department: Option<String>,
    /// The case's state afterwards.
    #[serde(serialize_with = "super::view::state")]
    pub(crate) state: SagaState,
    /// A refusal's reason, or why an undo failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The refusal in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

impl From<SagaEvent> for Happening {
    fn from(event: SagaEvent) -> Self {
        let about = match (&event.step, &event.segment) {
            (Some(_), _) => "step",
            (None, Some(_)) => "segment",
            (None, None) => "case",
        };
        let name = match event.event {
            // Whoever follows a case need not know that the call was ready before its turn.
            Event::Begun { .. } => "intended",
            ref event => event.kind(),
        };
        let name = name
            .strip_prefix("segment_")
            .or(name.strip_prefix("step_"))
            .unwrap_or(name);
        let (reason, message) = why(&event.event);
        Self {
            sequence: event.seq,
            at: event.at.0,
            kind: format!("{about}.{name}"),
            step: event.step,
            segment: event.segment,
            department: event.responsible,
            state: event.state,
            reason,
            message,
        }
    }
}

fn why(event: &Event) -> (Option<String>, Option<String>) {
    match event {
        Event::Refused { refusal, .. } | Event::Returned { refusal, .. } => {
            let message = Some(refusal.message.clone()).filter(|message| !message.is_empty());
            (Some(refusal.reason.clone()), message)
        }
        Event::UndoFailed { reason, .. } => (Some(reason.clone()), None),
        _ => (None, None),
    }
}
