//! A department's refusal: definite, recorded, and without effect.

use onething_proto::participant;
use prost::Message;
use serde::{Deserialize, Serialize};
use tonic::{Code, Status};
use tonic_types::pb;

/// The reason for refusing a matter that the department does not accept at present (暂停受理).
pub const MATTER_SUSPENDED: &str = "MATTER_SUSPENDED";
/// The reason for a refusal that the law deems given, since the time for deciding passed.
pub const DEEMED_REFUSED: &str = "DEEMED_REFUSED";
/// The reason for returning an application when the officer names none that the method declares.
pub const RETURNED: &str = "RETURNED";
/// The reason for refusing an input that can never be accepted as it is.
pub const INVALID_INPUT: &str = "INVALID_INPUT";

/// Why a department refuses. It asserts that nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// A reason that the method declares, or one of the two that any method may give.
    pub reason: String,
    /// What to tell the applicant. It repeats no personal data.
    pub message: String,
    /// The request field it is about; empty when it is about none.
    #[serde(default)]
    pub field: String,
}

impl Refusal {
    /// A refusal about no field in particular.
    pub fn new(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            message: message.into(),
            field: String::new(),
        }
    }

    /// A refusal of a malformed field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            reason: INVALID_INPUT.to_owned(),
            message: message.into(),
            field: field.into(),
        }
    }

    /// Says which request field it is about.
    #[must_use]
    pub fn about(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }

    /// Reads the refusal out of a status; none when the status asserts none.
    pub fn from_status(status: &Status) -> Option<Self> {
        detail::<participant::Refusal>(status, REFUSAL_URL).map(Self::from)
    }

    /// Whether a status that carries a refusal says that the application was returned to the
    /// applicant for correction.
    pub fn is_return(status: &Status) -> bool {
        detail::<participant::Refusal>(status, REFUSAL_URL).is_some_and(|refusal| refusal.returned)
    }

    /// The status that tells a caller that the application was returned for this reason.
    pub fn returned(self) -> Status {
        self.into_status(true)
    }

    /// The refusal on the wire.
    pub(crate) fn into_message(self, returned: bool) -> participant::Refusal {
        participant::Refusal {
            returned,
            ..self.into()
        }
    }

    fn into_status(self, returned: bool) -> Status {
        let code = match self.reason.as_str() {
            INVALID_INPUT => Code::InvalidArgument,
            reason if reason.ends_with("_NOT_FOUND") => Code::NotFound,
            _ => Code::FailedPrecondition,
        };
        let reason = self.reason.clone();
        let message = self.message.clone();
        let detail = self.into_message(returned).encode_to_vec();
        with_details(code, message, &reason, REFUSAL_URL, detail)
    }
}

const REFUSAL_URL: &str = "type.googleapis.com/onething.participant.v1.Refusal";
const INFO_URL: &str = "type.googleapis.com/google.rpc.ErrorInfo";

impl From<Refusal> for participant::Refusal {
    fn from(refusal: Refusal) -> Self {
        let Refusal {
            reason,
            message,
            field,
        } = refusal;
        Self {
            reason,
            message,
            field,
            returned: false,
        }
    }
}

impl From<participant::Refusal> for Refusal {
    fn from(refusal: participant::Refusal) -> Self {
        let participant::Refusal {
            reason,
            message,
            field,
            returned: _,
        } = refusal;
        Self {
            reason,
            message,
            field,
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        refusal.into_status(false)
    }
}

/// A status with one detail of ours, and `google.rpc.ErrorInfo` for everyone else.
pub(crate) fn with_details(
    code: Code,
    message: String,
    reason: &str,
    url: &str,
    detail: Vec<u8>,
) -> Status {
    let info = pb::ErrorInfo {
        reason: reason.to_owned(),
        domain: "onething".to_owned(),
        metadata: std::collections::HashMap::default(),
    };
    let any = |url: &str, value| prost_types::Any {
        type_url: url.to_owned(),
        value,
    };
    let whole = pb::Status {
        code: code as i32,
        message: message.clone(),
        details: vec![any(url, detail), any(INFO_URL, info.encode_to_vec())],
    };
    Status::with_details(code, message, whole.encode_to_vec().into())
}

/// The first detail of a type in a status.
pub(crate) fn detail<T: Message + Default>(status: &Status, url: &str) -> Option<T> {
    let whole = pb::Status::decode(status.details()).ok()?;
    let any = whole.details.iter().find(|any| any.type_url == url)?;
    T::decode(any.value.as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_survives_the_wire_and_a_bare_status_is_none() {
        let refusal = Refusal::new("NOT_MARRIED", "No marriage is registered.").about("id_number");
        let status = Status::from(refusal.clone());
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert!(!Refusal::is_return(&status));
        assert_eq!(Refusal::from_status(&status), Some(refusal.clone()));
        let status = refusal.clone().returned();
        assert!(Refusal::is_return(&status));
        assert_eq!(Refusal::from_status(&status), Some(refusal));
        assert_eq!(
            Refusal::from_status(&Status::failed_precondition("NOT_MARRIED")),
            None
        );
    }
}
