//! Registration archives: who holds one, and its documents. Hand-overs have rows of their own.

use onething_db::{Error, Sql, Tx, args};

pub(super) const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT holder, archive_number, sha256 FROM archive WHERE credit_code = $1",
    "SELECT holder, archive_number, sha256 FROM archive WHERE credit_code = $1 FOR UPDATE",
);
pub(super) const DOCUMENTS: Sql = Sql::both(
    "SELECT title, pages, content FROM archive_document WHERE credit_code = $1 ORDER BY position",
);
pub(super) const MOVE: Sql = Sql::both(
    "UPDATE archive SET holder = $2, archive_number = $3, changed_at = $4 WHERE credit_code = $1",
);

/// An archive.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Archive {
    /// The division of the registrar that holds it.
    pub(crate) holder: String,
    /// Its number there; none when it has been there since before this system.
    pub(crate) archive_number: Option<String>,
    /// Its digest as it was archived.
    pub(crate) sha256: String,
}

/// One document of an archive.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Document {
    pub(crate) title: String,
    pub(crate) pages: i64,
    pub(crate) content: String,
}

/// Finds an enterprise's archive and locks it.
pub(crate) async fn lock(tx: &mut Tx, credit_code: &str) -> Result<Option<Archive>, Error> {
    tx.fetch_optional(LOCK, args![credit_code]).await
}

/// An archive's documents in their order.
pub(crate) async fn documents(tx: &mut Tx, credit_code: &str) -> Result<Vec<Document>, Error> {
    tx.fetch_all(DOCUMENTS, args![credit_code]).await
}

/// Gives an archive to a holder, who has it under a number.
pub(crate) async fn give(
    tx: &mut Tx,
    credit_code: &str,
    holder: &str,
    archive_number: Option<&str>,
    at: i64,
) -> Result<(), Error> {
    let number = archive_number.map(str::to_owned);
    tx.execute(MOVE, args![credit_code, holder, number, at])
        .await
        .map(drop)
}
