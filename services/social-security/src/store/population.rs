//! Many records at once, for a department that begins with a population. What is there stays.

use onething_db::{Result, Sql, Tx, args};
use serde::Serialize;
use serde_json::json;

const ANY: Sql =
    Sql::both("SELECT (SELECT COUNT(*) FROM person) + (SELECT COUNT(*) FROM unit) AS any_record");
const PERSONS: Sql = Sql::each(
    "INSERT INTO person (id_number, name) SELECT value ->> 'id_number', value ->> 'name' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO person (id_number, name) SELECT id_number, name \
     FROM jsonb_to_recordset($1) AS item (id_number TEXT, name TEXT) ON CONFLICT DO NOTHING",
);
const EMPLOYEES: Sql = Sql::each(
    "INSERT INTO employee_insurance (id_number, insurance_number, maternity_entitled, state) \
     SELECT value ->> 'id_number', value ->> 'insurance_number', \
     value ->> 'maternity_entitled', 'in_force' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO employee_insurance (id_number, insurance_number, maternity_entitled, state) \
     SELECT id_number, insurance_number, maternity_entitled, 'in_force' \
     FROM jsonb_to_recordset($1) AS item (id_number TEXT, insurance_number TEXT, \
     maternity_entitled BOOLEAN) ON CONFLICT DO NOTHING",
);
const PENSIONS: Sql = Sql::each(
    "INSERT INTO pension_account (id_number, category, months, deemed_months, index_permille, \
     balance_fen, medical_months, archive) \
     SELECT value ->> 'id_number', value ->> 'category', value ->> 'months', \
     value ->> 'deemed_months', value ->> 'index_permille', value ->> 'balance_fen', \
     value ->> 'medical_months', 1 FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO pension_account (id_number, category, months, deemed_months, index_permille, \
     balance_fen, medical_months, archive) \
     SELECT id_number, category, months, deemed_months, index_permille, balance_fen, \
     medical_months, TRUE FROM jsonb_to_recordset($1) AS item (id_number TEXT, category TEXT, \
     months BIGINT, deemed_months BIGINT, index_permille BIGINT, balance_fen BIGINT, \
     medical_months BIGINT) ON CONFLICT DO NOTHING",
);
const CARDS: Sql = Sql::each(
    "INSERT INTO card (card_number, id_number, bank, state, issued_at, changed_at) \
     SELECT value ->> 'card_number', value ->> 'id_number', value ->> 'bank', 'in_force', $2, $2 \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO card (card_number, id_number, bank, state, issued_at, changed_at) \
     SELECT card_number, id_number, bank, 'in_force', $2, $2 \
     FROM jsonb_to_recordset($1) AS item (card_number TEXT, id_number TEXT, bank TEXT) \
     ON CONFLICT DO NOTHING",
);
const UNITS: Sql = Sql::each(
    "INSERT INTO unit (kind, credit_code, office, unit_number) \
     SELECT value ->> 'kind', value ->> 'credit_code', value ->> 'office', \
     value ->> 'unit_number' FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO unit (kind, credit_code, office, unit_number) \
     SELECT kind, credit_code, office, unit_number \
     FROM jsonb_to_recordset($1) AS item (kind TEXT, credit_code TEXT, office TEXT, \
     unit_number TEXT) ON CONFLICT DO NOTHING",
);
const REGISTRATIONS: Sql = Sql::each(
    "INSERT INTO unit_registration (unit_number, kind, credit_code, position, office, \
     registered_at) \
     SELECT value ->> 'unit_number', value ->> 'kind', value ->> 'credit_code', 1, \
     value ->> 'office', $2 FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO unit_registration (unit_number, kind, credit_code, position, office, \
     registered_at) \
     SELECT unit_number, kind, credit_code, 1, office, $2 \
     FROM jsonb_to_recordset($1) AS item (kind TEXT, credit_code TEXT, office TEXT, \
     unit_number TEXT) ON CONFLICT DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[
    ANY,
    PERSONS,
    EMPLOYEES,
    PENSIONS,
    CARDS,
    UNITS,
    REGISTRATIONS,
];

/// How many rows one statement takes.
const BATCH: usize = 1_000;

/// A person whom an employer insures.
#[derive(Serialize)]
pub(crate) struct Employee {
    pub(crate) id_number: String,
    pub(crate) name: String,
    pub(crate) insurance_number: String,
    pub(crate) maternity_entitled: bool,
}

/// What an employee paid into pension insurance.
#[derive(Serialize)]
pub(crate) struct Pension {
    pub(crate) id_number: String,
    pub(crate) category: &'static str,
    pub(crate) months: i64,
    pub(crate) deemed_months: i64,
    pub(crate) index_permille: i64,
    pub(crate) balance_fen: i64,
    pub(crate) medical_months: i64,
}

/// A card in force.
#[derive(Serialize)]
pub(crate) struct Card {
    pub(crate) card_number: String,
    pub(crate) id_number: String,
    pub(crate) bank: &'static str,
}

/// A unit with its first registration.
#[derive(Serialize)]
pub(crate) struct Unit {
    pub(crate) kind: &'static str,
    pub(crate) credit_code: String,
    pub(crate) office: String,
    pub(crate) unit_number: String,
}

/// Whether there is any record.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn any(tx: &mut Tx) -> Result<bool> {
    let (count,): (i64,) = tx.fetch_one(ANY, args![]).await?;
    Ok(count > 0)
}

/// Enters employees.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_employees(tx: &mut Tx, employees: &[Employee]) -> Result<()> {
    for batch in employees.chunks(BATCH) {
        tx.execute(PERSONS, args![json!(batch)]).await?;
        tx.execute(EMPLOYEES, args![json!(batch)]).await?;
    }
    Ok(())
}

/// Enters the pension accounts of persons who are entered.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_pensions(tx: &mut Tx, pensions: &[Pension]) -> Result<()> {
    for batch in pensions.chunks(BATCH) {
        tx.execute(PENSIONS, args![json!(batch)]).await?;
    }
    Ok(())
}

/// Enters the cards of persons who are entered.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_cards(tx: &mut Tx, cards: &[Card], at: i64) -> Result<()> {
    for batch in cards.chunks(BATCH) {
        tx.execute(CARDS, args![json!(batch), at]).await?;
    }
    Ok(())
}

/// Enters units with their first registrations.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_units(tx: &mut Tx, units: &[Unit], at: i64) -> Result<()> {
    for batch in units.chunks(BATCH) {
        tx.execute(UNITS, args![json!(batch)]).await?;
        tx.execute(REGISTRATIONS, args![json!(batch), at]).await?;
    }
    Ok(())
}
