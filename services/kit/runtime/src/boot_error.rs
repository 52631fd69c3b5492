//! Why a process could not start. What goes wrong while it runs is logged where it happens.

use crate::config::Problems;
use crate::discovery::DiscoveryError;

/// Why a process could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BootError {
    /// The configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] Problems),
    /// The listening address cannot be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// The configured address.
        address: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The descriptors for reflection cannot be read.
    #[error("the descriptor set cannot be served by reflection")]
    Descriptors(#[source] tonic_reflection::server::Error),
    /// Discovery refused the registration or could not be set up.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// Traces cannot be exported as configured.
    #[error("cannot set up telemetry")]
    Telemetry(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The service itself could not be built: its database, its files, its own settings.
    #[error("cannot build the service")]
    Service(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl BootError {
    /// Wraps whatever kept a service from being built: `.map_err(BootError::service)?`.
    pub fn service(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Service(error.into())
    }
}
