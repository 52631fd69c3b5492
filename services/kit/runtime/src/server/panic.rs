//! What a caller sees when a handler panics: an error of its own call, while the connection and the
//! process live on.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;
use http::StatusCode;
use tonic::Status;

use super::answer::{is_grpc, problem};

/// Middleware: turns a panic into `INTERNAL` (500 for REST). What it said is logged, never sent.
pub(crate) async fn catch(request: Request, next: Next) -> Response {
    let grpc = is_grpc(&request);
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            tracing::error!(panic = message(panic.as_ref()), "a handler panicked");
            if grpc {
                Status::internal("internal error").into_http()
            } else {
                problem(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "INTERNAL",
                    "Something went wrong here; it has been logged.",
                )
            }
        }
    }
}

/// What a panic said.
pub(crate) fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
