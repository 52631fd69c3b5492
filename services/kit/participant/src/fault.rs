//! What can go wrong inside a department, other than a refusal. None of it has an effect.

use tonic::{Code, Status};

/// A failure that leaves no effect behind and lets the caller try again.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] onething_db::Error),
    /// The system gives no thread.
    #[error("the system gives no thread")]
    Thread(#[source] std::io::Error),
    /// A stored record cannot be read back.
    #[error("a stored record of {what} cannot be read")]
    Corrupt {
        /// What it is a record of.
        what: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An action broke the rules of its own contract.
    #[error("{method}: {problem}")]
    Contract {
        /// The method.
        method: String,
        /// Which rule.
        problem: String,
    },
    /// The system of the department that would know does not answer, or not as it should.
    #[error("a system of the department does not answer: {0}")]
    Elsewhere(String),
    /// An officer approves before the time has come; nothing is decided, and the review stays open.
    /// Says until when.
    #[error("{0}")]
    ReviewNotDue(String),
    /// A number sequence or another resource is used up.
    #[error("{0} is used up")]
    Exhausted(&'static str),
}

impl From<Fault> for Status {
    /// What a caller learns: whether to try again, and nothing of the database.
    fn from(fault: Fault) -> Self {
        // Whoever is too early is told so; nothing has failed.
        if let Fault::ReviewNotDue(message) = &fault {
            return with_reason(Code::FailedPrecondition, "REVIEW_NOT_DUE", message);
        }
        // A failure is logged once, here, where it leaves the department.
        tracing::error!(
            error = &fault as &dyn std::error::Error,
            "call failed without effect"
        );
        let (code, reason, message) = match &fault {
            Fault::Database(error) if error.is_transient() => (
                Code::Unavailable,
                "DATABASE_UNAVAILABLE",
                "the department's database does not answer",
            ),
            Fault::Elsewhere(_) => (
                Code::Unavailable,
                "SYSTEM_UNAVAILABLE",
                "a system of the department does not answer",
            ),
            Fault::Exhausted(_) | Fault::Thread(_) => (
                Code::ResourceExhausted,
                "EXHAUSTED",
                "a resource is used up",
            ),
            _ => (
                Code::Internal,
                "INTERNAL",
                "the department could not carry this out",
            ),
        };
        with_reason(code, reason, message)
    }
}

fn with_reason(code: Code, reason: &str, message: &str) -> Status {
    let details = tonic_types::ErrorDetails::with_error_info(
        reason,
        "onething",
        std::collections::HashMap::<String, String>::new(),
    );
    <Status as tonic_types::StatusExt>::with_error_details(code, message, details)
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt;

    use super::*;

    #[test]
    fn an_officer_who_is_too_early_is_told_until_when_and_of_a_failure_nobody_learns_more() {
        let status = Status::from(Fault::ReviewNotDue("It is public until then.".to_owned()));
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert_eq!(status.message(), "It is public until then.");
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "REVIEW_NOT_DUE");

        let status = Status::from(Fault::Elsewhere("password".to_owned()));
        assert_eq!(status.code(), Code::Unavailable);
        assert!(!status.message().contains("password"), "{status:?}");
    }
}
