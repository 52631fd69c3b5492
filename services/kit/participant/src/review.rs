//! A review: a call that the department decides later, and what may become of it.

use onething_proto::participant;
use prost::Message;
use prost_types::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tonic::{Code, Status};

use crate::{
    Fault, Key, Refusal,
    refusal::{detail, with_details},
    rules::Recorded,
};

/// What deciding a call later needs: kept with the key and never taken from a caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Review(Value);

impl Review {
    /// Keeps what [`crate::Action::conclude`] will need.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn of(record: &impl Serialize) -> Result<Self, Fault> {
        serde_json::to_value(record)
            .map(Self)
            .map_err(|e| Fault::Corrupt {
                what: "a review".to_owned(),
                source: e.into(),
            })
    }

    /// Reads back what was kept.
    ///
    /// # Errors
    /// When it was something else.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Fault> {
        serde_json::from_value(self.0).map_err(|e| Fault::Corrupt {
            what: "a review".to_owned(),
            source: e.into(),
        })
    }

    pub(crate) fn kept(value: Value) -> Self {
        Self(value)
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }
}

/// What an officer decides on a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The effect takes place now.
    Approve,
    /// It is refused, with no effect, for a reason that the method declares.
    Refuse(Refusal),
    /// It goes back to the applicant for correction, with no effect, for a reason that the method
    /// declares or [`crate::RETURNED`].
    Return(Refusal),
}

/// Under which circumstances a review is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// The call's key.
    pub key: Key,
    /// When, in microseconds since the epoch.
    pub at: i64,
    /// Who decided; empty when the law deems it approved.
    pub decided_by: String,
    /// Whether the law deems it approved.
    pub deemed: bool,
}

/// How a review ends without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dismissal {
    /// Refused.
    Refused(Refusal),
    /// Returned to the applicant.
    Returned(Refusal),
    /// Withdrawn by an undo.
    Withdrawn,
}

/// How a review was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// How the call's round stands now. An approval is [`Recorded::Refused`] when the department's
    /// own facts no longer allowed the effect.
    pub recorded: Recorded,
    /// With a refusal or return: which.
    pub refusal: Option<Refusal>,
}

/// Why a decision does not count. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// The review was decided or withdrawn before.
    #[error("the review is no longer open: {}", .recorded.name())]
    Conflict {
        /// How the call's round stands.
        recorded: Recorded,
    },
    /// There is no review with this key.
    #[error("there is no such review")]
    NotSeen,
    /// The method does not declare the reason.
    #[error("the method declares no reason {reason}")]
    Undeclared {
        /// The reason.
        reason: String,
    },
    /// Something failed; the decision may be sent again.
    #[error("the decision could not be recorded")]
    Failed(Status),
}

impl From<DecisionError> for Status {
    fn from(error: DecisionError) -> Self {
        let (code, reason) = match &error {
            DecisionError::Conflict { .. } => (Code::FailedPrecondition, "REVIEW_NOT_OPEN"),
            DecisionError::NotSeen => (Code::NotFound, "REVIEW_NOT_FOUND"),
            DecisionError::Undeclared { .. } => (Code::InvalidArgument, "UNDECLARED_REASON"),
            DecisionError::Failed(status) => return status.clone(),
        };
        let details = tonic_types::ErrorDetails::with_error_info(
            reason,
            "onething",
            std::collections::HashMap::<String, String>::new(),
        );
        <Status as tonic_types::StatusExt>::with_error_details(code, error.to_string(), details)
    }
}

const PENDING_URL: &str = "type.googleapis.com/onething.participant.v1.Pending";

/// That a call is decided later. Nothing took effect yet, and the call is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// When the statutory time for deciding ends, in microseconds since the epoch.
    pub due: Option<i64>,
}

impl Pending {
    /// Reads it out of a status; none when the status does not say so.
    pub fn from_status(status: &Status) -> Option<Self> {
        detail::<participant::Pending>(status, PENDING_URL).map(Self::from)
    }
}

impl From<participant::Pending> for Pending {
    fn from(pending: participant::Pending) -> Self {
        Self {
            due: pending.due_at.map(|at| {
                let micros = at.seconds.saturating_mul(1_000_000);
                micros.saturating_add(i64::from(at.nanos) / 1_000)
            }),
        }
    }
}

impl From<Pending> for participant::Pending {
    fn from(pending: Pending) -> Self {
        Self {
            due_at: pending.due.map(timestamp),
        }
    }
}

impl From<Pending> for Status {
    /// UNAVAILABLE, so that a caller who does not know the detail sends the same call again.
    fn from(pending: Pending) -> Self {
        with_details(
            Code::Unavailable,
            "the department decides later; the call is recorded".to_owned(),
            "PENDING",
            PENDING_URL,
            participant::Pending::from(pending).encode_to_vec(),
        )
    }
}

/// A moment of the ledger on the wire.
pub(crate) fn timestamp(micros: i64) -> Timestamp {
    Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_survives_the_wire_and_is_no_refusal() {
        for pending in [
            Pending { due: None },
            Pending {
                due: Some(1_700_000_000_000_001),
            },
        ] {
            let status = Status::from(pending);
            assert_eq!(status.code(), Code::Unavailable);
            assert_eq!(Pending::from_status(&status), Some(pending));
            assert_eq!(Refusal::from_status(&status), None);
        }
        assert_eq!(Pending::from_status(&Status::unavailable("down")), None);
    }
}
