//! Locks of records.

use onething_db::{Error, Sql, Tx, args};

use super::state::State;

pub(super) const IN_FORCE: Sql = Sql::both(
    "SELECT lock_number, target_registrar, state FROM record_lock \
     WHERE credit_code = $1 AND state = 'in_force'",
);
pub(super) const FIND: Sql = Sql::both(
    "SELECT lock_number, target_registrar, state FROM record_lock \
     WHERE lock_number = $1 AND credit_code = $2",
);
pub(super) const INSERT: Sql = Sql::both(
    "INSERT INTO record_lock (lock_number, credit_code, target_registrar, state, locked_at, \
     changed_at) VALUES ($1, $2, $3, 'in_force', $4, $4)",
);
pub(super) const MARK: Sql =
    Sql::both("UPDATE record_lock SET state = $2, changed_at = $3 WHERE lock_number = $1");

/// A lock of a record.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Lock {
    pub(crate) lock_number: String,
    pub(crate) target_registrar: String,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
}

/// The lock in force on a record that the caller has locked in the database.
pub(crate) async fn in_force(tx: &mut Tx, credit_code: &str) -> Result<Option<Lock>, Error> {
    tx.fetch_optional(IN_FORCE, args![credit_code]).await
}

/// An enterprise's lock with a number, in whatever state.
pub(crate) async fn find(
    tx: &mut Tx,
    lock_number: &str,
    credit_code: &str,
) -> Result<Option<Lock>, Error> {
    tx.fetch_optional(FIND, args![lock_number, credit_code])
        .await
}

/// Enters a lock in force.
pub(crate) async fn insert(
    tx: &mut Tx,
    lock_number: &str,
    credit_code: &str,
    target_registrar: &str,
    at: i64,
) -> Result<(), Error> {
    let args = args![lock_number, credit_code, target_registrar, at];
    tx.execute(INSERT, args).await.map(drop)
}

/// Marks a lock.
pub(crate) async fn mark(
    tx: &mut Tx,
    lock_number: &str,
    state: State,
    at: i64,
) -> Result<(), Error> {
    tx.execute(MARK, args![lock_number, state.as_str(), at])
        .await
        .map(drop)
}
