//! Registered changes: the items of a record that change, and the notices of them.

use onething_db::{Error, Sql, Tx, args};

use super::enterprise::Enterprise;

pub(super) const CHANGE: Sql = Sql::both(
    "UPDATE enterprise SET name = $2, address = $3, scope = $4, capital_fen = $5, \
     legal_representative_id_number = $6, changed_at = $7 WHERE credit_code = $1",
);
pub(super) const NOTICE: Sql = Sql::both(
    "INSERT INTO change_notice (notice_number, credit_code, licence_number, resolution_date, \
     registered_at) VALUES ($1, $2, $3, $4, $5)",
);

/// Enters the items of a record as they are from now on.
pub(crate) async fn change(tx: &mut Tx, after: &Enterprise, at: i64) -> Result<(), Error> {
    let args = args![
        &after.credit_code,
        &after.name,
        &after.address,
        &after.scope,
        after.capital_fen,
        &after.legal_representative_id_number,
        at,
    ];
    tx.execute(CHANGE, args).await.map(drop)
}

/// Enters a notice.
pub(crate) async fn notify(
    tx: &mut Tx,
    notice_number: &str,
    credit_code: &str,
    licence_number: &str,
    resolution_date: &str,
    at: i64,
) -> Result<(), Error> {
    let args = args![
        notice_number,
        credit_code,
        licence_number,
        resolution_date,
        at
    ];
    tx.execute(NOTICE, args).await.map(drop)
}
