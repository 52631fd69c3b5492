//! Logs and traces of the process: set up once, flushed at the end. What is logged and traced is up
//! to everybody else.

mod format;
mod guard;
mod setup;

pub use guard::Guard;
pub use setup::{init, init_with_exporter};
