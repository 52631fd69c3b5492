//! The shell: it runs commands, appends events and holds no decisions. One task per saga that is
//! under way; a saga that ended or waits for an owner is not kept in memory.

mod batch;
mod bell;
mod calls;
mod delivery;
mod departments;
mod dispatch;
mod environment;
mod erase;
mod error;
mod facade;
mod incoming;
mod journal;
mod participants;
mod pump;
mod registry;
mod settings;
mod stream;
mod submission;
mod takeover;
mod thread;
mod waits;
mod wishes;
mod worker;

pub use delivery::Decided;
pub use departments::BreakerSettings;
pub use environment::{Environment, SystemEnvironment};
pub use error::EngineError;
pub use facade::Engine;
pub use participants::{Call, Definitions, Facts, Participants};
pub use settings::{EngineSettings, RetrySettings};
pub use stream::SagaEvent;
pub use submission::{Accepted, Submission};
pub use thread::EngineThread;
