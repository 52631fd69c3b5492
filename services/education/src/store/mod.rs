//! The register's table. All SQL is here; no rule is.

mod school_area;

use onething_db::{Migrations, sqlx};

pub(crate) use school_area::{SchoolArea, add_areas, area_of, has_areas};

/// The register's table, beside the ledger's.
pub(crate) const MIGRATIONS: Migrations = Migrations::new(
    "education",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

#[cfg(test)]
mod tests;
