//! Social security cards.

use onething_db::{Db, Result, Sql, Tx, args};
use onething_participant::Fault;

const IN_FORCE: Sql =
    Sql::both("SELECT number FROM card WHERE id_number = $1 AND state = 'in_force'");
const INSERT: Sql = Sql::both(
    "INSERT INTO card (number, id_number, name, bank, state, issued_at) \
     VALUES ($1, $2, $3, $4, 'in_force', $5)",
);
const CANCEL: Sql = Sql::both(
    "UPDATE card SET state = 'cancelled', cancelled_at = $2 \
     WHERE number = $1 AND state = 'in_force'",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[IN_FORCE, INSERT, CANCEL];

/// A card.
pub(crate) struct Card {
    pub(crate) number: String,
    pub(crate) id_number: String,
    pub(crate) name: String,
    pub(crate) bank: String,
}

/// The number of a person's card in force.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn in_force(tx: &mut Tx, id_number: &str) -> Result<Option<String>> {
    let row: Option<(String,)> = tx.fetch_optional(IN_FORCE, args![id_number]).await?;
    Ok(row.map(|(number,)| number))
}

/// The same, outside a transaction.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn read(db: &Db, id_number: &str) -> Result<Option<String>, Fault> {
    let row: Option<(String,)> = db.fetch_optional(IN_FORCE, args![id_number]).await?;
    Ok(row.map(|(number,)| number))
}

/// Writes a card. A second one in force for the same person is a unique violation.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insert(tx: &mut Tx, card: &Card, at: i64) -> Result<()> {
    let row = args![&card.number, &card.id_number, &card.name, &card.bank, at];
    tx.execute(INSERT, row).await.map(drop)
}

/// Ends a card; the row stays.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn cancel(tx: &mut Tx, number: &str, at: i64) -> Result<()> {
    tx.execute(CANCEL, args![number, at]).await.map(drop)
}
