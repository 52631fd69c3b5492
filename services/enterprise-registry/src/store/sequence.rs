//! Serials of the numbers that registrars give out.

use onething_db::{Error, Sql, Tx, args};

pub(super) const NEXT: Sql = Sql::both(
    "INSERT INTO document_sequence (kind, registrar, year, last) VALUES ($1, $2, $3, 1) \
     ON CONFLICT (kind, registrar, year) DO UPDATE SET last = document_sequence.last + 1 \
     RETURNING last",
);

/// The next serial, from 1. Whoever else wants one waits until the transaction has ended.
pub(crate) async fn next(
    tx: &mut Tx,
    kind: &str,
    registrar: &str,
    year: i64,
) -> Result<i64, Error> {
    let (serial,): (i64,) = tx.fetch_one(NEXT, args![kind, registrar, year]).await?;
    Ok(serial)
}
