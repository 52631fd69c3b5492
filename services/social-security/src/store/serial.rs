//! Serials of the numbers that are given out.

use onething_db::{Error, Sql, Tx, args};

const NEXT: Sql = Sql::both(
    "INSERT INTO serial (kind, place, year, last) VALUES ($1, $2, $3, 1) \
     ON CONFLICT (kind, place, year) DO UPDATE SET last = serial.last + 1 RETURNING last",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[NEXT];

/// The next serial, from 1. Whoever else wants one waits until the transaction has ended.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn next(tx: &mut Tx, kind: &str, place: &str, year: i64) -> Result<i64, Error> {
    let (serial,): (i64,) = tx.fetch_one(NEXT, args![kind, place, year]).await?;
    Ok(serial)
}
