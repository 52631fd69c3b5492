//! SQLite in the thread that asks. sqlx runs each statement in the thread of its connection: there and back takes
//! many times as long as the statement. Whoever has a thread of its own, that may wait for the disk, asks SQLite
//! itself, and its rows become Rust types as sqlx's do.

mod database;
mod row;
mod transaction;

pub(crate) use row::Row;
pub(crate) use transaction::InThread;
