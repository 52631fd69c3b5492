//! Who was registered as legal representative of an enterprise, in order.

use onething_db::{Error, Sql, Tx, args};

const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT id_number, registration_serial FROM legal_representative WHERE credit_code = $1",
    "SELECT id_number, registration_serial FROM legal_representative WHERE credit_code = $1 \
     FOR UPDATE",
);
const ADD: Sql = Sql::both(
    "INSERT INTO appointment (credit_code, position, id_number, id_number_before, \
     registration_serial, appointed_at) \
     SELECT $1, COALESCE(MAX(position), 0) + 1, $2, $3, $4, $5 \
     FROM appointment WHERE credit_code = $1",
);
const SET: Sql = Sql::both(
    "INSERT INTO legal_representative (credit_code, id_number, registration_serial) \
     VALUES ($1, $2, $3) \
     ON CONFLICT (credit_code) DO UPDATE SET id_number = $2, registration_serial = $3",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LOCK, ADD, SET];

/// Who represents an enterprise.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Representative {
    pub(crate) id_number: String,
    /// The enterprise's registration that said so; 0 of none that was told.
    pub(crate) registration_serial: i64,
}

/// An entry about who is to represent an enterprise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Appointment<'a> {
    pub(crate) credit_code: &'a str,
    pub(crate) id_number: &'a str,
    pub(crate) before: Option<&'a Representative>,
    /// The enterprise's registration; 0 where that was not told.
    pub(crate) registration_serial: i64,
}

/// Locks and reads who represents an enterprise.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn representative(
    tx: &mut Tx,
    credit_code: &str,
) -> Result<Option<Representative>, Error> {
    tx.fetch_optional(LOCK, args![credit_code]).await
}

/// Adds an entry, whether or not it changes who represents the enterprise.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_appointment(
    tx: &mut Tx,
    new: Appointment<'_>,
    at: i64,
) -> Result<(), Error> {
    let args = args![
        new.credit_code,
        new.id_number,
        new.before.map(|before| before.id_number.as_str()),
        new.registration_serial,
        at,
    ];
    tx.execute(ADD, args).await.map(drop)
}

/// Enters who represents an enterprise from now on, by which of its registrations.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn appoint(
    tx: &mut Tx,
    credit_code: &str,
    id_number: &str,
    serial: i64,
) -> Result<(), Error> {
    tx.execute(SET, args![credit_code, id_number, serial])
        .await
        .map(drop)
}
