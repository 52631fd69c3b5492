//! `/v1/cases`: filing and reading.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    body::{Object, Type},
    idempotency::IdempotencyKey,
    problem::Problem,
    segment::Segment,
};
use crate::cases::{CaseView, Cases};

/// `POST /v1/cases`: files a case and answers before it is carried out.
pub(super) async fn submit(
    State(cases): State<Cases>,
    IdempotencyKey(key): IdempotencyKey,
    body: Object,
) -> Result<Response, Problem> {
    let wanted = [("bundle", Type::Text), ("form", Type::Object)];
    let ([bundle, form], [region]) = body.some_members(wanted, [("region", Type::Text)])?;
    let bundle = bundle.as_str().unwrap_or_default();
    let region = region.as_ref().and_then(Value::as_str);
    let submitted = cases.submit(bundle, region, &form, &key).await?;
    let id = submitted.id.to_string();
    let case = serde_json::to_value(cases.read(&id).await?).unwrap_or(Value::Null);
    let mut response = (StatusCode::ACCEPTED, Json(case)).into_response();
    if let Ok(location) = HeaderValue::try_from(format!("/v1/cases/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if submitted.duplicate {
        response
            .headers_mut()
            .insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// `GET /v1/cases/{id}`: how a case stands.
pub(super) async fn read(
    State(cases): State<Cases>,
    Segment(id): Segment,
) -> Result<Json<CaseView>, Problem> {
    Ok(Json(cases.read(&id).await?))
}
