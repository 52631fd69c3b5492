//! The order in which a request passes the kit's layers on its way to a handler.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use http::{Method, StatusCode};
use tonic::Status;
use tower::ServiceExt;

use super::answer::{is_grpc, problem};
use super::{panic, probes};
use crate::deadline::{self, IncomingDeadline};
use crate::readiness::Readiness;
use crate::trace::{TraceLayer, record_route};

/// Puts the layers around `grpc` and `http`: tracing sees the final status of all, a deadline holds
/// for everything inside it, a panic is caught next to the handler.
pub(crate) fn stack(
    name: &'static str,
    grpc: Router,
    http: Option<Router>,
    readiness: Readiness,
    cap: Duration,
) -> Router {
    let grpc = grpc.fallback(async || Status::unimplemented("no such method").into_http::<Body>());
    let http = http.map(|router| router.layer(from_fn(name_route)));
    Router::new()
        .fallback(move |request| dispatch(grpc.clone(), http.clone(), request))
        .layer(from_fn(panic::catch))
        .layer(from_fn_with_state(IncomingDeadline(cap), deadline::enforce))
        .layer(TraceLayer::server(name))
        .layer(from_fn_with_state(readiness, probes::answer))
}

async fn dispatch(grpc: Router, http: Option<Router>, request: Request) -> Response {
    let target = match http {
        _ if is_grpc(&request) => grpc,
        Some(http) => http,
        None => {
            return problem(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "This address speaks gRPC; there is nothing else here.",
            );
        }
    };
    match target.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Names the span of a REST request after its route, not its path.
async fn name_route(route: Option<MatchedPath>, request: Request, next: Next) -> Response {
    if let Some(route) = route {
        let method: &Method = request.method();
        record_route(method, route.as_str());
    }
    next.run(request).await
}
