//! The legal representatives (法定代表人) of enterprises.

use onething_db::{Db, Result, Sql, Tx, args};
use onething_participant::Fault;
use serde::Serialize;
use serde_json::json;

use super::BATCH;

const GET: Sql = Sql::both("SELECT id_number FROM legal_representative WHERE credit_code = $1");
const ADD: Sql = Sql::each(
    "INSERT INTO legal_representative (credit_code, id_number) \
     SELECT value ->> 'credit_code', value ->> 'id_number' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO legal_representative (credit_code, id_number) \
     SELECT credit_code, id_number \
     FROM jsonb_to_recordset($1) AS item (credit_code TEXT, id_number TEXT) \
     ON CONFLICT DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[GET, ADD];

/// An enterprise and who represents it.
#[derive(Serialize)]
pub(crate) struct LegalRepresentative {
    /// Unified social credit code, GB 32100.
    pub(crate) credit_code: String,
    /// Resident number, GB 11643.
    pub(crate) id_number: String,
}

/// The resident number of an enterprise's legal representative.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn legal_representative(
    db: &Db,
    credit_code: &str,
) -> Result<Option<String>, Fault> {
    let row: Option<(String,)> = db.fetch_optional(GET, args![credit_code]).await?;
    Ok(row.map(|(id_number,)| id_number))
}

/// Registers legal representatives. An enterprise that has one already keeps it.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_legal_representatives(
    tx: &mut Tx,
    representatives: &[LegalRepresentative],
) -> Result<()> {
    for batch in representatives.chunks(BATCH) {
        tx.execute(ADD, args![json!(batch)]).await?;
    }
    Ok(())
}
