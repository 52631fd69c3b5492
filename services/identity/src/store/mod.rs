//! The registers' tables. All SQL is here; no rule is.

mod appointment;
mod legal_representative;
mod login;
mod person;

use onething_db::{Migrations, sqlx};

pub(crate) use appointment::{Appointment, add_appointment, appoint, representative};
pub(crate) use legal_representative::{
    LegalRepresentative, add_legal_representatives, legal_representative,
};
pub(crate) use login::{Login, add_logins, login};
pub(crate) use person::{Person, add_persons, has_persons, person};

/// The registers' tables, beside the ledger's.
pub(crate) const MIGRATIONS: Migrations = Migrations::new(
    "identity",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

/// How many rows one statement takes.
const BATCH: usize = 1_000;

#[cfg(test)]
mod tests;
