//! Hand-overs of archives.

use onething_db::{Error, Sql, Tx, args};

use super::state::State;

pub(super) const FIND: Sql = Sql::both(
    "SELECT archive_number, release_number, from_holder, from_archive_number, to_holder, state \
     FROM archive_transfer WHERE archive_number = $1 AND credit_code = $2",
);
pub(super) const INSERT: Sql = Sql::both(
    "INSERT INTO archive_transfer (archive_number, credit_code, release_number, from_holder, \
     from_archive_number, to_holder, sent_sha256, received_sha256, pages, state, transferred_at, \
     changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'in_force', $10, $10)",
);
pub(super) const MARK: Sql =
    Sql::both("UPDATE archive_transfer SET state = $2, changed_at = $3 WHERE archive_number = $1");

/// A hand-over.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Transfer {
    pub(crate) archive_number: String,
    pub(crate) release_number: String,
    pub(crate) from_holder: String,
    pub(crate) from_archive_number: Option<String>,
    pub(crate) to_holder: String,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
}

/// A new hand-over.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) archive_number: &'a str,
    pub(crate) credit_code: &'a str,
    pub(crate) release_number: &'a str,
    pub(crate) from_holder: &'a str,
    pub(crate) from_archive_number: Option<&'a str>,
    pub(crate) to_holder: &'a str,
    pub(crate) sent_sha256: &'a str,
    pub(crate) received_sha256: &'a str,
    pub(crate) pages: i64,
}

/// The hand-over that gave an enterprise's archive a number, in whatever state.
pub(crate) async fn find(
    tx: &mut Tx,
    archive_number: &str,
    credit_code: &str,
) -> Result<Option<Transfer>, Error> {
    tx.fetch_optional(FIND, args![archive_number, credit_code])
        .await
}

/// Enters a hand-over in force.
pub(crate) async fn insert(tx: &mut Tx, draft: &Draft<'_>, at: i64) -> Result<(), Error> {
    let args = args![
        draft.archive_number,
        draft.credit_code,
        draft.release_number,
        draft.from_holder,
        draft.from_archive_number.map(str::to_owned),
        draft.to_holder,
        draft.sent_sha256,
        draft.received_sha256,
        draft.pages,
        at,
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// Marks a hand-over.
pub(crate) async fn mark(
    tx: &mut Tx,
    archive_number: &str,
    state: State,
    at: i64,
) -> Result<(), Error> {
    tx.execute(MARK, args![archive_number, state.as_str(), at])
        .await
        .map(drop)
}
