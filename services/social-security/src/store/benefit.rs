//! Who is insured for maternity, and the benefits that were granted.

use onething_db::{Db, Result, Sql, Tx, args};
use onething_participant::Fault;
use serde_json::json;

use super::BATCH;

const INSURED: Sql = Sql::both("SELECT COUNT(*) FROM maternity_insured WHERE id_number = $1");
const INSURE: Sql = Sql::each(
    "INSERT INTO maternity_insured (id_number) SELECT value FROM json_each($1) WHERE true \
     ON CONFLICT DO NOTHING",
    "INSERT INTO maternity_insured (id_number) SELECT jsonb_array_elements_text($1) \
     ON CONFLICT DO NOTHING",
);
const LOCK: Sql = Sql::each(
    "SELECT number, birth_certificate_number, id_number, amount_fen FROM benefit \
     WHERE birth_certificate_number = $1",
    "SELECT number, birth_certificate_number, id_number, amount_fen FROM benefit \
     WHERE birth_certificate_number = $1 FOR UPDATE",
);
const INSERT: Sql = Sql::both(
    "INSERT INTO benefit (number, birth_certificate_number, id_number, amount_fen, granted_at) \
     VALUES ($1, $2, $3, $4, $5)",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[INSURED, INSURE, LOCK, INSERT];

/// A benefit that was granted.
#[derive(sqlx::FromRow)]
pub(crate) struct Benefit {
    pub(crate) number: String,
    pub(crate) birth_certificate_number: String,
    /// The mother's resident number.
    pub(crate) id_number: String,
    pub(crate) amount_fen: i64,
}

/// Whether a person is insured for maternity.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn is_insured(tx: &mut Tx, id_number: &str) -> Result<bool> {
    let (count,): (i64,) = tx.fetch_one(INSURED, args![id_number]).await?;
    Ok(count > 0)
}

/// The same, outside a transaction.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn is_entitled(db: &Db, id_number: &str) -> Result<bool, Fault> {
    let (count,): (i64,) = db.fetch_one(INSURED, args![id_number]).await?;
    Ok(count > 0)
}

/// Records persons as insured for maternity.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insure(tx: &mut Tx, id_numbers: &[String]) -> Result<()> {
    for batch in id_numbers.chunks(BATCH) {
        tx.execute(INSURE, args![json!(batch)]).await?;
    }
    Ok(())
}

/// Locks and reads the benefit of a birth.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, birth_certificate_number: &str) -> Result<Option<Benefit>> {
    tx.fetch_optional(LOCK, args![birth_certificate_number]).await
}

/// Writes a benefit. A second one for the same birth is a unique violation.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insert(tx: &mut Tx, benefit: &Benefit, at: i64) -> Result<()> {
    let row = args![
        &benefit.number,
        &benefit.birth_certificate_number,
        &benefit.id_number,
        benefit.amount_fen,
        at
    ];
    tx.execute(INSERT, row).await.map(drop)
}
