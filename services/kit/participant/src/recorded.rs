//! The layer under a department's gRPC service: reads a call's metadata and takes the digest of
//! its bytes before they are decoded.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use tonic::{Status, body::Body, server::NamedService};
use tower::Service;

use crate::{Call, Refusal};

/// A gRPC service whose handlers find a [`Call`] among their request's extensions.
#[derive(Debug, Clone)]
pub struct Recorded<S>(S);

/// The largest request message that is read, in bytes: tonic's own limit.
const LARGEST_MESSAGE: usize = 4 * 1024 * 1024;
/// In front of a gRPC message stand a flag that says whether it is compressed, and its length.
const PREFIX: usize = 5;

impl<S> Recorded<S> {
    /// Puts the layer around a generated server.
    pub fn new(server: S) -> Self {
        Self(server)
    }
}

impl<S: NamedService> NamedService for Recorded<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Recorded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The clone that was polled ready must be the one that is called.
        let clone = self.0.clone();
        let mut inner = std::mem::replace(&mut self.0, clone);
        Box::pin(async move {
            match read(request).await {
                Ok(request) => inner.call(request).await,
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}

async fn read(request: Request<Body>) -> Result<Request<Body>, Status> {
    let (mut parts, body) = request.into_parts();
    let bytes = Limited::new(body, LARGEST_MESSAGE + PREFIX)
        .collect()
        .await
        .map_err(|_| Status::out_of_range("the request message is too large or broke off"))?
        .to_bytes();
    let message = if bytes.len() >= PREFIX && bytes.first() == Some(&0) {
        bytes.slice(PREFIX..)
    } else {
        // No message, or a compressed one: tonic answers for both.
        Bytes::new()
    };
    let call = Call::read(&parts.headers, message).map_err(|name| {
        Refusal::invalid(name, format!("metadata {name} is missing or malformed"))
    })?;
    parts.extensions.insert(call);
    Ok(Request::from_parts(
        parts,
        Body::new(Full::<Bytes>::new(bytes).map_err(|e| match e {})),
    ))
}
