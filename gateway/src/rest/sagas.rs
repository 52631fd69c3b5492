//! `/v1/sagas`: the operators' tools. Every request needs an operator's token; every act is
//! journaled with the operator's name.

use axum::{
    Extension, Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use onething_saga::OwnerAct;
use serde_json::Value;

use super::{
    body::{Object, Type},
    operator::{Acting, Looking},
    problem::{FieldProblem, Problem},
    saga_query::{ListOf, RowsOf},
    segment::{Segment, Segments},
};
use crate::operators::{Again, Chain, Detail, Listing, Operator, Rows, SagaError, Sagas};

/// The longest reason, in characters.
const LONGEST_TEXT: usize = 2_000;

/// The routes.
pub(super) fn router(sagas: Sagas) -> Router {
    Router::new()
        .route("/v1/sagas", get(list))
        .route("/v1/sagas/{id}", get(show))
        .route("/v1/sagas/{id}/events", get(rows))
        .route("/v1/sagas/{id}/verify", post(verify))
        .route(
            "/v1/sagas/{id}/retry",
            post(again).layer(Extension(Again::Step)),
        )
        .route(
            "/v1/sagas/{id}/undo",
            post(again).layer(Extension(Again::Undo)),
        )
        .route("/v1/sagas/{id}/skip", post(skip))
        .route("/v1/sagas/{id}/attest", post(attest))
        .route("/v1/sagas/{id}/erase", post(erase))
        .route("/v1/sagas/{id}/proposals/{n}/approve", post(approve))
        .route("/v1/sagas/{id}/proposals/{n}/decline", post(decline))
        .with_state(sagas)
}

/// `GET /v1/sagas`: a page of sagas, oldest first.
async fn list(
    State(sagas): State<Sagas>,
    _: Looking,
    ListOf(query): ListOf,
) -> Result<Json<Listing>, Problem> {
    Ok(Json(sagas.list(&query).await?))
}

/// `GET /v1/sagas/{id}`: one saga with everything in it.
async fn show(
    State(sagas): State<Sagas>,
    _: Looking,
    Segment(id): Segment,
) -> Result<Json<Detail>, Problem> {
    Ok(Json(sagas.show(&id).await?))
}

/// `GET /v1/sagas/{id}/events`: a page of its journal, without requests and responses.
async fn rows(
    State(sagas): State<Sagas>,
    _: Looking,
    Segment(id): Segment,
    RowsOf { from, size }: RowsOf,
) -> Result<Json<Rows>, Problem> {
    Ok(Json(sagas.rows(&id, from, size).await?))
}

/// `POST /v1/sagas/{id}/verify`: whether its journal is what was written. Changes nothing.
async fn verify(
    State(sagas): State<Sagas>,
    _: Looking,
    Segment(id): Segment,
) -> Result<Json<Chain>, Problem> {
    Ok(Json(sagas.verify(&id).await?))
}

/// `POST /v1/sagas/{id}/retry` and `undo`: has a refused or halted step, or a failed undo, tried again.
async fn again(
    State(sagas): State<Sagas>,
    Acting(operator): Acting,
    Segment(id): Segment,
    Extension(again): Extension<Again>,
    body: Object,
) -> Result<Json<Detail>, Problem> {
    let [step, reason] = texts(body, ["step", "reason"])?;
    let detail = sagas.again(&operator, &id, &step, again, &reason);
    Ok(Json(detail.await?))
}

/// `POST /v1/sagas/{id}/skip`: proposes to go on without a step that has no effect.
async fn skip(
    State(sagas): State<Sagas>,
    Acting(operator): Acting,
    Segment(id): Segment,
    body: Object,
) -> Result<Response, Problem> {
    let [step, reason] = texts(body, ["step", "reason"])?;
    propose(&sagas, &operator, &id, &step, OwnerAct::Skip, &reason).await
}

/// `POST /v1/sagas/{id}/attest`: proposes to record what became of a step's effect.
async fn attest(
    State(sagas): State<Sagas>,
    Acting(operator): Acting,
    Segment(id): Segment,
    body: Object,
) -> Result<Response, Problem> {
    let [step, disposition, reason] = texts(body, ["step", "disposition", "reason"])?;
    let act = OwnerAct::Attest { disposition };
    propose(&sagas, &operator, &id, &step, act, &reason).await
}

async fn propose(
    sagas: &Sagas,
    operator: &Operator,
    id: &str,
    step: &str,
    act: OwnerAct,
    reason: &str,
) -> Result<Response, Problem> {
    let proposed = sagas.propose(operator, id, step, act, reason).await?;
    Ok((StatusCode::CREATED, Json(proposed)).into_response())
}

/// `POST /v1/sagas/{id}/erase`: erases what an ended case's journal carries of people's lives, once its
/// time of keeping is over.
async fn erase(
    State(sagas): State<Sagas>,
    Acting(operator): Acting,
    Segment(id): Segment,
    body: Object,
) -> Result<Json<Detail>, Problem> {
    let [reason] = texts(body, ["reason"])?;
    Ok(Json(sagas.erase(&operator, &id, &reason).await?))
}

/// `POST /v1/sagas/{id}/proposals/{n}/approve`: settles a step as another operator proposed.
async fn approve(
    State(sagas): State<Sagas>,
    Acting(operator): Acting,
    Segments([id, number]): Segments<2>,
) -> Result<Json<Detail>, Problem> {
    Ok(Json(sagas.approve(&operator, &id, &number).await?))
}

/// `POST /v1/sagas/{id}/proposals/{n}/decline`: leaves a step as it is.
async fn decline(
    State(sagas): State<Sagas>,
    Acting(operator): Acting,
    Segments([id, number]): Segments<2>,
    body: Object,
) -> Result<Json<Detail>, Problem> {
    let [reason] = texts(body, ["reason"])?;
    Ok(Json(sagas.decline(&operator, &id, &number, &reason).await?))
}

/// Exactly these members, none of them blank.
fn texts<const N: usize>(body: Object, names: [&str; N]) -> Result<[String; N], Problem> {
    let values = body.members(names.map(|name| (name, Type::Text)))?;
    let texts = values.map(|value| match value {
        Value::String(text) => text.trim().to_owned(),
        _ => String::new(),
    });
    let problem = |name: &str, text: &String| {
        let (code, reason) = match text.chars().count() {
            0 => ("BLANK", "must not be blank"),
            length if length > LONGEST_TEXT => ("TOO_LONG", "has at most 2000 characters"),
            _ => return None,
        };
        Some(FieldProblem::new(name, code, reason))
    };
    let errors: Vec<_> = names
        .iter()
        .zip(&texts)
        .filter_map(|(name, text)| problem(name, text))
        .collect();
    if errors.is_empty() {
        return Ok(texts);
    }
    let detail = "nothing was done; `errors` lists every problem";
    Err(Problem::new("REQUEST_INVALID", detail).with(errors))
}

impl From<SagaError> for Problem {
    fn from(error: SagaError) -> Self {
        let text = error.to_string();
        match error {
            SagaError::Unknown => Self::new("SAGA_UNKNOWN", text),
            SagaError::UnknownStep { .. } => Self::new("STEP_UNKNOWN", text),
            SagaError::UnknownProposal(_) => Self::new("PROPOSAL_UNKNOWN", text),
            SagaError::Conflict(_) => Self::new("SAGA_CONFLICT", text),
            SagaError::SetAside(_) => Self::new("SAGA_SET_ASIDE", text),
            SagaError::Damaged(_) => Self::new("SAGA_DAMAGED", text),
            SagaError::Stopping => Self::new("STOPPING", "send the same request again shortly"),
            SagaError::Unavailable(source) => {
                tracing::error!(
                    error = &source as &dyn std::error::Error,
                    "an operator's request failed"
                );
                Self::new(
                    "JOURNAL_UNAVAILABLE",
                    "whether anything was done is unknown: look at the saga before you try again",
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;
