//! The registers' tables and every statement on them. No rule is here: what is found is judged by
//! its caller.

pub(crate) mod birth;
pub(crate) mod household;
pub(crate) mod issuance;
pub(crate) mod parentage;
pub(crate) mod plate;
pub(crate) mod population;
pub(crate) mod relocation;
pub(crate) mod resident;
pub(crate) mod seal;
pub(crate) mod seal_replacement;
pub(crate) mod sequence;
pub(crate) mod vehicle;
pub(crate) mod vehicle_population;

use onething_db::{Migrations, sqlx};

/// The registers' tables, beside the ledger's.
pub(crate) const MIGRATIONS: Migrations = Migrations::new(
    "public_security",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

#[cfg(test)]
mod tests;
