//! The decisions: what an input means in a saga's state. Answers, undo answers, waits, time, wishes,
//! owners and what follows from them have a file each.

mod ahead;
mod answers;
mod correction;
mod deadline;
mod draft;
mod ending;
mod items;
mod owners;
mod rerun;
mod settle;
mod tick;
mod undo;
mod waits;
mod wishes;

pub use draft::{Decision, Draft, decide};
