//! The variable segments of an address, with a problem for one that is no text.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use super::problem::{FieldProblem, Problem};

/// The one decoded segment.
#[derive(Debug)]
pub(super) struct Segment(pub(super) String);

/// Several decoded segments, in the order of the address.
#[derive(Debug)]
pub(super) struct Segments<const N: usize>(pub(super) [String; N]);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Segments([text]) = Segments::from_request_parts(parts, state).await?;
        Ok(Self(text))
    }
}

impl<const N: usize, S: Send + Sync> FromRequestParts<S> for Segments<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let texts = Path::<Vec<String>>::from_request_parts(parts, state).await;
        let texts = texts.ok().and_then(|Path(texts)| texts.try_into().ok());
        texts.map(Self).ok_or_else(|| {
            let errors = vec![FieldProblem::new("address", "ENCODING", "is not UTF-8")];
            Problem::new("PARAMETER_INVALID", "the address cannot be read").with(errors)
        })
    }
}
