//! The department's tables and every statement on them. No rule is here: what is found is judged by
//! its caller.

pub(crate) mod card;
pub(crate) mod enrolment;
pub(crate) mod insured_region;
pub(crate) mod maternity;
pub(crate) mod person;
pub(crate) mod population;
pub(crate) mod retirement;
pub(crate) mod sequence;
pub(crate) mod unit;
pub(crate) mod unit_information;

use onething_db::{Migrations, sqlx};

/// The department's tables, beside the ledger's.
pub(crate) const MIGRATIONS: Migrations = Migrations::new(
    "social_security",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

#[cfg(test)]
mod tests;
