//! Licences that this system issued.

use onething_db::{Error, Sql, Tx, args};

pub(super) const VOID: Sql = Sql::both(
    "UPDATE licence SET state = 'voided', voided_at = $2 \
     WHERE credit_code = $1 AND state = 'in_force' RETURNING licence_number",
);
pub(super) const INSERT: Sql = Sql::both(
    "INSERT INTO licence (licence_number, credit_code, name, registrar, address, state, issued_at) \
     VALUES ($1, $2, $3, $4, $5, 'in_force', $6)",
);

/// A new licence.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) licence_number: &'a str,
    pub(crate) credit_code: &'a str,
    pub(crate) name: &'a str,
    pub(crate) registrar: &'a str,
    pub(crate) address: &'a str,
}

/// Voids the licence in force, and tells its number; none when it was issued before this system.
pub(crate) async fn void(tx: &mut Tx, credit_code: &str, at: i64) -> Result<Option<String>, Error> {
    let row: Option<(String,)> = tx.fetch_optional(VOID, args![credit_code, at]).await?;
    Ok(row.map(|(number,)| number))
}

/// Enters a licence in force.
pub(crate) async fn insert(tx: &mut Tx, draft: &Draft<'_>, at: i64) -> Result<(), Error> {
    let args = args![
        draft.licence_number,
        draft.credit_code,
        draft.name,
        draft.registrar,
        draft.address,
        at,
    ];
    tx.execute(INSERT, args).await.map(drop)
}
