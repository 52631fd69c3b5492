//! What an action call's answer means, and how to tell it to a person.

use bytes::Bytes;
use onething_proto::participant::{Pending, Refusal, Rejection, RejectionReason};
use prost::Message;
use tonic::{Code, Status};
use tonic_types::pb;

/// The package of the contract, in which the error details are.
const PACKAGE: &str = "onething.participant.v1";

/// An answer to an action call.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// It took effect.
    Done(Bytes),
    /// The department refuses.
    Refused(Refusal),
    /// The protocol rejects.
    Rejected(RejectionReason),
    /// It is decided later.
    Pending(Pending),
    /// Anything else: a coordinator learns nothing from it.
    Failed(Status),
}

impl Answer {
    /// Reads an answer by its details alone, as a coordinator does.
    pub(super) fn of(answer: Result<Bytes, Status>) -> Self {
        let status = match answer {
            Ok(bytes) => return Self::Done(bytes),
            Err(status) => status,
        };
        if let Some(refusal) = detail::<Refusal>(&status, "Refusal") {
            return Self::Refused(refusal);
        }
        if let Some(rejection) = detail::<Rejection>(&status, "Rejection") {
            return Self::Rejected(rejection.reason());
        }
        match detail::<Pending>(&status, "Pending") {
            Some(pending) if status.code() == Code::Unavailable => Self::Pending(pending),
            _ => Self::Failed(status),
        }
    }

    /// Whether the same call is simply to be sent again.
    pub(super) fn is_transient(&self) -> bool {
        let Self::Failed(status) = self else {
            return false;
        };
        matches!(
            status.code(),
            Code::Unavailable | Code::Aborted | Code::ResourceExhausted | Code::DeadlineExceeded
        )
    }

    /// What came, for a person.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Done(bytes) => format!("OK with an answer of {} bytes", bytes.len()),
            Self::Refused(refusal) => format!("the refusal {}", refusal.reason),
            Self::Rejected(reason) => format!("the rejection {}", name_of(*reason)),
            Self::Pending(_) => "\"decided later\" (Pending)".to_owned(),
            Self::Failed(status) => told(status),
        }
    }
}

/// A status without a detail of the contract, for a person.
pub(super) fn told(status: &Status) -> String {
    let code = code_name(status.code());
    let details = detail_names(status);
    let with = if details.is_empty() {
        "no error detail".to_owned()
    } else {
        format!("the error details {}", details.join(", "))
    };
    format!("{code} with {with} (message: {:?})", status.message())
}

/// The rejection in a status, if it carries one.
pub(super) fn rejection(status: &Status) -> Option<RejectionReason> {
    detail::<Rejection>(status, "Rejection").map(|rejection| rejection.reason())
}

/// A rejection's name without its prefix.
pub(super) fn name_of(reason: RejectionReason) -> &'static str {
    reason.as_str_name().trim_start_matches("REJECTION_REASON_")
}

fn detail<T: Message + Default>(status: &Status, name: &str) -> Option<T> {
    let whole = pb::Status::decode(status.details()).ok()?;
    let full = format!("{PACKAGE}.{name}");
    let any = whole
        .details
        .iter()
        .find(|any| any.type_url.rsplit('/').next() == Some(full.as_str()))?;
    T::decode(any.value.as_slice()).ok()
}

fn detail_names(status: &Status) -> Vec<String> {
    let whole = pb::Status::decode(status.details()).unwrap_or_default();
    let names = whole.details.iter();
    names
        .map(|any| {
            any.type_url
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: Code, name: &str, detail: &impl Message) -> Status {
        let whole = pb::Status {
            code: code as i32,
            message: String::new(),
            details: vec![prost_types::Any {
                type_url: format!("type.googleapis.com/{PACKAGE}.{name}"),
                value: detail.encode_to_vec(),
            }],
        };
        Status::with_details(code, "", whole.encode_to_vec().into())
    }

    #[test]
    fn only_a_detail_of_the_contract_means_something() {
        let rejection = Rejection {
            reason: RejectionReason::Closed.into(),
        };
        let rejected = Answer::of(Err(status(Code::Aborted, "Rejection", &rejection)));
        assert!(matches!(
            rejected,
            Answer::Rejected(RejectionReason::Closed)
        ));
        assert_eq!(rejected.told(), "the rejection CLOSED");

        let bare = Answer::of(Err(Status::aborted("CLOSED")));
        assert!(bare.is_transient());
        assert_eq!(
            bare.told(),
            "ABORTED with no error detail (message: \"CLOSED\")"
        );
    }

    #[test]
    fn pending_needs_the_code_that_others_repeat_on() {
        let pending = Pending::default();
        let good = Answer::of(Err(status(Code::Unavailable, "Pending", &pending)));
        assert!(matches!(good, Answer::Pending(_)));
        let other = Answer::of(Err(status(Code::Internal, "Pending", &pending)));
        assert!(matches!(other, Answer::Failed(_)));
        assert!(other.told().contains("onething.participant.v1.Pending"));
    }
}
