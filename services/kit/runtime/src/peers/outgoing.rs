//! One outgoing call: its deadline, its way to an instance, and failures of the connection turned
//! into statuses.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;
use tonic::body::Body;
use tonic::{Status, TimeoutExpired};
use tower::{Service, ServiceExt};

use super::balancer::Balancer;
use super::link::chain;
use crate::deadline::{Deadline, DeadlineBody, GRPC_TIMEOUT, encode, read};
use crate::trace::record_server;

/// Sends calls to the instances of one service.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) balancer: Arc<Balancer>,
    pub(super) timeout: Option<Duration>,
}

impl Service<Request<Body>> for Outgoing {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let deadline = deadline(&request, self.timeout);
        let balancer = self.balancer.clone();
        async move {
            let response = match deadline {
                None => send(&balancer, request, None).await,
                Some(deadline) => {
                    let sent = send(&balancer, request, Some(deadline));
                    tokio::time::timeout_at(deadline.instant(), sent)
                        .await
                        .unwrap_or_else(|_| Err(too_late(&balancer)))
                }
            };
            Ok(response.unwrap_or_else(Status::into_http))
        }
        .boxed()
    }
}

/// The earlier of the call's own timeout (the request's, or else the peer's) and the deadline of the
/// call being handled.
fn deadline(request: &Request<Body>, timeout: Option<Duration>) -> Option<Deadline> {
    let own = read(request.headers()).or(timeout).map(Deadline::after);
    match (own, Deadline::current()) {
        (Some(own), Some(current)) => Some(own.min(current)),
        (own, current) => own.or(current),
    }
}

async fn send(
    balancer: &Balancer,
    mut request: Request<Body>,
    deadline: Option<Deadline>,
) -> Result<Response<Body>, Status> {
    if deadline.is_some_and(Deadline::has_passed) {
        return Err(too_late(balancer));
    }
    let (link, channel) = balancer.pick().await?;
    record_server(link.endpoint());
    if let Some(deadline) = deadline {
        request
            .headers_mut()
            .insert(GRPC_TIMEOUT, encode(deadline.remaining()));
    }
    match channel.oneshot(request).await {
        Ok(response) => Ok(response.map(|body| guard(body, balancer.service(), deadline))),
        Err(error) if expired(&error) => Err(too_late(balancer)),
        Err(error) => {
            let reason = chain(&error);
            link.give_up(&reason).await;
            let service = balancer.service();
            Err(Status::unavailable(format!(
                "{service} at {}: {reason}",
                link.endpoint()
            )))
        }
    }
}

/// A connection that breaks within an answer is `UNAVAILABLE`, too; what the peer itself said stays.
fn guard(body: Body, service: &Arc<str>, deadline: Option<Deadline>) -> Body {
    let service = service.clone();
    let body = body.map_err(move |error| match error.source() {
        Some(_) => Status::unavailable(format!("{service}: {}", chain(&error))),
        None => error,
    });
    match deadline {
        Some(deadline) => Body::new(DeadlineBody::new(body, deadline)),
        None => Body::new(body),
    }
}

fn too_late(balancer: &Balancer) -> Status {
    Status::deadline_exceeded(format!("{} did not answer in time", balancer.service()))
}

/// Whether the channel's own watch over `grpc-timeout` struck first.
fn expired(error: &tonic::transport::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<TimeoutExpired>() {
            return true;
        }
        cause = error.source();
    }
    false
}
