//! The deadline of incoming calls: read, capped, made known to the handler and enforced.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use tonic::Status;

use super::{Deadline, DeadlineBody, read};
use crate::server::{is_grpc, problem};

/// The longest time any incoming call may take, whatever its caller wished.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IncomingDeadline(pub(crate) Duration);

/// Middleware: puts the [`Deadline`] into the request's extensions and around the handler, and
/// answers `DEADLINE_EXCEEDED` (504 for REST) when it passes before the handler answered. A stream
/// that began in time is cut off only by a deadline that its caller set.
pub(crate) async fn enforce(
    State(IncomingDeadline(cap)): State<IncomingDeadline>,
    mut request: Request,
    next: Next,
) -> Response {
    let grpc = is_grpc(&request);
    let callers = read(request.headers()).map(Deadline::after);
    let cap = Deadline::after(cap);
    let deadline = callers.map_or(cap, |callers| callers.min(cap));
    request.extensions_mut().insert(deadline);
    let answer = deadline.scope(next.run(request));
    match tokio::time::timeout_at(deadline.instant(), answer).await {
        Ok(response) => match callers {
            Some(callers) if grpc => {
                response.map(|body| Body::new(DeadlineBody::new(body, callers)))
            }
            _ => response,
        },
        Err(_) if grpc => Status::deadline_exceeded("the deadline passed").into_http(),
        Err(_) => problem(
            StatusCode::GATEWAY_TIMEOUT,
            "DEADLINE_EXCEEDED",
            "The request took longer than it may.",
        ),
    }
}
