//! What enterprises told about their units, and units that go on under another code.

use onething_db::{Error, Sql, Tx, args};

use super::unit::Registration;
use crate::unit::Kind;

const ADD: Sql = Sql::both(
    "INSERT INTO unit_information (kind, credit_code, position, credit_code_after, name, address, \
     registration_serial, changed_at) \
     SELECT $1, $2, COALESCE(MAX(position), 0) + 1, $3, $4, $5, $6, $7 FROM unit_information \
     WHERE kind = $1 AND credit_code = $2",
);
const BEGIN: Sql = Sql::both(
    "INSERT INTO unit (kind, credit_code, office, unit_number) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (kind, credit_code) DO NOTHING",
);

const LATEST: Sql = Sql::both(
    "SELECT COALESCE(MAX(registration_serial), 0) FROM unit_information \
     WHERE kind = $1 AND credit_code = $2",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[ADD, BEGIN, LATEST];

/// What an enterprise tells about a unit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Information<'a> {
    pub(crate) kind: Kind,
    pub(crate) credit_code: &'a str,
    pub(crate) credit_code_after: &'a str,
    pub(crate) name: &'a str,
    pub(crate) address: &'a str,
    /// The enterprise's registration that it is told of; 0 where that was not told.
    pub(crate) registration_serial: i64,
}

/// The latest of the enterprise's registrations that were told of a locked unit; 0 of none.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn latest(tx: &mut Tx, kind: Kind, credit_code: &str) -> Result<i64, Error> {
    let (serial,) = tx
        .fetch_one(LATEST, args![kind.name(), credit_code])
        .await?;
    Ok(serial)
}

/// Adds an entry about a locked unit.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add(tx: &mut Tx, new: Information<'_>, at: i64) -> Result<(), Error> {
    let args = args![
        new.kind.name(),
        new.credit_code,
        new.credit_code_after,
        new.name,
        new.address,
        new.registration_serial,
        at,
    ];
    tx.execute(ADD, args).await.map(drop)
}

/// Enters a unit under a code; its registration is made apart.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn begin(tx: &mut Tx, new: Registration<'_>) -> Result<(), Error> {
    let args = args![
        new.kind.name(),
        new.credit_code,
        new.office,
        new.unit_number,
    ];
    tx.execute(BEGIN, args).await.map(drop)
}
