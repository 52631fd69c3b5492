//! Enrolments in medical insurance, refunds of their premiums, and claims upon them.

use onething_db::{Db, Error, Sql, Tx, args};

const NUMBER: Sql = Sql::both(
    "SELECT insurance_number FROM resident_enrolment \
     WHERE id_number = $1 AND year = $2 AND state = 'in_force' \
     UNION ALL \
     SELECT insurance_number FROM employee_insurance WHERE id_number = $1 AND state = 'in_force'",
);
const KIND: Sql = Sql::both(
    "SELECT insurance_number, 'employee' AS kind FROM employee_insurance \
     WHERE id_number = $1 AND state = 'in_force' \
     UNION ALL \
     SELECT insurance_number, 'resident' AS kind FROM resident_enrolment \
     WHERE id_number = $1 AND year = $2 AND state = 'in_force'",
);
const INSERT: Sql = Sql::both(
    "INSERT INTO resident_enrolment (insurance_number, id_number, region, year, premium_fen, \
     state, enrolled_at, changed_at) VALUES ($1, $2, $3, $4, $5, 'in_force', $6, $6)",
);
const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT state, premium_fen FROM resident_enrolment WHERE insurance_number = $1",
    "SELECT state, premium_fen FROM resident_enrolment WHERE insurance_number = $1 FOR UPDATE",
);
const CLAIM_PAID: Sql =
    Sql::both("SELECT COUNT(*) FROM claim WHERE insurance_number = $1 AND state = 'paid'");
const CANCEL: Sql = Sql::both(
    "UPDATE resident_enrolment SET state = 'cancelled', changed_at = $2 \
     WHERE insurance_number = $1",
);
const REFUND: Sql =
    Sql::both("INSERT INTO refund (insurance_number, amount_fen, booked_at) VALUES ($1, $2, $3)");

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[NUMBER, KIND, INSERT, LOCK, CLAIM_PAID, CANCEL, REFUND];

/// An enrolment to make.
#[derive(Clone, Copy)]
pub(crate) struct NewEnrolment<'a> {
    pub(crate) insurance_number: &'a str,
    pub(crate) id_number: &'a str,
    /// County-level division, GB/T 2260.
    pub(crate) region: &'a str,
    pub(crate) year: i16,
    pub(crate) premium_fen: i64,
    /// Microseconds since the epoch.
    pub(crate) enrolled_at: i64,
}

/// An enrolment that was made.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Enrolment {
    state: String,
    pub(crate) premium_fen: i64,
}

impl Enrolment {
    /// Whether it was cancelled.
    pub(crate) fn cancelled(&self) -> bool {
        self.state == "cancelled"
    }
}

/// Whether a locked person is insured in a year, as a resident or by an employer.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insured(tx: &mut Tx, id_number: &str, year: i16) -> Result<bool, Error> {
    let args = args![id_number, i64::from(year)];
    let found: Vec<(String,)> = tx.fetch_all(NUMBER, args).await?;
    Ok(!found.is_empty())
}

/// The number under which a person is insured in a year.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn number(db: &Db, id_number: &str, year: i16) -> Result<Option<String>, Error> {
    let args = args![id_number, i64::from(year)];
    let found: Option<(String,)> = db.fetch_optional(NUMBER, args).await?;
    Ok(found.map(|(number,)| number))
}

/// How a person is insured.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Insured {
    pub(crate) insurance_number: String,
    /// `employee` or `resident`.
    pub(crate) kind: String,
}

/// How a person is insured in a year, by an employer first.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn kind(db: &Db, id_number: &str, year: i16) -> Result<Option<Insured>, Error> {
    let args = args![id_number, i64::from(year)];
    let found: Vec<Insured> = db.fetch_all(KIND, args).await?;
    Ok(found.into_iter().next())
}

/// Makes an enrolment.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insert(tx: &mut Tx, enrolment: NewEnrolment<'_>) -> Result<(), Error> {
    let args = args![
        enrolment.insurance_number,
        enrolment.id_number,
        enrolment.region,
        i64::from(enrolment.year),
        enrolment.premium_fen,
        enrolment.enrolled_at
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// Locks and reads an enrolment. While it is locked no claim can be booked upon it.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, insurance_number: &str) -> Result<Option<Enrolment>, Error> {
    tx.fetch_optional(LOCK, args![insurance_number]).await
}

/// Whether a claim was paid upon an enrolment.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn claim_paid(tx: &mut Tx, insurance_number: &str) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(CLAIM_PAID, args![insurance_number]).await?;
    Ok(count > 0)
}

/// Marks a locked enrolment as cancelled.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn cancel(tx: &mut Tx, insurance_number: &str, at: i64) -> Result<(), Error> {
    let args = args![insurance_number, at];
    tx.execute(CANCEL, args).await.map(drop)
}

/// Books the refund of an enrolment's premium, in fen. A second one is an error of the database.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn refund(
    tx: &mut Tx,
    insurance_number: &str,
    amount_fen: i64,
    at: i64,
) -> Result<(), Error> {
    let args = args![insurance_number, amount_fen, at];
    tx.execute(REFUND, args).await.map(drop)
}
