//! The population register (人口库).

use onething_db::{Db, Result, Sql, Tx, args};
use onething_participant::Fault;
use serde::Serialize;
use serde_json::json;

use super::BATCH;

const GET: Sql = Sql::both(
    "SELECT id_number, name, sex, birth_date, ethnicity, mobile, alive FROM person \
     WHERE id_number = $1",
);
const COUNT: Sql =
    Sql::both("SELECT COUNT(*) FROM (SELECT 1 AS one FROM person LIMIT 1) AS any_person");
const ADD: Sql = Sql::each(
    "INSERT INTO person (id_number, name, sex, birth_date, ethnicity, mobile, alive) \
     SELECT value ->> 'id_number', value ->> 'name', value ->> 'sex', value ->> 'birth_date', \
     value ->> 'ethnicity', value ->> 'mobile', value ->> 'alive' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO person (id_number, name, sex, birth_date, ethnicity, mobile, alive) \
     SELECT id_number, name, sex, birth_date, ethnicity, mobile, alive \
     FROM jsonb_to_recordset($1) AS item (id_number TEXT, name TEXT, sex TEXT, birth_date TEXT, \
     ethnicity TEXT, mobile TEXT, alive BOOLEAN) ON CONFLICT DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[GET, COUNT, ADD];

/// A person as registered.
#[derive(Serialize, sqlx::FromRow)]
pub(crate) struct Person {
    /// Resident number, GB 11643.
    pub(crate) id_number: String,
    pub(crate) name: String,
    /// GB/T 2261.1.
    pub(crate) sex: String,
    /// YYYY-MM-DD.
    pub(crate) birth_date: String,
    /// GB/T 3304.
    pub(crate) ethnicity: String,
    pub(crate) mobile: Option<String>,
    pub(crate) alive: bool,
}

/// The person with a resident number.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn person(db: &Db, id_number: &str) -> Result<Option<Person>, Fault> {
    Ok(db.fetch_optional(GET, args![id_number]).await?)
}

/// Whether anyone at all is registered.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn has_persons(tx: &mut Tx) -> Result<bool> {
    let (count,): (i64,) = tx.fetch_one(COUNT, args![]).await?;
    Ok(count > 0)
}

/// Registers persons. Who is registered already stays as registered.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_persons(tx: &mut Tx, persons: &[Person]) -> Result<()> {
    for batch in persons.chunks(BATCH) {
        tx.execute(ADD, args![json!(batch)]).await?;
    }
    Ok(())
}
