//! A rejection by the protocol: never a refusal by the department.

use onething_proto::participant::{self, RejectionReason};
use prost::Message;
use tonic::{Code, Status};

use crate::refusal::{detail, with_details};

const REJECTION_URL: &str = "type.googleapis.com/onething.participant.v1.Rejection";

/// Why the ledger does not let a call through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A higher epoch was seen: the caller has lost its lease.
    #[error("a higher epoch was seen for this key")]
    StaleEpoch,
    /// The key was used with other bytes.
    #[error("the key was used before with another request")]
    DigestMismatch,
    /// The key is closed: undone, or followed by a later round.
    #[error("the key is closed")]
    Closed,
    /// The round before has an effect or is undecided.
    #[error("the round before has an effect or is undecided")]
    RoundNotOpen,
}

impl Rejection {
    /// Reads the rejection out of a status; none when it carries none.
    pub fn from_status(status: &Status) -> Option<Self> {
        let rejection = detail::<participant::Rejection>(status, REJECTION_URL)?;
        match rejection.reason() {
            RejectionReason::StaleEpoch => Some(Self::StaleEpoch),
            RejectionReason::DigestMismatch => Some(Self::DigestMismatch),
            RejectionReason::Closed => Some(Self::Closed),
            RejectionReason::RoundNotOpen => Some(Self::RoundNotOpen),
            RejectionReason::Unspecified => None,
        }
    }
}

impl From<Rejection> for Status {
    fn from(rejection: Rejection) -> Self {
        let (reason, name) = match rejection {
            Rejection::StaleEpoch => (RejectionReason::StaleEpoch, "STALE_EPOCH"),
            Rejection::DigestMismatch => (RejectionReason::DigestMismatch, "DIGEST_MISMATCH"),
            Rejection::Closed => (RejectionReason::Closed, "CLOSED"),
            Rejection::RoundNotOpen => (RejectionReason::RoundNotOpen, "ROUND_NOT_OPEN"),
        };
        let detail = participant::Rejection {
            reason: reason.into(),
        }
        .encode_to_vec();
        with_details(
            Code::Aborted,
            rejection.to_string(),
            name,
            REJECTION_URL,
            detail,
        )
    }
}
