//! Many records at once, for a database that begins with a population.

use onething_db::{Error, Sql, Tx, args};
use serde_json::Value;

pub(super) const ANY: Sql =
    Sql::both("SELECT COUNT(*) FROM (SELECT 1 AS one FROM enterprise LIMIT 1) AS any_enterprise");
pub(super) const ENTERPRISES: Sql = Sql::each(
    "INSERT INTO enterprise (credit_code, name, kind, status, registrar, address, capital_fen, \
     founded_on, abnormal_listed, serious_breach_listed, equity_frozen, open_cases, \
     legal_representative_id_number, scope, family_operated, changed_at) \
     SELECT item.value ->> 'credit_code', item.value ->> 'name', item.value ->> 'kind', \
     item.value ->> 'status', item.value ->> 'registrar', item.value ->> 'address', \
     item.value ->> 'capital_fen', item.value ->> 'founded_on', \
     item.value ->> 'abnormal_listed', item.value ->> 'serious_breach_listed', \
     item.value ->> 'equity_frozen', item.value ->> 'open_cases', \
     item.value ->> 'legal_representative_id_number', item.value ->> 'scope', \
     item.value ->> 'family_operated', $2 \
     FROM json_each($1) AS item WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO enterprise (credit_code, name, kind, status, registrar, address, capital_fen, \
     founded_on, abnormal_listed, serious_breach_listed, equity_frozen, open_cases, \
     legal_representative_id_number, scope, family_operated, changed_at) \
     SELECT credit_code, name, kind, status, registrar, address, capital_fen, founded_on, \
     abnormal_listed, serious_breach_listed, equity_frozen, open_cases, \
     legal_representative_id_number, scope, family_operated, $2 \
     FROM jsonb_to_recordset($1) AS item (credit_code TEXT, name TEXT, kind TEXT, status TEXT, \
     registrar TEXT, address TEXT, capital_fen BIGINT, founded_on TEXT, abnormal_listed BOOLEAN, \
     serious_breach_listed BOOLEAN, equity_frozen BOOLEAN, open_cases BIGINT, \
     legal_representative_id_number TEXT, scope TEXT, family_operated BOOLEAN) \
     ON CONFLICT DO NOTHING",
);
pub(super) const ARCHIVES: Sql = Sql::each(
    "INSERT INTO archive (credit_code, holder, sha256, changed_at) \
     SELECT item.value ->> 'credit_code', item.value ->> 'holder', item.value ->> 'sha256', $2 \
     FROM json_each($1) AS item WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO archive (credit_code, holder, sha256, changed_at) \
     SELECT credit_code, holder, sha256, $2 \
     FROM jsonb_to_recordset($1) AS item (credit_code TEXT, holder TEXT, sha256 TEXT) \
     ON CONFLICT DO NOTHING",
);
pub(super) const DOCUMENTS: Sql = Sql::each(
    "INSERT INTO archive_document (credit_code, position, title, pages, content) \
     SELECT item.value ->> 'credit_code', item.value ->> 'position', item.value ->> 'title', \
     item.value ->> 'pages', item.value ->> 'content' \
     FROM json_each($1) AS item WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO archive_document (credit_code, position, title, pages, content) \
     SELECT credit_code, position, title, pages, content \
     FROM jsonb_to_recordset($1) AS item (credit_code TEXT, position BIGINT, title TEXT, \
     pages BIGINT, content TEXT) ON CONFLICT DO NOTHING",
);

/// Whether any enterprise is registered.
pub(crate) async fn any(tx: &mut Tx) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(ANY, args![]).await?;
    Ok(count > 0)
}

/// Enters enterprises, their archives and the documents in those, each a JSON array. What is there
/// already is left alone.
pub(crate) async fn insert(
    tx: &mut Tx,
    enterprises: Value,
    archives: Value,
    documents: Value,
    at: i64,
) -> Result<(), Error> {
    tx.execute(ENTERPRISES, args![enterprises, at]).await?;
    tx.execute(ARCHIVES, args![archives, at]).await?;
    tx.execute(DOCUMENTS, args![documents]).await.map(drop)
}
