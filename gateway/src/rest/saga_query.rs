//! The parameters of a list of sagas and of a saga's journal: all that is wrong with them is told
//! at once.

use std::time::Duration;

use axum::{
    extract::{FromRequestParts, Query as Parameters},
    http::request::Parts,
};

use super::problem::{FieldProblem, Problem};
use crate::operators::{Query, saga_state};

/// The longest page, and the one that is given when none is asked for.
const LARGEST_PAGE: u32 = 500;
const PAGE: u32 = 100;

/// What a list is asked for.
#[derive(Debug)]
pub(super) struct ListOf(pub(super) Query);

impl<S: Send + Sync> FromRequestParts<S> for ListOf {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = Query {
            size: PAGE,
            ..Query::default()
        };
        read(parts, state, |name, value| {
            match name {
                "state" => {
                    let state = saga_state(value).ok_or(
                        "is none of accepted, running, committed, completed, compensating, \
                         compensated, partial, halted, reconciled, escalated and rejected",
                    )?;
                    query.state = Some(state);
                }
                "bundle" => query.bundle = Some(value.to_owned()),
                "department" => query.department = Some(value.to_owned()),
                "older_than" => query.older_than = Some(duration(value)?),
                "quarantined" => query.quarantined = Some(boolean(value)?),
                "without_wake" => query.without_wake = boolean(value)?,
                "page_size" => query.size = size(value)?,
                "page_token" => {
                    let after = value.parse().map_err(|_| NO_TOKEN)?;
                    query.after = Some(after);
                }
                _ => return Err(UNKNOWN),
            }
            Ok(())
        })
        .await?;
        Ok(Self(query))
    }
}

/// Which rows of a journal are asked for.
#[derive(Debug)]
pub(super) struct RowsOf {
    pub(super) from: u64,
    pub(super) size: u32,
}

impl<S: Send + Sync> FromRequestParts<S> for RowsOf {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut rows = Self {
            from: 1,
            size: PAGE,
        };
        read(parts, state, |name, value| {
            match name {
                "page_size" => rows.size = size(value)?,
                "page_token" => rows.from = value.parse().map_err(|_| NO_TOKEN)?,
                _ => return Err(UNKNOWN),
            }
            Ok(())
        })
        .await?;
        Ok(rows)
    }
}

pub(super) const UNKNOWN: &str = "is not a parameter of this address";
const NO_TOKEN: &str = "is not a token that a page before gave";

pub(super) async fn read<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    mut take: impl FnMut(&str, &str) -> Result<(), &'static str>,
) -> Result<(), Problem> {
    let invalid = |errors: Vec<FieldProblem>| {
        Problem::new("PARAMETER_INVALID", "`errors` lists every problem").with(errors)
    };
    let parameters = Parameters::<Vec<(String, String)>>::from_request_parts(parts, state).await;
    let Ok(Parameters(parameters)) = parameters else {
        let why = "is not name=value, joined by &";
        return Err(invalid(vec![FieldProblem::new("query", "ENCODING", why)]));
    };
    let mut errors = Vec::new();
    for (name, value) in parameters {
        if let Err(reason) = take(&name, &value) {
            let code = if reason == UNKNOWN {
                "UNKNOWN"
            } else {
                "VALUE"
            };
            let name: String = name.chars().take(64).collect();
            errors.push(FieldProblem::new(name, code, reason));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(invalid(errors))
    }
}

fn size(value: &str) -> Result<u32, &'static str> {
    let size = value
        .parse()
        .ok()
        .filter(|size| (1..=LARGEST_PAGE).contains(size));
    size.ok_or("is not a number from 1 to 500")
}

/// `?quarantined` alone means yes.
pub(super) fn boolean(value: &str) -> Result<bool, &'static str> {
    match value {
        "" | "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("is neither true nor false"),
    }
}

/// `90s`, `30m`, `36h`, `2d` or `1w`.
fn duration(value: &str) -> Result<Duration, &'static str> {
    let wrong = "is not a number with one of the units s, m, h, d and w, such as 2d";
    let unit = value.chars().last().ok_or(wrong)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return Err(wrong),
    };
    let number: u32 = value[..value.len() - unit.len_utf8()]
        .parse()
        .map_err(|_| wrong)?;
    Ok(Duration::from_secs(seconds * u64::from(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn list(query: &str) -> Result<Query, String> {
        let uri = format!("http://gateway/v1/sagas?{query}");
        let request = http::Request::get(uri).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        match ListOf::from_request_parts(&mut parts, &()).await {
            Ok(ListOf(query)) => Ok(query),
            Err(problem) => Err(serde_json::to_string(&problem).unwrap()),
        }
    }

    #[tokio::test]
    async fn every_criterion_is_read() {
        let query = list("state=halted&bundle=newborn&older_than=2d&quarantined&without_wake=true")
            .await
            .unwrap();
        assert_eq!(query.state, Some(onething_saga::SagaState::Halted));
        assert_eq!(query.bundle.as_deref(), Some("newborn"));
        assert_eq!(query.older_than, Some(Duration::from_hours(48)));
        assert_eq!(query.quarantined, Some(true));
        assert!(query.without_wake);
        assert_eq!(query.size, PAGE);
    }

    #[tokio::test]
    async fn every_parameter_that_is_wrong_is_named_at_once() {
        let wrong =
            "state=sad&older_than=two&quarantined=maybe&page_size=501&page_token=x&colour=red";
        let problem = list(wrong).await.unwrap_err();
        for name in [
            "state",
            "older_than",
            "quarantined",
            "page_size",
            "page_token",
            "colour",
        ] {
            assert!(
                problem.contains(&format!("\"field\":\"{name}\"")),
                "{name}: {problem}"
            );
        }
    }

    #[test]
    fn ages_have_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1w"), Ok(Duration::from_hours(168)));
        for wrong in ["", "2", "d", "-1d", "1.5h", "2天", "99999999999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
