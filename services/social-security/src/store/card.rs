//! Social security cards, the cancelled ones included.

use onething_db::{Db, Error, Sql, Tx, args};

const NUMBER: Sql =
    Sql::both("SELECT card_number FROM card WHERE id_number = $1 AND state = 'in_force'");
const INSERT: Sql = Sql::both(
    "INSERT INTO card (card_number, id_number, bank, state, issued_at, changed_at) \
     VALUES ($1, $2, $3, 'in_force', $4, $4)",
);
const CANCEL: Sql = Sql::both(
    "UPDATE card SET state = 'cancelled', changed_at = $2 \
     WHERE card_number = $1 AND state = 'in_force'",
);

const HELD: Sql =
    Sql::both("SELECT card_number, bank FROM card WHERE id_number = $1 AND state = 'in_force'");

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[NUMBER, INSERT, CANCEL, HELD];

/// A card to issue.
#[derive(Clone, Copy)]
pub(crate) struct NewCard<'a> {
    pub(crate) card_number: &'a str,
    pub(crate) id_number: &'a str,
    /// A choice of the data element `social_card.bank`.
    pub(crate) bank: &'a str,
    /// Microseconds since the epoch.
    pub(crate) issued_at: i64,
}

/// A card that is held.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Held {
    pub(crate) card_number: String,
    /// A choice of the data element `social_card.bank`.
    pub(crate) bank: String,
}

/// The card that a person holds.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn held(db: &Db, id_number: &str) -> Result<Option<Held>, Error> {
    db.fetch_optional(HELD, args![id_number]).await
}

/// Whether a locked person holds the card with a number.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn holds(tx: &mut Tx, id_number: &str, card_number: &str) -> Result<bool, Error> {
    let found: Option<(String,)> = tx.fetch_optional(NUMBER, args![id_number]).await?;
    Ok(found.is_some_and(|(held,)| held == card_number))
}

/// Whether a locked person holds a card.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn in_force(tx: &mut Tx, id_number: &str) -> Result<bool, Error> {
    let found: Option<(String,)> = tx.fetch_optional(NUMBER, args![id_number]).await?;
    Ok(found.is_some())
}

/// The number of the card that a person holds.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn number(db: &Db, id_number: &str) -> Result<Option<String>, Error> {
    let found: Option<(String,)> = db.fetch_optional(NUMBER, args![id_number]).await?;
    Ok(found.map(|(number,)| number))
}

/// Issues a card.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insert(tx: &mut Tx, card: NewCard<'_>) -> Result<(), Error> {
    let args = args![card.card_number, card.id_number, card.bank, card.issued_at];
    tx.execute(INSERT, args).await.map(drop)
}

/// Cancels a card. One that is cancelled already stays so.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn cancel(tx: &mut Tx, card_number: &str, at: i64) -> Result<(), Error> {
    tx.execute(CANCEL, args![card_number, at]).await.map(drop)
}
