//! The embedded record store: records with their versions and indexed attributes, and number
//! sequences. It knows nothing of departments' rules. All SQL is here.

mod record;
mod seed;
mod sequence;

use onething_db::{Migrations, Sql, sqlx};

pub(crate) use record::{
    Body, Place, Reader, Record, State, annul, change, create, index_text, lock, restore,
};
pub(crate) use seed::{Seed, has_records, plant};
pub(crate) use sequence::next_number;

/// The record store's tables, beside the ledger's.
pub const MIGRATIONS: Migrations = Migrations::new(
    "records",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

/// Every statement, so that a test can prepare them on both databases.
pub const STATEMENTS: &[Sql] = &[
    record::READ,
    record::LOCK,
    record::BY_ATTRIBUTE,
    record::INSERT,
    record::UPDATE,
    record::KEEP_VERSION,
    record::READ_VERSION,
    record::CLEAR_INDEX,
    record::PUT_INDEX,
    sequence::NEXT,
    seed::COUNT,
    seed::RECORDS,
    seed::VERSIONS,
    seed::INDEX,
];
