//! Insured units and where they have moved.

use onething_db::{Db, Result, Sql, Tx, args};
use onething_participant::Fault;
use serde::Serialize;
use serde_json::json;

use super::BATCH;

const READ: Sql = Sql::both(
    "SELECT credit_code, social_office, social_number, medical_office, medical_number \
     FROM unit WHERE credit_code = $1",
);
const LOCK: Sql = Sql::each(
    "SELECT credit_code, social_office, social_number, medical_office, medical_number \
     FROM unit WHERE credit_code = $1",
    "SELECT credit_code, social_office, social_number, medical_office, medical_number \
     FROM unit WHERE credit_code = $1 FOR UPDATE",
);
const ANY: Sql = Sql::both("SELECT COUNT(*) FROM (SELECT 1 AS one FROM unit LIMIT 1) AS any_unit");
const ADD: Sql = Sql::each(
    "INSERT INTO unit (credit_code, social_office, social_number, medical_office, medical_number) \
     SELECT value ->> 'credit_code', value ->> 'social_office', value ->> 'social_number', \
     value ->> 'medical_office', value ->> 'medical_number' FROM json_each($1) WHERE true \
     ON CONFLICT DO NOTHING",
    "INSERT INTO unit (credit_code, social_office, social_number, medical_office, medical_number) \
     SELECT credit_code, social_office, social_number, medical_office, medical_number \
     FROM jsonb_to_recordset($1) AS item (credit_code TEXT, social_office TEXT, \
     social_number TEXT, medical_office TEXT, medical_number TEXT) ON CONFLICT DO NOTHING",
);
const MOVE_SOCIAL: Sql =
    Sql::both("UPDATE unit SET social_office = $2, social_number = $3 WHERE credit_code = $1");
const MOVE_MEDICAL: Sql =
    Sql::both("UPDATE unit SET medical_office = $2, medical_number = $3 WHERE credit_code = $1");
const RECORD: Sql = Sql::both(
    "INSERT INTO unit_transfer (credit_code, insurance, from_office, from_number, to_office, \
     to_number, transferred_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] =
    &[READ, LOCK, ANY, ADD, MOVE_SOCIAL, MOVE_MEDICAL, RECORD];

/// A unit: its offices and its numbers there.
#[derive(Serialize, sqlx::FromRow)]
pub(crate) struct Unit {
    pub(crate) credit_code: String,
    pub(crate) social_office: String,
    pub(crate) social_number: String,
    pub(crate) medical_office: String,
    pub(crate) medical_number: String,
}

/// One of a unit's two insurances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insurance {
    /// Pension, unemployment and work injury.
    Social,
    /// Medical.
    Medical,
}

impl Unit {
    /// Office and number of one insurance.
    pub(crate) fn at(&self, insurance: Insurance) -> (&str, &str) {
        match insurance {
            Insurance::Social => (&self.social_office, &self.social_number),
            Insurance::Medical => (&self.medical_office, &self.medical_number),
        }
    }
}

/// A transfer of one insurance.
pub(crate) struct Transfer<'a> {
    pub(crate) credit_code: &'a str,
    pub(crate) insurance: Insurance,
    pub(crate) from_office: &'a str,
    pub(crate) from_number: &'a str,
    pub(crate) to_office: &'a str,
    pub(crate) to_number: &'a str,
}

/// The unit of an enterprise.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn read(db: &Db, credit_code: &str) -> Result<Option<Unit>, Fault> {
    Ok(db.fetch_optional(READ, args![credit_code]).await?)
}

/// Locks and reads the unit of an enterprise.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, credit_code: &str) -> Result<Option<Unit>> {
    tx.fetch_optional(LOCK, args![credit_code]).await
}

/// Whether there is any unit at all.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn any(tx: &mut Tx) -> Result<bool> {
    let (count,): (i64,) = tx.fetch_one(ANY, args![]).await?;
    Ok(count > 0)
}

/// Adds units; known ones stay as they are.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add(tx: &mut Tx, units: &[Unit]) -> Result<()> {
    for batch in units.chunks(BATCH) {
        tx.execute(ADD, args![json!(batch)]).await?;
    }
    Ok(())
}

/// Moves one insurance of a unit and keeps where it came from.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn transfer(tx: &mut Tx, transfer: &Transfer<'_>, at: i64) -> Result<()> {
    let (update, name) = match transfer.insurance {
        Insurance::Social => (MOVE_SOCIAL, "social"),
        Insurance::Medical => (MOVE_MEDICAL, "medical"),
    };
    let to = args![transfer.credit_code, transfer.to_office, transfer.to_number];
    tx.execute(update, to).await?;
    let row = args![
        transfer.credit_code,
        name,
        transfer.from_office,
        transfer.from_number,
        transfer.to_office,
        transfer.to_number,
        at
    ];
    tx.execute(RECORD, row).await.map(drop)
}
