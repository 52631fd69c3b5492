//! The register's table. All SQL is here; no rule is.

pub(crate) mod declaration;
pub(crate) mod guardianship;
mod marriage;

use onething_db::{Migrations, sqlx};

pub(crate) use marriage::{
    Marriage, add_marriages, has_marriages, is_married, marriage_of, register,
};

/// The register's table, beside the ledger's.
pub(crate) const MIGRATIONS: Migrations = Migrations::new(
    "civil_affairs",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

#[cfg(test)]
mod tests;
