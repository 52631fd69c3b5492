//! A JSON object in a request body, with a problem for everything that is not one.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::header,
};
use serde_json::{Map, Value};

use super::problem::{FieldProblem, Problem};

/// The body as a JSON object.
#[derive(Debug)]
pub(super) struct Object(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Object {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media = request
            .headers()
            .get(header::CONTENT_TYPE)
            .map(|v| v.to_str().unwrap_or(""));
        // A body without a type is taken for JSON: it is the only one there is.
        if let Some(media) = media {
            let essence = media.split(';').next().unwrap_or_default().trim();
            if !essence.eq_ignore_ascii_case("application/json") {
                return Err(Problem::new(
                    "MEDIA_TYPE_UNSUPPORTED",
                    "send the header Content-Type: application/json",
                ));
            }
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        parse(&bytes)
    }
}

fn unread(rejection: BytesRejection) -> Problem {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        let limit = super::LARGEST_BODY;
        return Problem::new(
            "BODY_TOO_LARGE",
            format!("a body has at most {limit} bytes"),
        );
    }
    Problem::new("BODY_BROKEN_OFF", "the body could not be read to its end")
}

fn parse(bytes: &[u8]) -> Result<Object, Problem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::new("BODY_EMPTY", "send a JSON object"));
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(Object(object)),
        Ok(_) => Err(Problem::new(
            "REQUEST_INVALID",
            "the body is JSON but no object",
        )),
        Err(error) => Err(Problem::new(
            "BODY_NOT_JSON",
            // serde_json's own message could repeat what was sent.
            format!(
                "not JSON at line {}, column {}",
                error.line(),
                error.column()
            ),
        )),
    }
}

impl Object {
    /// Takes exactly these members out: every missing, unknown and mistyped one is named.
    pub(super) fn members<const N: usize>(
        self,
        wanted: [(&str, Type); N],
    ) -> Result<[Value; N], Problem> {
        let (values, []) = self.some_members(wanted, [])?;
        Ok(values)
    }

    /// Takes exactly these members out, of which some may be missing or null.
    pub(super) fn some_members<const N: usize, const M: usize>(
        mut self,
        wanted: [(&str, Type); N],
        optional: [(&str, Type); M],
    ) -> Result<([Value; N], [Option<Value>; M]), Problem> {
        let mut errors = Vec::new();
        let optional = optional.map(|(name, r#type)| {
            let value = self.0.remove(name).filter(|value| !value.is_null())?;
            if !r#type.fits(&value) {
                let must = format!("must be {}", r#type.name());
                errors.push(FieldProblem::new(name, "TYPE", must));
            }
            Some(value)
        });
        let values = wanted.map(|(name, r#type)| match self.0.remove(name) {
            None => {
                errors.push(FieldProblem::new(name, "MISSING", "is required"));
                Value::Null
            }
            Some(value) if !r#type.fits(&value) => {
                errors.push(FieldProblem::new(
                    name,
                    "TYPE",
                    format!("must be {}", r#type.name()),
                ));
                Value::Null
            }
            Some(value) => value,
        });
        for name in self.0.keys() {
            let name: String = name.chars().take(64).collect();
            errors.push(FieldProblem::new(
                name,
                "UNKNOWN",
                "is not a field of this request",
            ));
        }
        if errors.is_empty() {
            return Ok((values, optional));
        }
        Err(Problem::new(
            "REQUEST_INVALID",
            "nothing was done; `errors` lists every problem",
        )
        .with(errors))
    }
}

/// A JSON type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Object,
}

impl Type {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Object => value.is_object(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Object => "an object",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(body: &str) -> String {
        let object = match parse(body.as_bytes()) {
            Ok(object) => object,
            Err(problem) => return serde_json::to_value(problem).unwrap()["code"].to_string(),
        };
        let problem = object
            .members([("bundle", Type::Text), ("form", Type::Object)])
            .unwrap_err();
        serde_json::to_value(problem).unwrap()["errors"].to_string()
    }

    #[test]
    fn says_what_is_wrong_with_a_body() {
        assert_eq!(problem(" \n"), "\"BODY_EMPTY\"");
        assert_eq!(problem("{"), "\"BODY_NOT_JSON\"");
        assert_eq!(problem("[]"), "\"REQUEST_INVALID\"");
    }

    #[test]
    fn what_may_be_missing_may_be_missing_and_is_checked_when_it_is_not() {
        let read = |body: &str| {
            let object = parse(body.as_bytes()).unwrap();
            object
                .some_members([], [("reason", Type::Text)])
                .map(|([], [reason])| reason)
                .map_err(|problem| serde_json::to_value(problem).unwrap()["errors"].to_string())
        };
        assert_eq!(read("{}"), Ok(None));
        assert_eq!(read(r#"{"reason": null}"#), Ok(None));
        assert_eq!(read(r#"{"reason": "x"}"#), Ok(Some("x".into())));
        assert!(read(r#"{"reason": 1}"#).unwrap_err().contains("TYPE"));
        assert!(read(r#"{"raeson": "x"}"#).unwrap_err().contains("UNKNOWN"));
    }

    #[test]
    fn names_every_missing_mistyped_and_unknown_member_at_once() {
        let errors = problem(r#"{"bundle": 1, "extra": true}"#);
        for part in [
            "\"bundle\"",
            "\"TYPE\"",
            "\"form\"",
            "\"MISSING\"",
            "\"extra\"",
            "\"UNKNOWN\"",
        ] {
            assert!(errors.contains(part), "{part} in {errors}");
        }
    }
}
