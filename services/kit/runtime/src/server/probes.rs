//! `/livez` and `/readyz`: what orchestrators ask over plain HTTP.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};

use crate::readiness::Readiness;

/// Middleware: answers the two probes before any route does.
pub(crate) async fn answer(
    State(readiness): State<Readiness>,
    request: Request,
    next: Next,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    match request.uri().path() {
        "/livez" => "live\n".into_response(),
        "/readyz" if readiness.is_ready() => "ready\n".into_response(),
        "/readyz" => {
            let held_by = readiness.obstacles().join(", ");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("not ready: {held_by}\n"),
            )
                .into_response()
        }
        _ => next.run(request).await,
    }
}
