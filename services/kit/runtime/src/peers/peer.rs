//! A service that this process calls, as generated clients and the dynamic client take it.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};

use super::balancer::Balancer;
use super::outgoing::Outgoing;
use crate::trace::TraceLayer;

/// A service that this process calls: `XServiceClient::new(peer)`, `tonic::client::Grpc::new(peer)`.
///
/// A call ends by the earliest of the request's own timeout (else the peer's) and the deadline of the
/// call being handled. No known instance, no connection and a broken connection are `UNAVAILABLE`.
#[derive(Clone, Debug)]
pub struct Peer {
    outgoing: Outgoing,
    trace: TraceLayer,
}

impl Peer {
    pub(super) fn new(
        balancer: Arc<Balancer>,
        caller: Arc<str>,
        timeout: Option<Duration>,
    ) -> Self {
        let trace = TraceLayer::client(caller, balancer.service().clone());
        Self {
            outgoing: Outgoing { balancer, timeout },
            trace,
        }
    }

    /// The same peer with another timeout for calls that set none.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.outgoing.timeout = Some(timeout);
        self
    }

    /// The same peer without a timeout, for streams that stay open.
    #[must_use]
    pub fn without_timeout(mut self) -> Self {
        self.outgoing.timeout = None;
        self
    }
}

impl Service<Request<Body>> for Peer {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = self.trace.layer(self.outgoing.clone()).call(request);
        async move { Ok(answer.await?.map(Body::new)) }.boxed()
    }
}
