//! Parties to registrations, what they declared, and the serials of certificates.

use onething_db::{Error, Sql, Tx, args};

/// A lock that lasts as long as the transaction and leaves nothing behind.
const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT 0 * LENGTH($1) AS locked",
    "SELECT COALESCE(LENGTH(CAST(pg_advisory_xact_lock(hashtext($1)) AS TEXT)), 0)::BIGINT \
     AS locked",
);
const KEEP: Sql = Sql::both(
    "INSERT INTO marriage_declaration (certificate_number, photo, heard_by, registered_at) \
     VALUES ($1, $2, $3, $4)",
);
const NEXT: Sql = Sql::both(
    "INSERT INTO number_sequence (name, last) VALUES ($1, $2) \
     ON CONFLICT (name) DO UPDATE SET last = number_sequence.last + 1 RETURNING last",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LOCK, KEEP, NEXT];

/// Locks a person as a party.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, id_number: &str) -> Result<(), Error> {
    let (_,): (i64,) = tx.fetch_one(LOCK, args![id_number]).await?;
    Ok(())
}

/// Keeps what belongs to a registration.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn keep(
    tx: &mut Tx,
    certificate_number: &str,
    photo: &str,
    heard_by: &str,
    at: i64,
) -> Result<(), Error> {
    let args = args![certificate_number, photo, heard_by, at];
    tx.execute(KEEP, args).await.map(drop)
}

/// The next serial of a sequence, which begins at `first`. Whoever else wants one waits until the
/// transaction has ended.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn next_serial(tx: &mut Tx, name: &str, first: i64) -> Result<i64, Error> {
    let (serial,): (i64,) = tx.fetch_one(NEXT, args![name, first]).await?;
    Ok(serial)
}
