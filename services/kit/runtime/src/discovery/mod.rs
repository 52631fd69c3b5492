//! Where the instances of a service are: announcing one's own, following the others'. Connecting to
//! them is left to [`crate::peers`].

#[cfg(feature = "consul")]
pub mod consul;
mod endpoint;
mod fixed;
mod memory;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

pub use endpoint::{Endpoint, InvalidEndpoint};
pub use fixed::StaticDiscovery;
pub use memory::MemoryDiscovery;

use crate::config::{DiscoveryKind, DiscoverySettings};

/// One instance of a service, as it announces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The service's name, such as `public-security`.
    pub service: String,
    /// Where it is reached.
    pub endpoint: Endpoint,
}

/// A registry of services.
#[async_trait]
pub trait Discovery: Debug + Send + Sync + 'static {
    /// Announces an instance, until [`Registration::deregister`].
    ///
    /// # Errors
    /// When the registry refuses the instance or cannot be reached.
    async fn register(&self, instance: Instance) -> Result<Box<dyn Registration>, DiscoveryError>;

    /// Follows the instances of `service` that are fit for calls. Resolves once a first answer is
    /// known or it is clear that none will come soon; an empty list means that no instance is known.
    /// The last good list stays while the registry is out of reach.
    async fn watch(&self, service: &str) -> watch::Receiver<Vec<Endpoint>>;

    /// How long it takes until everyone who watches has heard of a deregistration.
    fn interval(&self) -> Duration {
        Duration::ZERO
    }
}

/// An announced instance.
#[async_trait]
pub trait Registration: Debug + Send + Sync + 'static {
    /// Takes the announcement back. Best effort: a registry that cannot be reached forgets the
    /// instance by itself.
    async fn deregister(self: Box<Self>);
}

/// Why discovery failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// A configured address is none.
    #[error(transparent)]
    Endpoint(#[from] InvalidEndpoint),
    /// The registry refused a request.
    #[error("the registry refused to {action}: {status} {reason}")]
    Refused {
        /// What was asked.
        action: String,
        /// HTTP status.
        status: u16,
        /// The registry's own words.
        reason: String,
    },
    /// The registry cannot be reached.
    #[error("the registry cannot be reached to {action}: {reason}")]
    Unreachable {
        /// What was asked.
        action: String,
        /// What went wrong.
        reason: String,
    },
    /// The program was built without this kind of discovery.
    #[error("this program was built without Consul")]
    NotBuiltIn,
}

/// The discovery that the settings ask for.
///
/// # Errors
/// When an address is malformed, or Consul is asked for and not built in.
pub fn from_settings(settings: &DiscoverySettings) -> Result<Arc<dyn Discovery>, DiscoveryError> {
    match settings.kind {
        DiscoveryKind::Static => Ok(Arc::new(StaticDiscovery::from_settings(settings)?)),
        #[cfg(feature = "consul")]
        DiscoveryKind::Consul => Ok(Arc::new(consul::ConsulDiscovery::new(&settings.consul))),
        #[cfg(not(feature = "consul"))]
        DiscoveryKind::Consul => Err(DiscoveryError::NotBuiltIn),
    }
}
