//! Problem details (RFC 9457): one shape for every error, with a stable code.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use onething_bundle::FormProblem;
use onething_runtime::trace::current_trace_id;
use serde::Serialize;

use crate::cases::{ActError, ReadError, SubmitError};

/// An error as an app sees it.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct Problem(Box<Members>);

#[derive(Debug, Clone, Serialize)]
struct Members {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
}

/// What is wrong with one field. It never repeats the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FieldProblem {
    /// The field, for example `form.mother.id_number`.
    pub(super) field: String,
    /// What is wrong, as a stable code.
    pub(super) code: String,
    /// What is wrong, in words.
    pub(super) reason: String,
}

/// Every code with its status and title.
const CODES: &[(&str, StatusCode, &str)] = &[
    ("ADDRESS_UNKNOWN", StatusCode::NOT_FOUND, "Unknown address"),
    (
        "BODY_BROKEN_OFF",
        StatusCode::BAD_REQUEST,
        "Body broken off",
    ),
    ("BODY_EMPTY", StatusCode::BAD_REQUEST, "Empty body"),
    ("BODY_NOT_JSON", StatusCode::BAD_REQUEST, "Malformed JSON"),
    (
        "BODY_TOO_LARGE",
        StatusCode::PAYLOAD_TOO_LARGE,
        "Body too large",
    ),
    (
        "BUNDLE_NOT_DEFINED",
        StatusCode::NOT_FOUND,
        "Bundle not yet defined",
    ),
    ("BUNDLE_UNKNOWN", StatusCode::NOT_FOUND, "Unknown bundle"),
    (
        "CASE_CONFLICT",
        StatusCode::CONFLICT,
        "The case's state does not allow it",
    ),
    ("CASE_ERASED", StatusCode::CONFLICT, "Case erased"),
    (
        "CASE_SET_ASIDE",
        StatusCode::INTERNAL_SERVER_ERROR,
        "Case set aside",
    ),
    ("CASE_UNKNOWN", StatusCode::NOT_FOUND, "Unknown case"),
    (
        "FORM_INVALID",
        StatusCode::UNPROCESSABLE_ENTITY,
        "Invalid form",
    ),
    (
        "IDEMPOTENCY_KEY_INVALID",
        StatusCode::BAD_REQUEST,
        "Invalid Idempotency-Key",
    ),
    (
        "IDEMPOTENCY_KEY_MISSING",
        StatusCode::BAD_REQUEST,
        "Missing Idempotency-Key",
    ),
    (
        "IDEMPOTENCY_KEY_REUSED",
        StatusCode::UNPROCESSABLE_ENTITY,
        "Idempotency-Key used for something else",
    ),
    (
        "JOURNAL_UNAVAILABLE",
        StatusCode::SERVICE_UNAVAILABLE,
        "Journal unavailable",
    ),
    (
        "MEDIA_TYPE_UNSUPPORTED",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "Unsupported media type",
    ),
    (
        "METHOD_NOT_ALLOWED",
        StatusCode::METHOD_NOT_ALLOWED,
        "Method not allowed",
    ),
    (
        "OPERATORS_NOT_CONFIGURED",
        StatusCode::FORBIDDEN,
        "No operators",
    ),
    (
        "OPERATOR_READ_ONLY",
        StatusCode::FORBIDDEN,
        "Read-only operator",
    ),
    (
        "OPERATOR_TOKEN_MISSING",
        StatusCode::UNAUTHORIZED,
        "Missing token",
    ),
    (
        "OPERATOR_TOKEN_UNKNOWN",
        StatusCode::UNAUTHORIZED,
        "Unknown token",
    ),
    (
        "OVERLOADED",
        StatusCode::TOO_MANY_REQUESTS,
        "Too many cases under way",
    ),
    (
        "PARAMETER_INVALID",
        StatusCode::BAD_REQUEST,
        "Invalid parameter",
    ),
    (
        "PROPOSAL_UNKNOWN",
        StatusCode::NOT_FOUND,
        "Unknown proposal",
    ),
    (
        "REGION_UNKNOWN",
        StatusCode::UNPROCESSABLE_ENTITY,
        "Unknown region",
    ),
    (
        "REQUEST_INVALID",
        StatusCode::UNPROCESSABLE_ENTITY,
        "Invalid request",
    ),
    (
        "SAGA_CONFLICT",
        StatusCode::CONFLICT,
        "The saga's state does not allow it",
    ),
    (
        "SAGA_DAMAGED",
        StatusCode::INTERNAL_SERVER_ERROR,
        "Damaged saga",
    ),
    ("SAGA_SET_ASIDE", StatusCode::CONFLICT, "Saga set aside"),
    ("SAGA_UNKNOWN", StatusCode::NOT_FOUND, "Unknown saga"),
    (
        "STEP_NOT_WAITING",
        StatusCode::CONFLICT,
        "The step does not wait for an act",
    ),
    ("STEP_UNKNOWN", StatusCode::NOT_FOUND, "Unknown step"),
    (
        "STOPPING",
        StatusCode::SERVICE_UNAVAILABLE,
        "The gateway is stopping",
    ),
];

impl Problem {
    /// A problem with one of the known codes.
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        let known = CODES.iter().find(|(name, ..)| *name == code);
        let (_, status, title) =
            known
                .copied()
                .unwrap_or((code, StatusCode::INTERNAL_SERVER_ERROR, "Internal error"));
        Self(Box::new(Members {
            r#type: format!(
                "urn:onething:problem:{}",
                code.to_ascii_lowercase().replace('_', "-")
            ),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            trace_id: current_trace_id(),
        }))
    }

    /// Says which fields are concerned.
    pub(super) fn with(mut self, errors: Vec<FieldProblem>) -> Self {
        self.0.errors = errors;
        self
    }
}

impl FieldProblem {
    pub(super) fn new(
        field: impl Into<String>,
        code: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            code: code.into(),
            reason: reason.into(),
        }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        let text = error.to_string();
        match error {
            SubmitError::UnknownBundle => {
                let reason = "is none of those that GET /v1/bundles lists";
                Self::new("BUNDLE_UNKNOWN", text)
                    .with(vec![FieldProblem::new("bundle", "UNKNOWN", reason)])
            }
            SubmitError::NotDefined => {
                let reason = "is announced, and nobody has defined it yet";
                Self::new("BUNDLE_NOT_DEFINED", text).with(vec![FieldProblem::new(
                    "bundle",
                    "NOT_DEFINED",
                    reason,
                )])
            }
            SubmitError::UnknownRegion => {
                let reason = "is no code of a region, league or county (GB/T 2260)";
                Self::new("REGION_UNKNOWN", text)
                    .with(vec![FieldProblem::new("region", "UNKNOWN", reason)])
            }
            SubmitError::Form(problems) => {
                let detail = "nothing was filed; `errors` lists every problem";
                Self::new("FORM_INVALID", detail).with(form_errors(problems))
            }
            SubmitError::KeyReused => Self::new(
                "IDEMPOTENCY_KEY_REUSED",
                "this key was used for a case with other content; take a new key for a new case",
            ),
            SubmitError::Erased => Self::new(
                "CASE_ERASED",
                "this key filed a case that is erased since, so nobody can tell whether this is the same one; nothing was filed: take a new key to file it anew",
            ),
            SubmitError::Overloaded => Self::new(
                "OVERLOADED",
                "too many cases are under way; nothing was written: send the same request again in a few seconds",
            ),
            SubmitError::Stopping => Self::new("STOPPING", "send the same request again shortly"),
            SubmitError::Unavailable(source) => {
                tracing::error!(error = &source as &dyn std::error::Error, "case not filed");
                Self::new(
                    "JOURNAL_UNAVAILABLE",
                    "it is unknown whether the case was filed; send it again with the same key",
                )
            }
        }
    }
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        let text = error.to_string();
        match error {
            ActError::Read(error) => error.into(),
            ActError::UnknownStep(_) => Self::new("STEP_UNKNOWN", text),
            ActError::NotWaiting { .. } => Self::new("STEP_NOT_WAITING", text),
            ActError::Conflict(_) => Self::new("CASE_CONFLICT", text),
            ActError::KeyReused => Self::new(
                "IDEMPOTENCY_KEY_REUSED",
                "this key was used for something else in this case; take a new key",
            ),
            ActError::Form(problems) => {
                let detail = "nothing was corrected; `errors` lists every problem";
                Self::new("FORM_INVALID", detail).with(form_errors(problems))
            }
            ActError::Stopping => Self::new("STOPPING", "send the same request again shortly"),
            ActError::Unavailable(source) => {
                tracing::error!(error = &source as &dyn std::error::Error, "act not kept");
                let detail = "it is unknown whether it was done; send the same request again";
                Self::new("JOURNAL_UNAVAILABLE", detail)
            }
        }
    }
}

fn form_errors(problems: Vec<FormProblem>) -> Vec<FieldProblem> {
    problems
        .into_iter()
        .map(|p| FieldProblem::new(format!("form.{}", p.field), p.code, p.reason))
        .collect()
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        let text = error.to_string();
        match error {
            ReadError::Unknown => Self::new("CASE_UNKNOWN", text),
            ReadError::SetAside(source) => {
                tracing::error!(
                    error = &source as &dyn std::error::Error,
                    "case cannot be read"
                );
                Self::new("CASE_SET_ASIDE", text)
            }
            ReadError::Unavailable(source) => {
                tracing::error!(
                    error = &source as &dyn std::error::Error,
                    "journal not read"
                );
                Self::new("JOURNAL_UNAVAILABLE", text)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self)).into_response();
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"onething\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
        if [
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::TOO_MANY_REQUESTS,
        ]
        .contains(&status)
        {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(CODES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_problem_names_its_code_type_and_status() {
        let problem = Problem::new("BUNDLE_UNKNOWN", "x");
        assert_eq!(
            (problem.0.status, problem.0.r#type.as_str()),
            (404, "urn:onething:problem:bundle-unknown")
        );
    }
}
