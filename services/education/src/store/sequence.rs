//! Serials of the numbers that the department gives out. An undo gives none back.

use onething_db::{Error, Sql, Tx, args};

const NEXT: Sql = Sql::both(
    "INSERT INTO number_sequence (name, last) VALUES ($1, 1) \
     ON CONFLICT (name) DO UPDATE SET last = number_sequence.last + 1 RETURNING last",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[NEXT];

/// The next serial of a sequence, from 1. Whoever else wants one waits until the transaction has
/// ended.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn next(tx: &mut Tx, name: &str) -> Result<i64, Error> {
    let (serial,): (i64,) = tx.fetch_one(NEXT, args![name]).await?;
    Ok(serial)
}
