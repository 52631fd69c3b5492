//! Operators: who may look at sagas and act on them, what they see, and what they can have done.

mod detail;
mod error;
#[cfg(test)]
pub(crate) mod fixture;
mod list;
mod roster;
mod rows;
mod sagas;
mod settings;
mod view;

pub(crate) use detail::Detail;
pub(crate) use error::SagaError;
pub(crate) use list::{Listing, Query};
pub(crate) use roster::{Operator, Roster};
pub(crate) use rows::Rows;
pub(crate) use sagas::{Again, Sagas};
pub use settings::OperatorSettings;
pub(crate) use settings::problems;
pub(crate) use view::{Chain, saga_state};
