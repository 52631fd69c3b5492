//! The departments as the saga engine calls them: requests out of bundles, calls by descriptor, and
//! what an answer means.

mod answer;
mod client;
mod decisions;
mod definitions;
mod participants;
mod retention;

pub(crate) use decisions::follow_all;
pub(crate) use definitions::BundlePlans;
pub use definitions::definition;
pub(crate) use participants::{Departments, response};
pub(crate) use retention::{Retention, forget, recorders};
