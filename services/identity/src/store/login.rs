//! One-time codes with which guardians logged in (登录验证码).

use onething_db::{Db, Result, Sql, Tx, args};
use onething_participant::Fault;
use serde::Serialize;
use serde_json::json;

use super::BATCH;

const GET: Sql = Sql::both(
    "SELECT child_id_number, code, guardian_id_number, good_to FROM login_code \
     WHERE child_id_number = $1 AND code = $2",
);
const ADD: Sql = Sql::each(
    "INSERT INTO login_code (child_id_number, code, guardian_id_number, good_to) \
     SELECT value ->> 'child_id_number', value ->> 'code', value ->> 'guardian_id_number', \
     value ->> 'good_to' FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO login_code (child_id_number, code, guardian_id_number, good_to) \
     SELECT child_id_number, code, guardian_id_number, good_to \
     FROM jsonb_to_recordset($1) AS item (child_id_number TEXT, code TEXT, \
     guardian_id_number TEXT, good_to TEXT) ON CONFLICT DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[GET, ADD];

/// A guardian's login for a child.
#[derive(Serialize, sqlx::FromRow)]
pub(crate) struct Login {
    pub(crate) child_id_number: String,
    pub(crate) code: String,
    pub(crate) guardian_id_number: String,
    /// YYYY-MM-DD, included.
    pub(crate) good_to: String,
}

/// The login for a child with a code.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn login(db: &Db, child: &str, code: &str) -> Result<Option<Login>, Fault> {
    Ok(db.fetch_optional(GET, args![child, code]).await?)
}

/// Enters logins.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_logins(tx: &mut Tx, logins: &[Login]) -> Result<()> {
    for batch in logins.chunks(BATCH) {
        tx.execute(ADD, args![json!(batch)]).await?;
    }
    Ok(())
}
