//! Enterprise registry: records, moves between registrars, archives and licences.
//!
//! Besides moves it keeps names and their reservations, registers changes of items and conversions of
//! individual businesses, and keeps the penalty records that it publishes with their repair.
//!
//! A move (迁移登记) goes lock, acceptance, release, archive hand-over, registration. Each is one
//! action with its own module, its own numbered document and its own table. Everything before the
//! registration can be annulled, in any order, and leaves the record as it was before. Every change
//! of a record is also an entry in its history.

mod acceptance;
mod archive_transfer;
mod cause;
mod change;
mod change_items;
mod code;
mod conversion;
mod conversion_rule;
mod day;
mod destination;
mod digest;
mod eligibility;
mod grpc;
mod grpc_change;
mod grpc_conversion;
mod grpc_penalty;
mod holdings;
mod lock;
mod name;
mod name_reservation;
mod number;
mod penalty;
mod permit;
mod population;
mod publicity;
mod publicity_period;
mod registration;
mod release;
mod repair;
mod resolution;
mod service;
mod standing;
mod store;
mod value;

pub use service::EnterpriseRegistry;
pub use store::{MIGRATIONS, STATEMENTS};
