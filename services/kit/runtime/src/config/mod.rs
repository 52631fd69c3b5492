//! Layered configuration: documented defaults, then a file, then the environment, checked as a
//! whole. It reads settings and says everything that is wrong with them; it does not act on them.

mod environment;
mod layers;
mod load;
mod problem;
mod secret;
mod sections;

pub use load::{NoSettings, Settings, load, load_with_common};
pub use problem::{Origin, Problem, Problems};
pub use secret::Secret;
pub use sections::{
    COMMON_DEFAULTS, Common, ConsulSettings, DatabaseSettings, DiscoveryKind, DiscoverySettings,
    LogFormat, PopulationSettings, ServerSettings, Suspension, TelemetrySettings,
};
