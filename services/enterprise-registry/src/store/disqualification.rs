//! Persons who may not be legal representatives.

use onething_db::{Db, Error, Sql, Tx, args};

pub(super) const FIND: Sql =
    Sql::both("SELECT until_on FROM disqualification WHERE id_number = $1");

/// A disqualification.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Disqualification {
    /// The last day, YYYY-MM-DD.
    pub(crate) until_on: String,
}

/// Reads a person's disqualification.
pub(crate) async fn read(db: &Db, id_number: &str) -> Result<Option<Disqualification>, Error> {
    db.fetch_optional(FIND, args![id_number]).await
}

/// Reads a person's disqualification within a transaction.
pub(crate) async fn find(tx: &mut Tx, id_number: &str) -> Result<Option<Disqualification>, Error> {
    tx.fetch_optional(FIND, args![id_number]).await
}
