//! The saga engine's tests. Names that begin with `sNN_` are numbered scenarios: crashes, undo and
//! pivot, ownership, damage.

mod core;
mod definition;
mod departments;
mod engine;
mod fixtures;
mod random;
mod recovery;
mod store;
