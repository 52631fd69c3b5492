//! Who holds how much of a company.

use onething_db::{Db, Error, Sql, Tx, args};

pub(super) const OF: Sql = Sql::both(
    "SELECT id_number, amount_fen, subscribed_on FROM shareholder \
     WHERE credit_code = $1 AND amount_fen > 0 ORDER BY subscribed_on, id_number",
);
pub(super) const ONE: Sql = Sql::both(
    "SELECT id_number, amount_fen, subscribed_on FROM shareholder \
     WHERE credit_code = $1 AND id_number = $2 AND amount_fen > 0",
);
pub(super) const LEAVE: Sql =
    Sql::both("UPDATE shareholder SET amount_fen = 0 WHERE credit_code = $1");
pub(super) const SET: Sql = Sql::both(
    "INSERT INTO shareholder (credit_code, id_number, amount_fen, subscribed_on) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (credit_code, id_number) \
     DO UPDATE SET amount_fen = $3, subscribed_on = $4",
);

/// A shareholder.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Shareholder {
    pub(crate) id_number: String,
    /// Subscribed capital in fen. One that is zero is who has left.
    pub(crate) amount_fen: i64,
    /// The day of the subscription, YYYY-MM-DD.
    pub(crate) subscribed_on: String,
}

/// The shareholders of a record that the caller has locked.
pub(crate) async fn of(tx: &mut Tx, credit_code: &str) -> Result<Vec<Shareholder>, Error> {
    tx.fetch_all(OF, args![credit_code]).await
}

/// One shareholder.
pub(crate) async fn read(
    db: &Db,
    credit_code: &str,
    id_number: &str,
) -> Result<Option<Shareholder>, Error> {
    db.fetch_optional(ONE, args![credit_code, id_number]).await
}

/// Enters the shareholders from now on. Those who are not among them have left; their rows stay.
pub(crate) async fn replace(
    tx: &mut Tx,
    credit_code: &str,
    holders: &[Shareholder],
) -> Result<(), Error> {
    tx.execute(LEAVE, args![credit_code]).await?;
    for holder in holders {
        let args = args![
            credit_code,
            &holder.id_number,
            holder.amount_fen,
            &holder.subscribed_on,
        ];
        tx.execute(SET, args).await?;
    }
    Ok(())
}
