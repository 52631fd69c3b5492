//! A served application: how it starts and, in order, how it stops.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::application::Application;
use crate::boot_error::BootError;
use crate::config::Common;
use crate::discovery::{Discovery, Endpoint, Instance, Registration};
use crate::readiness::Readiness;
use crate::server::{self, PROCESS, Server};

/// How long closing may take at least, however short the grace period is.
const CLOSE: Duration = Duration::from_secs(5);

/// A served application. Dropping it without [`Running::stop`] cuts everything off.
#[derive(Debug)]
pub struct Running {
    name: &'static str,
    server: Server,
    readiness: Readiness,
    registration: Box<dyn Registration>,
    discovery: Arc<dyn Discovery>,
    background: JoinSet<()>,
    stop: CancellationToken,
    hooks: Hooks,
    grace: Duration,
    health: AbortOnDrop,
}

type Hook = Box<dyn FnOnce() -> futures::future::BoxFuture<'static, ()> + Send>;

struct Hooks {
    drain: Vec<Hook>,
    close: Vec<Hook>,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts `application`: listens, serves, starts the background work, registers, and only then says
/// that it is ready.
///
/// # Errors
/// When the address is taken, the descriptors are unreadable, or discovery refuses the instance.
pub async fn start(
    application: Application,
    common: &Common,
    discovery: Arc<dyn Discovery>,
) -> Result<Running, BootError> {
    let Application {
        name, readiness, ..
    } = application;
    let readiness = readiness.clone();
    readiness.set(PROCESS, false);
    let listen = |source| BootError::Listen {
        address: common.server.listen.clone(),
        source,
    };
    let listener = server::bind(&common.server.listen).await.map_err(listen)?;

    let (reporter, health) = tonic_health::server::health_reporter();
    let mut names = vec![String::new(), name.to_owned()];
    names.extend(application.services.iter().cloned());
    let mut routes = tonic::service::Routes::new(health);
    if let Some(set) = &application.descriptors {
        routes = server::reflection(routes, set, &application.services)
            .map_err(BootError::Descriptors)?;
    }
    let grpc = application.routes.into_iter().fold(
        routes.into_axum_router().reset_fallback(),
        axum::Router::merge,
    );
    let cap = common.server.request_timeout();
    let router = server::stack(name, grpc, application.http, readiness.clone(), cap);
    let health = AbortOnDrop(
        server::publish(&readiness, reporter, names)
            .await
            .abort_handle(),
    );
    let server = Server::serve(listener, router).map_err(listen)?;

    let stop = application.stopping;
    let mut background = JoinSet::new();
    for (work, run) in application.background {
        let (readiness, future) = (readiness.clone(), run(stop.clone()));
        background.spawn(async move {
            if let Err(panic) = AssertUnwindSafe(future).catch_unwind().await {
                let panic = server::panic_message(panic.as_ref());
                tracing::error!(work, panic, "background work panicked");
                readiness.set(work, false);
            }
        });
    }

    let endpoint = advertised(&common.server.advertise, server.address())?;
    let instance = Instance {
        service: name.to_owned(),
        endpoint,
    };
    let registration = discovery.register(instance).await?;
    readiness.set(PROCESS, true);
    tracing::info!(service = name, address = %server.address(), "serving");
    Ok(Running {
        name,
        server,
        readiness,
        registration,
        discovery,
        background,
        stop,
        hooks: Hooks {
            drain: application.drain,
            close: application.close,
        },
        grace: common.server.drain(),
        health,
    })
}

impl Running {
    /// The service's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The address it listens on, with the port that was taken.
    pub fn addr(&self) -> SocketAddr {
        self.server.address()
    }

    /// Its readiness.
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Stops: not ready, deregistered, unknown to callers, no longer accepting, drained under the
    /// grace period, closed. Calls in flight are answered; what outlasts the grace period is cut off.
    pub async fn stop(self) {
        let Self {
            name,
            server,
            readiness,
            registration,
            discovery,
            ..
        } = self;
        tracing::info!(service = name, "stopping");
        readiness.set(PROCESS, false);
        registration.deregister().await;
        tokio::time::sleep(discovery.interval()).await;

        self.stop.cancel();
        let mut background = self.background;
        let work = async {
            join_all(self.hooks.drain.into_iter().map(|hook| hook())).await;
            while background.join_next().await.is_some() {}
        };
        let (calls, work) = tokio::join!(
            server.drain(self.grace),
            tokio::time::timeout(self.grace, work)
        );
        if !calls || work.is_err() {
            tracing::warn!(
                service = name,
                calls_drained = calls,
                work_drained = work.is_ok(),
                "the grace period is over; the rest was cut off"
            );
        }
        background.shutdown().await;
        let close = async {
            for hook in self.hooks.close {
                hook().await;
            }
        };
        // What was cut off may still hold on to a pool; the process ends all the same.
        if tokio::time::timeout(self.grace.max(CLOSE), close)
            .await
            .is_err()
        {
            tracing::warn!(service = name, "closing took too long and was given up");
        }
        drop(self.health);
        tracing::info!(service = name, "stopped");
    }
}

/// Where others reach this process: what is configured, with the port that was taken in place of 0.
fn advertised(configured: &str, listening: SocketAddr) -> Result<Endpoint, BootError> {
    let endpoint = match configured.rsplit_once(':') {
        Some((host, "0")) => Endpoint::at(host, listening.port()),
        Some(_) => Endpoint::parse(&format!("http://{configured}")),
        None => Endpoint::at(&listening.ip().to_string(), listening.port()),
    };
    Ok(endpoint.map_err(crate::discovery::DiscoveryError::from)?)
}
