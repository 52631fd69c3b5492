//! Who an operator's request comes from: the bearer token in `Authorization`.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header, request::Parts},
};

use super::problem::Problem;
use crate::operators::{Operator, Sagas};

/// An operator who may look.
#[derive(Debug)]
pub(super) struct Looking;

/// An operator who may act.
#[derive(Debug)]
pub(super) struct Acting(pub(super) Operator);

impl<S> FromRequestParts<S> for Looking
where
    Sagas: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        identify(parts, &Sagas::from_ref(state)).map(|_| Self)
    }
}

impl<S> FromRequestParts<S> for Acting
where
    Sagas: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let operator = identify(parts, &Sagas::from_ref(state))?;
        if operator.read_only {
            let why = format!(
                "{} is configured as read-only: it looks and never acts",
                operator.name
            );
            return Err(Problem::new("OPERATOR_READ_ONLY", why));
        }
        Ok(Self(operator))
    }
}

fn identify(parts: &Parts, sagas: &Sagas) -> Result<Operator, Problem> {
    let roster = sagas.roster();
    if roster.is_empty() {
        return Err(Problem::new(
            "OPERATORS_NOT_CONFIGURED",
            "this gateway has no operators; name them in its settings under gateway.operators",
        ));
    }
    let token = parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(bearer);
    let Some(token) = token else {
        return Err(Problem::new(
            "OPERATOR_TOKEN_MISSING",
            "send an operator's token in the header Authorization: Bearer TOKEN",
        ));
    };
    roster.identify(token).cloned().ok_or_else(|| {
        tracing::warn!("a request with the token of no operator was turned away");
        Problem::new(
            "OPERATOR_TOKEN_UNKNOWN",
            "the token is not that of an operator of this gateway",
        )
    })
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_the_only_kind() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        for other in ["Basic abc", "Bearer", "Bearer ", "abc", ""] {
            assert_eq!(bearer(other), None, "{other}");
        }
    }
}
