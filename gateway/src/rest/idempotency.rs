//! The `Idempotency-Key` of a request that creates something.

use axum::{extract::FromRequestParts, http::request::Parts};

use super::problem::Problem;

const NAME: &str = "idempotency-key";
const LONGEST: usize = 128;

/// The caller's name for a request: the same name again creates nothing.
#[derive(Debug)]
pub(super) struct IdempotencyKey(pub(super) String);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(NAME) else {
            return Err(Problem::new(
                "IDEMPOTENCY_KEY_MISSING",
                "send an Idempotency-Key header, for example a UUID, and the same one again when you repeat the request",
            ));
        };
        match value.to_str() {
            Ok(key) if is_key(key) => Ok(Self(key.to_owned())),
            _ => Err(Problem::new(
                "IDEMPOTENCY_KEY_INVALID",
                format!("an Idempotency-Key is 1 to {LONGEST} printable ASCII characters"),
            )),
        }
    }
}

/// Whether a text can be a key.
pub(crate) fn is_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= LONGEST && key.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_printable() {
        assert!(is_key("8e03978e-40d5-43dd-bc93-6894a57f9324"));
        assert!(!is_key("") && !is_key("a b") && !is_key("é") && !is_key(&"x".repeat(129)));
    }
}
