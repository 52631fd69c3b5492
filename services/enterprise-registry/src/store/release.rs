//! Releases by the origin.

use onething_db::{Error, Sql, Tx, args};

use super::state::State;

pub(super) const FIND: Sql = Sql::both(
    "SELECT release_number, lock_number, acceptance_number, state FROM relocation_release \
     WHERE release_number = $1 AND credit_code = $2",
);
pub(super) const IN_FORCE: Sql = Sql::both(
    "SELECT release_number, lock_number, acceptance_number, state FROM relocation_release \
     WHERE credit_code = $1 AND state = 'in_force'",
);
pub(super) const INSERT: Sql = Sql::both(
    "INSERT INTO relocation_release (release_number, credit_code, lock_number, acceptance_number, \
     state, released_at, changed_at) VALUES ($1, $2, $3, $4, 'in_force', $5, $5)",
);
pub(super) const MARK: Sql = Sql::both(
    "UPDATE relocation_release SET state = $2, changed_at = $3 WHERE release_number = $1",
);

/// A release.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Release {
    pub(crate) release_number: String,
    pub(crate) lock_number: String,
    pub(crate) acceptance_number: String,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
}

/// An enterprise's release with a number, in whatever state.
pub(crate) async fn find(
    tx: &mut Tx,
    release_number: &str,
    credit_code: &str,
) -> Result<Option<Release>, Error> {
    tx.fetch_optional(FIND, args![release_number, credit_code])
        .await
}

/// The release in force of an enterprise whose record the caller has locked in the database.
pub(crate) async fn in_force(tx: &mut Tx, credit_code: &str) -> Result<Option<Release>, Error> {
    tx.fetch_optional(IN_FORCE, args![credit_code]).await
}

/// Enters a release in force.
pub(crate) async fn insert(
    tx: &mut Tx,
    release_number: &str,
    credit_code: &str,
    lock_number: &str,
    acceptance_number: &str,
    at: i64,
) -> Result<(), Error> {
    let args = args![
        release_number,
        credit_code,
        lock_number,
        acceptance_number,
        at
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// Marks a release.
pub(crate) async fn mark(
    tx: &mut Tx,
    release_number: &str,
    state: State,
    at: i64,
) -> Result<(), Error> {
    tx.execute(MARK, args![release_number, state.as_str(), at])
        .await
        .map(drop)
}
