//! Serials of the numbers that the department gives out. An undo gives none back.

use onething_db::{Error, Sql, Tx, args};

const NEXT: Sql = Sql::both(
    "INSERT INTO number_sequence (name, last) VALUES ($1, $2) \
     ON CONFLICT (name) DO UPDATE SET last = number_sequence.last + 1 RETURNING last",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[NEXT];

/// The next serial of a sequence, which begins at `first`. Whoever else wants one waits until the
/// transaction has ended.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn next(tx: &mut Tx, name: &str, first: i64) -> Result<i64, Error> {
    let (serial,): (i64,) = tx.fetch_one(NEXT, args![name, first]).await?;
    Ok(serial)
}

/// The next number of a kind of document in a year: its letters, the year and a serial of both, for example
/// `TX2026-0000001`.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn number(tx: &mut Tx, letters: &str, year: i16) -> Result<String, Error> {
    let series = format!("{letters}{year}");
    let serial = next(tx, &series, 1).await?;
    Ok(format!("{series}-{serial:07}"))
}
