//! Seals that replaced others.

use onething_db::{Error, Sql, Tx, args};

use super::seal::Seal;

const RENUMBER: Sql =
    Sql::both("UPDATE seal SET seal_number = $2, name_serial = $3 WHERE credit_code = $1");
const BEGIN: Sql = Sql::both(
    "INSERT INTO seal (credit_code, seal_number, registrar, filing_number, registrar_serial) \
     VALUES ($1, $2, $3, $2, $4) ON CONFLICT (credit_code) DO NOTHING",
);
const RECORD: Sql = Sql::both(
    "INSERT INTO seal_replacement (filing_number, credit_code, credit_code_after, name, \
     destroyed_seal_number, replaced_at) VALUES ($1, $2, $3, $4, $5, $6)",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[RENUMBER, BEGIN, RECORD];

/// A replacement to record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replacement<'a> {
    pub(crate) filing_number: &'a str,
    pub(crate) credit_code: &'a str,
    pub(crate) credit_code_after: &'a str,
    pub(crate) name: &'a str,
    pub(crate) destroyed_seal_number: &'a str,
}

/// Gives the number of the new seal to the entry of a code, and the registration whose name it bears.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn renumber(
    tx: &mut Tx,
    credit_code: &str,
    number: &str,
    serial: i64,
) -> Result<(), Error> {
    tx.execute(RENUMBER, args![credit_code, number, serial])
        .await
        .map(drop)
}

/// Enters a first seal under a code, at the office of the one before.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn begin(
    tx: &mut Tx,
    credit_code: &str,
    number: &str,
    before: &Seal,
) -> Result<(), Error> {
    let args = args![
        credit_code,
        number,
        &before.registrar,
        before.registrar_serial,
    ];
    tx.execute(BEGIN, args).await.map(drop)
}

/// Records which seal was destroyed.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn record(tx: &mut Tx, new: Replacement<'_>, at: i64) -> Result<(), Error> {
    let args = args![
        new.filing_number,
        new.credit_code,
        new.credit_code_after,
        new.name,
        new.destroyed_seal_number,
        at,
    ];
    tx.execute(RECORD, args).await.map(drop)
}
