//! A test service, a client for it, and processes around them.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::uri::PathAndQuery;
use onething_runtime::config::load;
use onething_runtime::{
    Application, COMMON_DEFAULTS, Common, Deadline, MemoryDiscovery, Peer, Peers, Running, start,
};
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// Long enough for anything that happens at all.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// `test.v1.TestService`: each method does what its name says.
#[derive(Clone)]
pub(crate) struct TestService {
    /// Gains a permit for each call of `Wait` that came in.
    pub(crate) entered: Arc<Semaphore>,
    /// `Wait` answers once it gets a permit here.
    pub(crate) gate: Arc<Semaphore>,
    /// Where `Forward` forwards to.
    pub(crate) next: Option<Peer>,
    /// What `Name` answers.
    pub(crate) name: &'static str,
}

impl Default for TestService {
    fn default() -> Self {
        Self {
            entered: Arc::new(Semaphore::new(0)),
            gate: Arc::new(Semaphore::new(0)),
            next: None,
            name: "nameless",
        }
    }
}

impl TestService {
    async fn answer(self, method: String, request: Request<String>) -> Result<String, Status> {
        let text = request.get_ref().clone();
        match method.as_str() {
            "Echo" => Ok(text),
            "Name" => Ok(self.name.to_owned()),
            "Fail" => Err(Status::failed_precondition(text)),
            "Panic" => panic!("{text}"),
            "Remaining" => {
                let deadline = request.extensions().get::<Deadline>().copied().unwrap();
                assert_eq!(Deadline::current(), Some(deadline));
                Ok(deadline.remaining().as_millis().to_string())
            }
            "Wait" => {
                self.entered.add_permits(1);
                self.gate.acquire().await.unwrap().forget();
                Ok(text)
            }
            "Forward" => call(self.next.as_ref().unwrap(), &text, "")
                .await
                .map(Response::into_inner),
            _ => Err(Status::unimplemented(method)),
        }
    }
}

impl NamedService for TestService {
    const NAME: &'static str = "test.v1.TestService";
}

impl tower::Service<http::Request<Body>> for TestService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request
            .uri()
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let service = self.clone();
        let handler = tower::service_fn(move |request: Request<String>| {
            let (service, method) = (service.clone(), method.clone());
            async move { service.answer(method, request).await.map(Response::new) }
        });
        async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<String, String>::default());
            Ok(grpc.unary(handler, request).await)
        }
        .boxed()
    }
}

/// Calls a method of `test.v1.TestService`.
pub(crate) async fn call(
    peer: &Peer,
    method: &str,
    text: &str,
) -> Result<Response<String>, Status> {
    call_with(peer, method, Request::new(text.to_owned())).await
}

/// As [`call`], with a request of the caller's own.
pub(crate) async fn call_with(
    peer: &Peer,
    method: &str,
    request: Request<String>,
) -> Result<Response<String>, Status> {
    let path = PathAndQuery::try_from(format!("/test.v1.TestService/{method}")).unwrap();
    let mut grpc = tonic::client::Grpc::new(peer.clone());
    grpc.ready().await.unwrap();
    grpc.unary(request, path, ProstCodec::<String, String>::default())
        .await
}

/// Common settings: a free port, and the given lines over the defaults.
pub(crate) fn common(lines: &str) -> Common {
    load(&[COMMON_DEFAULTS, lines], None, []).unwrap()
}

/// Starts `service` as `name`.
pub(crate) async fn serve(
    name: &'static str,
    service: TestService,
    common: &Common,
    discovery: &MemoryDiscovery,
) -> Running {
    let application = Application::new(name).without_reflection().grpc(service);
    start(application, common, Arc::new(discovery.clone()))
        .await
        .unwrap()
}

/// Peers that `test` calls.
pub(crate) fn peers(discovery: &MemoryDiscovery) -> Peers {
    Peers::new(Arc::new(discovery.clone()), "test", SOON)
}

/// Tries `attempt` until it gives something, and fails the test if that takes too long.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    mut attempt: impl FnMut() -> F,
) -> T {
    let tries = async {
        loop {
            if let Some(value) = attempt().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, tries)
        .await
        .expect("it never happened")
}
