//! Number sequences. A number is given out once: an undo does not bring it back, and a call that
//! has no effect has given none out.

use onething_db::{Error, Sql, Tx, args};

pub(super) const NEXT: Sql = Sql::both(
    "INSERT INTO number_sequence (department, name, last) VALUES ($1, $2, $3) \
     ON CONFLICT (department, name) DO UPDATE SET last = number_sequence.last + 1 RETURNING last",
);

/// The next number of a department's sequence, which begins at `first`. Others who want one wait
/// until the transaction has ended.
pub(crate) async fn next_number(
    tx: &mut Tx,
    department: &str,
    name: &str,
    first: i64,
) -> Result<i64, Error> {
    let (number,): (i64,) = tx.fetch_one(NEXT, args![department, name, first]).await?;
    Ok(number)
}
