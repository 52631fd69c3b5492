//! What a service hands over to be served: its routes, its background work and what to do at the
//! end. Serving it and stopping it is left to [`crate::start`].

use std::convert::Infallible;
use std::fmt;
use std::future::Future;

use axum::response::IntoResponse;
use futures::future::{BoxFuture, FutureExt};
use http::Request;
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService;
use tonic::service::Routes;
use tower::Service as TowerService;

use crate::readiness::Readiness;

type Hook = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;
type Work = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>;

/// A built service, ready to be started.
pub struct Application {
    pub(crate) name: &'static str,
    pub(crate) routes: Vec<axum::Router>,
    pub(crate) http: Option<axum::Router>,
    pub(crate) services: Vec<String>,
    pub(crate) descriptors: Option<Vec<u8>>,
    pub(crate) readiness: Readiness,
    pub(crate) stopping: CancellationToken,
    pub(crate) background: Vec<(&'static str, Work)>,
    pub(crate) drain: Vec<Hook>,
    pub(crate) close: Vec<Hook>,
}

impl Application {
    /// An application without routes. `name` is the service's name in discovery.
    ///
    /// Health (`grpc.health.v1`), reflection, `/livez` and `/readyz` need no adding.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            routes: Vec::new(),
            http: None,
            services: Vec::new(),
            descriptors: Some(onething_proto::DESCRIPTOR_SET.to_vec()),
            readiness: Readiness::default(),
            stopping: CancellationToken::new(),
            background: Vec::new(),
            drain: Vec::new(),
            close: Vec::new(),
        }
    }

    /// Serves a generated gRPC service; reflection and health name it.
    #[must_use]
    pub fn grpc<S>(mut self, service: S) -> Self
    where
        S: TowerService<Request<tonic::body::Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Response: IntoResponse,
        S::Future: Send + 'static,
    {
        self.services.push(S::NAME.to_owned());
        self.routes(Routes::new(service))
    }

    /// Serves gRPC routes put together elsewhere, such as those of services known only at run time.
    #[must_use]
    pub fn routes(self, routes: Routes) -> Self {
        self.grpc_router(routes.into_axum_router())
    }

    /// Serves an axum router whose routes are gRPC methods (`/package.Service/Method`). Its fallback,
    /// if any, is replaced by `UNIMPLEMENTED`.
    #[must_use]
    pub fn grpc_router(mut self, router: axum::Router) -> Self {
        self.routes.push(router.reset_fallback());
        self
    }

    /// Names gRPC services that [`Application::routes`] or [`Application::grpc_router`] serve, for
    /// reflection and health.
    #[must_use]
    pub fn named<N: Into<String>>(mut self, services: impl IntoIterator<Item = N>) -> Self {
        self.services.extend(services.into_iter().map(Into::into));
        self
    }

    /// Serves REST (every request that is not gRPC) beside gRPC on the same port. `/livez` and
    /// `/readyz` are answered before `router` sees them.
    #[must_use]
    pub fn http(mut self, router: axum::Router) -> Self {
        self.http = Some(match self.http {
            Some(known) => known.merge(router),
            None => router,
        });
        self
    }

    /// Serves reflection from this encoded `FileDescriptorSet` instead of the project's own.
    #[must_use]
    pub fn descriptors(mut self, set: impl Into<Vec<u8>>) -> Self {
        self.descriptors = Some(set.into());
        self
    }

    /// Serves no reflection.
    #[must_use]
    pub fn without_reflection(mut self) -> Self {
        self.descriptors = None;
        self
    }

    /// Takes the readiness that parts of the service report to, usually [`crate::Context`]'s.
    #[must_use]
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.readiness = readiness;
        self
    }

    /// Takes the token to cancel when draining begins, usually [`crate::Context`]'s.
    #[must_use]
    pub fn stopping(mut self, stopping: CancellationToken) -> Self {
        self.stopping = stopping;
        self
    }

    /// Runs `work` beside the server, from start until it ends. Its token is cancelled when draining
    /// begins; it then has the grace period to end. A panic in it is logged and takes readiness away.
    #[must_use]
    pub fn background<F>(
        mut self,
        name: &'static str,
        work: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.background
            .push((name, Box::new(move |stop| work(stop).boxed())));
        self
    }

    /// Calls `hook` when draining begins, under the grace period, beside the draining of calls: let
    /// workers finish what they hold, release leases.
    #[must_use]
    pub fn on_drain<F>(mut self, hook: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.drain.push(Box::new(move || hook().boxed()));
        self
    }

    /// Calls `hook` last of all: close pools.
    #[must_use]
    pub fn on_close<F>(mut self, hook: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.close.push(Box::new(move || hook().boxed()));
        self
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("name", &self.name)
            .field("services", &self.services)
            .field(
                "background",
                &self
                    .background
                    .iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}
