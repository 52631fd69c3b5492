//! Seals that replaced others.

use onething_db::{Error, Sql, Tx, args};

const RENUMBER: Sql = Sql::both("UPDATE seal SET seal_number = $2 WHERE credit_code = $1");
const BEGIN: Sql = Sql::both(
    "INSERT INTO seal (credit_code, seal_number, registrar, filing_number) \
     VALUES ($1, $2, $3, $2) ON CONFLICT (credit_code) DO UPDATE SET seal_number = $2",
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

/// Gives the number of the new seal to the entry of a code.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn renumber(tx: &mut Tx, credit_code: &str, number: &str) -> Result<(), Error> {
    tx.execute(RENUMBER, args![credit_code, number])
        .await
        .map(drop)
}

/// Enters a first seal under a code.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn begin(
    tx: &mut Tx,
    credit_code: &str,
    number: &str,
    registrar: &str,
) -> Result<(), Error> {
    tx.execute(BEGIN, args![credit_code, number, registrar])
        .await
        .map(drop)
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
