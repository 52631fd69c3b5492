//! Many records at once, for registers that begin with a population. What is there stays.

use onething_db::{Result, Sql, Tx, args};
use serde::Serialize;
use serde_json::json;

const ANY: Sql =
    Sql::both("SELECT COUNT(*) FROM (SELECT 1 AS one FROM resident LIMIT 1) AS any_resident");
const RESIDENTS: Sql = Sql::each(
    "INSERT INTO resident (id_number, name, sex, birth_date, ethnicity, state) \
     SELECT value ->> 'id_number', value ->> 'name', value ->> 'sex', value ->> 'birth_date', \
     value ->> 'ethnicity', value ->> 'state' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO resident (id_number, name, sex, birth_date, ethnicity, state) \
     SELECT id_number, name, sex, birth_date, ethnicity, state \
     FROM jsonb_to_recordset($1) AS item (id_number TEXT, name TEXT, sex TEXT, birth_date TEXT, \
     ethnicity TEXT, state TEXT) ON CONFLICT DO NOTHING",
);
const HOUSEHOLDS: Sql = Sql::each(
    "INSERT INTO household (id, region, number_division, address, head_id_number) \
     SELECT value ->> 'id', value ->> 'region', value ->> 'number_division', \
     value ->> 'address', value ->> 'head_id_number' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO household (id, region, number_division, address, head_id_number) \
     SELECT id, region, number_division, address, head_id_number \
     FROM jsonb_to_recordset($1) AS item (id TEXT, region TEXT, number_division TEXT, \
     address TEXT, head_id_number TEXT) ON CONFLICT DO NOTHING",
);
const MEMBERS: Sql = Sql::each(
    "INSERT INTO household_member (id_number, household_id, relation, joined_at) \
     SELECT value ->> 'id_number', value ->> 'household_id', value ->> 'relation', $2 \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO household_member (id_number, household_id, relation, joined_at) \
     SELECT id_number, household_id, relation, $2 \
     FROM jsonb_to_recordset($1) AS item (id_number TEXT, household_id TEXT, relation TEXT) \
     ON CONFLICT DO NOTHING",
);
const PARENTAGE: Sql = Sql::each(
    "INSERT INTO parentage (child_id_number, parent_id_number) \
     SELECT value ->> 'child_id_number', value ->> 'parent_id_number' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO parentage (child_id_number, parent_id_number) \
     SELECT child_id_number, parent_id_number \
     FROM jsonb_to_recordset($1) AS item (child_id_number TEXT, parent_id_number TEXT) \
     ON CONFLICT DO NOTHING",
);
const SEALS: Sql = Sql::each(
    "INSERT INTO seal (credit_code, seal_number, registrar, filing_number) \
     SELECT value ->> 'credit_code', value ->> 'seal_number', value ->> 'registrar', \
     value ->> 'filing_number' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO seal (credit_code, seal_number, registrar, filing_number) \
     SELECT credit_code, seal_number, registrar, filing_number \
     FROM jsonb_to_recordset($1) AS item (credit_code TEXT, seal_number TEXT, registrar TEXT, \
     filing_number TEXT) ON CONFLICT DO NOTHING",
);
const FILINGS: Sql = Sql::each(
    "INSERT INTO seal_filing (filing_number, credit_code, position, registrar, filed_at) \
     SELECT value ->> 'filing_number', value ->> 'credit_code', 1, value ->> 'registrar', $2 \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO seal_filing (filing_number, credit_code, position, registrar, filed_at) \
     SELECT filing_number, credit_code, 1, registrar, $2 \
     FROM jsonb_to_recordset($1) AS item (credit_code TEXT, registrar TEXT, filing_number TEXT) \
     ON CONFLICT DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[
    ANY, RESIDENTS, HOUSEHOLDS, MEMBERS, PARENTAGE, SEALS, FILINGS,
];

/// How many rows one statement takes.
const BATCH: usize = 1_000;

/// A resident.
#[derive(Serialize)]
pub(crate) struct Resident {
    pub(crate) id_number: String,
    pub(crate) name: String,
    /// GB/T 2261.1.
    pub(crate) sex: &'static str,
    /// YYYY-MM-DD.
    pub(crate) birth_date: String,
    /// GB/T 3304.
    pub(crate) ethnicity: String,
    pub(crate) state: &'static str,
}

/// A household.
#[derive(Serialize)]
pub(crate) struct Household {
    pub(crate) id: String,
    pub(crate) region: String,
    pub(crate) number_division: String,
    pub(crate) address: String,
    pub(crate) head_id_number: String,
}

/// A member of a household.
#[derive(Serialize)]
pub(crate) struct Member {
    pub(crate) id_number: String,
    pub(crate) household_id: String,
    pub(crate) relation: &'static str,
}

/// That one resident is another's parent.
#[derive(Serialize)]
pub(crate) struct Parentage {
    pub(crate) child_id_number: String,
    pub(crate) parent_id_number: String,
}

/// A seal with its first filing.
#[derive(Serialize)]
pub(crate) struct Seal {
    pub(crate) credit_code: String,
    pub(crate) seal_number: String,
    pub(crate) registrar: String,
    pub(crate) filing_number: String,
}

/// Whether anybody is registered.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn any(tx: &mut Tx) -> Result<bool> {
    let (count,): (i64,) = tx.fetch_one(ANY, args![]).await?;
    Ok(count > 0)
}

/// Enters residents.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_residents(tx: &mut Tx, residents: &[Resident]) -> Result<()> {
    for batch in residents.chunks(BATCH) {
        tx.execute(RESIDENTS, args![json!(batch)]).await?;
    }
    Ok(())
}

/// Enters households, whose heads are registered, and their members.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_households(
    tx: &mut Tx,
    households: &[Household],
    members: &[Member],
    at: i64,
) -> Result<()> {
    for batch in households.chunks(BATCH) {
        tx.execute(HOUSEHOLDS, args![json!(batch)]).await?;
    }
    for batch in members.chunks(BATCH) {
        tx.execute(MEMBERS, args![json!(batch), at]).await?;
    }
    Ok(())
}

/// Enters who is whose parent.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_parentage(tx: &mut Tx, parentage: &[Parentage]) -> Result<()> {
    for batch in parentage.chunks(BATCH) {
        tx.execute(PARENTAGE, args![json!(batch)]).await?;
    }
    Ok(())
}

/// Enters seals with their first filings.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_seals(tx: &mut Tx, seals: &[Seal], at: i64) -> Result<()> {
    for batch in seals.chunks(BATCH) {
        tx.execute(SEALS, args![json!(batch)]).await?;
        tx.execute(FILINGS, args![json!(batch), at]).await?;
    }
    Ok(())
}
