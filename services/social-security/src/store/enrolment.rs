//! Enrolments in resident medical insurance, their refunds and claims.

use onething_db::{Db, Error, Result, Sql, Tx, args};
use onething_participant::Fault;

const IN_FORCE: Sql =
    Sql::both("SELECT number FROM enrolment WHERE id_number = $1 AND state = 'in_force'");
const INSERT: Sql = Sql::both(
    "INSERT INTO enrolment (number, id_number, name, region, year, premium_fen, state, enrolled_at) \
     VALUES ($1, $2, $3, $4, $5, $6, 'in_force', $7)",
);
const LOCK: Sql = Sql::each(
    "SELECT premium_fen FROM enrolment WHERE number = $1 AND state = 'in_force'",
    "SELECT premium_fen FROM enrolment WHERE number = $1 AND state = 'in_force' FOR UPDATE",
);
const CLAIMS: Sql = Sql::both("SELECT COUNT(*) FROM claim WHERE enrolment_number = $1");
const CANCEL: Sql =
    Sql::both("UPDATE enrolment SET state = 'cancelled', cancelled_at = $2 WHERE number = $1");
const REFUND: Sql = Sql::both(
    "INSERT INTO refund (enrolment_number, amount_fen, booked_at) VALUES ($1, $2, $3)",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[IN_FORCE, INSERT, LOCK, CLAIMS, CANCEL, REFUND];

/// An enrolment.
pub(crate) struct Enrolment {
    pub(crate) number: String,
    pub(crate) id_number: String,
    pub(crate) name: String,
    /// County-level division of the office.
    pub(crate) region: String,
    /// The year that the premium is for.
    pub(crate) year: i64,
    pub(crate) premium_fen: i64,
}

/// The number of a person's enrolment in force.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn in_force(tx: &mut Tx, id_number: &str) -> Result<Option<String>> {
    let row: Option<(String,)> = tx.fetch_optional(IN_FORCE, args![id_number]).await?;
    Ok(row.map(|(number,)| number))
}

/// The same, outside a transaction.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn read(db: &Db, id_number: &str) -> Result<Option<String>, Fault> {
    let row: Option<(String,)> = db.fetch_optional(IN_FORCE, args![id_number]).await?;
    Ok(row.map(|(number,)| number))
}

/// Writes an enrolment. A second one in force for the same person is a unique violation.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insert(tx: &mut Tx, enrolment: &Enrolment, at: i64) -> Result<(), Error> {
    let row = args![
        &enrolment.number,
        &enrolment.id_number,
        &enrolment.name,
        &enrolment.region,
        enrolment.year,
        enrolment.premium_fen,
        at
    ];
    tx.execute(INSERT, row).await.map(drop)
}

/// Locks an enrolment in force and gives its premium.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, number: &str) -> Result<Option<i64>> {
    let row: Option<(i64,)> = tx.fetch_optional(LOCK, args![number]).await?;
    Ok(row.map(|(premium_fen,)| premium_fen))
}

/// Whether a claim was paid on an enrolment.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn has_claim(tx: &mut Tx, number: &str) -> Result<bool> {
    let (count,): (i64,) = tx.fetch_one(CLAIMS, args![number]).await?;
    Ok(count > 0)
}

/// Ends an enrolment; the row stays.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn cancel(tx: &mut Tx, number: &str, at: i64) -> Result<()> {
    tx.execute(CANCEL, args![number, at]).await.map(drop)
}

/// Books the premium's refund. A second refund of one enrolment is a unique violation.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn refund(tx: &mut Tx, number: &str, amount_fen: i64, at: i64) -> Result<()> {
    tx.execute(REFUND, args![number, amount_fen, at]).await.map(drop)
}
