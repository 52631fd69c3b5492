//! Who may list and decide a department's reviews. Signing in by person is not its business.

use std::fmt;

use sha2::{Digest, Sha256};
use tonic::{Code, Status, metadata::MetadataMap};

/// Who may list and decide reviews.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Officers {
    /// Nobody: the department takes decisions elsewhere, or none.
    #[default]
    Nobody,
    /// Whoever sends the token as `authorization: Bearer TOKEN`.
    Token(String),
    /// Everybody who can reach the department.
    Everybody,
}

impl fmt::Debug for Officers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Token(_) => "Token([redacted])",
            Self::Everybody => "Everybody",
        })
    }
}

impl Officers {
    /// Lets a caller in or not.
    ///
    /// # Errors
    /// PERMISSION_DENIED where nobody is, UNAUTHENTICATED without the token.
    pub(super) fn admit(&self, metadata: &MetadataMap) -> Result<(), Status> {
        match self {
            Self::Everybody => Ok(()),
            Self::Token(token) if is_bearer(metadata, token) => Ok(()),
            Self::Token(_) => Err(rejected(
                Code::Unauthenticated,
                "TOKEN_INVALID",
                "send the department's token as `authorization: Bearer TOKEN`",
            )),
            Self::Nobody => Err(rejected(
                Code::PermissionDenied,
                "REVIEWS_CLOSED",
                "this department takes no decisions here: its setting `reviews` says so",
            )),
        }
    }
}

/// Digests are compared, so that the time it takes says nothing about the token.
fn is_bearer(metadata: &MetadataMap, token: &str) -> bool {
    let given = metadata.get("authorization").and_then(|v| v.to_str().ok());
    let given = given.and_then(|v| v.strip_prefix("Bearer "));
    given.is_some_and(|given| Sha256::digest(given) == Sha256::digest(token))
}

fn rejected(code: Code, reason: &str, message: &str) -> Status {
    let details = tonic_types::ErrorDetails::with_error_info(
        reason,
        "onething",
        std::collections::HashMap::<String, String>::new(),
    );
    <Status as tonic_types::StatusExt>::with_error_details(code, message, details)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_opens_and_nothing_like_it_does() {
        let officers = Officers::Token("correct horse battery".to_owned());
        let code = |header: Option<&str>| {
            let mut metadata = MetadataMap::new();
            if let Some(header) = header {
                metadata.insert("authorization", header.parse().unwrap());
            }
            officers.admit(&metadata).map_err(|status| status.code())
        };
        assert_eq!(code(Some("Bearer correct horse battery")), Ok(()));
        for wrong in [
            None,
            Some("correct horse battery"),
            Some("Bearer "),
            Some("Bearer correct horse batter"),
        ] {
            assert_eq!(code(wrong), Err(Code::Unauthenticated), "{wrong:?}");
        }
        assert!(!format!("{officers:?}").contains("horse"));
    }

    #[test]
    fn by_default_nobody_is_let_in() {
        let closed = Officers::default().admit(&MetadataMap::new());
        assert_eq!(closed.map_err(|s| s.code()), Err(Code::PermissionDenied));
        assert_eq!(
            Officers::Everybody
                .admit(&MetadataMap::new())
                .map_err(|s| s.code()),
            Ok(())
        );
    }
}
