//! Insured units: where each is insured now, and every registration it ever had.

use onething_db::{Db, Error, Sql, Tx, args};

use crate::unit::Kind;

const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT office, unit_number, registration_serial FROM unit \
     WHERE kind = $1 AND credit_code = $2",
    "SELECT office, unit_number, registration_serial FROM unit \
     WHERE kind = $1 AND credit_code = $2 FOR UPDATE",
);
const READ: Sql = Sql::both(
    "SELECT office, unit_number, registration_serial FROM unit \
     WHERE kind = $1 AND credit_code = $2",
);
const MOVE: Sql = Sql::both(
    "UPDATE unit SET office = $3, unit_number = $4, registration_serial = $5 \
     WHERE kind = $1 AND credit_code = $2",
);
const REGISTER: Sql = Sql::both(
    "INSERT INTO unit_registration (unit_number, kind, credit_code, position, office, \
     registered_at) \
     SELECT $4, $1, $2, COALESCE(MAX(position), 0) + 1, $3, $5 FROM unit_registration \
     WHERE kind = $1 AND credit_code = $2",
);

const NOTE: Sql = Sql::both(
    "INSERT INTO unit_overtaken (kind, credit_code, position, office, registration_serial, told_at) \
     SELECT $1, $2, COALESCE(MAX(position), 0) + 1, $3, $4, $5 FROM unit_overtaken \
     WHERE kind = $1 AND credit_code = $2",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LOCK, READ, MOVE, REGISTER, NOTE];

/// A unit as it is insured now.
#[derive(Debug, Default, sqlx::FromRow)]
pub(crate) struct Unit {
    /// Division of the office that keeps it.
    pub(crate) office: String,
    /// Its number there.
    pub(crate) unit_number: String,
    /// The enterprise's registration that the office follows; 0 of none that was told.
    pub(crate) registration_serial: i64,
}

/// A registration to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Registration<'a> {
    pub(crate) kind: Kind,
    pub(crate) credit_code: &'a str,
    pub(crate) office: &'a str,
    pub(crate) unit_number: &'a str,
    /// The enterprise's registration that the unit follows from now on.
    pub(crate) registration_serial: i64,
    /// Microseconds since the epoch.
    pub(crate) registered_at: i64,
}

/// Locks and reads a unit.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(
    tx: &mut Tx,
    kind: Kind,
    credit_code: &str,
) -> Result<Option<Unit>, Error> {
    let args = args![kind.name(), credit_code];
    tx.fetch_optional(LOCK, args).await
}

/// Reads a unit.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn read(db: &Db, kind: Kind, credit_code: &str) -> Result<Option<Unit>, Error> {
    let args = args![kind.name(), credit_code];
    db.fetch_optional(READ, args).await
}

/// Has a locked unit follow a registration, at the office and under the number that it says.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn move_to(tx: &mut Tx, new: Registration<'_>) -> Result<(), Error> {
    let args = args![
        new.kind.name(),
        new.credit_code,
        new.office,
        new.unit_number,
        new.registration_serial,
    ];
    tx.execute(MOVE, args).await.map(drop)
}

/// Registers a locked unit with another office.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn register(tx: &mut Tx, new: Registration<'_>) -> Result<(), Error> {
    move_to(tx, new).await?;
    let args = args![
        new.kind.name(),
        new.credit_code,
        new.office,
        new.unit_number,
        new.registered_at,
    ];
    tx.execute(REGISTER, args).await.map(drop)
}

/// Notes a registration of the enterprise, by its serial, that a locked unit does not follow any more.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn note_overtaken(
    tx: &mut Tx,
    told: Registration<'_>,
    serial: i64,
) -> Result<(), Error> {
    let args = args![
        told.kind.name(),
        told.credit_code,
        told.office,
        serial,
        told.registered_at,
    ];
    tx.execute(NOTE, args).await.map(drop)
}
