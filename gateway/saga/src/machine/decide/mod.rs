//! The decisions: what an input means in a saga's state. Answers, undo answers, waits, time, wishes,
//! owners and what follows from them have a file each.

mod answers;
mod draft;
mod ending;
mod owners;
mod settle;
mod undo;
mod waits;
mod wishes;

pub use draft::{Decision, Draft, decide};
