//! The school areas (学区).

use onething_db::{Db, Result, Sql, Tx, args};
use onething_participant::Fault;
use serde::Serialize;
use serde_json::json;

const OF: Sql = Sql::both(
    "SELECT region, position, name, school FROM school_area WHERE region = $1 \
     ORDER BY position LIMIT 1",
);
/// Of several streets whose names the address contains, the one with the longest name counts.
const AT: Sql = Sql::each(
    "SELECT position FROM school_area_street WHERE region = $1 AND instr($2, street) > 0 \
     ORDER BY length(street) DESC, street LIMIT 1",
    "SELECT position FROM school_area_street WHERE region = $1 AND strpos($2, street) > 0 \
     ORDER BY length(street) DESC, street LIMIT 1",
);
const COUNT: Sql =
    Sql::both("SELECT COUNT(*) FROM (SELECT 1 AS one FROM school_area LIMIT 1) AS any_area");
const ADD: Sql = Sql::each(
    "INSERT INTO school_area (region, position, name, school) \
     SELECT value ->> 'region', value ->> 'position', value ->> 'name', value ->> 'school' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO school_area (region, position, name, school) \
     SELECT region, position, name, school \
     FROM jsonb_to_recordset($1) AS item (region TEXT, position BIGINT, name TEXT, school TEXT) \
     ON CONFLICT DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[OF, AT, COUNT, ADD];

/// How many rows one statement takes.
const BATCH: usize = 1_000;

/// A school area and its primary school.
#[derive(Serialize, sqlx::FromRow)]
pub(crate) struct SchoolArea {
    /// The county's division, GB/T 2260.
    pub(crate) region: String,
    /// Its place among the county's areas, from 1.
    pub(crate) position: i64,
    pub(crate) name: String,
    pub(crate) school: String,
}

/// The area of a household of which no more than the county is known: the county's first.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn area_of(db: &Db, county: &str) -> Result<Option<SchoolArea>, Fault> {
    Ok(db.fetch_optional(OF, args![county]).await?)
}

/// The position of the area to which an address belongs; `None` when no street of the county is
/// named in it.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn area_at(tx: &mut Tx, county: &str, address: &str) -> Result<Option<i64>> {
    let found: Option<(i64,)> = tx.fetch_optional(AT, args![county, address]).await?;
    Ok(found.map(|(position,)| position))
}

/// Whether any area at all is registered.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn has_areas(tx: &mut Tx) -> Result<bool> {
    let (count,): (i64,) = tx.fetch_one(COUNT, args![]).await?;
    Ok(count > 0)
}

/// Registers areas. What is registered already stays as registered.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_areas(tx: &mut Tx, areas: &[SchoolArea]) -> Result<()> {
    for batch in areas.chunks(BATCH) {
        tx.execute(ADD, args![json!(batch)]).await?;
    }
    Ok(())
}
