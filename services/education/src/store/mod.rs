//! The registers' tables. All SQL is here; no rule is.

pub(crate) mod population;
pub(crate) mod registration;
mod school_area;
pub(crate) mod seat;
pub(crate) mod sequence;
pub(crate) mod student;

use onething_db::{Migrations, sqlx};

pub(crate) use school_area::{SchoolArea, add_areas, area_at, area_of, has_areas};

/// The registers' tables, beside the ledger's.
pub(crate) const MIGRATIONS: Migrations = Migrations::new(
    "education",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

#[cfg(test)]
mod tests;
