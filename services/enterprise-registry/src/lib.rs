//! Enterprise registry: records, moves between registrars, archives and licences.
//!
//! A move (迁移登记) goes lock, acceptance, release, archive hand-over, registration. Each is one
//! action with its own module, its own numbered document and its own table. Everything before the
//! registration can be annulled, in any order, and leaves the record as it was before. Every change
//! of a record is also an entry in its history.

mod acceptance;
mod archive_transfer;
mod cause;
mod code;
mod day;
mod destination;
mod digest;
mod grpc;
mod lock;
mod number;
mod population;
mod registration;
mod release;
mod resolution;
mod service;
mod standing;
mod store;
mod value;

pub use service::EnterpriseRegistry;
pub use store::{MIGRATIONS, STATEMENTS};
