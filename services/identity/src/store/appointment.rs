//! Who was registered as legal representative of an enterprise, in order.

use onething_db::{Error, Sql, Tx, args};

const ADD: Sql = Sql::both(
    "INSERT INTO appointment (credit_code, position, id_number, id_number_before, appointed_at) \
     SELECT $1, COALESCE(MAX(position), 0) + 1, $2, \
     (SELECT id_number FROM legal_representative WHERE credit_code = $1), $3 \
     FROM appointment WHERE credit_code = $1",
);
const SET: Sql = Sql::both(
    "INSERT INTO legal_representative (credit_code, id_number) VALUES ($1, $2) \
     ON CONFLICT (credit_code) DO UPDATE SET id_number = $2",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[ADD, SET];

/// Enters who represents an enterprise from now on.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn appoint(
    tx: &mut Tx,
    credit_code: &str,
    id_number: &str,
    at: i64,
) -> Result<(), Error> {
    tx.execute(ADD, args![credit_code, id_number, at]).await?;
    tx.execute(SET, args![credit_code, id_number])
        .await
        .map(drop)
}
