//! One database handle over SQLite and PostgreSQL: statements, transactions, migrations, and a connection of
//! one's own for whoever writes and may wait for the disk. It knows no tables; each crate brings its own statements
//! and migrations.
//!
//! Columns are TEXT, BIGINT (times as microseconds since the epoch), BOOLEAN, BYTEA/BLOB and, for
//! JSON, TEXT in SQLite and JSONB in PostgreSQL, so that one Rust type reads from both.

mod args;
mod checkpoints;
mod db;
mod direct;
mod error;
mod in_thread;
mod migrations;
mod sql;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;
mod verify;

pub use args::{Arg, Args};
pub use db::{Backend, Db};
pub use direct::{Direct, Write};
pub use error::Error;
pub use migrations::Migrations;
pub use sql::Sql;
pub use sqlx;
pub use tx::{Record, Tx};
pub use verify::verify_statements;

/// What every call in this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;
