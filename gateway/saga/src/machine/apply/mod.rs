//! How each event changes a saga's state. Nothing is decided here: the same events give the same state.

mod ahead;
mod backward;
mod derive;
mod forward;
mod owners;
mod waits;

pub(super) use forward::MOST_ITEMS;
