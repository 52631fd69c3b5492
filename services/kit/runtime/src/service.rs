//! What a service is to the kit: a name, documented defaults, settings, and a way to build it. How
//! it lives after that is told in [`crate::run`] and [`crate::start`].

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::application::Application;
use crate::boot_error::BootError;
use crate::config::{Common, Problems, Settings, load_with_common};
use crate::discovery::Discovery;
use crate::peers::Peers;
use crate::readiness::Readiness;
use crate::running::{Running, start};

/// A service of Onething.
#[async_trait]
pub trait Service: Send + Sync + Sized + 'static {
    /// Its name in discovery, and in telemetry unless configured otherwise, such as `identity`.
    const NAME: &'static str;

    /// Documented TOML that is laid over [`crate::COMMON_DEFAULTS`]: the service's own port and
    /// database, and the sections of its own [`Service::Settings`].
    const DEFAULTS: &'static str;

    /// What its own sections deserialise into (every top-level key that is not a common one);
    /// [`crate::NoSettings`] if it has none.
    type Settings: Settings;

    /// Opens what the service needs and puts it together. Nothing is served yet.
    ///
    /// # Errors
    /// Whatever keeps the service from working, as [`BootError::service`].
    async fn build(context: Context<Self::Settings>) -> Result<Application, BootError>;
}

/// What a service is built from.
#[derive(Clone, Debug)]
pub struct Context<S> {
    /// The settings every process has.
    pub common: Common,
    /// The service's own settings.
    pub settings: S,
    /// The way to other services.
    pub peers: Peers,
    /// Where parts of the service report whether they can work. The kit gives it to the application.
    pub readiness: Readiness,
    /// Cancelled when draining begins. Streams that would stay open (events, watches) end with it.
    pub stopping: CancellationToken,
}

/// Loads the configuration of `S`: its defaults over the common ones, `file`, `env`.
///
/// # Errors
/// Every problem at once, see [`crate::config::load`].
pub fn configure<S: Service>(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<(Common, S::Settings), Problems> {
    load_with_common(&[S::DEFAULTS], file, env)
}

/// Builds and starts `S`. Telemetry is left to the caller, so that one process can hold several
/// services.
///
/// # Errors
/// What [`Service::build`] and [`start`] say.
pub async fn boot<S: Service>(
    common: Common,
    settings: S::Settings,
    discovery: Arc<dyn Discovery>,
) -> Result<Running, BootError> {
    let peers = Peers::new(discovery.clone(), S::NAME, common.server.request_timeout());
    let (readiness, stopping) = (Readiness::default(), CancellationToken::new());
    let context = Context {
        common: common.clone(),
        settings,
        peers,
        readiness: readiness.clone(),
        stopping: stopping.clone(),
    };
    let application = S::build(context)
        .await?
        .readiness(readiness)
        .stopping(stopping);
    start(application, &common, discovery).await
}
