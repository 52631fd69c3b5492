//! The counters of resident numbers, and every number that was issued.

use onething_db::{Error, Sql, Tx, args};
use onething_participant::Fault;

const OPEN: Sql = Sql::both(
    "INSERT INTO number_counter (division, birth_date, sex, last) VALUES ($1, $2, $3, 0) \
     ON CONFLICT (division, birth_date, sex) DO NOTHING",
);
const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT last FROM number_counter WHERE division = $1 AND birth_date = $2 AND sex = $3",
    "SELECT last FROM number_counter WHERE division = $1 AND birth_date = $2 AND sex = $3 \
     FOR UPDATE",
);
const ADVANCE: Sql = Sql::both(
    "UPDATE number_counter SET last = $4 WHERE division = $1 AND birth_date = $2 AND sex = $3",
);
const TAKEN: Sql = Sql::both(
    "SELECT COUNT(*) FROM (SELECT id_number FROM issued_number WHERE id_number = $1 \
     UNION ALL SELECT id_number FROM resident WHERE id_number = $1) AS taken",
);
const RECORD: Sql = Sql::both("INSERT INTO issued_number (id_number, issued_at) VALUES ($1, $2)");

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[OPEN, LOCK, ADVANCE, TAKEN, RECORD];

/// Which counter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter<'a> {
    /// Six digits.
    pub(crate) division: &'a str,
    /// YYYY-MM-DD.
    pub(crate) birth_date: &'a str,
    /// GB/T 2261.1.
    pub(crate) sex: &'a str,
}

/// Locks a counter and reads the last sequence it passed; 0 for a new one.
///
/// # Errors
/// When the database fails.
pub(crate) async fn lock(tx: &mut Tx, counter: Counter<'_>) -> Result<u16, Fault> {
    let key = || args![counter.division, counter.birth_date, counter.sex];
    tx.execute(OPEN, key()).await?;
    let (last,): (i64,) = tx.fetch_one(LOCK, key()).await?;
    u16::try_from(last).map_err(|error| Fault::Corrupt {
        what: "the counter of resident numbers".to_owned(),
        source: error.into(),
    })
}

/// Whether a number was issued or is a resident's.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn taken(tx: &mut Tx, id_number: &str) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(TAKEN, args![id_number]).await?;
    Ok(count > 0)
}

/// Moves a locked counter on.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn advance(tx: &mut Tx, counter: Counter<'_>, last: u16) -> Result<(), Error> {
    let key = args![
        counter.division,
        counter.birth_date,
        counter.sex,
        i64::from(last)
    ];
    tx.execute(ADVANCE, key).await.map(drop)
}

/// Records that a number is issued. One that was issued before is an error of the database: its
/// key is the last guard.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn record(tx: &mut Tx, id_number: &str, at: i64) -> Result<(), Error> {
    tx.execute(RECORD, args![id_number, at]).await.map(drop)
}
