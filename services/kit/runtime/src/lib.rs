//! What every Onething process stands on: layered configuration, boot and graceful shutdown,
//! telemetry, deadlines, discovery and channels to other services. It knows no department and no
//! database.
//!
//! A service implements [`Service`] and its `main` is one line:
//!
//! ```no_run
//! use onething_runtime::{Application, BootError, Context, NoSettings, Service};
//!
//! struct Greeter;
//!
//! #[async_trait::async_trait]
//! impl Service for Greeter {
//!     const NAME: &'static str = "greeter";
//!     const DEFAULTS: &'static str = "[server]\nlisten = \"127.0.0.1:7199\"\n";
//!     type Settings = NoSettings;
//!
//!     async fn build(_context: Context<NoSettings>) -> Result<Application, BootError> {
//!         Ok(Application::new(Self::NAME))
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     onething_runtime::run::<Greeter>()
//! }
//! ```

/// Every process's allocator: a case is thousands of small allocations, and they are a good part of its
/// cost.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod config;
pub mod deadline;
pub mod discovery;
pub mod peers;
pub mod telemetry;
pub mod trace;

mod application;
mod boot_error;
mod process;
mod raw;
mod readiness;
mod running;
mod server;
mod service;

pub use application::Application;
pub use boot_error::BootError;
pub use config::{COMMON_DEFAULTS, Common, NoSettings, Problem, Problems, Secret, Settings};
pub use deadline::Deadline;
pub use discovery::{Discovery, Endpoint, MemoryDiscovery, StaticDiscovery};
pub use peers::{Peer, Peers};
pub use process::run;
pub use raw::Raw;
pub use readiness::Readiness;
pub use running::{Running, start};
pub use service::{Context, Service, boot, configure};
/// Tells work and streams to end, see [`Context::stopping`].
pub use tokio_util::sync::CancellationToken;
