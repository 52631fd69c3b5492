//! Children and their registrations for school, the withdrawn ones included.

use onething_db::{Db, Error, Sql, Tx, args};

/// A lock that lasts as long as the transaction and leaves nothing behind.
const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT 0 * LENGTH($1) AS locked",
    "SELECT COALESCE(LENGTH(CAST(pg_advisory_xact_lock(hashtext($1)) AS TEXT)), 0)::BIGINT \
     AS locked",
);
const REGISTERED: Sql = Sql::both(
    "SELECT COUNT(*) FROM registration WHERE id_number = $1 AND year = $2 \
     AND state = 'registered'",
);
const INSERT: Sql = Sql::both(
    "INSERT INTO registration (review_number, id_number, region, year, stage, class, address, \
     elder_id_number, birth_order, state, registered_at, changed_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'registered', $10, $10)",
);
const READ: Sql = Sql::both(
    "SELECT id_number, region, year, stage, class, address, elder_id_number, birth_order \
     FROM registration WHERE review_number = $1 AND state = 'registered'",
);
const FIND: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT id_number, region, year, stage, class, address, elder_id_number, birth_order \
     FROM registration WHERE review_number = $1 AND state = 'registered'",
    "SELECT id_number, region, year, stage, class, address, elder_id_number, birth_order \
     FROM registration WHERE review_number = $1 AND state = 'registered' FOR UPDATE",
);
const WITHDRAW: Sql = Sql::both(
    "UPDATE registration SET state = 'withdrawn', changed_at = $2 \
     WHERE review_number = $1 AND state = 'registered'",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LOCK, REGISTERED, INSERT, READ, FIND, WITHDRAW];

/// A registration.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Registration {
    pub(crate) id_number: String,
    pub(crate) region: String,
    pub(crate) year: i64,
    pub(crate) stage: String,
    pub(crate) class: String,
    pub(crate) address: String,
    pub(crate) elder_id_number: Option<String>,
    pub(crate) birth_order: i64,
}

/// Locks everything that is recorded of a child.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, child: &str) -> Result<(), Error> {
    let (_,): (i64,) = tx.fetch_one(LOCK, args![child]).await?;
    Ok(())
}

/// Whether a locked child is registered for a year.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn registered(tx: &mut Tx, child: &str, year: i16) -> Result<bool, Error> {
    let args = args![child, i64::from(year)];
    let (count,): (i64,) = tx.fetch_one(REGISTERED, args).await?;
    Ok(count > 0)
}

/// Registers a locked child.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insert(
    tx: &mut Tx,
    review_number: &str,
    new: &Registration,
    at: i64,
) -> Result<(), Error> {
    let args = args![
        review_number,
        &new.id_number,
        &new.region,
        new.year,
        &new.stage,
        &new.class,
        &new.address,
        new.elder_id_number.as_deref(),
        new.birth_order,
        at
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// A registration in force.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn read(db: &Db, review_number: &str) -> Result<Option<Registration>, Error> {
    db.fetch_optional(READ, args![review_number]).await
}

/// Locks and reads a registration in force.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn find(tx: &mut Tx, review_number: &str) -> Result<Option<Registration>, Error> {
    tx.fetch_optional(FIND, args![review_number]).await
}

/// Withdraws a registration. One that is withdrawn already stays so.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn withdraw(tx: &mut Tx, review_number: &str, at: i64) -> Result<(), Error> {
    let args = args![review_number, at];
    tx.execute(WITHDRAW, args).await.map(drop)
}
