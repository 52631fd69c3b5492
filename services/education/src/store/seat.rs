//! Schools' seats of a year, and who holds them.

use onething_db::{Db, Error, Sql, Tx, args};

use crate::placement::School;

const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT COUNT(*) FROM school_seats WHERE region = $1 AND stage = $2 AND year = $3",
    "SELECT COUNT(*) FROM (SELECT 1 FROM school_seats WHERE region = $1 AND stage = $2 \
     AND year = $3 ORDER BY position FOR UPDATE) AS locked",
);
const SCHOOLS: Sql = Sql::both(
    "SELECT position, school, seats, (SELECT COUNT(*) FROM seat \
     WHERE seat.region = school_seats.region AND seat.school = school_seats.school \
     AND seat.year = school_seats.year AND seat.state <> 'released') AS taken \
     FROM school_seats WHERE region = $1 AND stage = $2 AND year = $3 ORDER BY position",
);
const HELD: Sql =
    Sql::both("SELECT COUNT(*) FROM seat WHERE review_number = $1 AND state <> 'released'");
const INSERT: Sql = Sql::both(
    "INSERT INTO seat (seat_number, review_number, region, school, year, reason, state, \
     changed_at) VALUES ($1, $2, $3, $4, $5, $6, 'held', $7)",
);
const FIND: Sql = Sql::each(
    "SELECT seat.review_number, seat.region, seat.school, seat.year, registration.id_number \
     FROM seat JOIN registration ON registration.review_number = seat.review_number \
     WHERE seat.seat_number = $1 AND seat.state = 'held'",
    "SELECT seat.review_number, seat.region, seat.school, seat.year, registration.id_number \
     FROM seat JOIN registration ON registration.review_number = seat.review_number \
     WHERE seat.seat_number = $1 AND seat.state = 'held' FOR UPDATE OF seat",
);
const MARK: Sql = Sql::both(
    "UPDATE seat SET state = $2, changed_at = $3 WHERE seat_number = $1 AND state = 'held'",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LOCK, SCHOOLS, HELD, INSERT, FIND, MARK];

/// A seat to hold.
#[derive(Clone, Copy)]
pub(crate) struct NewSeat<'a> {
    pub(crate) seat_number: &'a str,
    pub(crate) review_number: &'a str,
    pub(crate) region: &'a str,
    pub(crate) school: &'a str,
    pub(crate) year: i64,
    pub(crate) reason: &'a str,
    /// Microseconds since the epoch.
    pub(crate) held_at: i64,
}

/// A seat that is held.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Held {
    pub(crate) region: String,
    pub(crate) school: String,
    pub(crate) year: i64,
    /// The child's.
    pub(crate) id_number: String,
}

/// Locks a county's seats of a stage and year, and reads its schools in the order of their areas.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn schools(
    tx: &mut Tx,
    region: &str,
    stage: &str,
    year: i64,
) -> Result<Vec<School>, Error> {
    let (_,): (i64,) = tx.fetch_one(LOCK, args![region, stage, year]).await?;
    tx.fetch_all(SCHOOLS, args![region, stage, year]).await
}

/// A county's schools of a stage and year in the order of their areas, with their seats as they are.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn read_schools(
    db: &Db,
    region: &str,
    stage: &str,
    year: i64,
) -> Result<Vec<School>, Error> {
    db.fetch_all(SCHOOLS, args![region, stage, year]).await
}

/// Whether a registration has a seat.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn held(tx: &mut Tx, review_number: &str) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(HELD, args![review_number]).await?;
    Ok(count > 0)
}

/// Holds a seat in locked schools.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insert(tx: &mut Tx, seat: NewSeat<'_>) -> Result<(), Error> {
    let args = args![
        seat.seat_number,
        seat.review_number,
        seat.region,
        seat.school,
        seat.year,
        seat.reason,
        seat.held_at
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// Locks and reads a seat that is held.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn find(tx: &mut Tx, seat_number: &str) -> Result<Option<Held>, Error> {
    tx.fetch_optional(FIND, args![seat_number]).await
}

/// Releases a held seat. One that is released already stays so.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn release(tx: &mut Tx, seat_number: &str, at: i64) -> Result<(), Error> {
    let args = args![seat_number, "released", at];
    tx.execute(MARK, args).await.map(drop)
}

/// Closes a held seat.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn close(tx: &mut Tx, seat_number: &str, at: i64) -> Result<(), Error> {
    let args = args![seat_number, "closed", at];
    tx.execute(MARK, args).await.map(drop)
}
