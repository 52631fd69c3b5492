//! Proves programs against their methods' contracts.

mod effect;
mod exchange;
mod find;
mod http;
mod matter;
mod message;
mod proof;

pub(crate) use matter::Ground;
