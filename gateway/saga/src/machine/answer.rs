//! What a department can say to a call, a question about a call, and an undo.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A definite "no effect" by a department, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable reason in `UPPER_SNAKE`, out of the action's declared list.
    pub reason: String,
    /// What to tell people.
    pub message: String,
    /// Machine-readable particulars; null when there are none.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub detail: serde_json::Value,
}

impl Refusal {
    /// A refusal without particulars.
    #[must_use]
    pub fn new(reason: &str, message: &str) -> Self {
        let (reason, message) = (reason.to_owned(), message.to_owned());
        Self {
            reason,
            message,
            detail: serde_json::Value::Null,
        }
    }
}

/// Answer to the action call itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The action took effect (or answered, for a query).
    Succeeded {
        /// The response as it came over the wire.
        response: Bytes,
    },
    /// The department asserts: no effect.
    Refused(Refusal),
    /// The department asserts: no effect, and the applicant may correct the application.
    Returned(Refusal),
    /// The department has taken it on and decides later.
    Pending,
    /// Anything that is neither success nor a definite refusal.
    Doubt {
        /// What happened, for operators.
        why: String,
    },
    /// The key was closed by an undo; the call cannot take effect any more.
    Closed,
    /// A higher epoch was seen: this engine no longer owns the saga.
    StaleEpoch,
    /// The department knows the key with another request.
    Mismatch,
}

/// Answer to the question what became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutcomeAnswer {
    /// The key is known and this is its answer.
    Known(Answer),
    /// The key was never seen, which proves nothing about a call still under way.
    NotSeen,
}

/// Answer to an undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoAnswer {
    /// The effect is annulled.
    Undone,
    /// There was no effect, and now there cannot be one.
    NothingToUndo,
    /// The pivot took effect and stays: the direction is forward.
    AlreadyEffective,
    /// The undo is under way (a refund, say); the same undo asks again.
    Pending,
    /// It cannot be undone.
    Impossible {
        /// Stable reason, for the owner who takes over.
        reason: String,
    },
    /// An answer this engine does not know.
    Unknown {
        /// What was answered.
        kind: String,
    },
    /// No definite answer.
    Doubt {
        /// What happened, for operators.
        why: String,
    },
    /// A higher epoch was seen: this engine no longer owns the saga.
    StaleEpoch,
}
