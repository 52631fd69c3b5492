//! Admissions and student records.

use onething_db::{Db, Error, Sql, Tx, args};

const ADMITTED: Sql =
    Sql::both("SELECT COUNT(*) FROM admission WHERE id_number = $1 AND year = $2");
const ADMIT: Sql = Sql::both(
    "INSERT INTO admission (admission_number, seat_number, id_number, region, school, year, \
     admitted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const ADMISSION: Sql = Sql::both(
    "SELECT admission.region, admission.school, registration.stage FROM admission \
     JOIN seat ON seat.seat_number = admission.seat_number \
     JOIN registration ON registration.review_number = seat.review_number \
     WHERE admission.admission_number = $1 AND admission.id_number = $2",
);
const RECORD: Sql =
    Sql::both("SELECT student_number, school, grade FROM student_record WHERE id_number = $1");
const OPEN: Sql = Sql::both(
    "INSERT INTO student_record (student_number, id_number, region, school, grade, opened_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (student_number) DO UPDATE SET \
     region = excluded.region, school = excluded.school, grade = excluded.grade",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[ADMITTED, ADMIT, ADMISSION, RECORD, OPEN];

/// An admission to make.
#[derive(Clone, Copy)]
pub(crate) struct NewAdmission<'a> {
    pub(crate) admission_number: &'a str,
    pub(crate) seat_number: &'a str,
    pub(crate) id_number: &'a str,
    pub(crate) region: &'a str,
    pub(crate) school: &'a str,
    pub(crate) year: i64,
    /// Microseconds since the epoch.
    pub(crate) admitted_at: i64,
}

/// An admission.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Admission {
    pub(crate) region: String,
    pub(crate) school: String,
    pub(crate) stage: String,
}

/// A student record in force.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct StudentRecord {
    pub(crate) student_number: String,
    pub(crate) school: String,
    pub(crate) grade: i64,
}

/// Whether a locked child was admitted for a year.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn admitted(tx: &mut Tx, child: &str, year: i64) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(ADMITTED, args![child, year]).await?;
    Ok(count > 0)
}

/// Admits a locked child.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn admit(tx: &mut Tx, admission: NewAdmission<'_>) -> Result<(), Error> {
    let args = args![
        admission.admission_number,
        admission.seat_number,
        admission.id_number,
        admission.region,
        admission.school,
        admission.year,
        admission.admitted_at
    ];
    tx.execute(ADMIT, args).await.map(drop)
}

/// The admission of a child with a number.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn admission(
    tx: &mut Tx,
    number: &str,
    child: &str,
) -> Result<Option<Admission>, Error> {
    tx.fetch_optional(ADMISSION, args![number, child]).await
}

/// A person's student record, within a transaction.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn record(tx: &mut Tx, id_number: &str) -> Result<Option<StudentRecord>, Error> {
    tx.fetch_optional(RECORD, args![id_number]).await
}

/// A person's student record.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn read(db: &Db, id_number: &str) -> Result<Option<StudentRecord>, Error> {
    db.fetch_optional(RECORD, args![id_number]).await
}

/// Opens the record of a locked child, or carries it on at another school.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn open(
    tx: &mut Tx,
    student_number: &str,
    child: &str,
    admission: &Admission,
    grade: i64,
    at: i64,
) -> Result<(), Error> {
    let (region, school) = (&admission.region, &admission.school);
    let args = args![student_number, child, region, school, grade, at];
    tx.execute(OPEN, args).await.map(drop)
}
