//! Many rows at once, for a department that begins with a population. What is there stays.

use onething_db::{Result, Sql, Tx, args};
use serde::Serialize;
use serde_json::json;

const STREETS: Sql = Sql::each(
    "INSERT INTO school_area_street (region, street, position) \
     SELECT value ->> 'region', value ->> 'street', value ->> 'position' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO school_area_street (region, street, position) \
     SELECT region, street, position \
     FROM jsonb_to_recordset($1) AS item (region TEXT, street TEXT, position BIGINT) \
     ON CONFLICT DO NOTHING",
);
const SEATS: Sql = Sql::each(
    "INSERT INTO school_seats (region, stage, year, position, school, seats) \
     SELECT value ->> 'region', value ->> 'stage', value ->> 'year', value ->> 'position', \
     value ->> 'school', value ->> 'seats' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO school_seats (region, stage, year, position, school, seats) \
     SELECT region, stage, year, position, school, seats \
     FROM jsonb_to_recordset($1) AS item (region TEXT, stage TEXT, year BIGINT, \
     position BIGINT, school TEXT, seats BIGINT) ON CONFLICT DO NOTHING",
);
const STUDENTS: Sql = Sql::each(
    "INSERT INTO student_record (student_number, id_number, region, school, grade, opened_at) \
     SELECT value ->> 'student_number', value ->> 'id_number', value ->> 'region', \
     value ->> 'school', value ->> 'grade', $2 \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO student_record (student_number, id_number, region, school, grade, opened_at) \
     SELECT student_number, id_number, region, school, grade, $2 \
     FROM jsonb_to_recordset($1) AS item (student_number TEXT, id_number TEXT, region TEXT, \
     school TEXT, grade BIGINT) ON CONFLICT DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[STREETS, SEATS, STUDENTS];

/// How many rows one statement takes.
const BATCH: usize = 1_000;

/// A street of a school area.
#[derive(Serialize)]
pub(crate) struct Street {
    pub(crate) region: String,
    pub(crate) street: &'static str,
    pub(crate) position: i64,
}

/// A school's seats of a year.
#[derive(Serialize)]
pub(crate) struct Seats {
    pub(crate) region: String,
    pub(crate) stage: &'static str,
    pub(crate) year: i16,
    pub(crate) position: i64,
    pub(crate) school: String,
    pub(crate) seats: i64,
}

/// A pupil with a student record.
#[derive(Serialize)]
pub(crate) struct Student {
    pub(crate) student_number: String,
    pub(crate) id_number: String,
    pub(crate) region: String,
    pub(crate) school: String,
    pub(crate) grade: i16,
}

/// Enters streets of areas that are registered.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_streets(tx: &mut Tx, streets: &[Street]) -> Result<()> {
    for batch in streets.chunks(BATCH) {
        tx.execute(STREETS, args![json!(batch)]).await?;
    }
    Ok(())
}

/// Enters seats.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_seats(tx: &mut Tx, seats: &[Seats]) -> Result<()> {
    for batch in seats.chunks(BATCH) {
        tx.execute(SEATS, args![json!(batch)]).await?;
    }
    Ok(())
}

/// Enters student records.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_students(tx: &mut Tx, students: &[Student], at: i64) -> Result<()> {
    for batch in students.chunks(BATCH) {
        tx.execute(STUDENTS, args![json!(batch), at]).await?;
    }
    Ok(())
}
