//! Social security's tables. All SQL is here; no rule is.

pub(crate) mod benefit;
pub(crate) mod card;
pub(crate) mod enrolment;
pub(crate) mod serial;
pub(crate) mod unit;

use onething_db::{Migrations, sqlx};

/// The tables, beside the ledger's.
pub(crate) const MIGRATIONS: Migrations = Migrations::new(
    "social_security",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

/// How many rows one statement takes.
const BATCH: usize = 1_000;

#[cfg(test)]
mod tests;
