//! REST under `/v1`, for apps and operators: JSON in and out, problem details for every error.

mod acts;
mod body;
mod bundles;
mod cases;
mod events;
mod idempotency;
mod operator;
mod problem;
mod saga_query;
mod sagas;
mod segment;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

use crate::{cases::Cases, operators::Sagas};
pub(crate) use idempotency::is_key;
use problem::Problem;

/// The largest request body, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// The routes.
pub(crate) fn router(cases: Cases, sagas: Sagas) -> Router {
    let cases = Router::new()
        .route("/v1/bundles", get(bundles::list))
        .route("/v1/bundles/{bundle}", get(bundles::read))
        .route("/v1/bundles/{bundle}/explanation", get(bundles::explain))
        .route("/v1/cases", post(cases::submit))
        .route("/v1/cases/{id}", get(cases::read))
        .route("/v1/cases/{id}/events", get(events::follow))
        .route("/v1/cases/{id}/withdraw", post(acts::withdraw))
        .route("/v1/cases/{id}/correct", post(acts::correct))
        .route("/v1/cases/{id}/acts/{step}", post(acts::perform))
        .with_state(cases);
    cases
        .merge(sagas::router(sagas))
        .method_not_allowed_fallback(async || {
            Problem::new(
                "METHOD_NOT_ALLOWED",
                "this address does not take this method",
            )
        })
        .fallback(async || Problem::new("ADDRESS_UNKNOWN", "there is nothing at this address"))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}
