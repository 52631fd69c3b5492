//! The checks that make a bundle of a file. Owns the order in which they run: a mistake hides only
//! what could not be judged because of it.

mod asked;
mod build;
mod calls;
mod conditions;
mod departments;
mod graph;
mod materials;
mod once;
mod prefill;
mod repeats;
mod results;
mod sample;
mod segments;
mod sources;
mod values;
mod waits;
mod written;

pub(crate) use build::build;
pub(crate) use graph::cycle;
