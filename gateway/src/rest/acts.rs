//! `/v1/cases/{id}/…`: what happens to a case from outside after it was filed. Each is durable when it is
//! answered with the case; what follows from it goes on behind that answer.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};

use super::{
    body::{Object, Type},
    idempotency::IdempotencyKey,
    problem::{FieldProblem, Problem},
    segment::{Segment, Segments},
};
use crate::cases::{Cases, Done, LONGEST_REASON};

/// `POST /v1/cases/{id}/withdraw`: the applicant withdraws the case.
pub(super) async fn withdraw(
    State(cases): State<Cases>,
    Segment(id): Segment,
    body: Object,
) -> Result<Response, Problem> {
    let ([], [reason]) = body.some_members([], [("reason", Type::Text)])?;
    let reason = reason.unwrap_or_default();
    let reason = reason.as_str().unwrap_or_default();
    if reason.chars().count() > LONGEST_REASON {
        let must = format!("must have at most {LONGEST_REASON} characters");
        let errors = vec![FieldProblem::new("reason", "TOO_LONG", must)];
        let problem = Problem::new("REQUEST_INVALID", "the case was not withdrawn");
        return Err(problem.with(errors));
    }
    let done = cases.withdraw(&id, reason).await?;
    answer(&cases, &id, done).await
}

/// `POST /v1/cases/{id}/correct`: the applicant corrects what an officer returned.
pub(super) async fn correct(
    State(cases): State<Cases>,
    Segment(id): Segment,
    IdempotencyKey(key): IdempotencyKey,
    body: Object,
) -> Result<Response, Problem> {
    let ([form], [step]) = body.some_members([("form", Type::Object)], [("step", Type::Text)])?;
    let step = step.as_ref().and_then(|step| step.as_str());
    let done = cases.correct(&id, step, &form, &key).await?;
    answer(&cases, &id, done).await
}

/// `POST /v1/cases/{id}/acts/{step}`: what a step waits for from outside is done.
pub(super) async fn perform(
    State(cases): State<Cases>,
    Segments([id, step]): Segments<2>,
    IdempotencyKey(key): IdempotencyKey,
    body: Object,
) -> Result<Response, Problem> {
    let [] = body.members([])?;
    let done = cases.perform(&id, &step, &key).await?;
    answer(&cases, &id, done).await
}

/// The case as it stands now.
async fn answer(cases: &Cases, id: &str, done: Done) -> Result<Response, Problem> {
    let case = cases.read(id).await?;
    let mut response = (StatusCode::ACCEPTED, Json(case)).into_response();
    if done == Done::Before {
        let headers = response.headers_mut();
        headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}
