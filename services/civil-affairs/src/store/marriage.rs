//! The marriage register (婚姻登记). A marriage that ended stays in it and no longer counts.

use onething_db::{Db, Result, Sql, Tx, args};
use onething_participant::Fault;
use serde::Serialize;
use serde_json::json;

/// Either spouse asks; each half of the statement has an index of its own.
const OF: Sql = Sql::both(
    "SELECT certificate_number, registered_on, husband_id_number AS spouse_id_number \
     FROM marriage WHERE wife_id_number = $1 AND state = 'registered' \
     UNION ALL \
     SELECT certificate_number, registered_on, wife_id_number AS spouse_id_number \
     FROM marriage WHERE husband_id_number = $1 AND state = 'registered'",
);
const MARRIED: Sql = Sql::both(
    "SELECT (SELECT COUNT(*) FROM marriage WHERE wife_id_number = $1 AND state = 'registered') \
     + (SELECT COUNT(*) FROM marriage WHERE husband_id_number = $1 AND state = 'registered') \
     AS married",
);
const REGISTER: Sql = Sql::both(
    "INSERT INTO marriage (certificate_number, wife_id_number, husband_id_number, \
     registered_on, region, state) VALUES ($1, $2, $3, $4, $5, 'registered')",
);
const COUNT: Sql =
    Sql::both("SELECT COUNT(*) FROM (SELECT 1 AS one FROM marriage LIMIT 1) AS any_marriage");
const ADD: Sql = Sql::each(
    "INSERT INTO marriage (certificate_number, wife_id_number, husband_id_number, \
     registered_on, region, state) \
     SELECT value ->> 'certificate_number', value ->> 'wife_id_number', \
     value ->> 'husband_id_number', value ->> 'registered_on', value ->> 'region', 'registered' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO marriage (certificate_number, wife_id_number, husband_id_number, \
     registered_on, region, state) \
     SELECT certificate_number, wife_id_number, husband_id_number, registered_on, region, \
     'registered' \
     FROM jsonb_to_recordset($1) AS item (certificate_number TEXT, wife_id_number TEXT, \
     husband_id_number TEXT, registered_on TEXT, region TEXT) ON CONFLICT DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[OF, MARRIED, REGISTER, COUNT, ADD];

/// How many rows one statement takes.
const BATCH: usize = 1_000;

/// A marriage to register.
#[derive(Serialize)]
pub(crate) struct Marriage {
    pub(crate) certificate_number: String,
    pub(crate) wife_id_number: String,
    pub(crate) husband_id_number: String,
    /// YYYY-MM-DD.
    pub(crate) registered_on: String,
    /// The registrar's division, GB/T 2260.
    pub(crate) region: String,
}

/// The marriage in force of one spouse, as seen from that spouse.
#[derive(sqlx::FromRow)]
pub(crate) struct MarriageOf {
    pub(crate) certificate_number: String,
    /// YYYY-MM-DD.
    pub(crate) registered_on: String,
    pub(crate) spouse_id_number: String,
}

/// The marriage in force of the person with a resident number.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn marriage_of(db: &Db, id_number: &str) -> Result<Option<MarriageOf>, Fault> {
    Ok(db.fetch_optional(OF, args![id_number]).await?)
}

/// Whether a locked person lives in a marriage in force.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn is_married(tx: &mut Tx, id_number: &str) -> Result<bool> {
    let (count,): (i64,) = tx.fetch_one(MARRIED, args![id_number]).await?;
    Ok(count > 0)
}

/// Registers a marriage of two locked persons of whom neither is married.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn register(tx: &mut Tx, marriage: &Marriage) -> Result<()> {
    let args = args![
        &marriage.certificate_number,
        &marriage.wife_id_number,
        &marriage.husband_id_number,
        &marriage.registered_on,
        &marriage.region
    ];
    tx.execute(REGISTER, args).await.map(drop)
}

/// Whether any marriage at all is registered.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn has_marriages(tx: &mut Tx) -> Result<bool> {
    let (count,): (i64,) = tx.fetch_one(COUNT, args![]).await?;
    Ok(count > 0)
}

/// Registers marriages. What is registered already stays as registered.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_marriages(tx: &mut Tx, marriages: &[Marriage]) -> Result<()> {
    for batch in marriages.chunks(BATCH) {
        tx.execute(ADD, args![json!(batch)]).await?;
    }
    Ok(())
}
