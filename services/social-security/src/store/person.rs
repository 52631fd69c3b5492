//! The persons of whom the department has records. Whoever changes something about one holds the
//! person's row, so that two calls about one person never run side by side.

use onething_db::{Error, Sql, Tx, args};

/// An upsert locks the row, whether it was there or not.
const LOCK: Sql = Sql::both(
    "INSERT INTO person (id_number, name) VALUES ($1, $2) \
     ON CONFLICT (id_number) DO UPDATE SET name = excluded.name",
);
const RELOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT COUNT(*) FROM person WHERE id_number = $1",
    "SELECT COUNT(*) FROM (SELECT 1 FROM person WHERE id_number = $1 FOR UPDATE) AS locked",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LOCK, RELOCK];

/// Locks a person's record; a new one is made.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, id_number: &str, name: &str) -> Result<(), Error> {
    tx.execute(LOCK, args![id_number, name]).await.map(drop)
}

/// Locks the record of a person who has one.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn relock(tx: &mut Tx, id_number: &str) -> Result<(), Error> {
    let (_,): (i64,) = tx.fetch_one(RELOCK, args![id_number]).await?;
    Ok(())
}
