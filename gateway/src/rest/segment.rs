//! The one variable segment of an address, with a problem for one that is no text.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use super::problem::{FieldProblem, Problem};

/// The decoded segment.
#[derive(Debug)]
pub(super) struct Segment(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => Ok(Self(text)),
            Err(_) => {
                let errors = vec![FieldProblem::new("address", "ENCODING", "is not UTF-8")];
                Err(Problem::new("PARAMETER_INVALID", "the address cannot be read").with(errors))
            }
        }
    }
}
